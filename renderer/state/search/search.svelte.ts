/** The search over all conversations: words, filters, and what was found, page by page. */
import { getContext, setContext } from 'svelte';
import { fold } from '../../../core/contract/fold.ts';
import type { Request } from '../../../core/contract/index.ts';
import type { AppError } from '../../../core/contract/result.ts';
import { MAX_QUERY_CHARACTERS, type SearchGroup } from '../../../core/contract/search.ts';
import type { Session } from '../window/session.svelte.ts';

export type Who = 'any' | 'user' | 'assistant';
export type When = 'any' | 'week' | 'month' | 'year';
const DAY_MS = 86_400_000;
const DAYS: Record<Exclude<When, 'any'>, number> = { week: 7, month: 30, year: 365 };
/** Conversations that fill the list; a page may bring fewer. */
const ENOUGH = 12;
const PAGE = 24;
/** Pages asked for by itself until the list is full: each is short by itself, so typing never waits for all of them. */
const ROUNDS = 8;
/** While messages are still being read, the list is asked for again. */
const AGAIN_MS = 2000;

/** A group of a later page may go on with one that is there. */
export function joined(before: readonly SearchGroup[], after: readonly SearchGroup[]): SearchGroup[] {
  const groups = [...before];
  for (const group of after) {
    const at = groups.findIndex(({ conversationId }) => conversationId === group.conversationId);
    const known = groups[at];
    if (!known) groups.push(group);
    else
      groups[at] = {
        ...known,
        hits: [
          ...known.hits,
          ...group.hits.filter((hit) => !known.hits.some(({ messageId }) => messageId === hit.messageId)),
        ],
        more: group.more,
      };
  }
  return groups;
}

export class Search {
  readonly #session: Session;
  readonly #now: () => number;
  words = $state('');
  who = $state<Who>('any');
  when = $state<When>('any');
  /** A folder's id; '': anywhere; 'none': in no folder. */
  folder = $state('');
  groups = $state.raw<readonly SearchGroup[]>([]);
  busy = $state(false);
  tooShort = $state(false);
  unread = $state(0);
  error = $state.raw<AppError | null>(null);
  /** The words that `groups` were found for. */
  shown = $state('');
  #next = $state.raw<string | null>(null);
  #run = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  active = $derived(fold(this.words).trim() !== '');
  narrowed = $derived(this.who !== 'any' || this.when !== 'any' || this.folder !== '');

  constructor(session: Session, now: () => number = Date.now) {
    this.#session = session;
    this.#now = now;
    session.client.onPush((push) => {
      if (push.topic === 'organised')
        this.groups = this.groups.filter(({ conversationId }) => !push.removed.includes(conversationId));
    });
  }

  get hasMore(): boolean {
    return this.#next !== null;
  }
  widen(): void {
    this.who = 'any';
    this.when = 'any';
    this.folder = '';
    void this.find();
  }
  clear(): void {
    this.words = '';
    void this.find();
  }

  #request(cursor: string | null): Request<'search.find'> {
    return {
      query: this.words.slice(0, MAX_QUERY_CHARACTERS),
      limit: PAGE,
      cursor,
      ...(this.who === 'any' ? {} : { role: this.who }),
      ...(this.folder === '' ? {} : { folderId: this.folder === 'none' ? null : this.folder }),
      ...(this.when === 'any' ? {} : { from: Math.max(0, this.#now() - DAYS[this.when] * DAY_MS) }),
    };
  }
  /** Finds the words again. What was found before stays until the first of the new is there. */
  async find(): Promise<void> {
    const run = ++this.#run;
    clearTimeout(this.#timer);
    if (!this.active) {
      Object.assign(this, { groups: [], busy: false, tooShort: false, unread: 0, error: null, shown: '' });
      this.#next = null;
      return;
    }
    await this.#pages(run, [], null);
    if (run === this.#run && this.unread > 0) this.#timer = setTimeout(() => void this.find(), AGAIN_MS);
  }
  /** The next page, after those that are there. */
  async more(): Promise<void> {
    if (this.#next !== null && !this.busy) await this.#pages(++this.#run, this.groups, this.#next);
  }
  async #pages(run: number, before: readonly SearchGroup[], from: string | null): Promise<void> {
    const words = this.words.trim();
    this.busy = true;
    let groups = before;
    let cursor = from;
    for (let round = 0; round < ROUNDS; round++) {
      const result = await this.#session.client.call('search.find', this.#request(cursor));
      if (run !== this.#run) return;
      if (!result.ok) {
        Object.assign(this, { busy: false, error: result.error, groups: before });
        return;
      }
      const page = result.value;
      groups = joined(groups, page.groups);
      cursor = page.next;
      this.tooShort = page.tooShort;
      this.unread = page.unread;
      this.error = null;
      const done = cursor === null || groups.length >= before.length + ENOUGH;
      // nothing yet is no reason to take away what is there
      if (groups.length > 0 || done) {
        this.groups = groups;
        this.shown = words;
      }
      if (done) break;
    }
    this.groups = groups;
    this.shown = words;
    this.#next = cursor;
    this.busy = false;
  }
}

const key = Symbol('search');
export const provideSearch = (search: Search): Search => setContext(key, search);
export const useSearch = (): Search => getContext<Search>(key);
