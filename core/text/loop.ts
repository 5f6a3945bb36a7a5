/**
 * Loop guard: sees that a reply only repeats itself. Pure repetition: the last tokens are one run with period p, which
 * has gone on for `LOOP_TOKENS` tokens and `LOOP_REPEATS` whole periods beyond the first. It depends on the committed
 * token ids alone, so every mode ends at the same token.
 */

/** The longest period looked for, in tokens: a paragraph. */
export const LOOP_MAX_PERIOD = 128;
/** Repeated tokens a loop needs at least: rules, table borders, short chants and small matrices stay below. */
export const LOOP_TOKENS = 64;
/** Whole repetitions a loop needs at least, the first occurrence not counted. */
export const LOOP_REPEATS = 2;

export class LoopGuard {
  readonly #ids: number[] = [];
  /** #runs[p]: how many of the last tokens equal the token p before them. */
  readonly #runs = new Uint32Array(LOOP_MAX_PERIOD + 1);

  /** Takes the next committed token; true from the token on that completes a loop. */
  push(id: number): boolean {
    const at = this.#ids.length;
    this.#ids.push(id);
    let looping = false;
    for (let period = 1; period <= LOOP_MAX_PERIOD && period <= at; period++) {
      const run = this.#ids[at - period] === id ? (this.#runs[period] ?? 0) + 1 : 0;
      this.#runs[period] = run;
      if (run >= LOOP_TOKENS && run >= LOOP_REPEATS * period) looping = true;
    }
    return looping;
  }
}
