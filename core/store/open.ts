/** Opening the store: lock, look, back up, migrate, mend. The app always opens unless another one is open or the database is newer. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import {
  type AppError,
  errorOf,
  fail,
  failure,
  MezzotintError,
  ok,
  reasonOf,
  type Result,
  toAppError,
} from '../contract/result.ts';
import { createAttachments, type Attachments } from './repositories/attachments.ts';
import { createArchive, type Archive } from './repositories/archive.ts';
import { createBackups, listBackups, takeBackup, type Backups } from './recovery/backup.ts';
import { createSpeedProfiles, type SpeedProfiles } from './repositories/speed-profiles.ts';
import { createClock } from './repositories/clock.ts';
import {
  createConversations,
  createMessages,
  interruptPending,
  type Conversations,
  type Messages,
} from './repositories/conversations.ts';
import { integer, isDamage, openDb, pragma, sqliteCode, type Db, type DriverName } from './db/driver.ts';
import { createDrafts, type DraftStore } from './repositories/drafts.ts';
import { hasItsSchema } from './db/expected-schema.ts';
import { createGenerations, type Generations } from './repositories/generations.ts';
import { inspectAway } from './recovery/inspect-away.ts';
import type { Inspection } from './recovery/inspect.ts';
import { lockFolder, type Holder, type Lock } from './db/lock.ts';
import { mergeBackup } from './recovery/merge-backup.ts';
import type { Merged } from './recovery/merge.ts';
import { finishMending, mend } from './recovery/mend.ts';
import {
  databaseVersion,
  latestVersion,
  migrate,
  migrations as allMigrations,
  type Migration,
} from './db/migrations/index.ts';
import { closeToOthers, makeFolder, refuseLongPath } from './db/private.ts';
import { watchFile } from './db/presence.ts';
import { createOrder, type Order } from './repositories/order.ts';
import { closedWell, isFile, suspicion, type StoreFiles } from './db/files.ts';
import { createSearch, type Search } from './search/index.ts';
import { createPresets, type Presets } from './repositories/presets.ts';
import { createQueue, type QueueStore } from './repositories/queue.ts';
import { createSettings, type Settings } from './repositories/settings.ts';
import { createTree, type Tree } from './repositories/tree.ts';
import { versionOnDisk } from './db/version-on-disk.ts';
import { seemsWhole } from './db/whole.ts';

export interface Store {
  readonly dataDir: string;
  readonly conversations: Conversations;
  readonly messages: Messages;
  readonly generations: Generations;
  readonly settings: Settings;
  /** Measured speeds. */
  readonly speedProfiles: SpeedProfiles;
  /** Folders, pins, the archive, the trash. */
  readonly order: Order;
  /** Drafts, and places read last. */
  readonly drafts: DraftStore;
  /** Questions that wait for the end of a reply. */
  readonly queue: QueueStore;
  readonly presets: Presets;
  /** Files of questions. */
  readonly attachments: Attachments;
  /** Deleting messages, bringing them back, forking. */
  readonly tree: Tree;
  /** Whole conversations, for export and import. */
  readonly archive: Archive;
  /** Finding words in titles and messages. */
  readonly search: Search;
  /** Runs several calls as one transaction. */
  transaction<T>(work: () => T): T;
  readonly backups: Backups;
  /** Adds what another database (a backup) holds and this one lacks, a conversation at a time. */
  mergeFrom(
    file: string,
    options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void },
  ): Promise<Merged>;
  /** Reads all of the database, while others work, and says whether it is whole; what is wrong is mended at the next start. */
  check(): Promise<Inspection>;
  /** What has become of the data folder or the database while they were open (deleted, moved, replaced); null: they are where they were. */
  trouble(): AppError | null;
  /** Closes the database and frees the data folder for another instance. */
  close(): void;
}
export interface StoreOptions {
  dataDir: string;
  /** Default better-sqlite3. */
  driver?: DriverName;
  /** Where the app runs, for a second one that finds the folder taken. */
  who?: Holder['who'];
  /** Default FULL: a commit is on disk when it returns. NORMAL is for measuring what that costs. */
  synchronous?: 'FULL' | 'NORMAL';
  /** For tests of migrations. */
  migrations?: readonly Migration[];
  /** Milliseconds since 1970; default Date.now. */
  now?: () => number;
}
/** `notices`: what the person should see once (a damaged database was set aside …). */
export interface OpenedStore {
  store: Store;
  notices: AppError[];
}

const newer = (found: number, files: StoreFiles): MezzotintError =>
  failure('store.newer', { found, known: files.latest }, { file: files.database });

/** A version no release will reach: the bytes that hold it are wrong. */
const implausible = (version: number): boolean => version < 0 || version > 10_000;

/** Up to here (bytes) indexes are compared with their tables too, which takes under half a second. */
const SMALL = 64 * 1024 * 1024;

/** Once a broken page is met the next start looks at everything, also where this process is killed before it can say so. */
const openWatched = ({ database: file, driver, dataDir }: StoreFiles): Db =>
  openDb(file, driver, { onDamage: () => suspicion.raise(dataDir) });

/** Opens the file and looks whether it is whole. Null where it is damaged; other troubles are thrown. */
function openWhole(files: StoreFiles): Db | null {
  const { database: file } = files;
  // something else stands in its place, or in that of its log
  if (['', '-wal', '-shm', '-journal'].some((tail) => existsSync(file + tail) && !isFile(file + tail))) return null;
  const gone = !existsSync(file) || statSync(file).size === 0;
  if (gone && listBackups(files.backups, files.now()).length > 0) return null;
  // a log without its database belongs to one that is gone: SQLite would throw it away
  if (!existsSync(file) && existsSync(`${file}-wal`)) return null;
  const trusted = closedWell.take(files) && !suspicion.isRaised(files);
  let db: Db | undefined;
  try {
    db = openWatched(files);
    const whole = trusted || seemsWhole(db, suspicion.isRaised(files) || statSync(file).size < SMALL);
    const tables = db.prepare('SELECT count(*) AS n FROM sqlite_master').get();
    const version = databaseVersion(db);
    const foreign = version === 0 && tables !== undefined && integer(tables, 'n') > 0;
    const known = version > files.latest || hasItsSchema(db, version, files);
    if (whole && !foreign && !implausible(version) && known) return db;
  } catch (thrown) {
    if (!isDamage(thrown)) {
      db?.close();
      throw thrown;
    }
  }
  try {
    db?.close();
  } catch {
    // a damaged file may not be closed well either
  }
  return null;
}

/** Brings an open database to what this app wants. */
function prepare(db: Db, files: StoreFiles): void {
  const version = databaseVersion(db);
  if (version > files.latest) throw newer(version, files);
  pragma(db, 'journal_mode = WAL');
  // the log is flushed at each commit: what was shown as committed survives a power cut
  db.exec(`PRAGMA synchronous = ${files.synchronous}`);
  db.exec('PRAGMA foreign_keys = ON');
  if (version > 0 && version < files.latest)
    takeBackup(db, files.backups, files.driver, files.now(), `before-v${files.latest}`);
  if (migrate(db, files.migrations).length > 0) pragma(db, 'wal_checkpoint(TRUNCATE)');
  interruptPending(db);
}

/** What the file's own words are wrong about (a table has another name, a page breaks under the first reads) shows when it is used. */
const showsDamage = (thrown: unknown): boolean =>
  isDamage(thrown) || (sqliteCode(thrown) === 'SQLITE_ERROR' && !(thrown instanceof MezzotintError));

function openAll(lock: Lock, files: StoreFiles): OpenedStore {
  const onDisk = versionOnDisk(files.database);
  if (onDisk !== null && onDisk > files.latest && !implausible(onDisk)) throw newer(onDisk, files);
  const notices: AppError[] = [];
  const finished = finishMending(files);
  if (finished) notices.push(finished);
  const use = (db: Db): Store => {
    try {
      prepare(db, files);
      return assemble(db, lock, files);
    } catch (thrown) {
      db.close();
      throw thrown;
    }
  };
  const whole = openWhole(files);
  let store: Store | null = null;
  try {
    store = whole && use(whole);
  } catch (thrown) {
    if (!showsDamage(thrown)) throw thrown;
  }
  if (!store) {
    notices.push(mend(files));
    store = use(openWatched(files));
  }
  suspicion.drop(files);
  return { store, notices };
}

/**
 * Opens the store of a data folder, making what is missing.
 * Fails with `store-locked` (another instance), `store-newer` (nothing touched) or `store-failed` (folder, disk); a damaged
 * database is set aside and reported in `notices`.
 */
export function openStore(options: StoreOptions): Result<OpenedStore> {
  const {
    dataDir,
    driver = 'better-sqlite3',
    synchronous = 'FULL',
    who = 'command',
    migrations = allMigrations,
    now = Date.now,
  } = options;
  let lock: Lock | undefined;
  try {
    const latest = latestVersion(migrations);
    refuseLongPath(dataDir);
    try {
      makeFolder(path.resolve(dataDir));
      closeToOthers(dataDir);
    } catch (cause) {
      throw failure('store.folder-not-made', { reason: reasonOf(cause) }, { file: dataDir, cause });
    }
    lock = lockFolder(dataDir, driver, { who, now });
    const files: StoreFiles = {
      dataDir,
      database: path.join(dataDir, 'mezzotint.db'),
      backups: path.join(dataDir, 'backups'),
      driver,
      synchronous,
      now,
      migrations,
      latest,
    };
    return ok(openAll(lock, files));
  } catch (thrown) {
    lock?.release();
    return asFailure(thrown, dataDir);
  }
}

function asFailure(thrown: unknown, dataDir: string): Result<never> {
  const error = toAppError(thrown);
  if (error.code !== 'internal' || thrown instanceof MezzotintError) return { ok: false, error };
  // what is left comes from the file system
  return fail(errorOf('store.folder-unusable', { reason: reasonOf(thrown) }, { file: dataDir }));
}

function assemble(db: Db, lock: Lock, files: StoreFiles): Store {
  let open = true;
  const presence = watchFile(files.database);
  db.beforeWriting(presence.require);
  const clock = createClock(db);
  /** For what can be made again: its commits are not flushed one by one; the next one that is takes them along. */
  const relaxed = <T>(work: () => T): T => {
    db.exec('PRAGMA synchronous = NORMAL');
    try {
      return work();
    } finally {
      db.exec(`PRAGMA synchronous = ${files.synchronous}`);
    }
  };
  const order = createOrder(db, clock);
  const conversations = createConversations(db);
  const attachments = createAttachments(db);
  return {
    dataDir: files.dataDir,
    conversations,
    tree: createTree(db, conversations),
    messages: createMessages(db, attachments),
    generations: createGenerations(db),
    settings: createSettings(db),
    speedProfiles: createSpeedProfiles(db),
    order,
    drafts: createDrafts(db),
    queue: createQueue(db),
    archive: createArchive(db, (name) => order.folderNamed(name, files.now())),
    presets: createPresets(db),
    attachments,
    search: createSearch(db, relaxed),
    transaction: (work) => db.transaction(work),
    backups: createBackups(db, { folder: files.backups, driver: files.driver, now: files.now, clock, presence }),
    mergeFrom: (file, how) => mergeBackup(db, file, { ...files, now: () => clock.latest(files.now()) }, how),
    async check() {
      presence.require();
      const found = await inspectAway(files.database, files.driver, true);
      if (found.problems.length > 0) suspicion.raise(files.dataDir);
      return found;
    },
    trouble: presence.trouble,
    close() {
      if (!open) return;
      open = false;
      // what lies there now may be another's
      const ours = presence.trouble() === null;
      try {
        // leaves one whole file behind, which can be copied as it is
        pragma(db, 'wal_checkpoint(TRUNCATE)');
        db.close();
        if (!db.damaged && ours) closedWell.mark(files);
      } finally {
        lock.release(ours);
      }
    },
  };
}
