/** The way to a message on the page, which the page offers and others ask for. */
import type { ScrollPlace } from '../../../core/contract/order.ts';

/** Brings a message to its place on the page; resolves to its element once it stands there with its text, or to null. */
export type Bring = (place: ScrollPlace) => Promise<HTMLElement | null>;

/** A message that is brought into view stands so many pixels below the upper edge. */
const BELOW_EDGE = 72;

export class Reading {
  #bring: Bring | null = null;

  /** The page offers its way to a message; returns the withdrawal. */
  offer(bring: Bring): () => void {
    this.#bring = bring;
    return () => {
      if (this.#bring === bring) this.#bring = null;
    };
  }
  /** Brings a message of the branch shown into view; null where it is not on this branch. `offset`: pixels of it above the upper edge. */
  bring(messageId: string, offset = -BELOW_EDGE): Promise<HTMLElement | null> {
    return this.#bring?.({ messageId, offset }) ?? Promise.resolve(null);
  }
}
