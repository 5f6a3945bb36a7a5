/** Backups: whole copies of the database, each checked before it counts. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { MezzotintError } from '../contract/result.ts';
import { openDb, type Db, type DriverName } from './driver.ts';
import { databaseVersion } from './migrations/index.ts';
import { isWhole } from './whole.ts';

const NAME = /^mezzotint-.*\.db$/;

/** A time for file names, sortable: 20261123-212600-123 (UTC). */
export const stamp = (time: number): string => new Date(time).toISOString().replace(/[-:]/g, '').replace('T', '-').replace('.', '-').replace('Z', '');

/** A name in `folder` that is not taken: `name.ext`, else `name-2.ext` … */
export function freeName(folder: string, name: string, extension: string): string {
  for (let n = 1; ; n++) {
    const file = path.join(folder, `${name}${n === 1 ? '' : `-${n}`}${extension}`);
    if (!existsSync(file)) return file;
  }
}

/** The database's version, or null where the file is not a whole database. */
export function checkedVersion(file: string, driver: DriverName): number | null {
  let db: Db | undefined;
  try {
    db = openDb(file, driver);
    return isWhole(db) ? databaseVersion(db) : null;
  } catch {
    return null;
  } finally {
    db?.close();
  }
}

/**
 * Writes a checked copy of the database.
 * @param why goes into the name, after the time
 * @returns the copy's path
 */
export function takeBackup(db: Db, folder: string, driver: DriverName, time: number, why = ''): string {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new MezzotintError('store-failed', 'The folder for backups cannot be made.', { file: folder, action: 'Allow writing to the data folder.', cause });
  }
  const file = freeName(folder, `mezzotint-${stamp(time)}${why && `-${why}`}`, '.db');
  const partial = `${file}.part`;
  try {
    rmSync(partial, { force: true });
    db.prepare('VACUUM INTO ?').run(partial);
    if (checkedVersion(partial, driver) !== databaseVersion(db)) throw new MezzotintError('store-failed', 'A backup was written but could not be read back.', { file: folder, action: 'Check the disk and try again.' });
    renameSync(partial, file);
  } catch (thrown) {
    rmSync(partial, { force: true });
    throw thrown;
  }
  return file;
}

/** Paths of backups, newest first. */
export function listBackups(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => NAME.test(name))
    .sort()
    .reverse()
    .map((name) => path.join(folder, name));
}
