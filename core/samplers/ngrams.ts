import type { Copied, Copying } from './copies.ts';

/** Tokens copied at once, at first and at most: after a copy that held whole, the next one is longer. With the last known token they make an even number of rows. */
const FIRST = 3;
const MOST = 11;

/** Fast's copies: after four tokens that stood before. How many are copied follows from the copy before alone, and the drafter's rows stay as they are. What Fast drafts, it may keep, and its score was measured so (docs/quality.md). */
export class PlainCopies implements Copying {
  readonly #ngrams = new NgramIndex();
  #length = FIRST;

  instead(known: readonly number[]): Copied[] {
    return this.#ngrams.after(known, this.#length).map((id) => ({ id, chance: 1, matched: this.#ngrams.order }));
  }
  behind(): Copied[] {
    return [];
  }
  inform<R>(row: R): R {
    return row;
  }
  fared(copied: readonly (Copied | undefined)[], held: number): void {
    if (copied[0]) this.#length = held === copied.length ? Math.min(2 * this.#length + 1, MOST) : FIRST;
  }
}

/** What followed the last tokens where they stood before, by the newest such place. */
export class NgramIndex {
  /** Last tokens that must match. */
  readonly order: number;
  /** What the last `order` tokens were → the newest index that followed them. */
  readonly #follows = new Map<string, number>();
  #indexed = 0;

  constructor(order = 4) {
    if (!Number.isInteger(order) || order < 1)
      throw new RangeError(`the order of an n-gram is a whole number from 1, not ${order}`);
    this.order = order;
  }

  /**
   * Up to `count` tokens that followed the newest earlier occurrence of the sequence's last `order` tokens; none where
   * they never stood before. `tokens` must be the one sequence this index was asked about before, grown at its end.
   */
  after(tokens: readonly number[], count: number): number[] {
    // A key is entered only once a token follows it, so the sequence's own end never finds itself.
    for (let end = Math.max(this.#indexed, this.order); end < tokens.length; end++)
      this.#follows.set(this.#key(tokens, end), end);
    this.#indexed = tokens.length;
    if (count <= 0 || tokens.length < this.order) return [];
    const at = this.#follows.get(this.#key(tokens, tokens.length));
    return at === undefined ? [] : tokens.slice(at, at + count);
  }

  #key(tokens: readonly number[], end: number): string {
    return tokens.slice(end - this.order, end).join(' ');
  }
}
