/** Words of the sheet “Your data”: folder, backups, profiles. */
import type { BackupInfo, DataCheck, MergeOutcome } from '../../../core/contract/data.ts';

const count = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
const size = (bytes: number): string =>
  bytes < 1e6
    ? `${Math.max(1, Math.round(bytes / 1e3)).toLocaleString('en')} kB`
    : bytes < 1e9
      ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
      : `${(bytes / 1e9).toFixed(1)} GB`;
const list = (parts: string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;

export const data = {
  section: 'Your data',
  label: 'Your data',
  fieldLabel: 'Folder and backups',
  fieldHint: 'Where your conversations lie, copies of them, and what to do if something was lost.',
  open: 'Show…',
  close: 'Close',
  loading: 'Looking…',
  folder: 'Folder',
  inFolder: (bytes: number, room: number | null): string =>
    `${size(bytes)} in it${room === null ? '' : `, ${size(room)} free on its disk`}.`,
  show: 'Show the folder',
  move: 'Move…',
  moveTo: 'Move to',
  movePath: 'The whole path of a folder',
  choose: 'Choose a folder…',
  moveHint:
    'Everything is copied and compared, then Mezzotint goes on there. The old folder stays as it is until you remove it yourself.',
  moveNow: 'Move',
  moving: 'Copying and comparing…',
  cancel: 'Cancel',
  backups: 'Backups',
  now: 'Back up now',
  backingUp: 'Backing up…',
  made: (b: BackupInfo): string => `Backed up: ${count(b.conversations, 'conversation')}, opened and counted.`,
  automatic: 'One a day by itself. Of these, the last 7 days and the last 4 weeks are kept; those you asked for stay.',
  none: 'None yet. The first one is made by itself soon after there is something to keep.',
  kinds: { auto: 'daily', asked: 'asked for', migration: 'before an update' } satisfies Record<
    BackupInfo['kind'],
    string
  >,
  at: (at: number): string => new Date(at).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' }),
  of: (b: BackupInfo): string => `${count(b.conversations, 'conversation')} · ${size(b.bytes)}`,
  bad: 'can’t be read',
  restore: 'Restore…',
  restoreOf: (at: string): string => `Restore from the backup of ${at}`,
  merge: 'Merge what is missing',
  mergeHint:
    'Adds conversations and messages that are in the backup and not here; what you deleted since then comes back. Nothing is overwritten.',
  apart: 'Open as a profile of its own',
  apartHint: 'Opens the backup beside what you have, which stays as it is. You can switch back here.',
  merging: 'Merging…',
  merged: (o: MergeOutcome): string => {
    const got = [
      o.conversations && count(o.conversations, 'conversation'),
      o.messages && count(o.messages, 'message'),
      o.fromTrash && `${count(o.fromTrash, 'conversation')} from the trash`,
    ].filter((part) => typeof part === 'string');
    return `${got.length === 0 ? 'Nothing was missing.' : `Brought back: ${list(got)}.`}${o.left > 0 ? ` ${count(o.left, 'row')} could not be taken.` : ''}`;
  },
  opening: 'Opening…',
  profiles: 'Profiles',
  profilesHint: 'Each is a folder of its own. One that you left stays as it was.',
  current: 'open',
  home: 'the first one',
  gone: 'not there now',
  switchTo: 'Open',
  switchOf: (folder: string): string => `Open the profile in ${folder}`,
  whole: 'Is everything whole?',
  check: 'Check',
  checking: 'Reading everything…',
  checkHint: 'Reads the whole database and compares every index with its table. You can go on meanwhile.',
  checked: (c: DataCheck): string =>
    c.problems.length === 0
      ? `Whole: ${count(c.conversations, 'conversation')}, ${count(c.messages, 'message')}, nothing wrong.`
      : `Something is wrong in ${count(c.problems.length, 'place')}. Close Mezzotint and start it again: it mends what it can, and keeps the damaged file.`,
};
