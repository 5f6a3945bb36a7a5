/** The open conversation: its messages as they come, page by page, and the replies being written. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the maps and sets here are replaced as a whole ($state.raw), or nothing draws them */
import { getContext, setContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { Conversation, Message } from '../../../core/contract/conversations.ts';
import type { Push } from '../../../core/contract/push.ts';
import type { AppError, Result } from '../../../core/contract/result.ts';
import type { Library } from '../library/library.svelte.ts';
import { LiveReply, nextFrame, type Schedule } from '../reply/live.svelte.ts';
import { blockLengthOf } from '../settings/samplers.ts';
import type { Session } from '../window/session.svelte.ts';
import type { Drafts } from './drafts.svelte.ts';
import { isBlank, mergePages, nextPage, Pages, RecentPages } from './pages.ts';

/** A step that was refused, shown where it happened: at a message, at the foot of the thread, or instead of it. */
export interface Trouble {
  readonly error: AppError;
  readonly messageId: string | null;
  /** Does the step again; null where that makes no sense. */
  readonly again: (() => void) | null;
}
/** What a request for a reply answers with. */
export interface Started {
  readonly conversation: Conversation;
  readonly question: Message | null;
  readonly reply: Message;
}
export interface ThreadOptions {
  readonly session: Session;
  readonly library: Library;
  readonly drafts: Drafts;
  readonly schedule?: Schedule | undefined;
  /** When a running reply is drawn; default: `schedule`. */
  readonly pace?: Schedule | undefined;
}

export class Thread {
  readonly #session: Session;
  readonly #library: Library;
  readonly #drafts: Drafts;
  readonly #schedule: Schedule;
  readonly #pace: Schedule;
  #id = $state<string | null>(null);
  #loading = $state(false);
  #messages = $state.raw<ReadonlyMap<string, Message>>(new Map());
  #leaf = $state<string | null>(null);
  #live = new SvelteMap<string, LiveReply>();
  #trouble = $state.raw<Trouble | null>(null);
  #wanted = $state.raw<{ readonly messageId: string } | null>(null);
  #opening = 0;
  /** Requests for a reply that have not been answered. */
  #joining = 0;
  /** Pushes about a new conversation that arrived before the answer that names it. */
  #early: Push[] = [];
  readonly #pages: Pages;
  readonly #recent = new RecentPages();

  constructor({ session, library, drafts, schedule = nextFrame, pace = schedule }: ThreadOptions) {
    this.#session = session;
    this.#library = library;
    this.#drafts = drafts;
    this.#schedule = schedule;
    this.#pace = pace;
    this.#pages = new Pages({
      next: (wanted) => nextPage(this.#messages, this.#leaf, wanted),
      read: (ids) => this.need(ids),
      pause: () => new Promise((resolve) => schedule(resolve)),
    });
    void drafts.fetch(null);
    session.client.onPush((push) => this.#receive(push));
    session.onReturn(() => void this.refresh());
  }

  /** null: a new chat. */
  get id(): string | null {
    return this.#id;
  }
  get conversation(): Conversation | undefined {
    return this.#id === null ? undefined : this.#library.get(this.#id);
  }
  get loading(): boolean {
    return this.#loading;
  }
  /** Every message that is known, deleted ones and blanks included, by id. */
  get messages(): ReadonlyMap<string, Message> {
    return this.#messages;
  }
  /** A message of the branch shown, the last one as far as is known; null: the newest branch. */
  get leaf(): string | null {
    return this.#leaf;
  }
  message(id: string): Message | undefined {
    return this.#messages.get(id);
  }
  /** A reply that is being written; undefined: it is not. */
  live(messageId: string): LiveReply | undefined {
    return this.#live.get(messageId);
  }
  get trouble(): Trouble | null {
    return this.#trouble;
  }
  refuse(trouble: Trouble): void {
    this.#trouble = trouble;
  }
  dismiss(): void {
    this.#trouble = null;
  }
  /** The message to be brought into sight; a new object each time. */
  get wanted(): { readonly messageId: string } | null {
    return this.#wanted;
  }
  /** Asks the page to bring a message into sight. */
  bring(messageId: string): void {
    this.#wanted = { messageId };
  }

  /** The view shows these blanks: they are read before all others. */
  want(ids: readonly string[]): void {
    this.#pages.want(ids);
  }
  /** Resolves when every text of the open conversation is here (or can't be had). */
  whole(): Promise<void> {
    return this.#pages.all();
  }
  /** Reads those of these messages that are blank, now. False where that failed. */
  async need(ids: readonly string[]): Promise<boolean> {
    const conversationId = this.#id;
    if (conversationId === null) return false;
    const opening = this.#opening;
    const result = await this.#session.client.call('messages.read', { conversationId, ids: [...ids] });
    if (opening !== this.#opening) return true; // another conversation, or this one again: what is blank there is asked for next
    if (!result.ok) return false;
    const messages = new Map(this.#messages);
    const come = new Set<string>();
    for (const message of result.value.messages) {
      come.add(message.id);
      // a push may have brought a newer version already
      const was = messages.get(message.id);
      if (!was || isBlank(was)) messages.set(message.id, message);
    }
    for (const id of ids) if (!come.has(id)) messages.delete(id);
    this.#messages = messages;
    return true;
  }

  /** null: a new chat. `at`: the message at which the conversation opens; else the place that was read last. */
  async open(id: string | null, at?: string): Promise<void> {
    if (id === this.#id && (id !== null || this.#messages.size === 0)) return;
    if (this.#id !== null) this.#recent.keep(this.#id, this.#messages);
    this.#id = id;
    this.#clear();
    if (at !== undefined) this.bring(at);
    if (id === null) return;
    this.#loading = true;
    // a reply that nobody has seen is at the end
    if (this.#library.get(id)?.unread) this.#drafts.keepPlace(id, null);
    await this.#fetch(id, this.#drafts.fetch(id));
  }
  #clear(): void {
    this.#messages = new Map();
    this.#live.clear();
    this.#leaf = null;
    this.#trouble = null;
    this.#wanted = null;
    this.#opening++;
    this.#loading = false;
  }
  /** Reads the open conversation again. */
  async refresh(): Promise<void> {
    if (this.#id !== null) await this.#fetch(this.#id);
  }
  /** `before`: what is to be known before the answer is shown. */
  async #fetch(id: string, before?: Promise<void>): Promise<void> {
    const opening = ++this.#opening;
    this.#loading = this.#messages.size === 0;
    const around =
      this.#wanted?.messageId ?? (this.#drafts.knows(id) ? (this.#drafts.place(id)?.messageId ?? null) : undefined);
    const result = await this.#session.client.call('conversations.get', {
      id,
      ...(around === undefined ? {} : { around }),
    });
    await before;
    if (opening !== this.#opening || this.#id !== id) return;
    this.#loading = false;
    if (!result.ok) {
      this.refuse({ error: result.error, messageId: null, again: () => void this.#fetch(id) });
      return;
    }
    const { conversation, messages, heads, active } = result.value;
    this.#library.put(conversation);
    this.#library.mark(
      id,
      messages.some((m) => m.status === 'pending'),
    );
    this.#messages = mergePages(id, messages, heads, this.#messages.size > 0 ? this.#messages : this.#recent.of(id));
    this.#leaf = conversation.currentMessageId;
    for (const message of messages) if (message.status !== 'pending') this.#live.delete(message.id);
    for (const message of messages)
      if (message.status === 'pending' && message.role === 'assistant') this.#watch(message);
    if (active) {
      const message = this.#messages.get(active.messageId) ?? null;
      const generation = message?.generation;
      this.#watch(message, active.messageId).join(
        active,
        generation?.mode ?? null,
        generation ? blockLengthOf(generation.settings) : 0,
      );
    }
    // What is in sight is drawn first.
    if (heads.length > 0) this.#schedule(() => this.#schedule(() => void this.#pages.all()));
  }

  /** Shows the branch through a message; where that is refused, the trouble is shown at `at`. */
  async select(messageId: string, at: string): Promise<void> {
    const id = this.#id;
    if (id === null) return;
    const before = this.#leaf;
    this.#leaf = messageId;
    const result = await this.#session.client.call('conversations.select', { id, messageId });
    if (this.#id !== id) return;
    if (result.ok) {
      this.#library.put(result.value);
      this.#leaf = result.value.currentMessageId ?? messageId;
    } else {
      this.#leaf = before;
      this.refuse({ error: result.error, messageId: at, again: null });
    }
  }

  /**
   * Shows what a request for a reply begins, as soon as it is answered.
   * `named`: called in the same turn in which a new chat becomes a conversation.
   */
  async join(request: Promise<Result<Started>>, named: (conversationId: string) => void): Promise<Result<Started>> {
    const from = this.#id;
    const before = this.#messages;
    this.#trouble = null;
    this.#joining++;
    const result = await request;
    this.#joining--;
    const early = this.#early;
    this.#early = [];
    if (!result.ok) return result;
    const { conversation, question, reply } = result.value;
    this.#library.put(conversation);
    if (this.#id !== from) return result;
    this.#id = conversation.id;
    if (from === null) named(conversation.id);
    const messages = new Map(this.#messages);
    for (const message of [question, reply]) {
      // a push may have brought a newer version already: the answer must not turn it back
      if (message && messages.get(message.id) === before.get(message.id)) messages.set(message.id, message);
    }
    this.#messages = messages;
    this.#leaf = reply.id;
    if (messages.get(reply.id)?.status === 'pending') this.#watchAgain(reply);
    early.forEach((push) => this.#receive(push));
    return result;
  }

  #watch(message: Message | null, id: string = message?.id ?? ''): LiveReply {
    const known = this.#live.get(id);
    if (known) return known;
    const live = new LiveReply(id, message?.generation?.id ?? null, message?.text ?? '', {
      schedule: this.#pace,
      onGap: () => void this.refresh(),
      onOver: () => {},
    });
    this.#live.set(id, live);
    return live;
  }
  #receive(push: Push): void {
    if (this.#joining > 0 && this.#id === null && (push.topic === 'message' || push.topic === 'generation')) {
      this.#early.push(push);
      return;
    }
    if (push.topic === 'organised' && this.#id !== null && push.removed.includes(this.#id)) {
      this.#id = null;
      this.#clear();
    } else if (push.topic === 'messages-changed' && push.conversationId === this.#id) {
      void this.refresh();
    } else if (push.topic === 'conversation' && push.conversation.id === this.#id) {
      const leaf = push.conversation.currentMessageId;
      if (leaf !== null && this.#messages.has(leaf)) this.#leaf = leaf;
    } else if (push.topic === 'message' && push.message.conversationId === this.#id) {
      this.#messages = new Map(this.#messages).set(push.message.id, push.message);
      if (push.message.status === 'pending') this.#watchAgain(push.message);
      else this.#live.delete(push.message.id);
    } else if (push.topic === 'generation' && push.conversationId === this.#id) {
      const live = this.#watch(this.#messages.get(push.messageId) ?? null, push.messageId);
      if (live.generationId !== push.generationId && push.events[0]?.type === 'started')
        this.#restart(push.messageId, push.generationId).push(push.events);
      else live.push(push.events);
    }
  }
  /** A pending message whose generation changed is continued: its events count from 0 again. */
  #watchAgain(message: Message): void {
    const known = this.#live.get(message.id);
    const generation = message.generation?.id ?? null;
    if (known && known.generationId !== null && generation !== null && known.generationId !== generation)
      this.#live.delete(message.id);
    const live = this.#watch(message);
    live.generationId ??= generation;
  }
  #restart(messageId: string, generationId: string): LiveReply {
    const message = this.#messages.get(messageId) ?? null;
    const known = this.#live.get(messageId);
    if (known?.generationId === null) {
      known.generationId = generationId;
      return known;
    }
    this.#live.delete(messageId);
    const live = this.#watch(message, messageId);
    live.generationId = generationId;
    return live;
  }
}

const key = Symbol('thread');
export const provideThread = (thread: Thread): Thread => setContext(key, thread);
export const useThread = (): Thread => getContext<Thread>(key);
