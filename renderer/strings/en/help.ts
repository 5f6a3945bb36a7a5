/** Keyboard shortcuts. */
import type { Action } from '../../state/window/keys.ts';

export const help = {
  label: 'Keyboard shortcuts',
  open: 'Keyboard shortcuts',
  close: 'Close',
  or: 'or',
  actions: {
    'new-chat': 'New chat',
    'focus-composer': 'Write a message',
    stop: 'Stop the reply',
    'focus-list': 'Go to the conversations',
    previous: 'Previous conversation',
    next: 'Next conversation',
    'toggle-sidebar': 'Show or hide conversations',
    settings: 'Settings',
    tokens: 'Show how sure the model was of a reply’s words',
    replay: 'Replay a reply',
    palette: 'Commands and conversations by name',
    search: 'Search all conversations',
    find: 'Find in this conversation',
    'find-next': 'Next place found',
    'find-previous': 'Previous place found',
    rewrite: 'Rewrite words of a reply',
    unsure: 'Redo the weak spots of a reply',
    explain: 'What is happening, in words',
    race: 'Race: the last question in several modes',
    model: 'Choose the model',
    undo: 'Undo a move or a deletion',
    help: 'This list',
  } satisfies Record<Action, string>,
  list: 'In the list: ↑ ↓ to move, → for all that can be done, Shift and ↑ ↓ or Space to select several, F2 to rename, Delete to delete. In a replay: Space plays and pauses, ← → step, Home and End go to its ends, Esc closes.',
} as const;
