/** Errors of the command line: code for programs, kinds of parameters. */
import type { ErrorTable } from '../kinds.ts';

export const cliErrors = {
  'cli.no-such-sampler': ['bad-request', { model: 'text', sampler: 'text', offered: 'list' }],
  'cli.no-such-mode': ['bad-request', { model: 'text', mode: 'text', offered: 'list' }],
  'cli.no-such-param': ['bad-request', { sampler: 'text', param: 'text', known: 'list' }],
  'cli.no-params': ['bad-request', { sampler: 'text', param: 'text' }],
  'cli.input-is-folder': ['file-invalid'],
  'cli.no-file': ['not-found', { file: 'text', option: 'text' }],
  'cli.data-unreadable': ['store-failed', { reason: 'text' }],
  'cli.no-conversations': ['not-found', { folder: 'text' }],
  'cli.no-folder': ['not-found', { folder: 'text' }],
  'cli.input-unreadable': ['file-invalid', { reason: 'text' }],
  'cli.input-too-long': ['bad-request', { most: 'count' }],
  'cli.input-not-utf8': ['bad-request'],
  'cli.app-ended': ['connection-lost'],
  'cli.file-unreadable': ['file-invalid', { file: 'text', reason: 'text' }],
  'cli.pipe-too-long': ['file-invalid', { file: 'text', megabytes: 'count' }],
  'cli.source-is-folder': ['file-invalid', { file: 'text' }],
  'cli.export-left-aside': ['file-invalid', { file: 'text', reason: 'text', partial: 'text' }],
  'cli.target-is-folder': ['file-invalid', { file: 'text' }],
  'cli.target-is-disk': ['file-invalid', { file: 'text' }],
  'cli.reader-gone': ['file-invalid', { file: 'text' }],
  'cli.target-unwritable': ['file-invalid', { file: 'text', reason: 'text' }],
  'cli.no-model': ['not-found', { model: 'text', folder: 'text' }],
} as const satisfies ErrorTable;
