/** The words of a race. */
const count = (n: number, one: string, many: string): string => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

export const race = {
  label: 'Race',
  menu: 'Race…',
  menuHint: 'The same question and seed in several modes, side by side',
  close: 'Close the race',
  setUp: 'Lanes',
  turns:
    'There is one engine: the lanes are written one after the other, and each clock counts its own writing only. Then all start together, from what was stored.',
  lanes: 'Which lanes run',
  add: 'Another lane',
  remove: (name: string): string => `Leave out ${name}`,
  temperature: 'Temperature',
  start: (n: number): string => `Start ${count(n, 'lane', 'lanes')}`,
  fewest: 'A race needs two lanes.',
  compare: (n: number): string => `Show the ${n} replies that are there`,
  guest: 'another model, by its own sampler; it is loaded for its lane',
  laneName: (mode: string, threshold: number, block: number, fast: boolean): string =>
    fast ? `${mode} ${threshold} × ${block}` : mode,
  waits: 'waits for its turn',
  reading: 'reading the question',
  clock: (ms: number): string => `${(ms / 1000).toFixed(2)} s`,
  tokens: (n: number): string => count(n, 'token', 'tokens'),
  tpf: (n: number): string => `${n.toFixed(2)} a forward`,
  rate: (n: number): string => `${n < 10 ? n.toFixed(1) : Math.round(n)} tok/s`,
  same: 'the same text as Exact',
  differs: (n: number): string => `differs from Exact at token ${(n + 1).toLocaleString('en')}`,
  isExact: 'what the others are compared with',
  noExact: 'no Exact lane to compare with',
  first: 'fastest a token',
  toLength: (tokens: number, ms: number): string =>
    `first ${count(tokens, 'token', 'tokens')} in ${(ms / 1000).toFixed(2)} s`,
  template: (holes: number): string =>
    `The template goes with it: every lane fills the same ${count(holes, 'hole', 'holes')}.`,
  stop: 'Stop the race',
  stopped: 'stopped',
  again: 'Another race',
  together: 'All start together',
  play: 'Play',
  pause: 'Pause',
  slider: 'Time of the race',
  at: (ms: number, of: number): string => `${(ms / 1000).toFixed(1)} of ${(of / 1000).toFixed(1)} seconds`,
  image: 'Save as picture',
  imageHint: 'A PNG with the bars and figures of this race',
  running: 'The race is running.',
  done: (name: string): string => `The race is over. ${name} wrote the most tokens a second.`,
  picture: {
    title: 'One question, one seed',
    seconds: (tokens: number): string =>
      tokens > 0 ? `seconds to the first ${count(tokens, 'token', 'tokens')}` : 'seconds of writing',
    made: (device: string, model: string): string => `${model} · ${device}`,
  },
};
