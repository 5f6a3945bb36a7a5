/** Which steps of a replay a film shows, and for how long. Pure. */
import type { Timeline } from '../../state/inspector/timeline.ts';

export interface FilmFrame {
  readonly step: number;
  /** Milliseconds it stands. */
  readonly ms: number;
}
export interface FilmPlan {
  readonly frames: readonly FilmFrame[];
  /** Times as fast as it was written; more than asked where the film would be longer than allowed. */
  readonly speed: number;
  readonly ms: number;
}
/** No frame is shorter: browsers slow GIFs down whose frames are. */
export const SHORTEST_MS = 40;
/** The film ends on the finished reply, which stands so long. */
export const HOLD_MS = 2500;
export const LONGEST_MS = 60_000;

/** @param speed times as fast as it was written */
export function planFilm(
  timeline: Pick<Timeline, 'steps' | 'duration'>,
  speed: number,
  longest = LONGEST_MS,
): FilmPlan {
  const { steps, duration } = timeline;
  const used = Math.max(speed, duration / longest);
  const frames: { step: number; ms: number }[] = [];
  let shownAt = 0;
  steps.forEach((step, i) => {
    const at = step.ms / used;
    const last = frames.at(-1);
    if (!last) frames.push({ step: i, ms: 0 });
    else if (at - shownAt < SHORTEST_MS)
      last.step = i; // too soon after the last: it takes its place
    else {
      last.ms = at - shownAt;
      frames.push({ step: i, ms: 0 });
      shownAt = at;
    }
  });
  const end = frames.at(-1);
  if (end) end.ms = HOLD_MS;
  return {
    frames: frames.map(({ step, ms }) => ({ step, ms: Math.max(SHORTEST_MS, Math.round(ms / 10) * 10) })),
    speed: used,
    ms: frames.reduce((sum, { ms }) => sum + ms, 0),
  };
}
