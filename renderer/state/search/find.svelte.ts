/** Finding words in the open conversation: how often they stand on the branch shown, and which of them is looked at. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the maps here are replaced as a whole ($state.raw) */
import { getContext, setContext, untrack } from 'svelte';
import { fold, needleOf, together } from '../../../core/contract/fold.ts';
import { MAX_QUERY_CHARACTERS } from '../../../core/contract/search.ts';
import type { Session } from '../window/session.svelte.ts';
import type { Branch } from '../thread/branch.svelte.ts';
import type { Thread } from '../thread/thread.svelte.ts';

/** A place: the `nth` of the words in a message, from 0. */
export interface Place {
  readonly messageId: string;
  readonly nth: number;
}

/** The `at`-th place (from 0) of counted messages. Pure. */
export function placeAt(counts: readonly { messageId: string; count: number }[], at: number): Place | null {
  let left = at;
  for (const { messageId, count } of counts) {
    if (left < count) return { messageId, nth: left };
    left -= count;
  }
  return null;
}

export class Find {
  readonly #session: Session;
  readonly #thread: Thread;
  readonly #branch: Branch;
  open = $state(false);
  words = $state('');
  #counts = $state.raw<ReadonlyMap<string, number>>(new Map());
  #as = $state<'phrase' | 'words'>('phrase');
  #at = $state(0);
  #run = 0;
  /** Where to begin once the words are counted: a message that was jumped to. */
  #begin: string | null = null;

  /** Messages of the branch shown that have the words, in order. */
  counts = $derived.by(() =>
    this.#branch.messages.flatMap(({ id }) =>
      this.#counts.has(id) ? [{ messageId: id, count: this.#counts.get(id) ?? 0 }] : [],
    ),
  );
  total = $derived(this.counts.reduce((sum, { count }) => sum + count, 0));
  at = $derived(Math.min(this.#at, Math.max(0, this.total - 1)));
  place = $derived(this.open ? placeAt(this.counts, this.at) : null);
  /** What is marked in the page. */
  needle = $derived(this.#as === 'phrase' ? together(needleOf(this.words)) : needleOf(this.words));
  elsewhere = $derived([...this.#counts.values()].reduce((sum, count) => sum + count, 0) - this.total);

  constructor(session: Session, thread: Thread, branch: Branch) {
    this.#session = session;
    this.#thread = thread;
    this.#branch = branch;
  }

  show(words = this.words, messageId: string | null = null): void {
    this.open = true;
    this.words = words;
    this.#begin = messageId;
    void this.count();
  }
  close(): void {
    this.open = false;
    this.#counts = new Map();
  }
  /** Counts the words again. `moved`: they were changed; then their place is brought into sight, else the page stays where it is. */
  async count(moved = true): Promise<void> {
    const run = ++this.#run;
    const id = this.#thread.id;
    if (id === null || fold(this.words).trim() === '') {
      this.#counts = new Map();
      return;
    }
    const result = await this.#session.client.call('search.within', {
      conversationId: id,
      query: this.words.slice(0, MAX_QUERY_CHARACTERS),
    });
    if (run !== this.#run) return;
    if (!result.ok) {
      this.#counts = new Map();
      this.#session.note(result.error);
      return;
    }
    const kept = this.place;
    this.#counts = new Map(result.value.matches.map(({ messageId, count }) => [messageId, count]));
    this.#as = result.value.as;
    const jump = this.#begin;
    const begin = jump ?? kept?.messageId ?? null;
    this.#begin = null;
    this.#at = this.#indexOf(begin, begin === kept?.messageId ? (kept?.nth ?? 0) : 0);
    // a message that was jumped to is in sight, whether its words are counted here or not
    if (moved && jump === null) this.#bring();
  }
  /** The place of a message's words; where it has none, the last place of all: reading begins at the end. */
  #indexOf(messageId: string | null, nth: number): number {
    let index = 0;
    for (const one of this.counts) {
      if (one.messageId === messageId) return index + Math.min(nth, one.count - 1);
      index += one.count;
    }
    return Math.max(0, index - 1);
  }
  move(by: 1 | -1): void {
    if (this.total === 0) return;
    this.#at = (this.at + by + this.total) % this.total;
    this.#bring();
  }
  #bring(): void {
    const place = untrack(() => this.place);
    if (place) this.#thread.bring(place.messageId);
  }
}

const key = Symbol('find');
export const provideFind = (find: Find): Find => setContext(key, find);
export const useFind = (): Find => getContext<Find>(key);
