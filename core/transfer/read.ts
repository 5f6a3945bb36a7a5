/** A file's text to conversations: the format is recognised by what is in it; what is bad is named and the rest is read. */
import { type ArchivedConversation, MAX_FILE_BYTES } from '../contract/transfer.ts';
import { failure, reasonOf } from '../contract/result.ts';
import { BadPart, type Finish, type Finished, type Problem } from './incoming.ts';
import type { Item, Opened, Part, Reader } from './formats/format.ts';
import { readers } from './formats/index.ts';
import { refusedByText } from './formats/others.ts';

export type { Problem } from './incoming.ts';
export interface ReadFile {
  /** Its name in lists (`chatgpt`); null: there is no conversation in it that would say. */
  format: string | null;
  /** What people call its format. */
  formatName: string | null;
  conversations: ArchivedConversation[];
  /** Conversations that could not be read. */
  problems: Problem[];
  /** What was left out of those that could, or is read in another way than it stands there. */
  notes: Problem[];
}

/** @throws MezzotintError file-invalid where a file of so many bytes is not read */
export function checkSize(bytes: number): void {
  if (bytes > MAX_FILE_BYTES) throw failure('transfer.too-large', { megabytes: MAX_FILE_BYTES / 1024 / 1024 });
}

/** UTF-8 bytes, or UTF-16 with a byte order mark, as text without that mark. @throws MezzotintError file-invalid */
export function textOf(bytes: Uint8Array): string {
  checkSize(bytes.length);
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw failure('transfer.not-utf8');
  }
}

function parsed(text: string): { value: unknown } | { error: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (thrown) {
    return { error: reasonOf(thrown) };
  }
}

/** Its values, where it is JSON or lines of it; `error` where it is no JSON document. */
function opened(text: string): Opened & { error: string | null } {
  if (!/^\s*[[{]/.test(text)) return { text, items: null, whole: false, error: null };
  const whole = parsed(text);
  if ('value' in whole) {
    const { value } = whole;
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return {
      text,
      items: list.map((item, i) => ({ where: `conversations.${i}`, value: item })),
      whole: true,
      error: null,
    };
  }
  let good = 0;
  const items: Item[] = [];
  let at = 0;
  for (const line of text.split('\n')) {
    at += 1;
    if (line.trim() === '') continue;
    const json = parsed(line);
    if ('value' in json) {
      good += 1;
      items.push({ where: `line ${at}`, value: json.value });
    } else items.push({ where: `line ${at}`, value: undefined, error: json.error });
  }
  return { text, items: good > 0 ? items : null, whole: false, error: whole.error };
}

/** A file whose format is known, its conversations not yet read. */
export interface OpenFile {
  /** Its name in lists; null: it is an empty list, which says nothing of its format. */
  format: string | null;
  /** What people call its format. */
  formatName: string | null;
  /** How many conversations it has, good and bad. */
  length: number;
  /** Reads number `at`, from 0, once: what it was read from is let go. `now`: milliseconds since 1970, for what has no date. */
  read(at: number, finishing: Finish): Finished | { problem: Problem };
}

/** @throws MezzotintError file-invalid where nothing of the file can be read */
function partsOf(
  text: string,
  formats: readonly Reader[],
): Pick<OpenFile, 'format' | 'formatName'> & { parts: Part[] } {
  const file = opened(text);
  // a shard with nothing in it
  if (file.whole && file.items?.length === 0) return { format: null, formatName: null, parts: [] };
  const refusal = refusedByText(file);
  if (refusal) throw refusal;
  for (const { id, name, open } of formats) {
    const parts = open(file);
    if (parts !== null) return { format: id, formatName: name, parts };
  }
  if (file.error !== null) throw failure('transfer.json-damaged', { reason: file.error });
  throw failure('transfer.unknown-format');
}

/** @param formats that it may be in @throws MezzotintError file-invalid where nothing of the file can be read */
export function openFile(text: string, formats: readonly Reader[] = readers): OpenFile {
  const { format, formatName, parts } = partsOf(text, formats);
  const { length } = parts;
  return {
    format,
    formatName,
    length,
    read(at, { now, titleFrom }) {
      const part = parts[at];
      if (!part) throw new RangeError(`There is no conversation number ${at}, or it was read already.`);
      delete parts[at];
      try {
        // those without a date keep the order of the file in a list that has the newest first
        return part.read({ now: Math.max(0, now - at), titleFrom });
      } catch (thrown) {
        if (!(thrown instanceof BadPart)) throw thrown;
        return { problem: { where: thrown.where, why: thrown.why } };
      }
    },
  };
}

/** All of a file at once. @throws MezzotintError file-invalid where nothing of it can be read */
export function readFile(text: string, finishing: Finish): ReadFile & { finished: Finished[] } {
  const file = openFile(text);
  const finished: Finished[] = [];
  const problems: Problem[] = [];
  for (let at = 0; at < file.length; at++) {
    const part = file.read(at, finishing);
    if ('problem' in part) problems.push(part.problem);
    else finished.push(part);
  }
  return {
    format: file.format,
    formatName: file.formatName,
    conversations: finished.map(({ conversation }) => conversation),
    problems,
    notes: finished.flatMap(({ notes }) => notes),
    finished,
  };
}
