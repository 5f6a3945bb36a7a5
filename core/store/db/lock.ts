/**
 * One instance a data folder. The lock is an exclusive SQLite transaction on a file of its own: the operating system
 * drops it when the process ends, however it ends, so a lock is never left behind and no process id is ever guessed.
 * Who holds it is written beside it, for words alone.
 */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { failure, MezzotintError } from '../../contract/result.ts';
import { isDamage, openDb, type Db, type DriverName } from './driver.ts';
import { writePrivately } from './private.ts';

export interface Lock {
  /** @param ours whether the folder is still the one that was locked (default true): in another nothing is removed */
  release(ours?: boolean): void;
}
/** Where an instance runs. */
const places = ['window', 'browser', 'command'] as const;
export interface Holder {
  who: (typeof places)[number];
  now: () => number;
}

const holderSchema = v.object({ pid: v.number(), since: v.number(), who: v.picklist(places) });
const holderFile = (dataDir: string): string => path.join(dataDir, 'mezzotint.running');

/** The folder is held by another instance, which is described as far as it is known. */
function heldBy(dataDir: string, cause: unknown): MezzotintError {
  const extra = { file: dataDir, cause };
  try {
    const { pid, since, who } = v.parse(holderSchema, JSON.parse(readFileSync(holderFile(dataDir), 'utf8')));
    return failure(`store.locked-by-${who}`, { since, process: pid }, extra);
  } catch {
    return failure('store.locked', {}, extra);
  }
}

function openLock(file: string, driver: DriverName): Db {
  const db = openDb(file, driver, { timeoutMs: 0 });
  try {
    db.exec('PRAGMA busy_timeout = 0');
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

/** Those held by this process: a connection that nothing refers to is collected, and its lock dropped with it. */
const held = new Set<Db>();

/** @throws MezzotintError `store-locked` where another instance holds the folder, `store-failed` where it can't be written. */
export function lockFolder(dataDir: string, driver: DriverName, { who, now }: Holder): Lock {
  const file = path.join(dataDir, 'mezzotint.lock');
  let db: Db;
  try {
    db = openLock(file, driver);
  } catch (thrown) {
    if (thrown instanceof MezzotintError && thrown.code === 'store-locked') throw heldBy(dataDir, thrown);
    // a lock that is no database holds nothing: it is put out of the way
    if (!isDamage(thrown) || !existsSync(file)) throw thrown;
    renameSync(file, `${file}.broken`);
    db = openLock(file, driver);
  }
  held.add(db);
  try {
    writePrivately(holderFile(dataDir), JSON.stringify({ pid: process.pid, since: now(), who }));
  } catch {
    // words for another instance; the lock stands without them
  }
  return {
    release(ours = true) {
      if (ours) rmSync(holderFile(dataDir), { force: true });
      held.delete(db);
      db.exec('ROLLBACK');
      db.close();
    },
  };
}
