/** A file's text to conversations: the format is recognised by what is in it; what is bad is named and the rest is read. */
import type { ArchivedConversation, ImportFormat } from '../contract/exchange.ts';
import { MezzotintError } from '../contract/result.ts';
import { MAX_FILE_BYTES } from '../contract/transfer.ts';
import { isChatGpt, readChatGpt } from './chatgpt.ts';
import { BadPart, finish, type Draft, type Finish } from './draft.ts';
import { isLlamaCpp, readLlamaCpp } from './llamacpp.ts';
import { isMarkdown, markdownParts } from './markdown.ts';
import { isOpenAi, readOpenAi } from './openai.ts';
import { isOwn, ownParts, readOwn } from './own.ts';
import { isShareGpt, readShareGpt } from './sharegpt.ts';

export interface Problem {
  /** The place in the file: `conversations.3.messages.2.role`, `line 7`. */
  where: string;
  why: string;
}
export interface ReadFile {
  format: ImportFormat;
  conversations: ArchivedConversation[];
  /** Conversations that could not be read. */
  problems: Problem[];
}

const invalid = (message: string, action?: string): MezzotintError => new MezzotintError('file-invalid', message, action === undefined ? {} : { action });
const unknown = (): MezzotintError => invalid('This file is in no format that can be imported.', 'Choose an export of Mezzotint (JSON or Markdown), of ChatGPT (zip or conversations.json) or of llama.cpp, or a file of ShareGPT or OpenAI messages.');

/** @throws MezzotintError file-invalid where a file of so many bytes is not read */
export function checkSize(bytes: number): void {
  if (bytes > MAX_FILE_BYTES) throw invalid(`This file is larger than ${MAX_FILE_BYTES / 1024 / 1024} MB.`, 'Split it and import the parts; of a zip, unpack it and import the conversations.json in it.');
}

/** UTF-8 bytes as text, without a byte order mark. @throws MezzotintError file-invalid */
export function textOf(bytes: Uint8Array): string {
  checkSize(bytes.length);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid('This file is not text in UTF-8.', 'Save it as UTF-8 and import it again.');
  }
}

function parsed(text: string): { value: unknown } | { error: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (thrown) {
    return { error: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

interface Part {
  where: string;
  read: (where: string, finishing: Finish) => ArchivedConversation;
}
/** What other apps write, as one JSON document or a line each; the first that fits one of the conversations is taken. */
const kinds: ReadonlyArray<{ format: ImportFormat; is: (value: unknown) => boolean; read: (value: unknown, where: string) => Draft }> = [
  { format: 'chatgpt', is: isChatGpt, read: readChatGpt },
  { format: 'llamacpp', is: isLlamaCpp, read: readLlamaCpp },
  { format: 'openai', is: isOpenAi, read: readOpenAi },
  { format: 'sharegpt', is: isShareGpt, read: readShareGpt },
];
const fromDraft = (read: (value: unknown, where: string) => Draft, value: unknown): Part['read'] => (where, finishing) => finish(read(value, where), where, finishing);

function partsOf(text: string): { format: ImportFormat; parts: Part[] } {
  const whole = parsed(text);
  if ('value' in whole) {
    const { value } = whole;
    if (isOwn(value)) return { format: 'mezzotint', parts: ownParts(value).map((part, i) => ({ where: `conversations.${i}`, read: (where) => readOwn(part, where) })) };
    const list: unknown[] = Array.isArray(value) ? value : [value];
    const kind = kinds.find(({ is }) => list.some(is));
    if (!kind) throw unknown();
    return { format: kind.format, parts: list.map((item, i) => ({ where: `conversations.${i}`, read: fromDraft(kind.read, item) })) };
  }
  if (isMarkdown(text)) return { format: 'markdown', parts: markdownParts(text).map(({ line, read }) => ({ where: `line ${line}`, read: (where, finishing) => finish(read(), where, finishing) })) };
  const lines = text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [{ where: `line ${i + 1}`, json: parsed(line) }]));
  const kind = kinds.find(({ is }) => lines.some(({ json }) => 'value' in json && is(json.value)));
  if (kind) {
    return {
      format: kind.format,
      parts: lines.map(({ where, json }) => ({
        where,
        read(here, finishing) {
          if ('error' in json) throw new BadPart(here, `It is not JSON: ${json.error}`);
          return finish(kind.read(json.value, here), here, finishing);
        },
      })),
    };
  }
  if (/^\s*[[{]/.test(text)) throw invalid(`This file begins like JSON but is damaged: ${whole.error}`, 'Export it again, or download it again.');
  throw unknown();
}

/** A file whose format is known, its conversations not yet read. */
export interface OpenFile {
  format: ImportFormat;
  /** How many conversations it has, good and bad. */
  length: number;
  /** Reads number `at`, from 0, once: what it was read from is let go. `now`: milliseconds since 1970, for what has no date. */
  read(at: number, finishing: Finish): { conversation: ArchivedConversation } | { problem: Problem };
}

/** @throws MezzotintError file-invalid where nothing of the file can be read */
export function openFile(text: string): OpenFile {
  const { format, parts } = partsOf(text);
  const { length } = parts;
  return {
    format,
    length,
    read(at, { now, titleFrom }) {
      const part = parts[at];
      if (!part) throw new RangeError(`There is no conversation number ${at}, or it was read already.`);
      delete parts[at];
      try {
        // those without a date keep the order of the file in a list that has the newest first
        return { conversation: part.read(part.where, { now: Math.max(0, now - at), titleFrom }) };
      } catch (thrown) {
        if (!(thrown instanceof BadPart)) throw thrown;
        return { problem: { where: thrown.where, why: thrown.message } };
      }
    },
  };
}

/** All of a file at once. @throws MezzotintError file-invalid where nothing of it can be read */
export function readFile(text: string, finishing: Finish): ReadFile {
  const file = openFile(text);
  const conversations: ArchivedConversation[] = [];
  const problems: Problem[] = [];
  for (let at = 0; at < file.length; at++) {
    const part = file.read(at, finishing);
    if ('problem' in part) problems.push(part.problem);
    else conversations.push(part.conversation);
  }
  return { format: file.format, conversations, problems };
}
