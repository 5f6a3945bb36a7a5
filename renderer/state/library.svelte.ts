/** The conversations there are: list, filter, rename, delete and its undo. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the maps and sets here are replaced as a whole ($state.raw), or nothing draws them */
import { getContext, setContext } from 'svelte';
import type { Conversation } from '../../core/contract/conversations.ts';
import { t } from '../strings.ts';
import { groupByDate, matchesTitle } from './groups.ts';
import type { Session } from './session.svelte.ts';

export class Library {
  readonly #session: Session;
  #items = $state.raw<ReadonlyMap<string, Conversation>>(new Map());
  filter = $state('');
  loaded = $state(false);
  /** The conversation deleted last, while it can be brought back from here. */
  removed = $state.raw<Conversation | null>(null);
  /** Conversations with a reply being written. */
  running = $state.raw<ReadonlySet<string>>(new Set());
  /** Redrawn with the list; day headings follow it. */
  #now = $state(Date.now());

  groups = $derived(groupByDate([...this.#items.values()].filter((c) => matchesTitle(c.title || t.list.untitled, this.filter)), this.#now, t.list.groups));
  /** All there are, the newest first, whatever the filter. */
  all = $derived([...this.#items.values()].sort((a, b) => b.updatedAt - a.updatedAt));
  #forks = $derived.by(() => {
    const forks = new Map<string, Conversation[]>();
    for (const c of this.#items.values()) if (c.forkedFrom) forks.set(c.forkedFrom.messageId, [...(forks.get(c.forkedFrom.messageId) ?? []), c]);
    return forks;
  });
  /** In the order shown. */
  shown = $derived(this.groups.flatMap((group) => group.items));

  constructor(session: Session) {
    this.#session = session;
    session.onReturn(() => {
      // Replies may have ended unheard: what still runs is told of again, or fetched with its conversation.
      this.running = new Set();
      void this.load();
    });
    session.client.onPush((push) => {
      if (push.topic === 'conversation') this.put(push.conversation);
      else if (push.topic === 'conversation-removed') this.#drop(push.id);
      else if (push.topic === 'conversations-changed') void this.load();
      else if (push.topic === 'message' && push.message.role === 'assistant') this.mark(push.message.conversationId, push.message.status === 'pending');
    });
  }

  get size(): number {
    return this.#items.size;
  }
  get(id: string): Conversation | undefined {
    return this.#items.get(id);
  }

  /** Conversations that were forked off at a message. */
  forksOf(messageId: string): readonly Conversation[] {
    return this.#forks.get(messageId) ?? [];
  }

  async load(): Promise<void> {
    const result = await this.#session.client.call('conversations.list', {});
    if (result.ok) {
      this.#items = new Map(result.value.map((c) => [c.id, c]));
      this.#now = Date.now();
    } else this.#session.note(result.error);
    this.loaded = true;
  }
  put(conversation: Conversation): void {
    this.#items = new Map(this.#items).set(conversation.id, conversation);
    this.#now = Date.now();
  }
  #drop(id: string): void {
    const items = new Map(this.#items);
    items.delete(id);
    this.#items = items;
  }
  /** Whether a reply of this conversation is being written. */
  mark(id: string, running: boolean): void {
    if (this.running.has(id) === running) return;
    const next = new Set(this.running);
    if (running) next.add(id);
    else next.delete(id);
    this.running = next;
  }

  async rename(id: string, title: string): Promise<void> {
    const trimmed = title.trim().slice(0, 200);
    const before = this.get(id);
    if (trimmed === '' || !before || before.title === trimmed) return;
    this.put({ ...before, title: trimmed });
    const result = await this.#session.client.call('conversations.rename', { id, title: trimmed });
    this.put(result.ok ? result.value : before);
    if (!result.ok) this.#session.note(result.error);
  }
  /** Into the trash; `undo` brings it back. Resolves to whether it was deleted. */
  async remove(id: string): Promise<boolean> {
    const before = this.get(id);
    if (!before) return false;
    this.#drop(id);
    const result = await this.#session.client.call('conversations.delete', { id });
    if (!result.ok) {
      this.put(before);
      this.#session.note(result.error);
      return false;
    }
    this.removed = before;
    return true;
  }
  /** Resolves to the conversation that came back. */
  async undo(): Promise<Conversation | null> {
    const removed = this.removed;
    if (!removed) return null;
    this.removed = null;
    const result = await this.#session.client.call('conversations.restore', { id: removed.id });
    if (!result.ok) {
      this.#session.note(result.error);
      return null;
    }
    this.put(result.value);
    return result.value;
  }
}

const key = Symbol('library');
export const provideLibrary = (library: Library): Library => setContext(key, library);
export const useLibrary = (): Library => getContext<Library>(key);
