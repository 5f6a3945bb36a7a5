/** What the readers of other apps' files make, and how it becomes a conversation of ours. Pure. */
import { MAX_MESSAGES, MAX_TEXT, MAX_TIME, type ArchivedConversation, type ArchivedMessage } from '../contract/exchange.ts';
import type { Role } from '../contract/engine.ts';
import { contentId, messageIdAt } from './tree.ts';

/** A conversation in a file that can't be taken over: where it is bad, and why. */
export class BadPart extends Error {
  readonly where: string;
  constructor(where: string, why: string) {
    super(why);
    this.where = where;
  }
}

export interface DraftMessage {
  /** Place of its parent in the list, always before its own; null: a first message. */
  parent: number | null;
  role: Role;
  text: string;
  /** Milliseconds since 1970; null where the source does not say. */
  createdAt: number | null;
  /** How a reply ended, where the source says it; else it is complete. */
  status?: ArchivedMessage['status'];
}
export interface Draft {
  title: string | null;
  createdAt: number | null;
  updatedAt: number | null;
  messages: DraftMessage[];
  /** Place of the message shown last; null: the newest branch. */
  current: number | null;
}
export interface Finish {
  /** Milliseconds since 1970 for what has no date. */
  now: number;
  titleFrom: (question: string) => string;
}

/** Text that SQLite and UTF-8 can hold: halves of surrogate pairs become U+FFFD. */
export const wellFormed = (text: string): string => text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Seconds since 1970, as other apps count, in whole milliseconds; null where it is no such time. */
export function fromSeconds(value: unknown): number | null {
  if (typeof value !== 'number' || !(value >= 0)) return null;
  const ms = Math.round(value * 1000);
  return ms <= MAX_TIME ? ms : null;
}

/** A part that has no place in a message here, kept where it stood as a note that can be read. */
export function note(what: string, value: unknown): string {
  let told: string;
  try {
    told = JSON.stringify(value, null, 2) ?? '';
  } catch {
    told = 'too deeply nested to be kept';
  }
  // a fence longer than any in the text, so that nothing ends it early
  const fence = '`'.repeat(Math.max(3, ...(told.match(/`+/g) ?? []).map((run) => run.length + 1)));
  return `*[${what}]*\n\n${fence}json\n${told}\n${fence}`;
}

const titleOf = (title: string): string => wellFormed(title).replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim().slice(0, 200);

/** @throws BadPart where there is nothing in it, or more than can be shown; `where` names the conversation in its file */
export function finish(draft: Draft, where: string, { now, titleFrom }: Finish): ArchivedConversation {
  if (draft.messages.length === 0) throw new BadPart(where, 'It has no messages.');
  if (draft.messages.length > MAX_MESSAGES) throw new BadPart(where, `It has more than ${MAX_MESSAGES.toLocaleString('en')} messages.`);
  const drafts = draft.messages.map((m) => ({ ...m, text: wellFormed(m.text) }));
  const long = drafts.findIndex((m) => m.text.length > MAX_TEXT);
  if (long >= 0) throw new BadPart(where, `Message ${long + 1} is longer than ${MAX_TEXT.toLocaleString('en')} characters.`);
  const given = titleOf(draft.title ?? '');
  const title = given || titleFrom(drafts.find(({ role }) => role === 'user')?.text ?? drafts[0]?.text ?? '');
  const id = contentId(given, drafts.map((m) => [m.parent, m.role, m.text, m.createdAt] as const));

  const createdAt = draft.createdAt ?? drafts.find((m) => m.createdAt !== null)?.createdAt ?? now;
  const messages: ArchivedMessage[] = [];
  drafts.forEach((m, i) => {
    const parent = m.parent === null ? undefined : messages[m.parent];
    // a message without a date follows the one before it
    const at = m.createdAt ?? Math.min(MAX_TIME, (parent?.createdAt ?? createdAt - 1) + 1);
    messages.push({ id: messageIdAt(id, i), parentId: parent?.id ?? null, shownChildId: null, role: m.role, text: m.text, status: m.status ?? 'complete', createdAt: Math.max(0, at), generations: [] });
  });
  let current = draft.current;
  if (current === null || !messages[current]) {
    const newest = new Map(drafts.map((m, i) => [m.parent, i]));
    current = newest.get(null) ?? 0;
    for (let next = newest.get(current); next !== undefined; next = newest.get(current)) current = next;
  }
  for (let at: number = current, parent = drafts[at]?.parent ?? null; parent !== null; at = parent, parent = drafts[at]?.parent ?? null) {
    const above = messages[parent];
    if (above) above.shownChildId = messageIdAt(id, at);
  }
  const last = messages.reduce((latest, m) => Math.max(latest, m.createdAt), createdAt);
  return { id, title, titleSource: given === '' ? 'auto' : 'person', createdAt, updatedAt: draft.updatedAt ?? last, currentMessageId: messageIdAt(id, current), messages };
}
