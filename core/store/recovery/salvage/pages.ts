/** A database file page by page, read without SQLite: https://www.sqlite.org/fileformat2.html describes pages, cells and records. */
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import type { SqlValue } from '../../db/driver.ts';

export const LEAF_TABLE = 13;
export const INNER_TABLE = 5;
export const LEAF_INDEX = 10;
export const INNER_INDEX = 2;
/** Bytes before the first page's own header. */
export const HEADER = 100;
const MOST_PAYLOAD = 256 * 1024 * 1024;
const strict = new TextDecoder('utf-8', { fatal: true });
const lenient = new TextDecoder();

/** A number of 1 to 9 bytes, and where it ends; null where that is past the end. An error for each would take most of the time. */
function varint(bytes: Buffer, at: number): [value: number, end: number] | null {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return null;
    if (i === 8) return [value * 256 + byte, at + 9];
    value = value * 128 + (byte & 127);
    if (byte < 128) return [value, at + i + 1];
  }
  return null;
}

/**
 * The columns of a record, or null where it is none.
 * @param loose text that is not UTF-8 is read as well as it can be, and a value that runs past the end is cut there
 */
export function record(payload: Buffer, loose = false): SqlValue[] | null {
  try {
    const [headerSize, begin] = varint(payload, 0) ?? [0, 0];
    if (headerSize > payload.length) return null;
    const values: SqlValue[] = [];
    let at = headerSize;
    for (let head = begin; head < headerSize;) {
      const read = varint(payload, head);
      if (!read) return null;
      const [type, next] = read;
      head = next;
      const length =
        type < 5 ? type : type === 5 ? 6 : type === 6 || type === 7 ? 8 : type < 12 ? 0 : (type - 12 - (type % 2)) / 2;
      if (at + length > payload.length && (!loose || type < 12)) return null;
      if (type === 10 || type === 11) return null;
      if (type === 0) values.push(null);
      else if (type < 6) values.push(payload.readIntBE(at, length));
      else if (type === 6) values.push(Number(payload.readBigInt64BE(at)));
      else if (type === 7) values.push(payload.readDoubleBE(at));
      else if (type < 12) values.push(type - 8);
      else
        values.push(
          type % 2 === 1
            ? (loose ? lenient : strict).decode(payload.subarray(at, at + length))
            : Uint8Array.from(payload.subarray(at, at + length)),
        );
      at += length;
    }
    return values;
  } catch {
    return null; // text that is none
  }
}

export interface Cell {
  payload: Buffer;
  /** Null in index pages. */
  rowid: number | null;
}
export interface Pages {
  size: number;
  /** Bytes of a page that hold content. */
  usable: number;
  count: number;
  /** Those of the free list. */
  free: ReadonlySet<number>;
  page(number: number): Buffer;
  /** The first byte of a page's header; what it is of a page that holds no tree, nothing says. */
  typeOf(number: number): number;
  /** The cells of a page that can be read. @param as read as a page of this type, whatever its first byte says */
  cells(number: number, as?: number): Cell[];
  /** The pages that an inner page leads to, as far as they are in the file. */
  children(number: number): number[];
}

/** Opens the pages of a file for `use`; undefined where it has no page that could be read. */
export function withPages<T>(file: string, use: (pages: Pages) => T): T | undefined {
  const handle = openSync(file, 'r');
  try {
    const read = (at: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(handle, bytes, 0, length, at));
    };
    const header = read(0, HEADER);
    if (header.length < HEADER) return undefined;
    const size = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
    const usable = size - header.readUInt8(20);
    if (size < 512 || usable < 480) return undefined;
    const count = Math.floor(fstatSync(handle).size / size);
    const page = (number: number): Buffer => read((number - 1) * size, size);
    const startOf = (number: number): number => (number === 1 ? HEADER : 0);

    const free = new Set<number>();
    for (let trunk = header.readUInt32BE(32); trunk > 1 && trunk <= count && !free.has(trunk);) {
      free.add(trunk);
      const list = page(trunk);
      const leaves = Math.min(list.readUInt32BE(4), usable / 4 - 2);
      for (let i = 0; i < leaves && list.length === size; i++) free.add(list.readUInt32BE(8 + i * 4));
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
      if (at + local + 4 > bytes.length) return null;
      for (let next = bytes.readUInt32BE(at + local); missing > 0;) {
        if (next < 2 || next > count) return null;
        const over = page(next);
        parts.push(over.subarray(4, 4 + Math.min(missing, usable - 4)));
        missing -= usable - 4;
        next = over.readUInt32BE(0);
      }
      return Buffer.concat(parts);
    }
    function cell(bytes: Buffer, from: number, type: number): Cell | null {
      const head = varint(bytes, type === INNER_INDEX ? from + 4 : from);
      const key = head && type === LEAF_TABLE ? varint(bytes, head[1]) : null;
      if (!head || (type === LEAF_TABLE && !key)) return null;
      const [length] = head;
      const [rowid, at] = key ?? [null, head[1]];
      if (length > MOST_PAYLOAD || length > count * size) return null;
      const whole = payload(bytes, at, length, type === LEAF_TABLE);
      return whole && { payload: whole, rowid };
    }
    /** Where the cells of a page begin. */
    function pointers(bytes: Buffer, start: number, type: number): number[] {
      const cells = Math.min(bytes.readUInt16BE(start + 3), size / 2);
      const first = start + (type === INNER_INDEX || type === INNER_TABLE ? 12 : 8);
      const all: number[] = [];
      for (let i = 0; i < cells && first + i * 2 + 2 <= size; i++) all.push(bytes.readUInt16BE(first + i * 2));
      return all;
    }
    return use({
      size,
      usable,
      count,
      free,
      page,
      typeOf: (number) => page(number).readUInt8(startOf(number)),
      cells(number, as) {
        const bytes = page(number);
        const start = startOf(number);
        const type = as ?? bytes.readUInt8(start);
        if (bytes.length < size || (type !== LEAF_TABLE && type !== LEAF_INDEX && type !== INNER_INDEX)) return [];
        return pointers(bytes, start, type).flatMap((at) => cell(bytes, at, type) ?? []);
      },
      children(number) {
        const bytes = page(number);
        const start = startOf(number);
        const type = bytes.readUInt8(start);
        if (bytes.length < size || (type !== INNER_TABLE && type !== INNER_INDEX)) return [];
        const named = [
          bytes.readUInt32BE(start + 8),
          ...pointers(bytes, start, type).map((at) => (at + 4 <= size ? bytes.readUInt32BE(at) : 0)),
        ];
        return named.filter((child) => child > 1 && child <= count && child !== number);
      },
    });
  } finally {
    closeSync(handle);
  }
}

/**
 * Writes what a database's log holds into the database, as SQLite would: each frame up to the last commit, as far as their sums hold.
 * The log is removed.
 */
export function foldLog(file: string): void {
  const logFile = `${file}-wal`;
  if (!existsSync(logFile)) return;
  const log = openSync(logFile, 'r');
  const to = openSync(file, 'r+');
  try {
    const header = Buffer.alloc(32);
    if (readSync(log, header, 0, 32, 0) < 32) return;
    const magic = header.readUInt32BE(0);
    const size = header.readUInt32BE(8);
    if ((magic & ~1) >>> 0 !== 0x377f0682 || size < 512 || size > 65_536 || (size & (size - 1)) !== 0) return;
    const big = (magic & 1) === 1;
    let sums: [number, number] = [0, 0];
    const add = (bytes: Buffer): void => {
      let [a, b] = sums;
      for (let at = 0; at + 8 <= bytes.length; at += 8) {
        a = (a + (big ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + b) >>> 0;
        b = (b + (big ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + a) >>> 0;
      }
      sums = [a, b];
    };
    add(header.subarray(0, 24));
    let pending: { page: number; at: number }[] = [];
    const frame = Buffer.alloc(24);
    const content = Buffer.alloc(size);
    for (
      let at = 32;
      readSync(log, frame, 0, 24, at) === 24 && readSync(log, content, 0, size, at + 24) === size;
      at += 24 + size
    ) {
      add(frame.subarray(0, 8));
      add(content);
      if (
        frame.compare(header, 16, 24, 8, 16) !== 0 ||
        frame.readUInt32BE(16) !== sums[0] ||
        frame.readUInt32BE(20) !== sums[1]
      )
        break;
      pending.push({ page: frame.readUInt32BE(0), at: at + 24 });
      const pages = frame.readUInt32BE(4);
      if (pages === 0) continue;
      const bytes = Buffer.alloc(size);
      for (const { page, at: from } of pending) {
        readSync(log, bytes, 0, size, from);
        if (page > 0) writeSync(to, bytes, 0, size, (page - 1) * size);
      }
      ftruncateSync(to, pages * size);
      pending = [];
    }
  } finally {
    closeSync(log);
    closeSync(to);
    rmSync(logFile, { force: true });
    rmSync(`${file}-shm`, { force: true });
  }
}
