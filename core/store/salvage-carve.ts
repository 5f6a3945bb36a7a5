/**
 * Rows that no walk reaches any more, because a page above them is broken: every page of the file is looked at by itself, and what
 * has the shape of a row of ours is taken. https://www.sqlite.org/fileformat2.html describes pages, cells and records.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import * as v from 'valibot';
import { idSchema } from '../contract/channel.ts';
import { messageStatusSchema } from '../contract/conversations.ts';
import { roleSchema } from '../contract/engine.ts';
import { modeSchema } from '../contract/generation.ts';
import type { SqlValue } from './driver.ts';
import type { Table } from './tables.ts';

export type CarvedRow = Record<string, SqlValue>;
type Shape = (row: CarvedRow) => boolean;

const id = (value: unknown): boolean => v.is(idSchema, value);
const whole = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const shapes: Record<string, Shape> = {
  conversations: (r) => id(r['id']) && typeof r['title'] === 'string' && (r['title_source'] === 'auto' || r['title_source'] === 'person') && whole(r['created_at']) && whole(r['updated_at']),
  messages: (r) => id(r['id']) && id(r['conversation_id']) && typeof r['text'] === 'string' && v.is(roleSchema, r['role']) && v.is(messageStatusSchema, r['status']) && whole(r['created_at']),
  generations: (r) => id(r['id']) && id(r['message_id']) && v.is(modeSchema, r['mode']) && typeof r['settings'] === 'string' && whole(r['started_at']),
  traces: (r) => whole(r['generation']) && whole(r['part']) && r['data'] instanceof Uint8Array,
};

const LEAF_TABLE = 13;
const LEAF_INDEX = 10;
const INNER_INDEX = 2;
const MOST_PAYLOAD = 256 * 1024 * 1024;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A number of 1 to 9 bytes, and where it ends. @throws RangeError past the end */
function varint(bytes: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes.readUInt8(at + i);
    value = value * 128 + (byte & 127);
    if (byte < 128) return [value, at + i + 1];
  }
  return [value * 256 + bytes.readUInt8(at + 8), at + 9];
}

/** The columns of a record, or null where it is none. */
function record(payload: Buffer): SqlValue[] | null {
  try {
    const [headerSize, begin] = varint(payload, 0);
    const values: SqlValue[] = [];
    let at = headerSize;
    for (let head = begin; head < headerSize; ) {
      const [type, next] = varint(payload, head);
      head = next;
      const length = type < 5 ? type : type === 5 ? 6 : type === 6 || type === 7 ? 8 : type < 12 ? 0 : (type - 12 - (type % 2)) / 2;
      if (at + length > payload.length || type === 10 || type === 11) return null;
      if (type === 0) values.push(null);
      else if (type < 6) values.push(payload.readIntBE(at, length));
      else if (type === 6) values.push(Number(payload.readBigInt64BE(at)));
      else if (type === 7) values.push(payload.readDoubleBE(at));
      else if (type < 12) values.push(type - 8);
      else values.push(type % 2 === 1 ? decoder.decode(payload.subarray(at, at + length)) : Uint8Array.from(payload.subarray(at, at + length)));
      at += length;
    }
    return values;
  } catch {
    return null; // past the end, or text that is none
  }
}

/** Calls `take` with each row of these tables found in the file's pages, those of the free list left out. */
export function carve(file: string, tables: readonly Table[], take: (table: string, row: CarvedRow) => void): void {
  const wanted = tables.flatMap((table) => {
    const shape = shapes[table.name];
    return shape ? [{ table, shape }] : [];
  });
  const handle = openSync(file, 'r');
  try {
    const read = (at: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(handle, bytes, 0, length, at));
    };
    const header = read(0, 100);
    const size = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
    const usable = size - header.readUInt8(20);
    const pages = Math.floor(fstatSync(handle).size / size);
    const page = (number: number): Buffer => read((number - 1) * size, size);
    if (size < 512 || usable < 480) return;

    const free = new Set<number>();
    for (let trunk = header.readUInt32BE(32); trunk > 1 && trunk <= pages && !free.has(trunk); ) {
      free.add(trunk);
      const list = page(trunk);
      const count = Math.min(list.readUInt32BE(4), usable / 4 - 2);
      for (let i = 0; i < count; i++) free.add(list.readUInt32BE(8 + i * 4));
      trunk = list.readUInt32BE(0);
    }

    /** A cell's payload, from the page and the pages it runs over to; null where the chain is broken. */
    function payload(bytes: Buffer, at: number, length: number, onLeafTable: boolean): Buffer | null {
      const most = onLeafTable ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23;
      if (length <= most) return at + length <= bytes.length ? bytes.subarray(at, at + length) : null;
      const least = Math.floor(((usable - 12) * 32) / 255) - 23;
      const fitting = least + ((length - least) % (usable - 4));
      const local = fitting <= most ? fitting : least;
      const parts = [bytes.subarray(at, at + local)];
      let missing = length - local;
      for (let next = bytes.readUInt32BE(at + local); missing > 0; ) {
        if (next < 2 || next > pages) return null;
        const over = page(next);
        parts.push(over.subarray(4, 4 + Math.min(missing, usable - 4)));
        missing -= usable - 4;
        next = over.readUInt32BE(0);
      }
      return Buffer.concat(parts);
    }

    function row(bytes: Buffer, cell: number, type: number): void {
      const [length, begin] = varint(bytes, type === INNER_INDEX ? cell + 4 : cell);
      let at = begin;
      let rowid: number | null = null;
      if (type === LEAF_TABLE) [rowid, at] = varint(bytes, at);
      if (length > MOST_PAYLOAD || length > pages * size) return;
      const whole = payload(bytes, at, length, type === LEAF_TABLE);
      const values = whole && record(whole);
      if (!values) return;
      for (const { table, shape } of wanted) {
        // columns added later are missing in rows written before
        if (table.rowid !== (type === LEAF_TABLE) || values.length > table.columns.length || values.length < 3) continue;
        const found = Object.fromEntries(table.columns.map(({ name }, i): [string, SqlValue] => [name, values[i] ?? null]));
        if (table.alias !== null) found[table.alias] = rowid;
        if (shape(found)) return take(table.name, found);
      }
    }

    for (let number = 1; number <= pages; number++) {
      if (free.has(number)) continue;
      const bytes = page(number);
      const start = number === 1 ? 100 : 0;
      const type = bytes.readUInt8(start);
      if (type !== LEAF_TABLE && type !== LEAF_INDEX && type !== INNER_INDEX) continue;
      const cells = Math.min(bytes.readUInt16BE(start + 3), size / 2);
      const pointers = start + (type === INNER_INDEX ? 12 : 8);
      for (let i = 0; i < cells && pointers + i * 2 + 2 <= size; i++) {
        try {
          row(bytes, bytes.readUInt16BE(pointers + i * 2), type);
        } catch {
          // a cell that runs past its page
        }
      }
    }
  } finally {
    closeSync(handle);
  }
}
