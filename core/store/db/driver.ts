/**
 * The one door to SQLite. It loads the native module only where it can run, and shows the little that the store uses of
 * it: `better-sqlite3` and its stand-in `libsql` share that part (parameters always as one array, blobs in several forms).
 */
import { createRequire } from 'node:module';
import { failure, MezzotintError, reasonOf } from '../../contract/result.ts';
import { makeFile } from './private.ts';

export type DriverName = 'better-sqlite3' | 'libsql';
export type SqlValue = string | number | null | Uint8Array;
/** A row as the driver gives it; read through `text`, `integer`, `blob` …, which check. */
export type Row = Readonly<Record<string, unknown>>;

export interface Statement {
  /** Number of rows changed. */
  run(...values: SqlValue[]): number;
  get(...values: SqlValue[]): Row | undefined;
  all(...values: SqlValue[]): Row[];
}

/** A connection. Every SQLite error leaves it as a `MezzotintError`. */
export interface Db {
  prepare(sql: string): Statement;
  exec(sql: string): void;
  /** Runs `work` in an immediate transaction; called inside another one, it is part of that one. Rolled back when `work` throws. */
  transaction<T>(work: () => T): T;
  /**
   * Copies the database as it stands into a new file, some pages a turn of the event loop, so that others get theirs. What this
   * connection writes meanwhile is in the copy. Rejects with the signal's reason once that is aborted.
   */
  copyTo(file: string, signal?: AbortSignal): Promise<void>;
  /** Called before each transaction, and before each change outside of one; what it throws keeps the change from being made. */
  beforeWriting(check: () => void): void;
  /** Whether a broken page was met through this connection. */
  readonly damaged: boolean;
  close(): void;
}

interface RawStatement {
  run(values: readonly SqlValue[]): { changes: number };
  all(values: readonly SqlValue[]): unknown[];
}
interface RawDb {
  prepare(sql: string): RawStatement;
  exec(sql: string): unknown;
  /** The online backup API. The stand-in has none and throws at once. */
  backup(file: string, options: { progress: () => number }): Promise<unknown>;
  close(): unknown;
}
type RawDbClass = new (file: string, options: { timeout: number }) => RawDb;

const NEEDED_NODE_API = 10;
const BUSY_TIMEOUT_MS = 3000;
/** Pages of an online copy that are written in one turn: about a millisecond. */
const COPY_PAGES = 200;

/** Whether better-sqlite3 itself can run here; where it can't, nothing but a stand-in is loaded. */
export const runsBetterSqlite = (): boolean => Number(process.versions['napi'] ?? 0) >= NEEDED_NODE_API;

/** better-sqlite3 takes the whole process down on a runtime that is too old, so the runtime is asked first. */
function loadDriver(name: DriverName): RawDbClass {
  if (name === 'better-sqlite3' && !runsBetterSqlite() && !process.env['SQLITE_STAND_IN']) {
    throw failure('store.runtime-too-old', { offered: Number(process.versions['napi'] ?? 0), needed: NEEDED_NODE_API });
  }
  try {
    return createRequire(import.meta.url)(name) as RawDbClass;
  } catch (cause) {
    throw failure('store.driver-missing', { name, reason: reasonOf(cause) }, { cause });
  }
}

/** SQLite's own code of a thrown value ('SQLITE_FULL', …), or '' where it is none. */
export function sqliteCode(thrown: unknown): string {
  const source = thrown instanceof MezzotintError ? thrown.cause : thrown;
  if (!(source instanceof Error)) return '';
  const { code } = source as Error & { code?: unknown };
  if (typeof code === 'string' && code.startsWith('SQLITE_')) return code;
  // both drivers lose the code when the file can't be opened at all
  return /unable to open|cannot open database/i.test(source.message) ? 'SQLITE_CANTOPEN' : '';
}

/** A file that is no database, has broken pages, or is shorter than it says. */
export const isDamage = (thrown: unknown): boolean =>
  /^SQLITE_(NOTADB|CORRUPT|IOERR_SHORT_READ)/.test(sqliteCode(thrown));

function translated(thrown: unknown, file: string): unknown {
  if (thrown instanceof MezzotintError) return thrown;
  const code = sqliteCode(thrown);
  const extra = { file, cause: thrown };
  if (isDamage(thrown)) return failure('store.damaged', {}, extra);
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return failure('store.held', {}, extra);
  if (/^SQLITE_FULL/.test(code)) return failure('store.full', {}, extra);
  if (/^SQLITE_READONLY/.test(code)) return failure('store.read-only', {}, extra);
  if (/^SQLITE_CANTOPEN/.test(code)) return failure('store.not-opened', {}, extra);
  if (/^SQLITE_(IOERR|NOLFS|PERM|NOMEM)/.test(code)) return failure('store.disk-failed', { reason: code }, extra);
  return thrown;
}

/**
 * Opens (or creates) a database file.
 * @param options `timeoutMs`: how long a statement waits for another connection's lock; `onDamage`: called when a broken page is met
 * @throws MezzotintError store-failed, store-damaged or store-locked
 */
export function openDb(
  file: string,
  driver: DriverName = 'better-sqlite3',
  { timeoutMs = BUSY_TIMEOUT_MS, onDamage }: { timeoutMs?: number; onDamage?: () => void } = {},
): Db {
  let damaged = false;
  const failed = (thrown: unknown): unknown => {
    if (isDamage(thrown)) {
      damaged = true;
      onDamage?.();
    }
    return translated(thrown, file);
  };
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (thrown) {
      throw failed(thrown);
    }
  };
  const Database = loadDriver(driver);
  if (file !== ':memory:') makeFile(file);
  const raw = guard(() => new Database(file, { timeout: timeoutMs }));
  let depth = 0;
  let check = (): void => undefined;
  const db: Db = {
    prepare(sql) {
      const statement = guard(() => raw.prepare(sql));
      const all = (values: SqlValue[]): Row[] => guard(() => statement.all(values) as Row[]);
      return {
        run(...values) {
          if (depth === 0) check();
          return guard(() => statement.run(values).changes);
        },
        // reads to the end: a row left half read would hold its snapshot open
        get: (...values) => all(values)[0],
        all: (...values) => all(values),
      };
    },
    exec: (sql) => void guard(() => raw.exec(sql)),
    transaction(work) {
      if (depth > 0) return work();
      check();
      db.exec('BEGIN IMMEDIATE');
      depth = 1;
      try {
        const result = work();
        db.exec('COMMIT');
        return result;
      } catch (thrown) {
        try {
          raw.exec('ROLLBACK');
        } catch {
          // SQLite has rolled back by itself (disk full and the like); the first error is the one to tell
        }
        throw thrown;
      } finally {
        depth = 0;
      }
    },
    async copyTo(target, signal) {
      const progress = (): number => {
        signal?.throwIfAborted();
        return COPY_PAGES;
      };
      let copying: Promise<unknown>;
      try {
        copying = raw.backup(target, { progress });
      } catch {
        // not offered: all at once
        return void db.prepare('VACUUM INTO ?').run(target);
      }
      try {
        await copying;
      } catch (thrown) {
        throw failed(thrown);
      }
    },
    beforeWriting: (looks) => void (check = looks),
    get damaged() {
      return damaged;
    },
    close: () => void guard(() => raw.close()),
  };
  return db;
}

const wrong = (column: string): MezzotintError => failure('store.unexpected-value', { column });

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw wrong(column);
  return value;
}
export const textOrNull = (row: Row, column: string): string | null =>
  row[column] === null ? null : text(row, column);
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw wrong(column);
  return value;
}
export const integerOrNull = (row: Row, column: string): number | null =>
  row[column] === null ? null : integer(row, column);
/** Bytes, in whichever form the driver gives them (Buffer, Uint8Array, ArrayBuffer). */
export function blob(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw wrong(column);
}
/** The first column of a pragma's first row. */
export function pragma(db: Db, name: string): unknown {
  const row = db.prepare(`PRAGMA ${name}`).get();
  return row === undefined ? undefined : Object.values(row)[0];
}
