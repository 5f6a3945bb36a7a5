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
  'library.look-ended': ['conflict'],
  'library.too-large': ['out-of-memory', { model: 'text', needed: 'bytes', has: 'bytes' }],
  'library.other-download': ['conflict', { repository: 'text' }],
  'library.no-download': ['not-found', { repository: 'text' }],
  'library.token-not-kept': ['store-failed', { reason: 'text' }],
  'library.no-trash': ['store-failed', { model: 'text', reason: 'text' }],
  'library.shown-on-desktop': ['bad-request', { folder: 'text' }],
  'library.export-exists': ['conflict', { path: 'text' }],
  'library.export-folder': ['not-found', { folder: 'text' }],
  'library.export-no-room': ['store-failed', { needed: 'bytes', free: 'bytes' }],
  'library.export-failed': ['store-failed', { reason: 'text' }],
} as const satisfies ErrorTable;
