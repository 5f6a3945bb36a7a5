/**
 * What can still be read of a damaged database goes into a loose one: the same tables without rules or indexes, to be merged from
 * (merge.ts). The damaged files are only read; the work is done on a copy.
 */
import { closeSync, constants, existsSync, fstatSync, ftruncateSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { openDb, pragma, type Db, type DriverName, type Row, type SqlValue } from './driver.ts';
import { migrate, type Migration } from './migrations/index.ts';
import { copyPrivately } from './private.ts';
import { carve, type CarvedRow } from './salvage-carve.ts';
import { scanTable } from './salvage-scan.ts';
import { quoted, tablesOf, type Table } from './tables.ts';

export interface Salvage {
  /** The loose database; the caller removes it. */
  file: string;
  /** Rows read, all tables together. */
  rows: number;
  /** Stretches that could not be read. */
  breaks: number;
}
export interface SalvageOptions {
  driver: DriverName;
  migrations: readonly Migration[];
  /** Whole databases whose first page may stand in for a broken one, the likeliest first. */
  relatives: readonly string[];
}

const TAILS = ['', '-wal', '-shm', '-journal'];
const HEADER = 100;
const MAGIC = 'SQLite format 3\0';
export const remove = (file: string): void => TAILS.forEach((tail) => rmSync(file + tail, { force: true, recursive: true }));
const isFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;

const pageSizeOf = (header: Buffer): number => (header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16));
function validHeader(header: Buffer): boolean {
  const size = pageSizeOf(header);
  return header.toString('latin1', 0, 16) === MAGIC && size >= 512 && (size & (size - 1)) === 0;
}

/** The first page of a whole database. */
function firstPage(file: string): Buffer | null {
  const handle = openSync(file, 'r');
  try {
    const header = Buffer.alloc(HEADER);
    if (readSync(handle, header, 0, HEADER, 0) < HEADER || !validHeader(header)) return null;
    const page = Buffer.alloc(pageSizeOf(header));
    return readSync(handle, page, 0, page.length, 0) === page.length ? page : null;
  } finally {
    closeSync(handle);
  }
}

/**
 * Makes the copy's size and header agree, so that SQLite opens it at all: whole pages, counted as they are, no free list.
 * @param page laid over the first page, where that is broken: all of it, or (`headerOnly`) its first 100 bytes
 */
function straighten(file: string, page: Buffer | null, headerOnly: boolean, logged: boolean): boolean {
  const handle = openSync(file, 'r+');
  try {
    if (page) writeSync(handle, page, 0, headerOnly ? HEADER : page.length, 0);
    const header = Buffer.alloc(HEADER);
    if (readSync(handle, header, 0, HEADER, 0) < HEADER || !validHeader(header)) return false;
    const size = pageSizeOf(header);
    const pages = Math.ceil(fstatSync(handle).size / size);
    ftruncateSync(handle, pages * size);
    header.fill(logged ? 2 : 1, 18, 20);
    header.copy(header, 92, 24, 28);
    header.writeUInt32BE(pages, 28);
    // a page from elsewhere names free pages of elsewhere
    if (page) header.fill(0, 32, 40);
    writeSync(handle, header, 0, HEADER, 0);
    return true;
  } finally {
    closeSync(handle);
  }
}

/** A database of our own making, opened; null where it can't be. */
function openOurs(file: string, driver: DriverName): Db | null {
  let db: Db | undefined;
  try {
    db = openDb(file, driver);
    const names = new Set(tablesOf(db).map(({ name }) => name));
    if (names.has('conversations') && names.has('messages')) return db;
  } catch {
    // told by the return value
  }
  db?.close();
  return null;
}

/** Some rows of the tables that matter. */
const sees = (db: Db): number => tablesOf(db).filter(({ name }) => name === 'conversations' || name === 'messages').reduce((sum, table) => sum + scanTable(db, table, () => undefined).rows, 0);

/** Opens the copy as it is, else with a first page of a relative in the place of its own; null where none gives rows. */
function openBroken(damaged: string, copy: string, options: SalvageOptions): Db | null {
  const { driver } = options;
  const wal = isFile(`${damaged}-wal`);
  const again = (): void => {
    remove(copy);
    for (const tail of wal ? ['', '-wal'] : ['']) copyPrivately(damaged + tail, copy + tail, constants.COPYFILE_FICLONE);
  };
  /** With the log first: it holds the newest pages. */
  const tries: [page: Buffer | null, headerOnly: boolean, wal: boolean][] = [];
  let readable: (typeof tries)[number] | undefined;
  for (const logged of wal ? [true, false] : [false]) tries.push([null, false, logged]);
  for (const headerOnly of [true, false])
    for (const relative of options.relatives) {
      const page = firstPage(relative);
      if (page) for (const logged of wal ? [true, false] : [false]) tries.push([page, headerOnly, logged]);
    }
  for (const [page, headerOnly, logged] of tries) {
    again();
    if (!logged) rmSync(`${copy}-wal`, { force: true });
    if (!straighten(copy, page, headerOnly, logged)) continue;
    const db = openOurs(copy, driver);
    if (!db) continue;
    if (sees(db) > 0) return db;
    db.close();
    readable ??= [page, headerOnly, logged];
  }
  if (!readable) return null;
  // its tables are known, though no walk through them leads anywhere
  again();
  const [page, headerOnly, logged] = readable;
  if (!logged) rmSync(`${copy}-wal`, { force: true });
  return straighten(copy, page, headerOnly, logged) ? openOurs(copy, driver) : null;
}

/** A new database of this version: where the broken one was made by it too, its first page fits. */
function freshRelative(file: string, { driver, migrations }: SalvageOptions): void {
  const db = openDb(file, driver);
  try {
    migrate(db, migrations);
  } finally {
    db.close();
  }
}

/** Copies what can be read, table by table. */
function pour(from: Db, file: string, to: Db): { rows: number; breaks: number } {
  const total = { rows: 0, breaks: 0 };
  const tables = tablesOf(from);
  const broken: Table[] = [];
  const inserts = new Map<string, (row: Row) => void>();
  for (const table of tables) {
    const names = table.columns.map(({ name }) => name);
    to.exec(`CREATE TABLE ${quoted(table.name)} (${names.map(quoted).join(', ')})`);
    const insert = to.prepare(`INSERT INTO ${quoted(table.name)} VALUES (${names.map(() => '?').join(', ')})`);
    const take = (row: Row): void => void insert.run(...names.map((name) => asValue(row[name])));
    inserts.set(table.name, take);
    const scan = to.transaction(() => scanTable(from, table, take));
    total.rows += scan.rows;
    total.breaks += scan.breaks;
    if (scan.breaks > 0) broken.push(table);
  }
  for (const [table, column] of [['conversations', 'id'], ['messages', 'conversation_id'], ['messages', 'id'], ['generations', 'message_id'], ['generations', 'id'], ['traces', 'generation']] as const)
    if (inserts.has(table)) to.exec(`CREATE INDEX "${table} by ${column}" ON ${table} (${column})`);
  if (broken.length > 0) total.rows += to.transaction(() => gather(from, file, to, broken, inserts));
  return total;
}
const asValue = (value: unknown): SqlValue => (value instanceof ArrayBuffer ? new Uint8Array(value) : typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array ? value : null);

/** Of several states of a row that stand in the file, the latest: text grows, ends come last. */
function isLater(row: CarvedRow, than: CarvedRow): boolean {
  const length = (r: CarvedRow): number => (typeof r['text'] === 'string' ? r['text'].length : 0);
  if (length(row) !== length(than)) return length(row) > length(than);
  if (Number(row['updated_at'] ?? 0) !== Number(than['updated_at'] ?? 0)) return Number(row['updated_at']) > Number(than['updated_at']);
  return than['ended_at'] === null && row['ended_at'] !== null;
}
/** First byte of a trace's part that holds a whole generation (trace-bytes.ts). */
const SEALED = 0x11;

/** Rows that the walks did not reach. Returns how many. */
function gather(from: Db, file: string, to: Db, broken: readonly Table[], inserts: ReadonlyMap<string, (row: Row) => void>): number {
  try {
    // what the log holds goes where the pages are looked at
    pragma(from, 'wal_checkpoint(TRUNCATE)');
  } catch {
    // then they are looked at without it
  }
  const rows = new Map<string, CarvedRow>();
  const traces = new Map<number, Map<number, CarvedRow>>();
  carve(file, broken, (table, row) => {
    if (table === 'traces') {
      const generation = Number(row['generation']);
      const parts = traces.get(generation) ?? new Map<number, CarvedRow>();
      traces.set(generation, parts);
      const sealed = row['data'] instanceof Uint8Array && row['data'][0] === SEALED;
      if (sealed || !parts.has(Number(row['part']))) parts.set(sealed ? -1 : Number(row['part']), row);
      return;
    }
    const key = `${table} ${String(row['id'])}`;
    const before = rows.get(key);
    if (!before || isLater(row, before)) rows.set(key, row);
  });
  let count = 0;
  const known = new Map(broken.filter(({ name }) => name !== 'traces').map(({ name }) => [name, to.prepare(`SELECT 1 FROM ${quoted(name)} WHERE id = ?`)]));
  for (const [key, row] of rows) {
    const table = key.slice(0, key.indexOf(' '));
    if (known.get(table)?.get(asValue(row['id']))) continue;
    inserts.get(table)?.(row);
    count++;
  }
  const hasTrace = to.prepare('SELECT 1 FROM traces WHERE generation = ?');
  for (const [generation, parts] of traces) {
    if (hasTrace.get(generation)) continue;
    const sealed = parts.get(-1);
    for (const row of sealed ? [{ ...sealed, part: 0 }] : parts.values()) {
      inserts.get('traces')?.(row);
      count++;
    }
  }
  return count;
}

/**
 * @param damaged the damaged database; its write-ahead log is read too
 * @param work a name for files made meanwhile, beside which there is room
 * @returns null where nothing can be read
 * @throws what the disk says, where there is no room for the work
 */
export function salvage(damaged: string, work: string, options: SalvageOptions): Salvage | null {
  if (!isFile(damaged) || statSync(damaged).size < 512) return null;
  const copy = `${work}-copy`;
  const fresh = `${work}-fresh`;
  remove(work);
  remove(fresh);
  let from: Db | null = null;
  let to: Db | undefined;
  try {
    freshRelative(fresh, options);
    from = openBroken(damaged, copy, { ...options, relatives: [...options.relatives, fresh].filter((file) => existsSync(file)) });
    if (!from) return null;
    to = openDb(work, options.driver);
    return { file: work, ...pour(from, copy, to) };
  } finally {
    to?.close();
    try {
      from?.close();
    } catch {
      // a broken file may not even be closed well
    }
    remove(copy);
    remove(fresh);
  }
}
