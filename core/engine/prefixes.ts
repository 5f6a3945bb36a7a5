/**
 * Prefix caches of several conversations, least recently used first to go. A prompt takes the cache with which it
 * shares the longest prefix; a second turn then runs its new tokens alone.
 */
import type { PrefixCache } from './cache.ts';

export class PrefixCaches {
  readonly #limit: number;
  readonly #create: () => PrefixCache;
  readonly #grain: number;
  /** Oldest use first. */
  #caches: PrefixCache[] = [];

  /**
   * @param limit bytes kept over all caches; the one in use is never dropped
   * @param grain prefixes are shared in multiples of so many tokens: 1 where each token sees those before it alone, a block
   * where it sees its block, 0 where it sees everything and nothing can be shared
   */
  constructor(create: () => PrefixCache, limit: number, grain = 1) {
    this.#create = create;
    this.#grain = grain;
    this.#limit = limit;
  }

  /** A cache that holds a prefix of `ids`, at most `most` tokens of it, and nothing else. */
  take(ids: readonly number[], most: number): PrefixCache {
    if (this.#grain === 0) return this.#create();
    let best: PrefixCache | undefined;
    let shared = 0;
    for (const cache of this.#caches) {
      const common = Math.min(commonPrefix(cache.ids, ids), most);
      const length = common - (common % this.#grain);
      if (length > shared) [best, shared] = [cache, length];
    }
    let taken: PrefixCache;
    if (!best) taken = this.#create();
    // Much of the cache belongs to another branch: leave that one whole, and go on from a copy.
    else if (best.length - shared > BRANCH_TOKENS) taken = best.fork(shared);
    else {
      taken = best;
      taken.truncate(shared);
    }
    this.#caches = [...this.#caches.filter((cache) => cache !== taken), taken];
    this.trim();
    return taken;
  }

  /** Drops the least recently used ones over the limit. */
  trim(): void {
    let bytes = this.bytes;
    while (this.#caches.length > 1 && bytes > this.#limit) {
      const dropped = this.#caches.shift();
      bytes -= dropped?.bytes ?? 0;
      dropped?.dispose();
    }
  }

  clear(): void {
    for (const cache of this.#caches) cache.dispose();
    this.#caches = [];
  }

  get bytes(): number {
    return this.#caches.reduce((sum, cache) => sum + cache.bytes, 0);
  }
  get count(): number {
    return this.#caches.length;
  }
}

/** A reply's last tokens may be tokenized otherwise when they come back as text: up to this many are simply computed again. */
const BRANCH_TOKENS = 8;

function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let n = 0;
  while (n < most && a[n] === b[n]) n++;
  return n;
}
