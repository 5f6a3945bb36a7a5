/** “What is happening”: whether it is open, and the slots that a sentence points at. */
import { getContext, setContext } from 'svelte';

export class Learn {
  open = $state(false);
  /** Its figures are unfolded. */
  figures = $state(false);
  /** Slots of the reply that are marked on the canvas. */
  pointed = $state.raw<readonly number[]>([]);
}

const key = Symbol('learn');
export const provideLearn = (learn: Learn): Learn => setContext(key, learn);
export const useLearn = (): Learn => getContext<Learn>(key);
