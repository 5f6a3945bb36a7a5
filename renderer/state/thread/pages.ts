/**
 * A long conversation comes in pages: some messages whole, the others as blanks that know their place in the tree and their
 * size. Blanks in sight are read first, then all others in the background, so that soon everything is here.
 */
import type { Message, MessageHead } from '../../../core/contract/conversations.ts';
import { PAGE_MESSAGES } from '../../../core/contract/pages.ts';
import { guessHeight } from './rows.ts';
import type { Turn } from './tree.ts';

/** A message whose text and generation have not come yet. `bytes`: of its text in UTF-8. */
export interface Blank extends Message {
  readonly bytes: number;
}
const nothing: ReadonlyMap<string, Message> = new Map();
/** Shorter ones come whole, in one answer. */
const LONG = 400;
export const isBlank = (message: Message): message is Blank => 'bytes' in message;

/** The ids of the messages of these turns that have not come. */
export const blanksOf = (turns: readonly Turn[]): string[] =>
  turns.flatMap(({ question, reply }) => [question, reply].flatMap((m) => (m && isBlank(m) ? [m.id] : [])));
/** Pixels that a turn will take, guessed from the length of its texts. */
export function guessTurn({ question, reply }: Turn): number {
  const height = (m: Message | null): number =>
    m === null ? 0 : guessHeight(m.text, isBlank(m) ? m.bytes : undefined);
  return Math.max(height(question) * 0.6, height(reply));
}

const blankOf = ({ bytes, ...head }: MessageHead, conversationId: string): Blank => ({
  ...head,
  conversationId,
  text: '',
  generation: null,
  bytes,
});
const encoder = new TextEncoder();
const sizes = new WeakMap<Message, number>();
/** Bytes of its text in UTF-8. */
function bytesOf(message: Message): number {
  const known = sizes.get(message);
  if (known !== undefined) return known;
  const bytes = encoder.encode(message.text).length;
  sizes.set(message, bytes);
  return bytes;
}

/** All messages of a conversation just asked for. A text that was here before is kept where the service's can't have changed. */
export function mergePages(
  conversationId: string,
  messages: readonly Message[],
  heads: readonly MessageHead[],
  before: ReadonlyMap<string, Message>,
): Map<string, Message> {
  const merged = new Map<string, Message>();
  for (const head of heads) {
    const was = before.get(head.id);
    const same =
      was &&
      !isBlank(was) &&
      was.status === head.status &&
      was.deletedAt === head.deletedAt &&
      was.deletedWith === head.deletedWith &&
      bytesOf(was) === head.bytes;
    merged.set(head.id, same ? was : blankOf(head, conversationId));
  }
  for (const message of messages) merged.set(message.id, message);
  return merged;
}

/** Long conversations that were open recently, so that going back to one does not read its texts a second time. */
export class RecentPages {
  readonly #most: number;
  readonly #kept = new Map<string, ReadonlyMap<string, Message>>();
  /** @param most how many conversations are kept */
  constructor(most = 2) {
    this.#most = most;
  }
  keep(conversationId: string, messages: ReadonlyMap<string, Message>): void {
    this.#kept.delete(conversationId);
    if (messages.size < LONG) return;
    this.#kept.set(conversationId, messages);
    for (const id of [...this.#kept.keys()].slice(0, -this.#most)) this.#kept.delete(id);
  }
  /** What was here of the conversation; its heads say what has changed since. */
  of(conversationId: string): ReadonlyMap<string, Message> {
    return this.#kept.get(conversationId) ?? nothing;
  }
}

/** The next blanks to read: those wanted, then the others of the branch from `leaf` up, then the rest. */
export function nextPage(
  messages: ReadonlyMap<string, Message>,
  leaf: string | null,
  wanted: readonly string[],
): string[] {
  const blank = (id: string): boolean => {
    const message = messages.get(id);
    return message !== undefined && isBlank(message);
  };
  const first = wanted.filter(blank);
  if (first.length > 0) return first.slice(0, PAGE_MESSAGES);
  const page: string[] = [];
  const seen = new Set<string>();
  let at = leaf === null ? undefined : messages.get(leaf);
  while (at && !seen.has(at.id) && page.length < PAGE_MESSAGES) {
    seen.add(at.id);
    if (isBlank(at)) page.push(at.id);
    at = at.parentId === null ? undefined : messages.get(at.parentId);
  }
  if (page.length > 0) return page;
  for (const message of messages.values()) {
    if (page.length >= PAGE_MESSAGES) break;
    if (isBlank(message)) page.push(message.id);
  }
  return page;
}

export interface PagesHost {
  /** The blanks to read next; none: everything is here. */
  next(wanted: readonly string[]): string[];
  /** Reads them and puts them in place; false where that failed. */
  read(ids: readonly string[]): Promise<boolean>;
  /** Resolves when the window has had time for what it shows. */
  pause(): Promise<void>;
}

/** Reads blanks one page after the other, for as long as there are any. */
export class Pages {
  readonly #host: PagesHost;
  #wanted: readonly string[] = [];
  #reading: Promise<void> | null = null;

  constructor(host: PagesHost) {
    this.#host = host;
  }
  /** Puts these before all others. */
  want(ids: readonly string[]): void {
    this.#wanted = ids;
    void this.all();
  }
  /** Reads until nothing is blank, or reading fails. */
  all(): Promise<void> {
    this.#reading ??= this.#run().finally(() => (this.#reading = null));
    return this.#reading;
  }
  async #run(): Promise<void> {
    for (;;) {
      const ids = this.#host.next(this.#wanted);
      if (ids.length === 0 || !(await this.#host.read(ids))) return;
      await this.#host.pause();
    }
  }
}
