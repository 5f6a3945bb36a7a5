/**
 * What can still be read of a damaged database goes into a loose one: the same tables without rules or indexes, to be merged from
 * (merge.ts). The damaged files are only read; the work is done on a copy.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { openDb, type Db, type DriverName, type Row, type SqlValue } from '../../db/driver.ts';
import { migrate, type Migration } from '../../db/migrations/index.ts';
import { copyPrivately } from '../../db/private.ts';
import { isSealed } from '../../trace/index.ts';
import { carve, hasShape, type CarvedRow } from './carve.ts';
import { foldLog } from './pages.ts';
import { scanTable } from './scan.ts';
import { layNewSchema } from './schema.ts';
import { derivedTablesOf, quoted, tablesOf, type Table } from '../../db/tables.ts';

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
export const remove = (file: string): void =>
  TAILS.forEach((tail) => rmSync(file + tail, { force: true, recursive: true }));
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
function straighten(file: string, page: Buffer | null, headerOnly: boolean): boolean {
  const handle = openSync(file, 'r+');
  try {
    if (page) writeSync(handle, page, 0, headerOnly ? HEADER : page.length, 0);
    const header = Buffer.alloc(HEADER);
    if (readSync(handle, header, 0, HEADER, 0) < HEADER || !validHeader(header)) return false;
    const size = pageSizeOf(header);
    const pages = Math.ceil(fstatSync(handle).size / size);
    ftruncateSync(handle, pages * size);
    header.fill(1, 18, 20);
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

/** A database with one of the tables that matter, opened; null where it can't be. */
function openOurs(file: string, driver: DriverName): Db | null {
  let db: Db | undefined;
  try {
    db = openDb(file, driver);
    if (tablesOf(db).some(({ name }) => name === 'conversations' || name === 'messages')) return db;
  } catch {
    // the return value says so
  }
  db?.close();
  return null;
}

/** Some rows of the tables that matter. */
const sees = (db: Db): number =>
  tablesOf(db)
    .filter(({ name }) => name === 'conversations' || name === 'messages')
    .reduce((sum, table) => sum + scanTable(db, table, () => undefined).rows, 0);

interface Known {
  /** Tables of this version that are salvaged. */
  wanted: Table[];
  /** Those that are made of them. */
  others: Table[];
}
interface Try {
  /** Laid over the first page: all of it, or its first 100 bytes. */
  page: Buffer | null;
  headerOnly: boolean;
  /** With what the log holds: the newest pages. */
  logged: boolean;
  /** With a schema of ours in the place of its own. */
  newSchema: boolean;
}

/** Opens the copy as it can be opened: with a schema of ours or its own, with a first page of a relative where its own is broken. Null where none gives rows. */
function openBroken(damaged: string, copy: string, known: Known, options: SalvageOptions): Db | null {
  const { driver } = options;
  const logs = isFile(`${damaged}-wal`) ? [true, false] : [false];
  const pages: [Buffer | null, boolean][] = [[null, false]];
  for (const headerOnly of [true, false])
    for (const relative of options.relatives) {
      const page = firstPage(relative);
      if (page) pages.push([page, headerOnly]);
    }
  const tries = pages.flatMap(([page, headerOnly]) =>
    [true, false].flatMap((newSchema) => logs.map((logged): Try => ({ page, headerOnly, logged, newSchema }))),
  );
  const prepared = ({ page, headerOnly, logged, newSchema }: Try): Db | null => {
    remove(copy);
    for (const tail of logged ? ['', '-wal'] : [''])
      copyPrivately(damaged + tail, copy + tail, constants.COPYFILE_FICLONE);
    foldLog(copy);
    if (!straighten(copy, page, headerOnly)) return null;
    if (newSchema && layNewSchema(copy, known.wanted, known.others).length === 0) return null;
    return openOurs(copy, driver);
  };
  let readable: Try | undefined;
  for (const one of tries) {
    const db = prepared(one);
    if (!db) continue;
    if (sees(db) > 0) return db;
    db.close();
    readable ??= one;
  }
  // its tables are known, though no walk through them leads anywhere
  return readable ? prepared(readable) : null;
}

/** A new database of this version: where the broken one was made by it too, its first page fits. Returns what tables there are. */
function freshRelative(file: string, { driver, migrations }: SalvageOptions): Known {
  const db = openDb(file, driver);
  try {
    db.exec('PRAGMA synchronous = OFF');
    migrate(db, migrations);
    return { wanted: tablesOf(db), others: derivedTablesOf(db) };
  } finally {
    db.close();
  }
}

/** Copies what can be read, table by table. */
function pour(from: Db, file: string, to: Db, known: readonly Table[]): { rows: number; breaks: number } {
  const total = { rows: 0, breaks: 0 };
  const there = tablesOf(from);
  // of those whose first page is not found the rows may still be
  const lost = known.filter(({ name }) => !there.some((table) => table.name === name));
  const tables = [...there, ...lost];
  const broken: Table[] = [];
  const inserts = new Map<string, (row: Row) => void>();
  for (const table of tables) {
    const names = table.columns.map(({ name }) => name);
    to.exec(`CREATE TABLE ${quoted(table.name)} (${names.map(quoted).join(', ')})`);
    const insert = to.prepare(`INSERT INTO ${quoted(table.name)} VALUES (${names.map(() => '?').join(', ')})`);
    // eslint-disable-next-line mezzotint/no-spread-of-data -- a table's columns
    const take = (row: Row): void => void insert.run(...names.map((name) => asValue(row[name])));
    inserts.set(table.name, take);
    const scan = lost.includes(table)
      ? { rows: 0, breaks: hasShape(table.name) ? 1 : 0 }
      : to.transaction(() => scanTable(from, table, take));
    total.rows += scan.rows;
    total.breaks += scan.breaks;
    if (scan.breaks > 0 && hasShape(table.name)) broken.push(table);
  }
  for (const [table, column] of [
    ['conversations', 'id'],
    ['messages', 'conversation_id'],
    ['messages', 'id'],
    ['generations', 'message_id'],
    ['generations', 'id'],
    ['traces', 'generation'],
  ] as const)
    if (inserts.has(table)) to.exec(`CREATE INDEX "${table} by ${column}" ON ${table} (${column})`);
  if (broken.length > 0) total.rows += to.transaction(() => gather(file, to, broken, inserts));
  return total;
}
const asValue = (value: unknown): SqlValue =>
  value instanceof ArrayBuffer
    ? new Uint8Array(value)
    : typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array
      ? value
      : null;

/** Of several states of a row that stand in the file, the latest: text grows, ends come last. */
function isLater(row: CarvedRow, than: CarvedRow): boolean {
  const length = (r: CarvedRow): number => (typeof r['text'] === 'string' ? r['text'].length : 0);
  if (length(row) !== length(than)) return length(row) > length(than);
  if (Number(row['updated_at'] ?? 0) !== Number(than['updated_at'] ?? 0))
    return Number(row['updated_at']) > Number(than['updated_at']);
  return than['ended_at'] === null && row['ended_at'] !== null;
}
/** Rows that the walks did not reach. Returns how many. */
function gather(
  file: string,
  to: Db,
  broken: readonly Table[],
  inserts: ReadonlyMap<string, (row: Row) => void>,
): number {
  const rows = new Map<string, CarvedRow>();
  const traces = new Map<number, Map<number, CarvedRow>>();
  carve(file, broken, (table, row) => {
    if (table === 'traces') {
      const generation = Number(row['generation']);
      const parts = traces.get(generation) ?? new Map<number, CarvedRow>();
      traces.set(generation, parts);
      const sealed = row['data'] instanceof Uint8Array && isSealed(row['data']);
      if (sealed || !parts.has(Number(row['part']))) parts.set(sealed ? -1 : Number(row['part']), row);
      return;
    }
    const key = `${table} ${String(row['id'])}`;
    const before = rows.get(key);
    if (!before || isLater(row, before)) rows.set(key, row);
  });
  let count = 0;
  const known = new Map(
    broken
      .filter(({ name }) => hasShape(name) && name !== 'traces')
      .map(({ name }) => [name, to.prepare(`SELECT 1 FROM ${quoted(name)} WHERE id = ?`)]),
  );
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
    const known = freshRelative(fresh, options);
    from = openBroken(damaged, copy, known, {
      ...options,
      relatives: [...options.relatives, fresh].filter((file) => existsSync(file)),
    });
    if (!from) return null;
    to = openDb(work, options.driver);
    to.exec('PRAGMA synchronous = OFF');
    return { file: work, ...pour(from, copy, to, known.wanted) };
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
