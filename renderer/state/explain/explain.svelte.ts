/** “What is happening”: whether it is open, and the slots that a sentence points at. */
import { getContext, setContext } from 'svelte';

export class Explain {
  open = $state(false);
  /** Its figures are unfolded. */
  figures = $state(false);
  /** Slots of the reply that are marked on the canvas. */
  pointed = $state.raw<readonly number[]>([]);
}

const key = Symbol('explain');
export const provideExplain = (learn: Explain): Explain => setContext(key, learn);
export const useExplain = (): Explain => getContext<Explain>(key);
