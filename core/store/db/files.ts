/** Where a store lies, and the files beside its database. */
import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { freeName, stamp } from './names.ts';
import type { DriverName } from './driver.ts';
import type { Migration } from './migrations/index.ts';
import { writePrivately } from './private.ts';

export interface StoreFiles {
  dataDir: string;
  /** The path of the database. */
  database: string;
  backups: string;
  driver: DriverName;
  synchronous: 'FULL' | 'NORMAL';
  now: () => number;
  migrations: readonly Migration[];
  latest: number;
}

const TAILS = ['-wal', '-shm', '-journal', ''];
export const isFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;

/**
 * Moves the database and its side files out of the way, whatever they are; nothing is deleted. The log goes first: beside another
 * database SQLite would read it into that one. Returns the new path, null where there was none.
 */
export function setAside(files: StoreFiles): string | null {
  const target = freeName(files.dataDir, `mezzotint-damaged-${stamp(files.now())}`, '.db');
  for (const tail of TAILS) if (existsSync(files.database + tail)) renameSync(files.database + tail, target + tail);
  return existsSync(target) ? target : null;
}

/**
 * How the app was closed. A database that was closed whole, and whose file is as it was then, needs no search for damage at the
 * next start; the search reads all of it, which takes seconds where it is large.
 */
export const closedWell = {
  file: (files: StoreFiles): string => path.join(files.dataDir, 'mezzotint.closed'),
  mark(files: StoreFiles): void {
    try {
      const { size, mtimeMs } = statSync(files.database);
      writePrivately(closedWell.file(files), JSON.stringify({ size, mtimeMs }));
    } catch {
      // without the mark the next start looks at everything
    }
  },
  /** Reads the mark and takes it away. */
  take(files: StoreFiles): boolean {
    try {
      const said: unknown = JSON.parse(readFileSync(closedWell.file(files), 'utf8'));
      rmSync(closedWell.file(files), { force: true });
      const { size, mtimeMs } = statSync(files.database);
      return !existsSync(`${files.database}-wal`) && JSON.stringify(said) === JSON.stringify({ size, mtimeMs });
    } catch {
      return false;
    }
  },
};

/** Set where something was wrong while the app ran: the next start compares everything with everything. */
export const suspicion = {
  file: (dataDir: string): string => path.join(dataDir, 'mezzotint.suspect'),
  raise(dataDir: string): void {
    try {
      writePrivately(suspicion.file(dataDir), '');
    } catch {
      // the search that every start after an unclean end makes must do
    }
  },
  isRaised: (files: StoreFiles): boolean => existsSync(suspicion.file(files.dataDir)),
  drop: (files: StoreFiles): void => rmSync(suspicion.file(files.dataDir), { force: true }),
};
