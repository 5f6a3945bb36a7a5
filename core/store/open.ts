/** Opening the store: lock, look, back up, migrate, mend. The app always opens unless another one is open or the database is newer. */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fail, MezzotintError, ok, toAppError, type AppError, type Result } from '../contract/result.ts';
import { createArchive, type Archive } from './archive.ts';
import { checkedVersion, freeName, listBackups, stamp, takeBackup } from './backup.ts';
import { createConversations, createMessages, interruptPending, type Conversations, type Messages } from './conversations.ts';
import { integer, isDamage, openDb, pragma, type Db, type DriverName } from './driver.ts';
import { createGenerations, type Generations } from './generations.ts';
import { lockFolder, type Lock } from './lock.ts';
import { databaseVersion, latestVersion, migrate, migrations as allMigrations, type Migration } from './migrations/index.ts';
import { createDesk, type DeskStore } from './desk.ts';
import { createOrder, type Order } from './order.ts';
import { createSettings, type Settings } from './settings.ts';
import { versionOnDisk } from './untouched.ts';

export interface Store {
  readonly dataDir: string;
  readonly conversations: Conversations;
  readonly messages: Messages;
  readonly generations: Generations;
  readonly settings: Settings;
  /** Folders, pins, the archive, the trash. */
  readonly order: Order;
  /** Drafts, and places read last. */
  readonly desk: DeskStore;
  /** Whole conversations, for export and import. */
  readonly archive: Archive;
  /** Runs several calls as one transaction. */
  transaction<T>(work: () => T): T;
  /** Writes a checked copy into `backups/`; returns its path. */
  backup(): string;
  /** Closes the database and frees the data folder for another instance. */
  close(): void;
}
export interface StoreOptions {
  dataDir: string;
  /** Default better-sqlite3. */
  driver?: DriverName;
  /** For tests of migrations. */
  migrations?: readonly Migration[];
  /** Milliseconds since 1970; default Date.now. */
  now?: () => number;
}
/** `notices`: what the person should be told once (a damaged database was set aside …). */
export interface OpenedStore {
  store: Store;
  notices: AppError[];
}

interface Place {
  dataDir: string;
  file: string;
  backups: string;
  driver: DriverName;
  now: () => number;
  latest: number;
}

/** Makes a folder and those above it. Node's own `recursive` never returns where a file system refuses with “not found”. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  mkdirSync(folder);
}

const newer = (found: number, place: Place): MezzotintError =>
  new MezzotintError('store-newer', `Your conversations were last opened by a newer Mezzotint (database version ${found}; this one knows ${place.latest}). Nothing was changed.`, {
    action: 'Install the newest Mezzotint, or start this one with another folder: --data DIR.',
    file: place.file,
  });

/** Moves the database and its side files out of the way; nothing is deleted. Returns the new path, null where there was none. */
function setAside(place: Place): string | null {
  const target = freeName(place.dataDir, `mezzotint-damaged-${stamp(place.now())}`, '.db');
  for (const tail of ['', '-wal', '-shm', '-journal']) if (existsSync(place.file + tail)) renameSync(place.file + tail, target + tail);
  return existsSync(target) ? target : null;
}

/** Sets a damaged database aside, then puts the newest good backup in its place, if there is one. */
function mend(place: Place): AppError {
  const aside = setAside(place);
  const good = listBackups(place.backups).find((file) => {
    const version = checkedVersion(file, place.driver);
    return version !== null && version > 0 && version <= place.latest;
  });
  const kept = { ...(aside === null ? {} : { file: aside }), action: 'Keep the old file if you miss something: it may be possible to recover more from it.' };
  if (!good) return { code: 'store-damaged', message: 'The database was damaged and there was no backup. Mezzotint starts empty; the old file was set aside, not deleted.', ...kept };
  const partial = `${place.file}.part`;
  rmSync(partial, { force: true });
  copyFileSync(good, partial);
  renameSync(partial, place.file);
  const when = statSync(good).mtime.toISOString().slice(0, 16).replace('T', ' ');
  return { code: 'store-damaged', message: `The database was damaged. The backup of ${when} (UTC) is open in its place: what was written after it is only in the old file, which was set aside, not deleted.`, ...kept };
}

/** Opens the file and looks whether it is whole. Null where it is damaged; other troubles are thrown. */
function openWhole(place: Place): Db | null {
  const emptied = existsSync(place.file) && statSync(place.file).size === 0 && listBackups(place.backups).length > 0;
  // a log without its database belongs to one that is gone: SQLite would throw it away
  const orphaned = !existsSync(place.file) && existsSync(`${place.file}-wal`);
  if (emptied || orphaned) return null;
  let db: Db | undefined;
  try {
    db = openDb(place.file, place.driver);
    const whole = pragma(db, 'quick_check') === 'ok';
    const tables = db.prepare('SELECT count(*) AS n FROM sqlite_master').get();
    const foreign = databaseVersion(db) === 0 && tables !== undefined && integer(tables, 'n') > 0;
    if (whole && !foreign) return db;
  } catch (thrown) {
    if (!isDamage(thrown)) {
      db?.close();
      throw thrown;
    }
  }
  db?.close();
  return null;
}

function prepareDb(place: Place, list: readonly Migration[]): { db: Db; notices: AppError[] } {
  const onDisk = versionOnDisk(place.file);
  if (onDisk !== null && onDisk > place.latest) throw newer(onDisk, place);
  const notices: AppError[] = [];
  let db = openWhole(place);
  if (!db) {
    notices.push(mend(place));
    db = openDb(place.file, place.driver);
  }
  try {
    const version = databaseVersion(db);
    if (version > place.latest) throw newer(version, place);
    pragma(db, 'journal_mode = WAL');
    db.exec('PRAGMA synchronous = NORMAL');
    db.exec('PRAGMA foreign_keys = ON');
    if (version > 0 && version < place.latest) takeBackup(db, place.backups, place.driver, place.now(), `before-v${place.latest}`);
    if (migrate(db, list).length > 0) pragma(db, 'wal_checkpoint(TRUNCATE)');
    interruptPending(db);
    return { db, notices };
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

/**
 * Opens the store of a data folder, making what is missing.
 * Fails with `store-locked` (another instance), `store-newer` (nothing touched) or `store-failed` (folder, disk); a damaged
 * database is set aside and told of in `notices`.
 */
export function openStore(options: StoreOptions): Result<OpenedStore> {
  const { dataDir, driver = 'better-sqlite3', migrations = allMigrations, now = Date.now } = options;
  let lock: Lock | undefined;
  try {
    const latest = latestVersion(migrations);
    try {
      makeFolder(path.resolve(dataDir));
    } catch (cause) {
      throw new MezzotintError('store-failed', `The data folder cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`, { file: dataDir, action: 'Check the path, or choose another folder with --data.', cause });
    }
    lock = lockFolder(dataDir, driver);
    const place: Place = { dataDir, file: path.join(dataDir, 'mezzotint.db'), backups: path.join(dataDir, 'backups'), driver, now, latest };
    const { db, notices } = prepareDb(place, migrations);
    return ok({ store: assemble(db, lock, place), notices });
  } catch (thrown) {
    lock?.release();
    return asFailure(thrown, dataDir);
  }
}

function asFailure(thrown: unknown, dataDir: string): Result<never> {
  const error = toAppError(thrown);
  if (error.code !== 'internal' || thrown instanceof MezzotintError) return { ok: false, error };
  // what is left comes from the file system
  return fail('store-failed', `The data folder could not be used: ${error.message}`, { file: dataDir, action: 'Check that the folder may be written to and the disk has room, or choose another one with --data.' });
}

function assemble(db: Db, lock: Lock, place: Place): Store {
  let open = true;
  const order = createOrder(db);
  return {
    dataDir: place.dataDir,
    conversations: createConversations(db),
    messages: createMessages(db),
    generations: createGenerations(db),
    settings: createSettings(db),
    order,
    desk: createDesk(db),
    archive: createArchive(db, (name) => order.folderNamed(name, place.now())),
    transaction: (work) => db.transaction(work),
    backup: () => takeBackup(db, place.backups, place.driver, place.now()),
    close() {
      if (!open) return;
      open = false;
      try {
        // leaves one whole file behind, which can be copied as it is
        pragma(db, 'wal_checkpoint(TRUNCATE)');
      } finally {
        db.close();
        lock.release();
      }
    },
  };
}
