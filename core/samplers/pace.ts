/**
 * How many drafts a forward should verify. Each costs a row more, and brings a token with the chance that it and all
 * before it hold. What rows cost, what a token is worth and how far the drafter's chances can be trusted are learned
 * while replies are written; until then the costs are those of an AVX-512 processor. It reads no clock: times are passed in.
 */

/** Cost of a forward of 1, 2, … context rows, of one row. Matrix kernels take rows in pairs, so every second one is cheap. `npm run bench` prints them. */
const SHAPE = [1, 1.07, 1.24, 1.33, 1.48, 1.6, 1.76, 1.83];
/** Of each further row. */
const FURTHER = 0.12;
/** Share of what is learned that one more observation replaces. */
const RATE = 0.05;
/** A cost that isn't observed falls back to the shape's by this share with each other observation: no outlier stays for ever. */
const FORGET = 0.0003;
/** Tokens in the time of a one-row forward, before anything is known. */
const TOKENS = 1.3;

const shape = (rows: number): number => SHAPE[rows - 1] ?? (SHAPE.at(-1) as number) + FURTHER * (rows - SHAPE.length);
const within = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

export class Pace {
  /** Milliseconds of a one-row forward; 0 before the first. */
  #level = 0;
  /** By rows: what they cost of what the shape says. */
  readonly #ratio = new Map<number, number>();
  #tokens = 0;
  #ms = 0;
  #expected = 0;
  #held = 0;

  /** A forward of `rows` context rows alone took `ms`. */
  forward(rows: number, ms: number): void {
    const ratio = this.#ratio.get(rows) ?? 1;
    if (this.#level === 0) this.#level = ms / shape(rows);
    // a pause of the machine counts as twice the expected time at most
    const seen = within(ms / (this.#level * shape(rows) * ratio), 0.5, 2);
    this.#level *= 1 + RATE * (seen - 1);
    for (const [other, r] of this.#ratio) this.#ratio.set(other, r + FORGET * (1 - r));
    this.#ratio.set(rows, within(ratio * (1 + RATE * (seen - 1)), 0.4, 2.5));
  }

  /** A step, drafting included, took `ms` and wrote `tokens`. */
  step(tokens: number, ms: number): void {
    this.#tokens += RATE * (tokens - this.#tokens);
    this.#ms += RATE * (ms - this.#ms);
  }

  /** Of drafts whose chances to hold sum to `expected`, `held` did. */
  drafts(expected: number, held: number): void {
    this.#expected = (1 - RATE / 2) * this.#expected + expected;
    this.#held = (1 - RATE / 2) * this.#held + held;
  }

  /** Cost of a forward of so many context rows, in one-row forwards. */
  cost(rows: number): number {
    return shape(rows) * (this.#ratio.get(rows) ?? 1);
  }

  /** Tokens written in the time of a one-row forward. */
  get tokens(): number {
    return this.#ms > 0 && this.#level > 0 ? within((this.#tokens / this.#ms) * this.#level, 0.5, 4) : TOKENS;
  }

  /** Drafts that held for each that was expected to. */
  get trust(): number {
    const prior = 4;
    return within((this.#held + prior) / (this.#expected + prior), 0.5, 1.5);
  }

  /**
   * How many of the drafts pay for their rows: at least one.
   * @param chances of each draft, that it holds with all those before it
   * @param pending rows of the forward beside the drafts
   */
  worth(chances: readonly number[], pending: number): number {
    const { tokens, trust } = this;
    let gain = 0;
    let best = -Infinity;
    let count = 0;
    for (const [i, chance] of chances.entries()) {
      gain += chance * trust;
      const net = gain - tokens * this.cost(pending + i + 1);
      if (net > best) [best, count] = [net, i + 1];
    }
    return count;
  }
}
