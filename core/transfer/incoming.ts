/** What the readers of other apps' files make of a conversation, and how it becomes one of ours. Pure. */
import { createHash } from 'node:crypto';
import {
  MAX_MESSAGES,
  MAX_TEXT,
  MAX_TIME,
  type ArchivedConversation,
  type ArchivedMessage,
} from '../contract/transfer.ts';
import type { Role } from '../contract/engine.ts';
import { errorOf, type AppError } from '../contract/result.ts';
import { MAX_INSTRUCTIONS, noSetup } from '../contract/presets.ts';
import { contentId, messageIdAt } from './tree.ts';

/** A conversation in a file that can't be taken over: where it is bad, and why. */
export class BadPart extends Error {
  readonly where: string;
  readonly why: AppError;
  constructor(where: string, why: AppError) {
    super(why.message);
    this.where = where;
    this.why = why;
  }
}

/** Something in a file that was left out or read in another way than it stands there. */
export interface Problem {
  /** The place in the file: `conversations.3.messages.2.role`, `line 7`. */
  where: string;
  why: AppError;
}
/** Takes a note of a problem that does not keep the rest of the conversation from being read. */
export type Note = (where: string, why: AppError) => void;

export interface IncomingMessage {
  /** Place of its parent in the list, always before its own; null: a first message. */
  parent: number | null;
  role: Role;
  text: string;
  /** Milliseconds since 1970; null where the source does not say. */
  createdAt: number | null;
  /** How a reply ended, where the source says it; else it is complete. */
  status?: ArchivedMessage['status'];
  /** The source's own name for it, the same in every export. */
  id?: string;
  /** The model that wrote it, where the source says so. */
  model?: string | null;
  /** Kept, but out of sight: neither shown nor read by the model. It has no messages below it. */
  aside?: boolean;
}
export interface Incoming {
  /** The source's own name for the conversation, the same in every export; null: it has none. */
  id: string | null;
  title: string | null;
  createdAt: number | null;
  updatedAt: number | null;
  messages: IncomingMessage[];
  /** Place of the message shown last; null: the newest branch. */
  current: number | null;
  /** Instructions that hold for the whole conversation. */
  instructions?: string;
}
export interface Finish {
  /** Milliseconds since 1970 for what has no date. */
  now: number;
  titleFrom: (question: string) => string;
}
export interface Finished {
  conversation: ArchivedConversation;
  /** Identifiers under which the same conversation may be here: made of its content alone. */
  also: string[];
  /** Whether its identifier is the source's own, so that it stays the same when the conversation goes on. */
  lasting: boolean;
  notes: Problem[];
}

/** Text that SQLite and UTF-8 can hold: halves of surrogate pairs become U+FFFD. */
export const wellFormed = (text: string): string =>
  text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** An object's field, '' for none; of anything else nothing. */
export const fieldOf = (value: unknown, name: string): unknown =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
/** The first of these fields that is text with something in it. */
export function textField(value: unknown, ...names: string[]): string | null {
  for (const name of names) {
    const found = fieldOf(value, name);
    if (typeof found === 'string' && found.trim() !== '') return found;
  }
  return null;
}

/** A model's name, of replies alone. */
function modelIn({ role, model }: IncomingMessage): { model?: string } {
  const name =
    role === 'assistant'
      ? wellFormed(model ?? '')
          .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
          .trim()
          .slice(0, 200)
      : '';
  return name === '' ? {} : { model: wellFormed(name) };
}

const hash = (text: string, digits: number): string => createHash('sha256').update(text).digest('hex').slice(0, digits);

/** Direction overrides would show the end of a title before its beginning. */
const titleOf = (title: string): string =>
  wellFormed(title)
    .replace(/[\u202A-\u202E\u2066-\u2069]+/gu, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 200);

/** Dates later than this much after now are no dates of messages. */
const AHEAD_MS = 366 * 24 * 3600_000;

/** @throws BadPart where there is nothing in it, or more than can be shown; `where` names the conversation in its file */
export function finish(
  incoming: Incoming,
  format: string,
  where: string,
  { now, titleFrom }: Finish,
  given: readonly Problem[] = [],
): Finished {
  const notes = [...given];
  const seen = incoming.messages.filter(({ aside }) => !aside);
  if (seen.length === 0) throw new BadPart(where, errorOf('bad.no-messages'));
  if (incoming.messages.length > MAX_MESSAGES)
    throw new BadPart(where, errorOf('bad.too-many-messages', { most: MAX_MESSAGES }));
  let far = 0;
  const dated = (at: number | null): number | null => {
    if (at === null || (at <= now + AHEAD_MS && at <= MAX_TIME)) return at;
    far += 1;
    return null;
  };
  const cleaned = incoming.messages.map((m) => ({ ...m, text: wellFormed(m.text), createdAt: dated(m.createdAt) }));
  const [firstAt, lastAt] = [dated(incoming.createdAt), dated(incoming.updatedAt)];
  if (far > 0) notes.push({ where, why: errorOf('odd.dates', { dates: far }) });
  const long = cleaned.findIndex((m) => m.text.length > MAX_TEXT);
  if (long >= 0) throw new BadPart(where, errorOf('bad.message-too-long', { message: long + 1, most: MAX_TEXT }));
  const named = titleOf(incoming.title ?? '');
  const shown = cleaned.filter(({ aside }) => !aside);
  const title = named || titleOf(titleFrom(shown.find(({ role }) => role === 'user')?.text ?? shown[0]?.text ?? ''));

  // what is aside has nothing below it, so places without it still name parents
  const place = new Map<number, number>();
  cleaned.forEach((m, i) => m.aside || place.set(i, place.size));
  const byContent = contentId(
    named,
    shown.map((m) => [m.parent === null ? null : (place.get(m.parent) ?? null), m.role, m.text, m.createdAt] as const),
  );
  const lasting = incoming.id !== null && incoming.id !== '';
  const id = lasting ? `im-${hash(JSON.stringify([format, incoming.id]), 40)}` : byContent;
  const used = new Set<string>();
  const idOf = (m: IncomingMessage, i: number): string => {
    const own = lasting && m.id !== undefined ? `${id}-${hash(m.id, 16)}` : messageIdAt(id, i);
    const free = used.has(own) ? messageIdAt(id, i) : own;
    used.add(free);
    return free;
  };

  const createdAt = firstAt ?? cleaned.find((m) => m.createdAt !== null)?.createdAt ?? now;
  const messages: ArchivedMessage[] = [];
  /** The last moment that was given to siblings of one date: they are shown in the order of their dates. */
  const ties = new Map<string, number>();
  cleaned.forEach((m, i) => {
    const parent = m.parent === null ? undefined : messages[m.parent];
    // a message without a date follows the one before it
    const given = Math.max(0, m.createdAt ?? Math.min(MAX_TIME, (parent?.createdAt ?? createdAt - 1) + 1));
    const tie = `${m.parent}:${given}`;
    const before = ties.get(tie);
    const at = before === undefined ? given : Math.min(MAX_TIME, before + 1);
    ties.set(tie, at);
    const own = idOf(m, i);
    messages.push({
      id: own,
      parentId: parent?.id ?? null,
      shownChildId: null,
      role: m.role,
      text: m.text,
      status: m.status ?? 'complete',
      createdAt: at,
      ...modelIn(m),
      ...(m.aside ? { deletedAt: at, deletedWith: own } : {}),
      generations: [],
    });
  });
  let { current } = incoming;
  if (current === null || !messages[current] || cleaned[current]?.aside) {
    const newest = new Map<number | null, number>();
    cleaned.forEach((m, i) => m.aside || newest.set(m.parent, i));
    current = newest.get(null) ?? 0;
    for (let next = newest.get(current); next !== undefined; next = newest.get(current)) current = next;
  }
  for (
    let at: number = current, parent = cleaned[at]?.parent ?? null;
    parent !== null;
    at = parent, parent = cleaned[at]?.parent ?? null
  ) {
    const above = messages[parent];
    if (above) above.shownChildId = messages[at]?.id ?? null;
  }
  const last = messages.reduce((latest, m) => Math.max(latest, m.createdAt), createdAt);
  const instructions = wellFormed(incoming.instructions ?? '').trim();
  if (instructions.length > MAX_INSTRUCTIONS)
    notes.push({ where, why: errorOf('odd.instructions', { most: MAX_INSTRUCTIONS }) });
  return {
    conversation: {
      id,
      title,
      titleSource: named === '' ? 'auto' : 'person',
      createdAt,
      updatedAt: lastAt ?? last,
      currentMessageId: messages[current]?.id ?? null,
      ...(instructions === ''
        ? {}
        : { setup: { ...noSetup, instructions: wellFormed(instructions.slice(0, MAX_INSTRUCTIONS)) } }),
      messages,
    },
    also: lasting ? [byContent] : [],
    lasting,
    notes,
  };
}
