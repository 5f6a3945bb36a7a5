/**
 * Unsent words and the reading position of each conversation. The service stores a change a quarter of a second later, and
 * at once when the window is left, so that both are there after a restart or a crash.
 */
/* eslint-disable svelte/prefer-svelte-reactivity -- nothing draws the maps and sets that are not Svelte's */
import { getContext, setContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { ScrollPlace } from '../../../core/contract/order.ts';
import type { Session } from '../window/session.svelte.ts';

/** Runs `work` in `ms` milliseconds; returns what calls it off. */
export type Later = (work: () => void, ms: number) => () => void;
const later: Later = (work, ms) => {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
};
const WAIT_MS = 250;
const NEW_CHAT = '';

export class Drafts {
  readonly #session: Session;
  readonly #later: Later;
  /** By conversation; '' is the new chat. */
  #drafts = new SvelteMap<string, string>();
  readonly #places = new Map<string, ScrollPlace | null>();
  /** Those that have been read from the service. */
  readonly #read = new Set<string>();
  readonly #unkept = { drafts: new Set<string>(), places: new Set<string>() };
  #waiting: (() => void) | null = null;

  constructor(session: Session, wait: Later = later) {
    this.#session = session;
    this.#later = wait;
    session.onReturn(() => this.flush());
  }

  draft(id: string | null): string {
    return this.#drafts.get(id ?? NEW_CHAT) ?? '';
  }
  write(id: string | null, text: string): void {
    const key = id ?? NEW_CHAT;
    if (this.draft(id) === text) return;
    this.#drafts.set(key, text);
    this.#unkept.drafts.add(key);
    // words that were sent are not to come back after a crash
    if (text === '') this.flush();
    else this.#soon();
  }
  /** What was typed for one place goes to another, behind what stands there. */
  move(from: string | null, to: string | null): void {
    const text = this.draft(from);
    if (text === '') return;
    this.write(to, this.draft(to) + text);
    this.write(from, '');
  }
  /** Whether the place read last is known here; else the service knows it. */
  knows(id: string): boolean {
    return this.#places.has(id);
  }
  /** Null: at the end of the conversation. */
  place(id: string): ScrollPlace | null {
    return this.#places.get(id) ?? null;
  }
  keepPlace(id: string, place: ScrollPlace | null): void {
    const was = this.place(id);
    if (was?.messageId === place?.messageId && was?.offset === place?.offset) return;
    this.#places.set(id, place);
    this.#unkept.places.add(id);
    this.#soon();
  }

  /** Reads what was left here in an earlier run; what was typed meanwhile comes after it. */
  async fetch(id: string | null): Promise<void> {
    const key = id ?? NEW_CHAT;
    if (this.#read.has(key)) return;
    const before = this.#drafts.has(key);
    const result = await this.#session.client.call('drafts.read', { conversationId: id });
    if (!result.ok || this.#read.has(key)) return;
    this.#read.add(key);
    const { draft, place } = result.value;
    const typed = this.#drafts.get(key) ?? '';
    if (draft !== '' && typed === '' && !this.#drafts.has(key)) this.#drafts.set(key, draft);
    else if (draft !== '' && typed !== '' && !before) this.write(id, draft + typed);
    if (!this.#places.has(key)) this.#places.set(key, place);
  }

  #soon(): void {
    // counted from the first change, not the last: who types on and on is kept as well
    this.#waiting ??= this.#later(() => this.flush(), WAIT_MS);
  }
  /** Keeps what has changed, now. */
  flush(): void {
    this.#waiting?.();
    this.#waiting = null;
    // without a connection it waits for its return
    if (!this.#session.connected) return;
    const { drafts, places } = this.#unkept;
    for (const key of new Set([...drafts, ...places])) {
      const conversationId = key === NEW_CHAT ? null : key;
      const part = {
        ...(drafts.has(key) ? { draft: this.draft(conversationId) } : {}),
        ...(places.has(key) ? { place: this.place(key) } : {}),
      };
      void this.#session.client.call('drafts.keep', { conversationId, ...part }).then((result) => {
        if (result.ok) return;
        // the next change tries again, or the connection's return
        if ('draft' in part) drafts.add(key);
        if ('place' in part) places.add(key);
        if (result.error.code !== 'connection-lost') this.#session.note(result.error);
      });
    }
    drafts.clear();
    places.clear();
  }
}

const key = Symbol('drafts');
export const provideDrafts = (drafts: Drafts): Drafts => setContext(key, drafts);
export const useDrafts = (): Drafts => getContext<Drafts>(key);
