/** Backups by the clock: some time after the start where the last one is older than a day, and daily while the app runs. */
import { type AppError, errorOf, failure, toAppError } from '../contract/result.ts';
import type { Store } from '../store/index.ts';

export interface ScheduleOptions {
  store: Store;
  /** Told of a failure, once for each new one. */
  onTrouble: (error: AppError) => void;
  /** After each backup. */
  onChange: () => void;
  /** Milliseconds from the start to the first look: the window opens first. */
  firstAfterMs?: number;
  /** Milliseconds between two looks. A timer of a day would be late after every sleep of the machine. */
  everyMs?: number;
}
export interface Schedule {
  /** Why the last backup by the clock failed; null where it did not. */
  readonly trouble: AppError | null;
  /** One thing after the other: a backup asked for waits for the one under way. */
  run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Breaks off what is under way; nothing of it is left. */
  close(): Promise<void>;
}

const FIRST_AFTER_MS = 20_000;
const EVERY_MS = 30 * 60_000;

export function createSchedule({
  store,
  onTrouble,
  onChange,
  firstAfterMs = FIRST_AFTER_MS,
  everyMs = EVERY_MS,
}: ScheduleOptions): Schedule {
  const closing = new AbortController();
  let trouble: AppError | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let timer = setTimeout(look, firstAfterMs);
  timer.unref();

  const run = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const next = last.then(() => work(closing.signal));
    last = next.catch(() => undefined);
    return next;
  };
  function failed(error: AppError): void {
    if (trouble?.message !== error.message) onTrouble(error);
    trouble = error;
  }
  /** A copy that reads badly may be the copy of something that does. */
  async function searchDamage(): Promise<void> {
    if (store.trouble()) return;
    const { problems } = await store.check();
    if (problems.length > 0) failed(errorOf('profile.damage-not-backed-up'));
  }
  async function backUp(signal: AbortSignal): Promise<void> {
    try {
      if (signal.aborted || !store.backups.due() || store.conversations.list().length === 0) return;
      await store.backups.take('auto', signal);
      store.backups.tidy();
      trouble = null;
    } catch (thrown) {
      if (signal.aborted) return;
      failed(toAppError(thrown));
      await searchDamage();
    }
    onChange();
  }
  function look(): void {
    void run(backUp).finally(() => {
      if (closing.signal.aborted) return;
      timer = setTimeout(look, everyMs);
      timer.unref();
    });
  }
  return {
    get trouble() {
      return trouble;
    },
    run,
    async close() {
      closing.abort(failure('profile.closing'));
      clearTimeout(timer);
      await last;
    },
  };
}
