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
  'library.folder-not-absolute': [
    'A folder is named from the root of its disk on. Nothing was changed.',
    'Give the whole path.',
  ],
  'library.folder-is-file': ['{folder} is a file, not a folder. Nothing was changed.', 'Choose a folder.'],
  'library.folder-above-missing': [
    'There is no folder {folder}. Nothing was changed.',
    'Check the path, connect its disk, or make that folder first.',
  ],
  'library.folder-in-app': [
    "{folder} belongs to the app's own files, which the next version replaces. Nothing was changed.",
    'Choose a folder of your own.',
  ],
  'library.folder-in-data': [
    '{folder} lies within a data folder, among its conversations. Nothing was changed.',
    'Choose a folder elsewhere.',
  ],
  'library.folder-in-models': [
    '{folder} lies within the folder of models. Nothing was changed.',
    'Choose a folder elsewhere.',
  ],
  'library.folder-read-only': [
    'Nothing can be written to {folder}: {reason}. Nothing was changed.',
    'Check its permissions, or choose another folder.',
  ],
  'library.folder-away': [
    'Your models lie in {folder}, which is not there now. They are as they were; the model of the app answers meanwhile.',
    'Connect its disk and look again, or choose another folder for models.',
  ],
  'library.folder-unknown': [
    'The file {file} does not tell where your models lie, so the usual folder is used. No model was changed.',
    'Choose the folder of your models again.',
  ],
  'library.folder-same': ['Models lie in {folder} already. Nothing was changed.', 'Choose another folder.'],
  'library.folder-busy': [
    'A model is being imported or fetched. The folder of models was not changed.',
    'Wait until it has ended, or pause it, and try again.',
  ],
  'library.folder-not-named': [
    "{folder} can't be used for models: {reason}. Models lie where they were.",
    'Check permissions and free space, or choose another folder.',
  ],
  'library.moving': [
    'Models are being moved to {folder}. Nothing was changed.',
    'Wait until the move has ended, or cancel it.',
  ],
  'library.move-no-room': [
    'The models take {needed}, and that disk has {free} free. Nothing was moved.',
    'Make room there, choose another disk, or leave the models where they are.',
  ],
  'library.move-differs': [
    'The copy of {name} differs from the original. The models are where they were, and the copies are removed.',
    'That disk may be failing. Choose another one.',
  ],
  'library.move-failed': [
    "The models can't be copied: {reason}. They are where they were, and the copies are removed.",
    'Check that disk, or choose another folder.',
  ],
  'library.used-elsewhere': [
    'Another running Mezzotint uses {model}. It is as it was.',
    'Choose another model there, or close it, and try again.',
  ],
});
