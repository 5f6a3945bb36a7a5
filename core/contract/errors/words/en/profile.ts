/** Errors of the data folder, profiles and backups by the clock, in English. */
import { wordsOf } from '../../kinds.ts';
import type { profileErrors } from '../../table/profile.ts';

export const profile = wordsOf<typeof profileErrors>()({
  'profile.option-without-value': ['{option} needs a value.', 'Write it after the option: {option} VALUE.'],
  'profile.no-folder-named': ['--data needs a folder.', 'Name one, or leave the option out.'],
  'profile.no-folder-above': [
    'There is no folder {folder}, so no data folder is made in it.',
    'Check --data and MEZZOTINT_DATA, or make that folder first.',
  ],
  'profile.not-absolute': [
    'A folder is named from the root of its disk on. Nothing was changed.',
    'Give the whole path.',
  ],
  'profile.same-folder': [
    'That is the folder your data lies in, or one within it. Nothing was changed.',
    'Choose a folder elsewhere.',
  ],
  'profile.folder-not-empty': [
    'There is something in that folder already. Nothing was changed.',
    'Choose an empty folder.',
  ],
  'profile.no-room': [
    'There is not enough room: {needed} are needed, and {free} are free. Nothing was changed.',
    'Free some space there, or choose another folder.',
  ],
  'profile.copy-differs': [
    'The copy differs from the original. Nothing was changed; your data is where it was.',
    'Check the disk, or choose another folder.',
  ],
  'profile.copy-failed': [
    'The folder could not be written to: {reason}. Nothing was changed; your data is where it was.',
    'Choose another folder.',
  ],
  'profile.no-backup': ['This backup is not there any more.', 'Choose another one.'],
  'profile.desktop-only': ['Folders are shown by the desktop app.', 'Open the folder by yourself, or give its path.'],
  'profile.reply-under-way': ['A reply is being written.', 'Wait until it has ended, or stop it.'],
  'profile.backup-not-copied': [
    'The backup could not be copied: {reason}. Nothing was changed.',
    'Check that the disk has room.',
  ],
  'profile.unknown': ['There is no profile of this name. Nothing was changed.', 'Choose one from the list.'],
  'profile.folder-away': [
    'This folder is not there now. Nothing was changed.',
    'Connect the disk it is on, and try again.',
  ],
  'profile.location-unreadable': [
    'The file that says where your data lies cannot be read, so the usual folder is open. Nothing was changed.',
    'If your conversations are in another folder, start with --data and that folder.',
  ],
  'profile.data-away': [
    'Your conversations lie in {folder}, which is not there now. Another folder is open instead; nothing was changed.',
    'Connect the disk, then close Mezzotint and start it again.',
  ],
  'profile.damage-not-backed-up': [
    'Something in the database is damaged, so no backup was made of it; earlier backups are kept.',
    'Close Mezzotint and start it again: it mends what it can.',
  ],
  'profile.closing': 'Mezzotint is closing: what was under way was broken off. The backups before it are kept.',
  'profile.folder-back':
    'The data folder is there again, and Mezzotint goes on saving. What was refused meanwhile was not saved.',
});
