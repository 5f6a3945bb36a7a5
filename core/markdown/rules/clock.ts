/**
 * A bound on what parsing one text may cost. Every rule that is tried is a step, and a text has so many steps for each of its
 * characters, so that parsing ends whatever it contains. Wall-clock time is a second bound, far off, for rules that look ahead.
 */
import type { Parser } from './types.ts';

/** Thrown where a text costs too much to be typeset: it is shown as it was written. */
export class TooMuch extends Error {}

/** Steps that any text has, and those for each of its characters: four times what the costliest pattern of signs takes. */
const STEPS = 5000;
const STEPS_A_CHARACTER = 12;
/** Milliseconds. */
const LONGEST_MS = 1500;
/** The time is read once in so many steps. */
const SELDOM = 256;
/** Levels of quotes, lists and items within one another. */
const DEEPEST = 60;

export class Clock {
  /** Rounds of rules so far. */
  steps = 0;
  readonly #most: number;
  readonly #end: number;
  readonly #now: () => number;
  /** @param length of the text, in UTF-16 units */
  constructor(length: number, now: () => number = () => performance.now()) {
    this.#most = STEPS + STEPS_A_CHARACTER * length;
    this.#now = now;
    this.#end = now() + LONGEST_MS;
  }
  /** @throws TooMuch */
  tick(): void {
    this.steps += 1;
    if (this.steps > this.#most || (this.steps % SELDOM === 0 && this.#now() > this.#end)) throw new TooMuch();
  }
}

export function clock(md: Parser): void {
  const tick = (env: Record<string, unknown>): void => {
    if (env['clock'] instanceof Clock) env['clock'].tick();
  };
  md.block.ruler.before(
    'table',
    'clock',
    (state) => {
      tick(state.env);
      // deeper, the parser would leave text out
      if (state.level > DEEPEST) throw new TooMuch();
      return false;
    },
    { alt: ['paragraph', 'reference', 'blockquote', 'list'] },
  );
  md.inline.ruler.before('text', 'clock', (state) => {
    tick(state.env);
    return false;
  });
}
