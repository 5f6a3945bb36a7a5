/** Bytes a second, shared by all that take from it. */
import { setTimeout as after } from 'node:timers/promises';

export interface Throttle {
  /** Resolves when so many bytes may have come. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

/** @param rateNow bytes a second, asked for with each piece; null: no limit. @param now milliseconds @param sleep waits so many milliseconds */
export function throttle(
  rateNow: () => number | null,
  now: () => number = () => performance.now(),
  sleep: (ms: number, signal: AbortSignal) => Promise<unknown> = (ms, signal) => after(ms, undefined, { signal }),
): Throttle {
  /** When everything that was taken so far has had its time. */
  let free = -Infinity;
  return {
    async take(bytes, signal) {
      const rate = rateNow();
      if (rate === null) return;
      const at = now();
      free = Math.max(free, at) + (bytes / rate) * 1000;
      if (free > at) await sleep(free - at, signal);
    },
  };
}
