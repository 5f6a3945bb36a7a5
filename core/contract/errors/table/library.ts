/** Errors of models on this machine: code for programs, kinds of parameters. */
import type { ErrorTable } from '../kinds.ts';

export const libraryErrors = {
  'library.files-chosen-on-desktop': ['bad-request'],
  'library.import-ended': ['internal', { how: 'text' }],
  'library.chosen-gone': ['pack-missing', { wanted: 'text', instead: 'text' }],
  'library.chosen-unusable': ['pack-missing', { wanted: 'text', instead: 'text', why: 'error' }],
  'library.no-model': ['not-found', { model: 'text', known: 'list' }],
  'library.built-in': ['conflict', { model: 'text' }],
  'library.kind-unknown': ['bad-request'],
  'library.importing': ['conflict'],
  'library.check-ended': ['conflict'],
  'library.folder-not-made': ['store-failed', { folder: 'text' }],
  'library.choice-not-stored': ['store-failed'],
} as const satisfies ErrorTable;
