/** The words of searching: in the list, in the conversation, and of the palette. */
import { number, spoken } from '../live.ts';

export const find = {
  label: 'Search titles and messages',
  placeholder: 'Search',
  clear: 'Clear the search',
  results: 'Search results',
  who: 'Written by',
  whoOf: { any: 'Anyone', user: 'You', assistant: 'Replies' },
  when: 'When',
  whenOf: { any: 'Any time', week: 'Past week', month: 'Past month', year: 'Past year' },
  folder: 'Folder',
  anyFolder: 'All folders',
  noFolder: 'In no folder',
  you: 'You',
  reply: 'Reply',
  instructions: 'Instructions',
  tooShort: 'Go on typing: two letters at least.',
  nothing: (words: string): string => `Nothing found for “${words}”.`,
  narrowed: 'Only a part is searched.',
  widen: 'Search everything',
  unread: (n: number): string =>
    `${number(n)} ${n === 1 ? 'message is' : 'messages are'} still being read; they join when they are.`,
  found: (n: number, more: boolean): string =>
    n === 0
      ? 'Nothing found'
      : `${number(n)}${more ? ' or more' : ''} ${n === 1 && !more ? 'conversation' : 'conversations'}`,
  searching: 'Searching…',
  moreHere: 'More in this conversation',
  more: 'Show more',
  on: (at: number, now = Date.now()): string =>
    new Date(at).toLocaleDateString(spoken(), {
      day: 'numeric',
      month: 'short',
      ...(new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : { year: 'numeric' }),
    }),
  failed: 'The search did not work.',
  again: 'Try again',

  inThis: 'Find in this conversation',
  next: 'Next',
  previous: 'Previous',
  close: 'Close',
  at: (at: number, of: number): string => `${number(at)} of ${number(of)}`,
  none: 'Not found',
  otherBranches: (n: number): string => `${number(n)} more in other branches`,

  palette: 'Commands and conversations',
  palettePlaceholder: 'Type a command, or a conversation’s title',
  commands: 'Commands',
  recent: 'Recent conversations',
  conversations: 'Conversations',
  paletteNothing: 'No command or title fits.',
  exportChats: 'Export conversations…',
  importChats: 'Import conversations…',
  searchFor: (words: string): string => `Search all messages for “${words}”`,
};
