/** Errors of models on this machine, in English. */
import { wordsOf } from '../../kinds.ts';
import type { libraryErrors } from '../../table/library.ts';

export const library = wordsOf<typeof libraryErrors>()({
  'library.files-chosen-on-desktop': ['Files are chosen by the desktop app.', 'Give the path of the folder or file.'],
  'library.import-ended': [
    'The import ended by itself ({how}). Nothing was written.',
    'Close other programs to free memory, and try again.',
  ],
  'library.chosen-gone': [
    'The model {wanted} is not there any more: {instead} answers instead. Conversations are as they were.',
    'Import it again, or choose another model below the message box.',
  ],
  'library.chosen-unusable': [
    "The model {wanted} can't be used: {why} {instead} answers instead. Conversations are as they were.",
    'Import it again, or choose another model below the message box.',
  ],
  'library.no-model': [
    'There is no model {model} on this machine. Nothing was changed.',
    'Choose one of these: {known}.',
  ],
  'library.built-in': ['{model} comes with the app and stays.', 'Choose another model to delete.'],
  'library.kind-unknown': [
    'Nothing in this checkpoint tells which kind of model it is. Nothing was written.',
    'Choose one of the recipes.',
  ],
  'library.importing': ['Another model is being imported.', 'Wait until it has ended, or cancel it.'],
  'library.check-ended': ['The check was ended. Nothing was written.', 'Begin again.'],
  'library.folder-not-made': [
    "The folder {folder} can't be made. Nothing was written.",
    'Check permissions and free space of the data folder.',
  ],
  'library.look-ended': ['The look at this repository was ended. Nothing was fetched.', 'Begin again.'],
  'library.too-large': [
    '{model} takes about {needed} of memory, and this machine has {has}. Nothing was changed.',
    'Choose a smaller model, or the same one in 4 bits.',
  ],
  'library.other-download': [
    'Other files of {repository} were begun already. They are as they were.',
    'Go on with that download, or delete it first.',
  ],
  'library.no-download': ['Nothing of {repository} was fetched.', 'Begin the download again.'],
  'library.token-not-kept': [
    "The system's key store refused the token: {reason}. It is used until the app closes.",
    'Unlock the key store, and give the token again.',
  ],
  'library.no-trash': [
    "{model} can't be moved to the trash: {reason}. It is as it was.",
    'Delete it for good, or move its folder yourself.',
  ],
  'library.shown-on-desktop': ['Folders are shown by the desktop app.', 'The folder is {folder}.'],
  'library.export-exists': ['{path} is there already. Nothing was written.', 'Choose another folder.'],
  'library.export-folder': ['There is no folder {folder}. Nothing was written.', 'Choose a folder that exists.'],
  'library.export-no-room': [
    'The copy takes {needed}, and that disk has {free} free. Nothing was written.',
    'Make room, or choose another disk.',
  ],
  'library.export-failed': ["The copy can't be written: {reason}. Nothing of it is left.", 'Choose another folder.'],
  'library.choice-not-stored': [
    'The choice of a model could not be stored. The model is as it was.',
    'Check permissions and free space of the data folder.',
  ],
});
