/** The conversations there are, and where they lie: list, folders, rename; pin, move, archive, delete, each with its undo. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the maps and sets here are replaced as a whole ($state.raw), or nothing draws them */
import { getContext, setContext } from 'svelte';
import type { Conversation } from '../../../core/contract/conversations.ts';
import type { Folder, Organise } from '../../../core/contract/order.ts';
import type { Result } from '../../../core/contract/result.ts';
import { spoken } from '../../strings/live.ts';
import { t } from '../../strings.ts';
import { freeFolderName, newestFirst, rowsOf, sectionsOf, type Sort } from './sections.ts';
import { tellApart } from './titles-apart.ts';
import type { Session } from '../window/session.svelte.ts';
import { Undo } from '../window/undo.svelte.ts';

/** How a conversation looks after a change, before the service has said so; null: not in the list any more. */
function changed(c: Conversation, change: Organise, now: number): Conversation | null {
  switch (change.to) {
    case 'folder':
      return { ...c, folderId: change.folderId };
    case 'pin':
      return { ...c, pinnedAt: change.on ? (c.pinnedAt ?? now) : null };
    case 'archive':
      return { ...c, archivedAt: change.on ? (c.archivedAt ?? now) : null };
    case 'trash':
      return change.on ? null : c;
  }
}

/** Conversations read before all others. */
const FIRST = 200;

export class Library {
  readonly #session: Session;
  readonly #undo: Undo;
  #items = $state.raw<ReadonlyMap<string, Conversation>>(new Map());
  folders = $state.raw<readonly Folder[]>([]);
  loaded = $state(false);
  /** Conversations with a reply being written. */
  running = $state.raw<ReadonlySet<string>>(new Set());
  /** Redrawn with the list; day headings follow it. */
  #now = $state(Date.now());

  #there = $derived([...this.#items.values()]);
  /** All there are, the newest first, the archive included. */
  all = $derived([...this.#there].sort(newestFirst));
  /** Titles that look alike in the list. */
  apart = $derived(tellApart(this.all, this.#now, spoken()));
  archived = $derived(this.all.filter((c) => c.archivedAt !== null));
  sections = $derived(
    sectionsOf({
      conversations: this.#there.filter((c) => c.archivedAt === null),
      folders: this.folders,
      sort: this.sort,
      now: this.#now,
      labels: t.order.sections,
      locale: spoken(),
    }),
  );
  rows = $derived(rowsOf(this.sections, new Set(this.folded)));
  /** The conversations in the order shown, without those in folded sections. */
  shown = $derived(this.rows.flatMap(({ conversation }) => conversation ?? []));
  unread = $derived(this.#there.reduce((n, c) => n + (c.unread ? 1 : 0), 0));
  #forks = $derived.by(() => {
    const forks = new Map<string, Conversation[]>();
    for (const c of this.#items.values())
      if (c.forkedFrom) forks.set(c.forkedFrom.messageId, [...(forks.get(c.forkedFrom.messageId) ?? []), c]);
    return forks;
  });

  constructor(session: Session, undo: Undo = new Undo()) {
    this.#session = session;
    this.#undo = undo;
    session.onReturn(() => {
      // Replies may have ended meanwhile: what still runs is pushed again, or fetched with its conversation.
      this.running = new Set();
      void this.load();
    });
    session.client.onPush((push) => {
      if (push.topic === 'conversation') this.put(push.conversation);
      else if (push.topic === 'organised') this.#replace(push.conversations, push.removed);
      else if (push.topic === 'folders') this.folders = push.folders;
      else if (push.topic === 'conversations-changed') void this.load();
      else if (push.topic === 'message' && push.message.role === 'assistant')
        this.mark(push.message.conversationId, push.message.status === 'pending');
    });
  }

  get size(): number {
    return this.#items.size;
  }
  get(id: string): Conversation | undefined {
    return this.#items.get(id);
  }
  get sort(): Sort {
    return this.#session.settings.listSort;
  }
  /** Keys of the sections that are folded. */
  get folded(): readonly string[] {
    return this.#session.settings.listFolded;
  }

  /** Conversations that were forked off at a message. */
  forksOf(messageId: string): readonly Conversation[] {
    return this.#forks.get(messageId) ?? [];
  }

  async load(): Promise<void> {
    const { client } = this.#session;
    const folders = client.call('folders.list', {});
    if (!this.loaded) {
      // what a window shows first; the others follow
      const first = await client.call('conversations.list', { newest: FIRST });
      if (first.ok) {
        const known = await folders;
        if (known.ok) this.folders = known.value;
        this.#items = new Map(first.value.map((c) => [c.id, c]));
        this.#now = Date.now();
        this.loaded = true;
        if (first.value.length < FIRST) return;
      }
    }
    const [list, all] = await Promise.all([client.call('conversations.list', {}), folders]);
    if (all.ok) this.folders = all.value;
    if (list.ok) {
      this.#items = new Map(list.value.map((c) => [c.id, c]));
      this.#now = Date.now();
    } else this.#session.note(list.error);
    this.loaded = true;
  }
  put(conversation: Conversation): void {
    this.#replace([conversation], []);
  }
  #replace(conversations: readonly Conversation[], removed: readonly string[]): void {
    const items = new Map(this.#items);
    for (const conversation of conversations) items.set(conversation.id, conversation);
    for (const id of removed) items.delete(id);
    this.#items = items;
    this.#now = Date.now();
  }
  /** Whether a reply of this conversation is being written. */
  mark(id: string, running: boolean): void {
    if (this.running.has(id) === running) return;
    const next = new Set(this.running);
    if (running) next.add(id);
    else next.delete(id);
    this.running = next;
  }
  /** Where it was refused, says why; `whenNot` turns back what was shown already. */
  #done<T>(result: Result<T>, whenNot: () => void = () => undefined): result is { ok: true; value: T } {
    if (result.ok) return true;
    whenNot();
    this.#session.note(result.error);
    return false;
  }

  async rename(id: string, title: string): Promise<void> {
    const trimmed = title.trim().slice(0, 200);
    const before = this.get(id);
    if (trimmed === '' || !before || before.title === trimmed) return;
    this.put({ ...before, title: trimmed });
    const result = await this.#session.client.call('conversations.rename', { id, title: trimmed });
    if (this.#done(result, () => this.put(before))) this.put(result.value);
  }

  #words(ids: readonly string[], change: Organise): string {
    const first = ids.length === 1 ? this.get(ids[0] ?? '') : undefined;
    const what = first ? t.order.quoted(first.title || t.list.untitled) : t.order.chats(ids.length);
    if (change.to === 'folder')
      return change.folderId === null
        ? t.order.done.out(what)
        : t.order.done.moved(what, this.folders.find((f) => f.id === change.folderId)?.name ?? '');
    return t.order.done[change.to][change.on ? 'on' : 'off'](what);
  }
  /**
   * Moves, pins, archives or deletes conversations, at once in sight; the undo is offered when it is done.
   * @param after runs when it was undone
   * @returns whether it was done
   */
  async organise(ids: readonly string[], change: Organise, after: () => void = () => undefined): Promise<boolean> {
    if (ids.length === 0) return false;
    const { client } = this.#session;
    const words = this.#words(ids, change);
    const before = ids.flatMap((id) => this.get(id) ?? []);
    const now = Date.now();
    const next = before.map((c) => changed(c, change, now));
    this.#replace(
      next.filter((c) => c !== null),
      before.filter((_, i) => next[i] === null).map(({ id }) => id),
    );
    const result = await client.call('conversations.organise', { ids: [...ids], change });
    if (!this.#done(result, () => this.#replace(before, []))) return false;
    const placements = result.value.before;
    if (placements.length === 0) return true;
    this.#undo.offer(words, async () => {
      if (this.#done(await client.call('conversations.putBack', { placements }))) after();
    });
    return true;
  }

  /** A new folder with these conversations in it. Resolves to it, or null where it was refused. */
  async addFolder(name: string = t.order.newFolder, ids: readonly string[] = []): Promise<Folder | null> {
    const result = await this.#session.client.call('folders.create', { name: freeFolderName(this.folders, name) });
    if (!this.#done(result)) return null;
    const folder = result.value;
    if (!this.folders.some(({ id }) => id === folder.id)) this.folders = [...this.folders, folder];
    if (ids.length > 0) await this.organise(ids, { to: 'folder', folderId: folder.id });
    return folder;
  }
  async renameFolder(folder: Folder, name: string): Promise<void> {
    const trimmed = name.trim();
    if (trimmed === '' || trimmed === folder.name) return;
    const before = this.folders;
    this.folders = before.map((f) => (f.id === folder.id ? { ...f, name: trimmed } : f));
    this.#done(
      await this.#session.client.call('folders.rename', { id: folder.id, name: trimmed }),
      () => (this.folders = before),
    );
  }
  /** Its conversations stay, outside of it. */
  async removeFolder(folder: Folder): Promise<void> {
    const { client } = this.#session;
    const result = await client.call('folders.delete', { id: folder.id });
    if (!this.#done(result)) return;
    this.#undo.offer(t.order.done.folder(folder.name), async () => {
      this.#done(await client.call('folders.putBack', result.value));
    });
  }
  /** One place up or down among the folders. */
  async moveFolder(folder: Folder, by: -1 | 1): Promise<void> {
    const others = this.folders.filter(({ id }) => id !== folder.id);
    const at = this.folders.findIndex(({ id }) => id === folder.id) + by;
    if (at < 0 || at > others.length) return;
    this.#done(await this.#session.client.call('folders.move', { id: folder.id, before: others[at]?.id ?? null }));
  }

  sortBy(sort: Sort): void {
    void this.#session.change({ listSort: sort });
  }
  isFolded(key: string): boolean {
    return this.folded.includes(key);
  }
  fold(key: string, folded: boolean): void {
    if (this.isFolded(key) === folded) return;
    const others = this.folded.filter((other) => other !== key);
    void this.#session.change({ listFolded: folded ? [...others.slice(-199), key] : others });
  }

  /** The open conversation has been looked at. */
  see(id: string): void {
    const conversation = this.get(id);
    if (!conversation?.unread) return;
    this.put({ ...conversation, unread: false });
    void this.#session.client.call('conversations.see', { id });
  }
}

const key = Symbol('library');
export const provideLibrary = (library: Library): Library => setContext(key, library);
export const useLibrary = (): Library => getContext<Library>(key);
