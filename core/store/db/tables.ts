/** What tables a database has, read from the database itself: salvage and merging must know tables of every version. */
import { blob, integer, text, textOrNull, type Db } from './driver.ts';

export interface Column {
  name: string;
  /** As declared: TEXT, INTEGER … */
  type: string;
  /** SQL; null: there is none. */
  standard: string | null;
  /** Must have a value and has no default. */
  needed: boolean;
  /** Place in the primary key, from 1; 0: not part of it. */
  key: number;
}
export interface Table {
  name: string;
  columns: Column[];
  /** False for WITHOUT ROWID tables. */
  rowid: boolean;
  /** The column that is the rowid under another name. */
  alias: string | null;
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function ordinaryTables(db: Db): { name: string; sql: string }[] {
  // as bytes: in a damaged database they may be no text
  const rows = db
    .prepare(
      "SELECT CAST(name AS BLOB) AS name, CAST(sql AS BLOB) AS sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL ORDER BY rowid",
    )
    .all();
  const all = rows.map((row) => ({
    name: new TextDecoder().decode(blob(row, 'name')),
    sql: new TextDecoder().decode(blob(row, 'sql')),
  }));
  return all.filter(({ name, sql }) => !name.startsWith('sqlite_') && !/^\s*CREATE\s+VIRTUAL/i.test(sql));
}
function described(db: Db, { name, sql }: { name: string; sql: string }): Table {
  const info = db.prepare(`PRAGMA table_info(${quoted(name)})`).all();
  const columns = info.map((row): Column => ({
    name: text(row, 'name'),
    type: text(row, 'type'),
    standard: textOrNull(row, 'dflt_value'),
    needed: integer(row, 'notnull') === 1 && row['dflt_value'] === null,
    key: integer(row, 'pk'),
  }));
  const keys = info.filter((row) => integer(row, 'pk') > 0);
  const [only] = keys;
  const rowid = !/WITHOUT\s+ROWID/i.test(sql);
  const alias =
    rowid && keys.length === 1 && only && text(only, 'type').toUpperCase() === 'INTEGER' ? text(only, 'name') : null;
  return { name, columns, rowid, alias };
}
const isDerived = (name: string): boolean => name.startsWith('search_');

/** Ordinary tables in the order they were made: no virtual ones, none that SQLite keeps for itself, and none of search, which is made of the others. */
export const tablesOf = (db: Db): Table[] =>
  ordinaryTables(db)
    .filter(({ name }) => !isDerived(name))
    .map((table) => described(db, table));
/** The ordinary tables of search. */
export const derivedTablesOf = (db: Db): Table[] =>
  ordinaryTables(db)
    .filter(({ name }) => isDerived(name))
    .map((table) => described(db, table));
