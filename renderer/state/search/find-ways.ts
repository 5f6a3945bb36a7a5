/** The ways to what is looked for: from keys, from the palette, from what was found. */
import { tick } from 'svelte';
import type { SearchGroup, SearchHit } from '../../../core/contract/search.ts';
import type { Find } from './find.svelte.ts';
import type { Search } from './search.svelte.ts';
import type { Branch } from '../thread/branch.svelte.ts';
import type { Thread } from '../thread/thread.svelte.ts';
import type { Ui } from '../window/ui.svelte.ts';

interface Window {
  search: Search;
  find: Find;
  thread: Thread;
  branch: Branch;
  ui: Ui;
  openChat: (id: string) => Promise<void>;
  focusList: (place: 'list' | 'search') => Promise<void>;
}
/** A selection longer than this is not what one looks for. */
const MOST_SELECTED = 200;

export function findWays({ search, find, thread, branch, ui, openChat, focusList }: Window) {
  async function findHere(): Promise<void> {
    if (thread.id === null) return;
    const selected = getSelection()?.toString().trim() ?? '';
    find.show(selected !== '' && selected.length <= MOST_SELECTED ? selected : find.words);
    await tick();
    ui.focus('find');
  }
  return {
    findHere,
    /** Goes through the places found; where nothing is looked for yet, asks for what. */
    seek: (by: 1 | -1): void => (find.open ? find.move(by) : void findHere()),
    async searchFor(words: string): Promise<void> {
      search.words = words;
      void search.find();
      await focusList('search');
    },
    /** A message that was found: opened where it stands, with the words marked. Null: the conversation itself. */
    async openFound({ conversationId }: SearchGroup, hit: SearchHit | null): Promise<void> {
      const { words } = search;
      if (hit === null) return openChat(conversationId);
      ui.listSheet = false;
      if (ui.tight) ui.settings = false;
      if (await branch.reveal(conversationId, hit.messageId)) find.show(words, hit.messageId);
    },
  };
}
