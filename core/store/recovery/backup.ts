/** Backups: whole copies of the database in one file each, every one checked before it counts. */
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { failure, type MezzotintError } from '../../contract/result.ts';
import type { Clock } from '../repositories/clock.ts';
import { integer, openDb, pragma, type Db, type DriverName } from '../db/driver.ts';
import { inspectAway } from './inspect-away.ts';
import { inspect, isWhole, type Inspection } from './inspect.ts';
import { databaseVersion } from '../db/migrations/index.ts';
import { freeName, stamp } from '../db/names.ts';
import type { Presence } from '../db/presence.ts';
import { makeFile, makeFolder } from '../db/private.ts';
import { DAY_MS, expired, isDue, type Dated } from './retention.ts';

export interface BackupFile extends Dated {
  file: string;
  bytes: number;
}
/** A backup, looked into. */
export interface Backup extends BackupFile, Inspection {}

const ANY_NAME = /^mezzotint-.*\.db$/;
const OWN_NAME = /^mezzotint-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-(\d{3})(?:-(auto)|-(before-v\d+))?(?:-\d+)?\.db$/;

/** What the name of a backup says; null where it is not one that we give. */
export function readName(name: string): Dated | null {
  const found = OWN_NAME.exec(name);
  if (!found) return null;
  const [year, month, date, hours, minutes, seconds, ms] = found.slice(1, 8).map(Number);
  const at = Date.UTC(year ?? 0, (month ?? 0) - 1, date, hours, minutes, seconds, ms);
  // no 31st of February
  if (!name.startsWith(`mezzotint-${stamp(at)}`)) return null;
  return { name, at, kind: found[8] ? 'auto' : found[9] ? 'migration' : 'asked' };
}

/** What is in a folder; nothing where it is none. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
/** What the names in a folder say, and nothing else: the times of files are not asked. */
const namedIn = (folder: string): Dated[] => namesIn(folder).flatMap((name) => readName(name) ?? []);

/** The backups of a folder, newest first. A name that can't be true (not ours, or of a time to come) is dated by its file. */
export function listBackups(folder: string, now: number): BackupFile[] {
  return namesIn(folder)
    .filter((name) => ANY_NAME.test(name))
    .flatMap((name): BackupFile[] => {
      const file = path.join(folder, name);
      const stat = statSync(file, { throwIfNoEntry: false });
      if (!stat?.isFile()) return [];
      const said = readName(name);
      const at = said && said.at <= now + DAY_MS ? said.at : Math.min(now, Math.round(stat.mtimeMs));
      return [{ name, file, at, bytes: stat.size, kind: said?.kind ?? 'asked' }];
    })
    .sort((a, b) => b.at - a.at || (a.name < b.name ? 1 : -1));
}

/** The newest backup that can be opened by this app, or undefined. */
export const newestGood = (folder: string, driver: DriverName, now: number, latest: number): BackupFile | undefined =>
  listBackups(folder, now).find(({ file }) => {
    const found = inspect(file, driver);
    return isWhole(found) && found.version <= latest;
  });

function begin(folder: string, time: number, why: string): { file: string; partial: string } {
  try {
    makeFolder(folder);
  } catch (cause) {
    throw failure('store.backups-folder-not-made', {}, { file: folder, cause });
  }
  const file = freeName(folder, `mezzotint-${stamp(time)}${why && `-${why}`}`, '.db');
  const partial = `${file}.part`;
  rmSync(partial, { force: true });
  makeFile(partial);
  return { file, partial };
}
const unreadable = (folder: string): MezzotintError => failure('store.backup-unreadable', {}, { file: folder });

/**
 * Writes a checked copy at once: before a migration, when nothing else is under way.
 * @param why goes into the name, after the time
 */
export function takeBackup(db: Db, folder: string, driver: DriverName, time: number, why: string): string {
  const { file, partial } = begin(folder, time, why);
  try {
    db.prepare('VACUUM INTO ?').run(partial);
    const found = inspect(partial, driver);
    if (!isWhole(found) || found.version !== databaseVersion(db)) throw unreadable(folder);
    renameSync(partial, file);
  } catch (thrown) {
    rmSync(partial, { force: true });
    throw thrown;
  }
  return file;
}

const rowsOf = (db: Db): number[] =>
  ['conversations WHERE deleted_at IS NULL', 'messages'].map((sql) =>
    integer(db.prepare(`SELECT count(*) AS n FROM ${sql}`).get() ?? {}, 'n'),
  );

export interface Backups {
  readonly folder: string;
  /** Newest first, without a look into them. */
  list(): BackupFile[];
  /** Newest first, each opened and counted; what was looked at once is remembered while its file does not change. */
  look(): Promise<Backup[]>;
  /** Whether there is none of the last day. */
  due(): boolean;
  /** Writes a checked copy while others work. */
  take(kind: 'auto' | 'asked', signal?: AbortSignal): Promise<Backup>;
  /** Removes automatic ones that have had their time (none while a jump of the clock is waited out), and what interrupted ones left behind. Returns their names. */
  tidy(): string[];
}

export function createBackups(
  db: Db,
  options: { folder: string; driver: DriverName; now: () => number; clock: Clock; presence: Presence },
): Backups {
  const { folder, driver, now, clock, presence } = options;
  const looked = new Map<string, { stamp: string; found: Inspection }>();
  const inProgress = new Set<string>();
  const list = (): BackupFile[] => listBackups(folder, now());

  async function lookAt(backup: BackupFile): Promise<Backup> {
    const { mtimeMs, size } = statSync(backup.file);
    const known = looked.get(backup.name);
    const mark = `${mtimeMs} ${size}`;
    const found = known?.stamp === mark ? known.found : await inspectAway(backup.file, driver);
    looked.set(backup.name, { stamp: mark, found });
    return { ...backup, ...found };
  }

  return {
    folder,
    list,
    async look() {
      const all: Backup[] = [];
      for (const backup of list()) all.push(await lookAt(backup));
      return all;
    },
    due: () => isDue(namedIn(folder), now()),
    async take(kind, signal) {
      presence.require();
      const at = now();
      const { file, partial } = begin(folder, at, kind === 'auto' ? 'auto' : '');
      inProgress.add(partial);
      try {
        await db.copyTo(partial, signal);
        const wanted = [databaseVersion(db), ...rowsOf(db)];
        signal?.throwIfAborted();
        // one file by itself, which opening leaves as it is
        const copy = openDb(partial, driver);
        pragma(copy, 'journal_mode = DELETE');
        copy.close();
        const found = await inspectAway(partial, driver);
        if (!isWhole(found) || [found.version, found.conversations, found.messages].join() !== wanted.join())
          throw unreadable(folder);
        renameSync(partial, file);
        const name = path.basename(file);
        const { size, mtimeMs } = statSync(file);
        looked.set(name, { stamp: `${mtimeMs} ${size}`, found });
        return { name, file, at, bytes: size, kind, ...found };
      } catch (thrown) {
        for (const tail of ['', '-wal', '-shm', '-journal']) rmSync(partial + tail, { force: true });
        throw thrown;
      } finally {
        inProgress.delete(partial);
      }
    },
    tidy() {
      presence.require();
      const at = now();
      // names are dates, and dates come from a clock: while that has jumped nothing is too old
      const gone = clock.look(at).wait > 0 ? [] : expired(namedIn(folder), at);
      for (const name of gone) rmSync(path.join(folder, name), { force: true });
      const left = namesIn(folder).filter((name) => /^mezzotint-.*\.db\.part(-wal|-shm|-journal)?$/.test(name));
      for (const name of left)
        if (![...inProgress].some((partial) => path.basename(partial) === name.replace(/-(wal|shm|journal)$/, '')))
          rmSync(path.join(folder, name), { force: true });
      return gone;
    },
  };
}
