/** Errors of the data folder, profiles and backups by the clock: code for programs, kinds of parameters. */
import type { ErrorTable } from '../kinds.ts';

export const profileErrors = {
  'profile.option-without-value': ['bad-request', { option: 'text' }],
  'profile.no-folder-named': ['bad-request'],
  'profile.no-folder-above': ['not-found', { folder: 'text' }],
  'profile.not-absolute': ['bad-request'],
  'profile.same-folder': ['bad-request'],
  'profile.folder-not-empty': ['bad-request'],
  'profile.no-room': ['store-failed', { needed: 'bytes', free: 'bytes' }],
  'profile.copy-differs': ['store-failed'],
  'profile.copy-failed': ['store-failed', { reason: 'text' }],
  'profile.no-backup': ['not-found'],
  'profile.desktop-only': ['bad-request'],
  'profile.reply-under-way': ['conflict'],
  'profile.backup-not-copied': ['store-failed', { reason: 'text' }],
  'profile.unknown': ['not-found'],
  'profile.folder-away': ['not-found'],
  'profile.location-unreadable': ['store-failed'],
  'profile.data-away': ['store-failed', { folder: 'text' }],
  'profile.damage-not-backed-up': ['store-damaged'],
  'profile.closing': ['conflict'],
  'profile.folder-back': ['store-failed'],
} as const satisfies ErrorTable;
