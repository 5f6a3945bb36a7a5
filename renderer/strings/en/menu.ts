/** The words of a message's menu, and of what is done from there. */
import type { Comparison } from '../../state/thread/reproduced.ts';
import { number } from '../live.ts';

const messages = (n: number): string => `${number(n)} ${n === 1 ? 'message' : 'messages'}`;

export const menu = {
  more: 'More',
  moreOf: { question: 'More for this question', reply: 'More for this reply' },

  edit: 'Edit',
  editHint: 'Ask it in other words; this one and its replies are kept',
  editGoOn: 'Go on editing',
  editLabel: 'Edit the question',
  editAsk: 'Ask',
  editCancel: 'Cancel',
  editNote: 'The old question and its replies stay beside it.',

  again: 'Ask again',
  againHint: 'Write another reply to this question; those that are there are kept',
  retry: 'Retry',
  retrySame: 'Same settings, new seed',
  retryNow: 'With the settings set now',
  retryIn: (mode: string): string => `In ${mode} mode`,
  retryOther: 'With other settings…',
  retryGo: 'Write another reply',
  retryForm: 'Settings of another reply',
  newSeed: 'new seed',

  reproduce: 'Write it again, the same',
  reproduceHint: 'The same seed, settings and instructions: it should come out equal, and says whether it did',
  reproduceGo: 'Write it again all the same',
  packDiffers: (name: string): string =>
    `This reply was written by ${name}, as it was then; another model or version is loaded now.`,
  deviceDiffers: (then: string, now: string): string =>
    `It was written on ${then}; ${now} serves now, which may round differently.`,
  mayDiffer: 'So it may come out different.',
  compared: (made: Comparison, version: number): string =>
    made.kind === 'equal'
      ? `Came out equal to version ${version}, word for word.`
      : made.kind === 'longer'
        ? `Came out equal to version ${version} as far as that goes.`
        : `Came out different from version ${version}, from character ${number(made.at)} on${made.before === '' ? '' : `, after “${made.before}”`}.`,
  comparedGone: 'The reply it was compared with is deleted.',

  fork: 'Fork from here',
  forkHint: 'A conversation of its own that begins with everything down to this message',
  forkedFrom: 'Forked from',
  forkedTo: 'Forked from here:',
  forkGone: 'a conversation that is not here any more',

  remove: 'Delete',
  removeOne: 'This message',
  removeOneHint: 'What follows stays; the model does not read this message any more',
  removeAll: 'It and all that follows',
  removeAllHint: 'On every branch below it',
  removed: (n: number): string => `${messages(n)} deleted.`,
  undo: 'Undo',
  goneQuestion: 'A question was deleted here. The model does not read it.',
  goneReply: 'A reply was deleted here. The model does not read it.',
  restore: 'Restore',
  allDeleted: 'All messages of this conversation are deleted.',
  deletedList: 'Deleted messages',
  deletedOpen: (n: number): string => `Deleted messages (${number(n)})`,
  deletedHint:
    'They are kept with the conversation: nothing of it is erased. What another app did not show is here too.',
  deletedNone: 'Nothing is deleted in this conversation.',
  deletedMore: (n: number): string => `and ${messages(n)} that followed`,
  close: 'Close',
} as const;
