/** Looks every few seconds whether the data folder is still there, so that a person who only reads learns it as well. */
import { type AppError, errorOf } from '../contract/result.ts';
import type { Store } from '../store/index.ts';

export interface WatchOptions {
  store: Pick<Store, 'trouble'>;
  /** Called with each new trouble, and once when it is over. */
  report: (error: AppError) => void;
  /** Milliseconds between two looks. */
  everyMs?: number;
}
export interface Watch {
  close(): void;
}

const EVERY_MS = 2000;

export function watchFolder({ store, report, everyMs = EVERY_MS }: WatchOptions): Watch {
  let last: string | null = null;
  const timer = setInterval(() => {
    const trouble = store.trouble();
    const message = trouble?.message ?? null;
    if (message === last) return;
    last = message;
    report(trouble ?? errorOf('profile.folder-back'));
  }, everyMs);
  timer.unref();
  return { close: () => clearInterval(timer) };
}
