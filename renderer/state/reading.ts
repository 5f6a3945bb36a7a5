/** Where conversations are being read: places to come back to, and the way to a message. */

/** So many pixels of a message are above the upper edge of the page (negative: below it). */
export interface ScrollPlace {
  readonly messageId: string;
  readonly offset: number;
}
/** Brings a message to its place on the page; resolves to its element once it stands there with its text, or to null. */
export type Bring = (place: ScrollPlace) => Promise<HTMLElement | null>;

/** A message that is brought into view stands so many pixels below the upper edge. */
const BELOW_EDGE = 72;

export class Reading {
  readonly #places = new Map<string, ScrollPlace>();
  #bring: Bring | null = null;

  /** Where a conversation was read last; null: at its end. */
  placeOf(conversationId: string): ScrollPlace | null {
    return this.#places.get(conversationId) ?? null;
  }
  /** The page tells where it is read, once it stands still; null: at its end. */
  keep(conversationId: string, place: ScrollPlace | null): void {
    if (place === null) this.#places.delete(conversationId);
    else this.#places.set(conversationId, place);
  }
  /** The page offers its way to a message; returns the withdrawal. */
  offer(bring: Bring): () => void {
    this.#bring = bring;
    return () => {
      if (this.#bring === bring) this.#bring = null;
    };
  }
  /** Brings a message of the branch shown into view; null where it is not on this branch. */
  bring(messageId: string, offset = -BELOW_EDGE): Promise<HTMLElement | null> {
    return this.#bring?.({ messageId, offset }) ?? Promise.resolve(null);
  }
}
