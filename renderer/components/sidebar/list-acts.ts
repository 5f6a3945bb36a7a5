/** What keys and drags in the list mean, and how tall its rows are. Pure. */
import type { Conversation } from '../../../core/contract/conversations.ts';
import type { Organise } from '../../../core/contract/order.ts';
import { means } from '../../state/window/keys.ts';
import type { Row, Section } from '../../state/library/sections.ts';

export type ListKey =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'first'
  | 'last'
  | 'go'
  | 'choose'
  | 'rename'
  | 'remove'
  | 'all'
  | 'clear'
  | 'menu';
const plain: Record<string, ListKey> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  Home: 'first',
  End: 'last',
  Enter: 'go',
  ' ': 'choose',
  F2: 'rename',
  Delete: 'remove',
  ContextMenu: 'menu',
};
const withShift = new Set<ListKey>(['up', 'down', 'first', 'last']);

/** Null: not a key of the list. Escape is one only while something is chosen. */
export function keyOf(
  event: { key: string; code: string; shiftKey: boolean; ctrlKey: boolean; metaKey: boolean; altKey: boolean },
  mac: boolean,
  choosing: boolean,
): ListKey | null {
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey)
    return (mac ? event.metaKey : event.ctrlKey) && means('A', event) && !event.shiftKey ? 'all' : null;
  if (event.key === 'Escape') return choosing ? 'clear' : null;
  if (event.shiftKey && event.key === 'F10') return 'menu';
  // a Mac has no Delete key of its own on most boards
  const key = mac && event.key === 'Backspace' ? 'remove' : plain[event.key];
  return key === undefined || (event.shiftKey && !withShift.has(key)) ? null : key;
}

/** What laying these conversations into a section does; null where they lie there already. */
export function dropChange(section: Section, conversations: readonly Conversation[]): Organise | null {
  if (section.kind === 'pinned') return conversations.some((c) => c.pinnedAt === null) ? { to: 'pin', on: true } : null;
  if (section.folder) {
    const { id } = section.folder;
    return conversations.some((c) => c.folderId !== id) ? { to: 'folder', folderId: id } : null;
  }
  if (conversations.some((c) => c.pinnedAt !== null)) return { to: 'pin', on: false };
  return conversations.some((c) => c.folderId !== null) ? { to: 'folder', folderId: null } : null;
}

/** In pixels; the first folder keeps a distance from what is pinned above it. */
export function heightOf(rows: readonly Row[], at: number): number {
  const row = rows[at];
  if (!row || row.conversation) return 32;
  if (!row.section.folder) return 36;
  return at === 0 || rows[at - 1]?.section.folder ? 32 : 40;
}

/** Where the focus goes when these are gone: the conversation after the first of them, else the one before. */
export function nextAfter(rows: readonly Row[], gone: readonly string[]): string | null {
  const going = new Set(gone);
  const at = rows.findIndex(({ key }) => going.has(key));
  if (at < 0) return null;
  const stays = (row: Row): boolean => row.conversation !== null && !going.has(row.key);
  return (rows.slice(at).find(stays) ?? rows.slice(0, at).findLast(stays))?.key ?? null;
}
