/** Errors of the way to Mezzotint: requests, browser mode, the desktop: code for programs, kinds of parameters. */
import type { ErrorTable } from '../kinds.ts';

export const serverErrors = {
  'internal.unforeseen': ['internal', { reason: 'text' }],
  'contract.no-channel': ['bad-request', { name: 'text' }],
  'contract.misfit': ['bad-request', { channel: 'text', reason: 'text' }],
  'server.not-text': ['bad-request'],
  'server.not-json': ['bad-request'],
  'server.no-frame': ['bad-request', { reason: 'text' }],
  'server.too-many-requests': ['bad-request', { most: 'count' }],
  'server.files-unreadable': ['internal', { folder: 'text' }],
  'server.no-interface': ['internal', { folder: 'text' }],
  'server.port-taken': ['bad-request', { port: 'number' }],
  'server.port-not-allowed': ['bad-request', { port: 'number' }],
  'server.port-not-opened': ['bad-request', { port: 'number', reason: 'text' }],
  'api.port-taken': ['bad-request', { port: 'number' }],
  'api.port-not-allowed': ['bad-request', { port: 'number' }],
  'api.port-not-opened': ['bad-request', { port: 'number', reason: 'text' }],
  'api.too-many-keys': ['conflict', { most: 'count' }],
  'server.no-port': ['bad-request', { given: 'text' }],
  'server.no-browser': ['internal'],
  'desktop.stranger': ['bad-request'],
  'desktop.folder-not-shown': ['not-found'],
} as const satisfies ErrorTable;
