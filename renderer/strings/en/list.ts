/** The list of conversations. */

export const list = {
  label: 'Conversations',
  new: 'New chat',
  filter: 'Filter by title',
  empty: 'No conversations yet.',
  noMatch: (words: string): string => `No title contains “${words}”.`,
  renameLabel: (title: string): string => `New title for “${title}”`,
  undo: 'Undo',
  untitled: 'New chat',
  running: 'a reply is being written',
  hide: 'Hide conversations',
  show: 'Show conversations',
} as const;
