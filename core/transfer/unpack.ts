/** The texts that one file to import brings: its own, or those in a zip archive. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { failure, MezzotintError } from '../contract/result.ts';
import { MAX_FILE_BYTES } from '../contract/transfer.ts';
import type { Reader } from './formats/format.ts';
import { readers } from './formats/index.ts';
import { refusedByBytes } from './formats/others.ts';
import { checkSize, textOf } from './read.ts';
import { readBy, type Reading } from './source.ts';
import { isZip, packedBytes, readZip, unpack, type ZipEntry } from './zip.ts';

/** Files of one archive that are read. */
export const MAX_PACKED_FILES = 20_000;

export interface PackedText {
  /** The file's name, or the archive's with that of the file in it. */
  name: string;
  /** Unpacked, in bytes. */
  size: number;
  /** @throws MezzotintError file-invalid */
  text(): string;
}

const base = (name: string): string => name.split(/[/\\]/).at(-1) ?? '';
const isReadable = (name: string): boolean => /\.(json|jsonl|ndjson|md|markdown)$/i.test(name);
/** Files that are not read but say what the archive is. */
const isTelling = (name: string): boolean =>
  /^(MyActivity|chat)\.html$/i.test(base(name)) || /\.(db|sqlite3?|chat)$/i.test(name);
/** What macOS puts beside each file. */
const isShadow = (name: string): boolean => base(name).startsWith('._') || name.startsWith('__MACOSX/');

/** Bytes of a file as its text. @throws MezzotintError file-invalid, by the name of what it is where that is known */
function decoded(bytes: Uint8Array): string {
  const refusal = refusedByBytes(bytes.subarray(0, 512));
  if (refusal) throw refusal;
  return textOf(bytes);
}

/** Which files of an archive are read, those together that belong together. */
function wantedOf(entries: readonly ZipEntry[], formats: readonly Reader[]): ZipEntry[][] {
  // a name that stands twice is read twice
  const byName = new Map<string, ZipEntry[]>();
  for (const entry of entries) {
    if (isShadow(entry.name)) continue;
    const same = byName.get(entry.name);
    if (same) same.push(entry);
    else byName.set(entry.name, [entry]);
  }
  const names = [...byName.keys()];
  const groups: string[][] = [];
  for (const { group } of formats) for (const each of group?.(names) ?? []) groups.push([...each]);
  const taken = groups.length > 0 ? groups : names.filter(isReadable).map((name) => [name]);
  const wanted =
    taken.length > 0
      ? taken
      : names
          .filter(isTelling)
          .slice(0, 1)
          .map((name) => [name]);
  return wanted.flatMap((group) => {
    const found = group.map((name) => byName.get(name) ?? []);
    return found.length === 1
      ? (found[0] ?? []).map((entry) => [entry])
      : [found.flatMap(([entry]) => (entry ? [entry] : []))];
  });
}

/** Several files as one of JSON lines. */
function together(texts: readonly string[]): string {
  return texts
    .map((text) => {
      try {
        return JSON.stringify(JSON.parse(text));
      } catch {
        return text;
      }
    })
    .join('\n');
}

/**
 * What a file brings, by ranges of it: of an archive only its list and the files that are wanted are asked for.
 * @param name of the file, for messages about it
 * @param size in bytes
 * @param options `headBytes`: asked for first, to see what it is · `formats`: that the files in an archive may be in
 * @throws MezzotintError file-invalid where an archive can't be read or has nothing to import
 */
export function* openPacked(
  name: string,
  size: number,
  { headBytes = 64 * 1024, formats = readers }: { headBytes?: number; formats?: readonly Reader[] } = {},
): Reading<PackedText[]> {
  const head = yield { at: 0, length: Math.min(size, headBytes) };
  if (!isZip(head)) {
    const refusal = refusedByBytes(head);
    if (refusal) throw refusal;
    checkSize(size);
    const bytes = yield { at: 0, length: size };
    return [{ name, size, text: () => decoded(bytes) }];
  }
  const wanted = wantedOf(yield* readZip(size), formats);
  if (wanted.length === 0) throw failure('transfer.nothing-in-zip');
  const total = wanted.reduce((sum, entries) => sum + entries.reduce((all, entry) => all + entry.size, 0), 0);
  if (wanted.length > MAX_PACKED_FILES || total > MAX_FILE_BYTES) {
    throw failure('transfer.zip-too-large', {
      files: wanted.length,
      size: total,
      mostFiles: MAX_PACKED_FILES,
      megabytes: MAX_FILE_BYTES / 1024 / 1024,
    });
  }
  wanted.sort((a, b) => (a[0]?.name ?? '').localeCompare(b[0]?.name ?? '', 'en', { numeric: true }));
  const texts: PackedText[] = [];
  for (const entries of wanted) {
    const parts: Array<() => string> = [];
    for (const entry of entries) {
      try {
        const data = yield* packedBytes(size, entry);
        parts.push(() => decoded(unpack(entry, data)));
      } catch (thrown) {
        // this one alone: the others are read
        if (!(thrown instanceof MezzotintError)) throw thrown;
        parts.push(() => {
          throw thrown;
        });
      }
    }
    const [first] = entries;
    texts.push({
      name: `${name}: ${(first?.name ?? '').replace(/\p{Cc}+/gu, ' ').slice(-200)}`,
      size: entries.reduce((sum, entry) => sum + entry.size, 0),
      text: () => (parts.length === 1 ? (parts[0]?.() ?? '') : together(parts.map((part) => part()))),
    });
  }
  return texts;
}

/** The texts of a file that is in memory. @throws MezzotintError file-invalid */
export const textsIn = (name: string, bytes: Uint8Array): PackedText[] => {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return readBy(openPacked(name, all.length), ({ at, length }) => all.subarray(at, at + length));
};

/** The texts of a file on the disk, of which only what is wanted is read. @throws MezzotintError file-invalid; the system's own errors */
export function textsOfFile(name: string, path: string): PackedText[] {
  const file = openSync(path, 'r');
  try {
    return readBy(openPacked(name, fstatSync(file).size), ({ at, length }) => {
      const bytes = Buffer.alloc(length);
      for (let done = 0; done < length;) {
        const got = readSync(file, bytes, done, length - done, at + done);
        if (got === 0) throw failure('transfer.became-shorter', { name });
        done += got;
      }
      return bytes;
    });
  } finally {
    closeSync(file);
  }
}
