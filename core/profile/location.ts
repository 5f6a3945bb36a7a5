/**
 * Which folder the app's data lies in. The home folder (the system's place for it, or `--data`) may name another one in
 * `location.json`, and remembers the profiles there were. Written whole or not at all, and last: until then the old place holds.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { type AppError, errorOf } from '../contract/result.ts';
import { writePrivately } from '../store/index.ts';

export interface Location {
  /** The folder in use. */
  current: string;
  /** Every folder that was in use, the home first. */
  known: string[];
}

const fileOf = (home: string): string => path.join(home, 'location.json');
const absolute = v.pipe(
  v.string(),
  v.minLength(1),
  v.check((folder) => path.isAbsolute(folder)),
);
const schema = v.object({
  version: v.literal(1),
  current: absolute,
  known: v.pipe(v.array(absolute), v.maxLength(1000)),
});

function read(home: string): Location | 'none' | 'unreadable' {
  if (!existsSync(fileOf(home))) return 'none';
  try {
    const parsed = v.safeParse(schema, JSON.parse(readFileSync(fileOf(home), 'utf8')));
    if (!parsed.success) return 'unreadable';
    const { current, known } = parsed.output;
    return { current, known: [...new Set([home, ...known, current])] };
  } catch {
    return 'unreadable';
  }
}
export function locationOf(home: string): Location {
  const found = read(home);
  return typeof found === 'string' ? { current: home, known: [home] } : found;
}

export function writeLocation(home: string, { current, known }: Location): void {
  const partial = `${fileOf(home)}.part`;
  writePrivately(
    partial,
    `${JSON.stringify({ version: 1, current, known: [...new Set([home, ...known, current])] }, null, 2)}\n`,
  );
  const handle = openSync(partial, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(partial, fileOf(home));
}

export const isFolder = (folder: string): boolean =>
  statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * The folder to open. Where the one that was chosen is not there (its disk is not connected), or can't be known, it is the home; the
 * choice stays as it is, for the next start.
 */
export function dataDirOf(home: string): { dataDir: string; notices: AppError[] } {
  const found = read(home);
  if (found === 'none') return { dataDir: home, notices: [] };
  if (found === 'unreadable')
    return {
      dataDir: home,
      notices: [errorOf('profile.location-unreadable', {}, { file: fileOf(home) })],
    };
  if (found.current === home || isFolder(found.current)) return { dataDir: found.current, notices: [] };
  return {
    dataDir: home,
    notices: [errorOf('profile.data-away', { folder: found.current }, { file: home })],
  };
}
