/**
 * Drafts from the conversation itself: where the last tokens stood before, what followed them then is a fair guess of
 * what follows now. Free, and strong where text is quoted, rewritten or listed. (Prompt lookup decoding.)
 */
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
