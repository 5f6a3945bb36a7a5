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
  'library.choice-not-stored': [
    'The choice of a model could not be stored. The model is as it was.',
    'Check permissions and free space of the data folder.',
  ],
});
