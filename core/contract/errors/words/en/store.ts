/** Errors of the database and its backups, in English. */
import { wordsOf } from '../../kinds.ts';
import type { storeErrors } from '../../table/store.ts';

export const store = wordsOf<typeof storeErrors>()({
  'store.runtime-too-old': [
    'This runtime offers Node-API {offered}; the database needs {needed}. Nothing was opened or changed.',
    'Update Electron (36 or newer) or Node (22.12 or newer) and start again.',
  ],
  'store.driver-missing': [
    'The database module {name} could not be loaded: {reason}. Your conversations are safe.',
    'Install the app again; your conversations are not touched by that.',
  ],
  'store.damaged': [
    'The database file is damaged.',
    'Close Mezzotint and start it again: it sets the damaged file aside and goes on from the newest backup.',
  ],
  'store.held': ['Another program holds the database.', 'Close the other program and try again.'],
  'store.full': [
    'The disk is full: this could not be saved. What was saved before is safe.',
    'Free some space and try again.',
  ],
  'store.read-only': [
    'The data folder or its database can only be read, not written.',
    'Allow writing to the folder, or choose another one with --data.',
  ],
  'store.not-opened': [
    'The database file could not be opened.',
    'Check that the folder exists and may be written to, or choose another one with --data.',
  ],
  'store.disk-failed': [
    'The database could not be read or written ({reason}). What was saved before is safe.',
    'Check the disk and try again.',
  ],
  'store.unexpected-value': [
    'The database holds something unexpected in “{column}”.',
    'Start the app again; if this stays, restore a backup from the data folder.',
  ],
  'store.locked': [
    'Mezzotint is already running with this data folder.',
    'Use the window that is open, or start with another folder: --data DIR.',
  ],
  'store.locked-by-window': [
    'Mezzotint is already running with this data folder: in its window, since {since}, as process {process}.',
    'Use the window that is open, or start with another folder: --data DIR.',
  ],
  'store.locked-by-browser': [
    'Mezzotint is already running with this data folder: in a browser, since {since}, as process {process}.',
    'Use the page that is open, or start with another folder: --data DIR.',
  ],
  'store.locked-by-command': [
    'Mezzotint is already running with this data folder: as a command, since {since}, as process {process}.',
    'Wait until that command has ended, or use another folder: --data DIR.',
  ],
  'store.migration-misplaced': 'Migration “{name}” has version {version} where {expected} is expected.',
  'store.migration-failed': [
    'The database could not be brought from version {from} to {to}: {reason}. It is unchanged.',
    'Start the version of the app that you used before, and report this.',
  ],
  'store.replaced': [
    'The database was replaced by another file while Mezzotint was running, perhaps by a program that copies or restores files. Nothing is saved into either.',
    'First export what you need: it can be read until you close Mezzotint. Then start it again: it opens the file that is there now.',
  ],
  'store.folder-gone': [
    'The data folder was deleted or moved while Mezzotint was running. Nothing more can be saved.',
    'Put it back where it was, and Mezzotint goes on. If it is gone for good, export what you need: it can be read until you close Mezzotint.',
  ],
  'store.database-gone': [
    'The database was deleted or moved while Mezzotint was running. Nothing more can be saved.',
    'Put it back where it was, and Mezzotint goes on. If it is gone for good, export what you need: it can be read until you close Mezzotint.',
  ],
  'store.log-gone': [
    "The database's log ({name}) was deleted or replaced while Mezzotint was running. What was written last may be only in memory, and nothing more can be saved.",
    'Put it back where it was, or export what you need: it can be read until you close Mezzotint.',
  ],
  'store.newer': [
    'Your conversations were last opened by a newer Mezzotint (database version {found}; this one knows {known}). Nothing was changed.',
    'Install the newest Mezzotint, or start this one with another folder: --data DIR.',
  ],
  'store.folder-not-made': [
    'The data folder cannot be made: {reason}.',
    'Check the path, or choose another folder with --data.',
  ],
  'store.folder-unusable': [
    'The data folder could not be used: {reason}.',
    'Check that the folder may be written to and the disk has room, or choose another one with --data.',
  ],
  'store.backups-folder-not-made': ['The folder for backups cannot be made.', 'Allow writing to the data folder.'],
  'store.backup-unreadable': [
    'A backup was written but could not be read back, and was thrown away. The backups before it are kept.',
    'Check the disk and try again.',
  ],
  'store.mended-not-whole': 'The mended database is not whole.',
  'store.no-room-to-mend': [
    'The database is damaged, and there is no room to mend it. Nothing was changed.',
    'Free some space (as much as the data folder has now) and start again.',
  ],
  'store.mended': ['{course}', 'Keep the old file if you miss something.'],
  'store.found-missing': ['{course}', 'If you moved the database yourself, close Mezzotint and put it back.'],
  'store.mended-at-start': [
    'The database was damaged. It was mended from the newest good backup and from what could be read; the damaged file was set aside, not deleted.',
    'Keep the old file if you miss something.',
  ],
  'mended.was-missing': 'The database was missing.',
  'mended.was-damaged': 'The database was damaged.',
  'mended.from-backup': 'The backup of {at} is open in its place: {conversations#conversation#conversations} in all.',
  'mended.from-backup-and-file':
    'The backup of {at} is open in its place, and {found} written since then came from the damaged file: {conversations#conversation#conversations} in all.',
  'mended.from-file': 'There was no backup; {found} came from the damaged file.',
  'mended.empty': 'There was no backup, and nothing could be read from the damaged file: Mezzotint starts empty.',
  'mended.not-looked-disk-full': 'What was written after the backup was not looked for: the disk is full.',
  'mended.not-looked': 'What was written after the backup was not looked for: the search broke off.',
  'mended.nothing-read':
    'Nothing could be read from the damaged file: what was written after the backup is only in it.',
  'mended.parts-unread':
    '{parts#part of it could not be read#parts of it could not be read}: something may be missing.',
  'mended.all-read': 'All of its rows could be read.',
  'mended.set-aside': 'The damaged file was set aside, not deleted.',
  'mended.conversations': '{n#conversation#conversations}',
  'mended.messages': '{n#message#messages}',
  'mended.replies': 'the rest of {n#reply#replies}',
  'store.backup-damaged': ['This backup cannot be read. Nothing was changed.', 'Choose another backup.'],
  'store.backup-newer': [
    'This backup was made by a newer Mezzotint (database version {found}; this one knows {known}). Nothing was changed.',
    'Install the newest Mezzotint.',
  ],
  'store.steps-out-of-range': 'The steps of a reply in it cannot be kept: their numbers are out of range.',
  'store.identifier-taken': [
    'A conversation or message with the same identifier is there already.',
    'Import the file again: it is then compared with what is here now.',
  ],
  'store.no-file': ['This file is not there any more.', 'Reload the conversation.'],
  'store.no-conversation': [
    'This conversation is not there. It may be in the trash.',
    'Restore it from the trash, or choose another one.',
  ],
  'store.no-message': ['This message is not there.', 'Reload the conversation.'],
  'store.earlier-part-unsaved': ['An earlier part of this reply could not be saved.', 'Continue or retry the reply.'],
  'store.generation-missing': 'The generation just added is not there.',
  'store.no-folder': ['This folder is not there any more.', 'Choose another one.'],
  'store.folder-name-taken': ['There is a folder named “{name}” already.', 'Choose another name.'],
  'store.no-preset': ['This preset is not there any more.', 'Choose another one.'],
  'store.trace-damaged': [
    'The stored steps of this reply cannot be read. Its text is safe.',
    'Retry the reply if you want to see how it is written.',
  ],
  'store.folder-path-too-long': [
    "The folder's path is too long for its database: at most {most} bytes. Nothing was written.",
    'Choose a folder nearer to the root of its disk.',
  ],
});
