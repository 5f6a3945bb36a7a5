/** The words of attached files. */
import { number } from '../live.ts';

const size = (bytes: number): string =>
  bytes < 1e6 ? `${number(Math.max(1, Math.round(bytes / 1e3)))} kB` : `${number(Math.round(bytes / 1e5) / 10)} MB`;

export const attach = {
  button: 'Attach text files',
  buttonHint: 'Attach text files: they are read before your words. Or drop or paste them.',
  list: 'Attached files',
  of: (n: number): string => `${number(n)} attached`,
  tokens: (n: number): string => `${number(n)} ${n === 1 ? 'token' : 'tokens'}`,
  characters: (n: number): string => `${number(n)} ${n === 1 ? 'character' : 'characters'}`,
  remove: (name: string): string => `Take “${name}” off`,
  open: (name: string): string => `Show “${name}”`,
  drop: 'Drop text files to attach them',
  close: 'Close',
  dismiss: 'Dismiss',
  reading: 'Opening…',
  guessed: (name: string, encoding: string): string =>
    `“${name}” was read as ${encoding}. If its words are wrong, save it as UTF-8.`,
  refused: {
    binary: (name: string): string => `“${name}” is not plain text. Save it as text first, or paste the part you need.`,
    encoding: (name: string): string =>
      `“${name}” is not in UTF-8, and what it is in cannot be told. Save it as UTF-8, or paste the part you need.`,
    large: (name: string, bytes: number, limit: number): string =>
      `“${name}” has ${size(bytes)}; ${number(limit)} characters of a file can be attached, and the model reads fewer. Paste the part you need.`,
    empty: (name: string): string => `“${name}” is empty.`,
    many: (limit: number): string => `${number(limit)} files can be attached to a question. Take one off first.`,
    together: (limit: number): string => `Together the files may have ${number(limit)} characters. Take one off first.`,
    unreadable: (name: string): string => `“${name}” could not be read. Folders cannot be attached.`,
  },
} as const;
