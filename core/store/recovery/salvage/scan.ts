/**
 * Reads a table around what is broken in it. SQLite gives an error where it meets a bad page; reading goes on at the next row that
 * can be reached. Indexes are not used. Every loop goes forward, so it ends whatever the pages say.
 */
import type { Db, Row, SqlValue, Statement } from '../../db/driver.ts';
import { quoted, type Table } from '../../db/tables.ts';

const CHUNK = 128;
/** Rows looked for one by one after a break before the steps grow: a page holds fewer. */
const ONE_BY_ONE = 128;
const LAST_ROWID = 2 ** 40;

export interface Scan {
  rows: number;
  /** Stretches, or single rows, that could not be read. */
  breaks: number;
}

/** A column, text as its bytes: a broken one may not be UTF-8, which one of the drivers does not survive. */
const raw = (name: string, as = name): string =>
  `CASE typeof(${quoted(name)}) WHEN 'text' THEN CAST(${quoted(name)} AS BLOB) ELSE ${quoted(name)} END AS ${quoted(as)}, typeof(${quoted(name)}) AS ${quoted(`type of ${as}`)}`;
const decoder = new TextDecoder();
function decoded(row: Row): Row {
  const whole: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    if (name.startsWith('type of ')) continue;
    const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
    whole[name] = row[`type of ${name}`] === 'text' && bytes instanceof Uint8Array ? decoder.decode(bytes) : value;
  }
  return whole;
}

/** Rows, or null where a page on the way is broken. */
function attempt(statement: Statement, ...values: SqlValue[]): Row[] | null {
  try {
    return statement.all(...values).map(decoded);
  } catch {
    return null;
  }
}

/** A row of which not every column can be read: the others, and null in their place. Null: there is no such row, or nothing of it can be read. */
function partly(db: Db, table: Table, rowid: number): Row | null {
  const row: Record<string, unknown> = {};
  let any = false;
  for (const { name } of table.columns) {
    const found = attempt(
      db.prepare(`SELECT ${raw(name, 'v')} FROM ${quoted(table.name)} NOT INDEXED WHERE rowid = ?`),
      rowid,
    );
    if (found && found.length === 0) return null;
    row[name] = found?.[0]?.['v'] ?? null;
    any ||= found !== null && name !== table.alias;
  }
  return any ? row : null;
}

/** Calls `take` with each row that can be read, in the order of rowids. */
function scanRowids(db: Db, table: Table, take: (row: Row) => void): Scan {
  const columns = table.columns.map(({ name }) => raw(name)).join(', ');
  const from = db.prepare(
    `SELECT rowid AS "rowid of row", ${columns} FROM ${quoted(table.name)} NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT ?`,
  );
  const idOf = (row: Row): number => Number(row['rowid of row']);
  const scan: Scan = { rows: 0, breaks: 0 };
  /** Whether the first row after `at` can be read, or there is none. */
  const readable = (at: number): boolean => attempt(from, at, 1)?.every((row) => idOf(row) > at) ?? false;

  /** The place after which reading can go on; null: nowhere. */
  function resume(broken: number): number | null {
    for (let at = broken + 1; at <= broken + ONE_BY_ONE; at++) {
      const some = partly(db, table, at);
      if (some) {
        take(some);
        scan.rows++;
      }
      if (readable(at)) return at;
    }
    let low = broken + ONE_BY_ONE;
    for (let step = ONE_BY_ONE; low + step < LAST_ROWID; step *= 2) {
      let high = low + step;
      if (!readable(high)) {
        low = high;
        continue;
      }
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (readable(middle)) high = middle;
        else low = middle;
      }
      return high;
    }
    return null;
  }

  let at = 0;
  for (let size = CHUNK; ;) {
    const rows = attempt(from, at, size);
    if (rows && rows.length === 0) return scan;
    const inOrder = rows?.every((row, i) => idOf(row) > (i === 0 ? at : idOf(rows[i - 1] ?? row))) ?? false;
    if (rows && inOrder) {
      for (const row of rows) take(row);
      scan.rows += rows.length;
      at = idOf(rows.at(-1) ?? {});
      size = CHUNK;
    } else if (size > 1) size = Math.ceil(size / 8);
    else {
      scan.breaks++;
      const next = resume(at);
      if (next === null) return scan;
      at = next;
      size = CHUNK;
    }
  }
}

/** A table ordered by its key: from the front to the first break, then from the back to the last one. */
function scanKeys(db: Db, table: Table, take: (row: Row) => void): Scan {
  const keys = table.columns
    .filter(({ key }) => key > 0)
    .sort((a, b) => a.key - b.key)
    .map(({ name }) => name);
  /** The column itself, not what is selected under its name. */
  const own = (name: string): string => `${quoted(table.name)}.${quoted(name)}`;
  const list = keys.map(own).join(', ');
  const scan: Scan = { rows: 0, breaks: 0 };
  const seen = new Set<string>();
  const keyOf = (row: Row): SqlValue[] => keys.map((name) => row[name] as SqlValue);

  function walk(order: 'ASC' | 'DESC'): boolean {
    const sign = order === 'ASC' ? '>' : '<';
    const select = `SELECT ${table.columns.map(({ name }) => raw(name)).join(', ')} FROM ${quoted(table.name)}`;
    const first = db.prepare(`${select} ORDER BY ${keys.map((name) => `${own(name)} ${order}`).join(', ')} LIMIT ?`);
    const further = db.prepare(
      `${select} WHERE (${list}) ${sign} (${keys.map(() => '?').join(', ')}) ORDER BY ${keys.map((name) => `${own(name)} ${order}`).join(', ')} LIMIT ?`,
    );
    let last: SqlValue[] | null = null;
    for (let size = CHUNK; ;) {
      // eslint-disable-next-line mezzotint/no-spread-of-data -- a table's keys
      const rows = last === null ? attempt(first, size) : attempt(further, ...last, size);
      const fresh = rows?.filter((row) => !seen.has(JSON.stringify(keyOf(row)))) ?? [];
      if (rows && rows.length === 0) return true;
      if (rows && fresh.length > 0) {
        for (const row of fresh) {
          seen.add(JSON.stringify(keyOf(row)));
          take(row);
        }
        scan.rows += fresh.length;
        last = keyOf(rows.at(-1) ?? {});
        size = CHUNK;
      } else if (rows === null && size > 1) size = Math.ceil(size / 8);
      // nothing new: what comes now was met from the other side, or stands out of order
      else return false;
    }
  }
  if (!walk('ASC')) {
    scan.breaks++;
    walk('DESC');
  }
  return scan;
}

export function scanTable(db: Db, table: Table, take: (row: Row) => void): Scan {
  try {
    return table.rowid ? scanRowids(db, table, take) : scanKeys(db, table, take);
  } catch {
    // not even a statement over it can be made
    return { rows: 0, breaks: 1 };
  }
}
