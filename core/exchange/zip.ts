/**
 * A zip archive's list of files and their bytes, from memory to memory: nothing is written, so no name can lead out of anywhere.
 * Every number in it is checked before it is used: an archive may say anything. Inflating is zlib's, which stops at a given size.
 */
import { inflateRawSync } from 'node:zlib';
import { MezzotintError } from '../contract/result.ts';

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const ENCRYPTED = 1;
/** A file that grows more than this when unpacked, and is large then, is no text of conversations. */
const MOST_GROWTH = 250;
const GROWTH_FROM = 16 * 1024 * 1024;

export interface ZipEntry {
  /** As the archive has it; for showing and telling apart only. */
  name: string;
  /** Unpacked, in bytes, as the archive says; `bytes` gives no more. */
  size: number;
  /** @throws MezzotintError file-invalid */
  bytes(): Uint8Array;
}

const damaged = (what: string): MezzotintError => new MezzotintError('file-invalid', `This zip archive is damaged: ${what}.`, { action: 'Download it again, or unpack it and import the files in it.' });
const refused = (message: string): MezzotintError => new MezzotintError('file-invalid', message, { action: 'Unpack it and import the files in it.' });

export const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6));

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});
/** CRC-32 as zip has it. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** The end record, which may be followed by a comment. */
function endOf(zip: Buffer): number {
  for (let at = zip.length - END_BYTES; at >= Math.max(0, zip.length - END_BYTES - 0xffff); at--) {
    if (zip.readUInt32LE(at) === END && at + END_BYTES + zip.readUInt16LE(at + 20) <= zip.length) return at;
  }
  throw damaged('its list of files is missing');
}

/** @throws MezzotintError file-invalid where the list of files can't be read */
export function readZip(bytes: Uint8Array): ZipEntry[] {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOf(zip);
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  if (count === 0xffff || at === 0xffffffff) throw refused('This zip archive is in the ZIP64 form, which is not read here.');
  const entries: ZipEntry[] = [];
  for (let n = 0; n < count; n++) {
    if (at + ENTRY_BYTES > end || zip.readUInt32LE(at) !== ENTRY) throw damaged(`entry ${n + 1} of its list is not where it should be`);
    const flags = zip.readUInt16LE(at + 8);
    const method = zip.readUInt16LE(at + 10);
    const crc = zip.readUInt32LE(at + 16);
    const packed = zip.readUInt32LE(at + 20);
    const size = zip.readUInt32LE(at + 24);
    const nameBytes = zip.readUInt16LE(at + 28);
    const local = zip.readUInt32LE(at + 42);
    const next = at + ENTRY_BYTES + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
    if (next > end) throw damaged(`entry ${n + 1} of its list is cut`);
    const name = zip.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes);
    entries.push({ name, size, bytes: () => unpack(zip, { name: name.slice(-200), flags, method, crc, packed, size, local }) });
    at = next;
  }
  return entries;
}

interface Place {
  name: string;
  flags: number;
  method: number;
  crc: number;
  packed: number;
  size: number;
  local: number;
}
function unpack(zip: Buffer, { name, flags, method, crc, packed, size, local }: Place): Uint8Array {
  if ((flags & ENCRYPTED) !== 0) throw refused(`${name} in it is encrypted.`);
  if (size > GROWTH_FROM && size > packed * MOST_GROWTH) throw refused(`${name} in it would grow to ${Math.round(size / 1e6).toLocaleString('en')} MB out of almost nothing, so it is not unpacked.`);
  if (local + LOCAL_BYTES > zip.length || zip.readUInt32LE(local) !== LOCAL) throw damaged(`${name} is not where its list says`);
  const from = local + LOCAL_BYTES + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  if (from + packed > zip.length) throw damaged(`${name} is cut`);
  const data = zip.subarray(from, from + packed);
  let out: Uint8Array;
  if (method === 0) out = data;
  else if (method === 8) {
    try {
      // one that grows past what it says is stopped there
      out = inflateRawSync(data, { maxOutputLength: Math.max(1, size) });
    } catch {
      throw damaged(`${name} cannot be unpacked`);
    }
  } else throw refused(`${name} in it is packed in a way that is not read here.`);
  if (out.length !== size || crc32(out) !== crc) throw damaged(`${name} is not what it was when it was packed`);
  return out;
}
