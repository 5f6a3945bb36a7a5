/** Rows of another database as they are taken over: values that may be wrong, inserts, and traces as far as they can be read. */
import * as v from 'valibot';
import { idSchema } from '../../contract/channel.ts';
import { MezzotintError } from '../../contract/result.ts';
import { MAX_TIME } from '../../contract/transfer.ts';
import { blob, sqliteCode, type Db, type Row, type SqlValue, type Statement } from '../db/driver.ts';
import { quoted, type Table } from '../db/tables.ts';
import { readTrace } from '../trace/index.ts';

/** A row that was refused is passed over; what the disk or the target says of itself is not. */
export function passOver(thrown: unknown): void {
  if (thrown instanceof MezzotintError && sqliteCode(thrown) !== '') throw thrown;
}

export const isId = (value: unknown): value is string => v.is(idSchema, value);
export const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MAX_TIME;
export const asValue = (value: unknown): SqlValue =>
  value instanceof ArrayBuffer
    ? new Uint8Array(value)
    : typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array
      ? value
      : null;

/** Inserts rows of one table by the columns that both databases have. */
export class Inserter {
  readonly names: string[];
  readonly #insert: Statement;
  constructor(db: Db, mine: Table, theirs: Table, without: readonly string[] = [], or = '') {
    const has = new Set(theirs.columns.map(({ name }) => name));
    this.names = mine.columns.map(({ name }) => name).filter((name) => has.has(name) && !without.includes(name));
    this.#insert = db.prepare(
      `INSERT ${or} INTO ${quoted(mine.name)} (${this.names.map(quoted).join(', ')}) VALUES (${this.names.map(() => '?').join(', ')})`,
    );
  }
  add(row: Row): number {
    // eslint-disable-next-line mezzotint/no-spread-of-data -- a table's columns
    return this.#insert.run(...this.names.map((name) => asValue(row[name])));
  }
}

/** The parts of a trace that can be read, from its rows in order: each stands on those before it. */
export function soundParts(rows: readonly Row[]): Uint8Array[] {
  const gap = rows.findIndex(
    (row, i) => row['part'] !== i || !(row['data'] instanceof Uint8Array || row['data'] instanceof ArrayBuffer),
  );
  const parts = rows.slice(0, gap < 0 ? rows.length : gap).map((row) => blob(row, 'data'));
  const reads = (count: number): boolean => {
    try {
      readTrace(parts.slice(0, count));
      return true;
    } catch {
      return false;
    }
  };
  // a beginning of what reads whole reads whole: the longest one is found by halves
  if (reads(parts.length)) return parts;
  let sound = 0;
  for (let broken = parts.length; broken - sound > 1;) {
    const middle = (sound + broken) >> 1;
    if (reads(middle)) sound = middle;
    else broken = middle;
  }
  return parts.slice(0, sound);
}
