/** The words of a replay saved as a moving picture. */
const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;

export const film = {
  open: 'Film…',
  openHint: 'A GIF or a WebM video of this replay',
  label: 'Save the replay as a film',
  kind: 'As',
  kinds: { gif: 'GIF', webm: 'WebM video' },
  speed: 'Speed',
  speeds: (n: number): string => `${n}×`,
  width: 'Width',
  widths: (n: number): string => `${n} px`,
  length: (ms: number, frames: number): string => `${seconds(ms)}, ${frames.toLocaleString('en')} pictures`,
  faster: (speed: number): string => `Played ${speed.toFixed(1)} times as fast, to stay under a minute.`,
  save: 'Make and save',
  cancel: 'Cancel',
  progress: (done: number, total: number): string =>
    `${done.toLocaleString('en')} of ${total.toLocaleString('en')} pictures`,
  saved: (name: string, bytes: number): string =>
    `Saved as ${name}, ${bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`}.`,
};
