/** How many requests may wait at once. One more is refused at once, with the time after which to try again. */
import { ApiError } from './errors.ts';

/** One request that was let in; it counts until it is released. */
export interface Ticket {
  readonly id: string;
  /** The key it came with: only that one may cancel it. */
  readonly keyId: string;
  /** Ends it, wherever it is. */
  cancel: () => void;
  release(): void;
}

/** Seconds a reply takes before one was measured. */
const FIRST_GUESS_S = 5;
const LONGEST_S = 60;

export class Turns {
  readonly #most: number;
  readonly #open = new Map<string, Ticket>();
  readonly #now: () => number;
  #averageMs = FIRST_GUESS_S * 1000;

  /** @param most requests at once, the one that is answered included */
  constructor(most: number, now: () => number) {
    this.#most = most;
    this.#now = now;
  }
  get open(): number {
    return this.#open.size;
  }
  /** @throws ApiError 503 with Retry-After */
  take(id: string, keyId: string): Ticket {
    if (this.#open.size >= this.#most)
      throw new ApiError({
        status: 503,
        message: `${this.#open.size} requests are being answered or wait. Try again in a moment.`,
        code: 'queue_full',
        retryAfter: Math.min(LONGEST_S, Math.max(1, Math.ceil(this.#averageMs / 1000))),
      });
    const began = this.#now();
    const ticket: Ticket = {
      id,
      keyId,
      cancel: () => undefined,
      release: () => {
        if (this.#open.delete(id)) this.#averageMs += (this.#now() - began - this.#averageMs) / 8;
      },
    };
    this.#open.set(id, ticket);
    return ticket;
  }
  /** @returns false where there is none with this name, or it came with another key */
  cancel(id: string, keyId: string): boolean {
    const ticket = this.#open.get(id);
    if (!ticket || ticket.keyId !== keyId) return false;
    ticket.cancel();
    return true;
  }
  cancelAll(): void {
    for (const ticket of [...this.#open.values()]) ticket.cancel();
  }
}
