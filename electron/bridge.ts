/** What the preload script and the main process agree on. The names are typed here and nowhere else. */
import type { Push } from '../core/contract/push.ts';
import type { Result } from '../core/contract/result.ts';

export const CALL = 'mezzotint:call';
export const PUSH = 'mezzotint:push';

/** `window.mezzotint` in the page: all it can reach outside its sandbox. */
export interface Bridge {
  /** Calls a channel of the contract; the main process checks name and payload. Never rejects for a refused request. */
  call(name: string, payload: unknown): Promise<Result<unknown>>;
  /** Returns the unsubscriber. */
  onPush(listener: (push: Push) => void): () => void;
  /** Where a file lies that a person dropped or chose; '' for one that a page made. */
  pathOf(file: File): string;
}
