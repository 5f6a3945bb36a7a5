/**
 * A zip archive's list of files and their bytes, by ranges: an archive of any size is read for what is wanted of it alone. Nothing is
 * written, so no name can lead out of anywhere. Every number in it is checked before it is used: an archive may say anything.
 * Inflating is zlib's, which stops at a given size.
 */
import { inflateRawSync } from 'node:zlib';
import { failure } from '../contract/result.ts';
import type { Reading } from './source.ts';

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const END64_BYTES = 56;
const LOCATOR64_BYTES = 20;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const ENCRYPTED = 1;
/** The field in which an entry keeps numbers of more than 32 bits. */
const WIDE = 1;
const FULL16 = 0xffff;
const FULL32 = 0xffffffff;
/** A list of files longer than this is no list of conversations: a million files. */
const LONGEST_LIST = 128 * 1024 * 1024;
/** A file that grows more than this when unpacked, and is large then, is no text of conversations. */
const MOST_GROWTH = 250;
const GROWTH_FROM = 16 * 1024 * 1024;

export interface ZipEntry {
  /** As the archive has it; for showing and telling apart only. */
  name: string;
  /** Unpacked, in bytes, as the archive says; `unpack` gives no more. */
  size: number;
  /** Packed, in bytes. */
  packed: number;
  flags: number;
  method: number;
  crc: number;
  local: number;
}

export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6));

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});
/** CRC-32 as zip has it. */
export function crc32(bytes: Uint8Array): number {
  let crc = FULL32;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ FULL32) >>> 0;
}

/** A number of 64 bits, where it fits. */
function wide(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw failure('zip.number-too-large');
  return Number(value);
}

interface List {
  count: number;
  at: number;
  length: number;
}
/** Where the list of files lies: from the end record, which may be followed by a comment, or its 64-bit sibling before it. */
function* listOf(size: number): Reading<List> {
  const from = Math.max(0, size - END_BYTES - FULL16 - LOCATOR64_BYTES);
  const tail = yield { at: from, length: size - from };
  let end = -1;
  for (let at = tail.length - END_BYTES; at >= 0 && end < 0; at--)
    if (tail.readUInt32LE(at) === END && at + END_BYTES + tail.readUInt16LE(at + 20) <= tail.length) end = at;
  if (end < 0) throw failure('zip.list-missing');
  const list: List = {
    count: tail.readUInt16LE(end + 10),
    length: tail.readUInt32LE(end + 12),
    at: tail.readUInt32LE(end + 16),
  };
  const locator = end - LOCATOR64_BYTES;
  if (locator < 0 || tail.readUInt32LE(locator) !== LOCATOR64) {
    if (list.count === FULL16 || list.at === FULL32) throw failure('zip.list-not-zip64');
    return { ...list, length: Math.min(list.length, Math.max(0, from + end - list.at)) };
  }
  const place = wide(tail, locator + 8);
  if (place + END64_BYTES > from + end) throw failure('zip.list-misplaced');
  const end64 = yield { at: place, length: END64_BYTES };
  if (end64.readUInt32LE(0) !== END64) throw failure('zip.list-misplaced');
  return { count: wide(end64, 32), length: wide(end64, 40), at: wide(end64, 48) };
}

/** Numbers that did not fit the entry, in the order in which they did not. */
function widened(extra: Buffer, numbers: readonly number[]): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== WIDE) continue;
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    let next = 0;
    return numbers.map((number) => {
      if (number !== FULL32 || next + 8 > field.length) return number;
      next += 8;
      return wide(field, next - 8);
    });
  }
  return [...numbers];
}

/** @param size of the archive in bytes @throws MezzotintError file-invalid where the list of files can't be read */
export function* readZip(size: number): Reading<ZipEntry[]> {
  if (size < END_BYTES) throw failure('zip.list-missing');
  const { count, at: place, length } = yield* listOf(size);
  if (place + length > size || (count > 0 && length === 0)) throw failure('zip.entry-misplaced', { entry: 1 });
  if (length > LONGEST_LIST) throw failure('zip.too-many-files');
  const list = yield { at: place, length };
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let n = 0; n < count; n++) {
    if (at + ENTRY_BYTES > list.length || list.readUInt32LE(at) !== ENTRY)
      throw failure('zip.entry-misplaced', { entry: n + 1 });
    const nameBytes = list.readUInt16LE(at + 28);
    const extraBytes = list.readUInt16LE(at + 30);
    const next = at + ENTRY_BYTES + nameBytes + extraBytes + list.readUInt16LE(at + 32);
    if (next > list.length) throw failure('zip.entry-cut', { entry: n + 1 });
    const extra = list.subarray(at + ENTRY_BYTES + nameBytes, at + ENTRY_BYTES + nameBytes + extraBytes);
    const [unpackedSize = 0, packed = 0, local = 0] = widened(extra, [
      list.readUInt32LE(at + 24),
      list.readUInt32LE(at + 20),
      list.readUInt32LE(at + 42),
    ]);
    entries.push({
      name: list.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes),
      size: unpackedSize,
      packed,
      local,
      flags: list.readUInt16LE(at + 8),
      method: list.readUInt16LE(at + 10),
      crc: list.readUInt32LE(at + 16),
    });
    at = next;
  }
  return entries;
}

/** The bytes of an entry as they lie in the archive. @throws MezzotintError file-invalid */
export function* packedBytes(size: number, entry: ZipEntry): Reading<Buffer> {
  const { local, packed, flags } = entry;
  const name = entry.name.slice(-200);
  if ((flags & ENCRYPTED) !== 0) throw failure('zip.encrypted', { name });
  if (entry.size > GROWTH_FROM && entry.size > packed * MOST_GROWTH)
    throw failure('zip.grows-too-much', { name, size: entry.size });
  if (local + LOCAL_BYTES > size) throw failure('zip.file-misplaced', { name });
  const head = yield { at: local, length: LOCAL_BYTES };
  if (head.readUInt32LE(0) !== LOCAL) throw failure('zip.file-misplaced', { name });
  const from = local + LOCAL_BYTES + head.readUInt16LE(26) + head.readUInt16LE(28);
  if (from + packed > size) throw failure('zip.file-cut', { name });
  return yield { at: from, length: packed };
}

/** @throws MezzotintError file-invalid */
export function unpack(entry: ZipEntry, data: Buffer): Uint8Array {
  const { method, size, crc } = entry;
  const name = entry.name.slice(-200);
  let out: Uint8Array;
  if (method === 0) out = data;
  else if (method === 8) {
    try {
      // one that grows past what it says is stopped there
      out = inflateRawSync(data, { maxOutputLength: Math.max(1, size) });
    } catch {
      throw failure('zip.not-unpacked', { name });
    }
  } else throw failure('zip.other-method', { name });
  if (out.length !== size || crc32(out) !== crc) throw failure('zip.file-differs', { name });
  return out;
}
