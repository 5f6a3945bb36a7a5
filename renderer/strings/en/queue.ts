/** The words of questions that wait for the end of a reply. */
import type { Held } from '../../../core/contract/queue.ts';
import { number } from '../live.ts';

export const queue = {
  label: 'Questions that wait',
  /** While they are sent by themselves. */
  next: (n: number): string =>
    n === 1 ? 'Sent when this reply ends' : `${number(n)} questions, sent one after the other when this reply ends`,
  held: {
    stopped: 'Waiting, because you stopped the reply.',
    failed: 'Waiting, because the reply did not come to its end.',
    elsewhere: 'Waiting, because another branch is open than the one it was asked on.',
    refused: 'Waiting, because it could not be sent.',
    closed: 'Not sent yet: the app was closed in between.',
  } satisfies Record<Held, string>,
  send: 'Send now',
  add: 'Send next',
  addHint: 'Waits here and is sent when this reply ends (Enter)',
  files: (n: number): string => (n === 1 ? '1 file' : `${number(n)} files`),
  edit: 'Take back into the message box',
  remove: 'Take off',
  removed: 'Question taken off.',
  editBusy: 'A reply is being written: stop it, or ask when it has ended.',
} as const;
