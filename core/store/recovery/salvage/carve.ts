/**
 * Rows that no walk reaches any more, because a page above them is broken: every page of the file is looked at by itself, and what
 * has the shape of a row of ours is taken.
 */
import * as v from 'valibot';
import { idSchema } from '../../../contract/channel.ts';
import { messageStatusSchema } from '../../../contract/conversations.ts';
import { roleSchema } from '../../../contract/engine.ts';
import { modeSchema } from '../../../contract/generation.ts';
import type { SqlValue } from '../../db/driver.ts';
import { INNER_INDEX, LEAF_INDEX, LEAF_TABLE, record, withPages, type Cell } from './pages.ts';
import type { Table } from '../../db/tables.ts';

export type CarvedRow = Record<string, SqlValue>;
type Shape = (row: CarvedRow) => boolean;

const id = (value: unknown): boolean => v.is(idSchema, value);
const whole = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const shapes: Record<string, Shape> = {
  conversations: (r) =>
    id(r['id']) &&
    typeof r['title'] === 'string' &&
    (r['title_source'] === 'auto' || r['title_source'] === 'person') &&
    whole(r['created_at']) &&
    whole(r['updated_at']),
  messages: (r) =>
    id(r['id']) &&
    id(r['conversation_id']) &&
    typeof r['text'] === 'string' &&
    v.is(roleSchema, r['role']) &&
    v.is(messageStatusSchema, r['status']) &&
    whole(r['created_at']),
  generations: (r) =>
    id(r['id']) &&
    id(r['message_id']) &&
    v.is(modeSchema, r['mode']) &&
    typeof r['settings'] === 'string' &&
    whole(r['started_at']),
  traces: (r) => whole(r['generation']) && whole(r['part']) && r['data'] instanceof Uint8Array,
};
/** Whether rows of a table differ from all others by what is in them. */
export const hasShape = (table: string): boolean => Object.hasOwn(shapes, table);

/** A cell as a row of a table; null where it has not its columns. Columns that were added later are missing in rows written before. */
export function rowOf({ payload, rowid }: Cell, table: Table): CarvedRow | null {
  const values = record(payload);
  if (!values || table.rowid !== (rowid !== null) || values.length > table.columns.length) return null;
  const row = Object.fromEntries(table.columns.map(({ name }, i): [string, SqlValue] => [name, values[i] ?? null]));
  if (table.alias !== null) row[table.alias] = rowid;
  return row;
}
export const fits = (row: CarvedRow, table: Table): boolean => shapes[table.name]?.(row) ?? false;

/** Calls `take` with each row of these tables found in the file's pages, those of the free list left out. */
export function carve(file: string, tables: readonly Table[], take: (table: string, row: CarvedRow) => void): void {
  const wanted = tables.filter(({ name }) => hasShape(name));
  withPages(file, (pages) => {
    for (let number = 1; number <= pages.count; number++) {
      if (pages.free.has(number)) continue;
      const type = pages.typeOf(number);
      if (type !== LEAF_TABLE && type !== LEAF_INDEX && type !== INNER_INDEX) continue;
      for (const cell of pages.cells(number)) {
        for (const table of wanted) {
          const row = rowOf(cell, table);
          if (row && fits(row, table)) {
            take(table.name, row);
            break;
          }
        }
      }
    }
  });
}
