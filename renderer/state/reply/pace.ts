/**
 * When a running reply is drawn next. Showing must not slow down writing: on a machine whose cores the model fills, every
 * millisecond of drawing is one less for it. So a draw waits until its predecessor's cost is a small share of the time passed.
 */
import type { Schedule } from './live.svelte.ts';

/** Drawing takes at most a sixteenth of the page's time, and a thirty-second where the model `fills` the cores. */
const apartFor = (fills: boolean): number => (fills ? 32 : 16);
/** Milliseconds; a slow machine still shows six states a second. */
const LONGEST = 160;
/** Of a new measurement, in the mean. */
const WEIGHT = 0.3;

export interface Clock {
  /** Milliseconds. */
  now(): number;
  later(task: () => void, ms: number): unknown;
  /** Runs `task` when what the page is doing now has been drawn. */
  drawn(task: () => void): void;
}

const drawn = (task: () => void): void => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    task();
  };
  port2.postMessage(null);
};
const window: Clock = { now: () => performance.now(), later: (task, ms) => setTimeout(task, ms), drawn };

/** The first draw comes at once, and so does any after a rest; `schedule` says when a frame begins. */
export function frugal(schedule: Schedule, fills: () => boolean = () => false, clock: Clock = window): Schedule {
  let cost = 0;
  let due = -Infinity;
  return (task) => {
    const draw = (): void =>
      schedule(() => {
        const began = clock.now();
        task();
        clock.drawn(() => {
          const took = clock.now() - began;
          cost = cost === 0 ? took : cost + WEIGHT * (took - cost);
        });
        due = began + Math.min(LONGEST, cost * apartFor(fills()));
      });
    const wait = due - clock.now();
    if (wait > 0) clock.later(draw, wait);
    else draw();
  };
}
