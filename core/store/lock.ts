/**
 * One instance a data folder. The lock is an exclusive SQLite transaction on a file of its own: the operating system
 * drops it when the process ends, however it ends, so a lock is never left behind and no process id is ever guessed.
 */
import path from 'node:path';
import { MezzotintError } from '../contract/result.ts';
import { openDb, type DriverName } from './driver.ts';

export interface Lock {
  release(): void;
}

/** @throws MezzotintError `store-locked` where another instance holds the folder, `store-failed` where it can't be written. */
export function lockFolder(dataDir: string, driver: DriverName): Lock {
  const file = path.join(dataDir, 'mezzotint.lock');
  const db = openDb(file, driver, 0);
  try {
    db.exec('PRAGMA busy_timeout = 0');
    db.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    db.close();
    if (thrown instanceof MezzotintError && thrown.code === 'store-locked') {
      throw new MezzotintError('store-locked', 'Mezzotint is already running with this data folder.', { action: 'Use the window that is open, or start with another folder: --data DIR.', file: dataDir, cause: thrown });
    }
    throw thrown;
  }
  return {
    release() {
      db.exec('ROLLBACK');
      db.close();
    },
  };
}
