/** Errors of the window: code for programs, kinds of parameters. */
import type { ErrorTable } from '../kinds.ts';

export const windowErrors = {
  'window.desktop-ended': ['connection-lost'],
  'window.connection-lost': ['connection-lost'],
  'window.no-result': ['internal', { channel: 'text' }],
  'window.unexpected-shape': ['internal', { channel: 'text', reason: 'text' }],
  'window.no-steps': ['not-found'],
  'window.too-many-files': ['file-invalid', { most: 'count' }],
  'window.file-unreadable': ['file-invalid', { name: 'text' }],
  'window.no-canvas': ['internal'],
  'window.no-encoder': ['internal'],
} as const satisfies ErrorTable;
