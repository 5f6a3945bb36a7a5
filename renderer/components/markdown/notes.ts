/** The footnotes of one text, for the marks and the notes in it. */
import { getContext, setContext } from 'svelte';

export interface Notes {
  /** Makes the ids of one text's notes differ from another's. */
  readonly uid: string;
  /** Null: there is no such note, and its mark is shown as it was written. */
  numberOf(label: string): number | null;
}

const key = Symbol('notes');
export const provideNotes = (notes: Notes): Notes => setContext(key, notes);
export const useNotes = (): Notes => getContext<Notes>(key);

/** Goes to a mark or a note without changing the address, which names the conversation. */
export function goTo(event: MouseEvent, id: string): void {
  event.preventDefault();
  const target = document.getElementById(id);
  target?.scrollIntoView({ block: 'nearest' });
  target?.focus({ preventScroll: true });
}
