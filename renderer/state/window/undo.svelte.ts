/** What was done last, and the way back. */
import { getContext, setContext } from 'svelte';

export interface Done {
  /** What was done, as a sentence. */
  readonly words: string;
  readonly back: () => Promise<void>;
}
export class Undo {
  last = $state.raw<Done | null>(null);
  offer(words: string, back: () => Promise<void>): void {
    this.last = { words, back };
  }
  /** Resolves when it is as it was; a step back is taken once. */
  async take(): Promise<void> {
    const { last } = this;
    this.last = null;
    await last?.back();
  }
}

const key = Symbol('undo');
export const provideUndo = (undo: Undo): Undo => setContext(key, undo);
export const useUndo = (): Undo => getContext<Undo>(key);
