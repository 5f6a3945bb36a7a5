/** The open conversation: its messages, the branch shown, the replies being written, and what a person does with them. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the maps and sets here are replaced as a whole ($state.raw), or nothing draws them */
import { getContext, setContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { AttachedFile, NewAttachment } from '../../../core/contract/attachments.ts';
import type { Conversation, Message } from '../../../core/contract/conversations.ts';
import { mergeSettings, type ChosenSettings, type GenerationSettings } from '../../../core/contract/settings.ts';
import type { Setup } from '../../../core/contract/presets.ts';
import type { Push } from '../../../core/contract/push.ts';
import type { BranchLayout } from '../../../core/contract/steer.ts';
import type { AppError, Result } from '../../../core/contract/result.ts';
import { Desks } from './drafts.svelte.ts';
import type { Library } from '../library/library.svelte.ts';
import { LiveReply, nextFrame, type Schedule } from '../reply/live.svelte.ts';
import type { Session } from '../window/session.svelte.ts';
import { isBlank, Lately, mergePages, nextPage, Pages } from './pages.ts';
import { Reading } from './reading.ts';
import { branchOf, childrenOf, readFrom, siblingsOf, standingOf, turnsOf, type Siblings, type Turn } from './tree.ts';

/** A step that was refused, shown where it happened: at a message, at the foot of the thread, or instead of it. */
export interface Trouble {
  readonly error: AppError;
  readonly messageId: string | null;
  /** Does the step again; null where that makes no sense. */
  readonly again: (() => void) | null;
}
type Started = { conversation: { id: string }; question: Message | null; reply: Message };

export class Thread {
  readonly #session: Session;
  readonly #library: Library;
  readonly #schedule: Schedule;
  readonly #pace: Schedule;
  id = $state<string | null>(null);
  loading = $state(false);
  #messages = $state.raw<ReadonlyMap<string, Message>>(new Map());
  #current = $state<string | null>(null);
  #live = new SvelteMap<string, LiveReply>();
  trouble = $state.raw<Trouble | null>(null);
  /** The message to be brought into sight; a new object each time. */
  brought = $state.raw<{ readonly messageId: string } | null>(null);
  /** Unsent words and places read last. */
  readonly desks: Desks;
  /** What the conversation chooses for itself; the window's settings where nothing does. */
  chooses: { readonly settings: GenerationSettings; readonly beginning: Setup | undefined; begun(): void } | null =
    null;
  /** Files that the question being written brings along. */
  brings: {
    take(): readonly AttachedFile[];
    putBack(place: string | null, files: readonly AttachedFile[]): void;
    move(from: string | null, to: string | null): void;
  } | null = null;
  sending = $state(false);
  /** The reply that was asked for last, once the service has begun it; null where it was refused. */
  starting: Promise<{ readonly conversationId: string; readonly id: string } | null> = Promise.resolve(null);
  /** Grows when the person sends: the view then brings the new turn into sight. */
  sent = $state(0);
  #opening = 0;
  /** What is told of a new conversation before the answer names it. */
  #early: Push[] = [];
  readonly #pages: Pages;
  readonly #lately = new Lately();
  readonly reading = new Reading();

  /** Without what was deleted together with all that follows it. */
  #shown = $derived(standingOf(this.#messages));
  #children = $derived(childrenOf(this.#shown.values()));
  branch = $derived(branchOf(this.#shown, this.#current, this.#children));
  #turnsBefore: readonly Turn[] = [];
  turns = $derived.by(() => (this.#turnsBefore = turnsOf(this.branch, this.#turnsBefore)));
  /** The first message that the last reply was written with, where earlier ones did not fit. */
  readFrom = $derived(readFrom(this.branch));
  /** The reply of this branch that is being written. */
  running = $derived(this.branch.findLast((m) => m.status === 'pending') ?? null);

  /** `pace`: when a running reply is drawn. */
  constructor(session: Session, library: Library, schedule: Schedule = nextFrame, pace: Schedule = schedule) {
    this.#session = session;
    this.#library = library;
    this.#schedule = schedule;
    this.#pace = pace;
    this.#pages = new Pages({
      next: (wanted) => nextPage(this.#messages, this.branch, wanted),
      read: (ids) => this.#read(ids),
      pause: () => new Promise((resolve) => schedule(resolve)),
    });
    this.desks = new Desks(session);
    void this.desks.fetch(null);
    session.client.onPush((push) => this.#receive(push));
    session.onReturn(() => {
      if (this.id !== null) void this.#fetch(this.id);
    });
  }

  get conversation(): Conversation | undefined {
    return this.id === null ? undefined : this.#library.get(this.id);
  }
  /** The settings in force, as the service resolves them for a request that asks for nothing else. */
  get settings(): GenerationSettings {
    return this.chooses?.settings ?? this.#session.settings.generation;
  }
  get draft(): string {
    return this.desks.draft(this.id);
  }
  set draft(text: string) {
    this.desks.write(this.id, text);
  }
  live(messageId: string): LiveReply | undefined {
    return this.#live.get(messageId);
  }
  siblings(message: Message): Siblings {
    return siblingsOf(this.#shown, message, this.#children);
  }
  /** A message of the open conversation, deleted or not. */
  message(id: string): Message | undefined {
    return this.#messages.get(id);
  }
  /** The replies to a question that stand, oldest first. */
  repliesTo(questionId: string): Message[] {
    return (childrenOf(this.#shown.values()).get(questionId) ?? []).filter(({ role }) => role === 'assistant');
  }
  /** All messages of the open conversation that are deleted, the newest deletion first. */
  get deleted(): Message[] {
    return [...this.#messages.values()]
      .filter(({ deletedAt }) => deletedAt !== undefined)
      .sort((a, b) => (b.deletedAt ?? 0) - (a.deletedAt ?? 0));
  }
  /** Whether anything that stands follows a message, on any branch. */
  goesOn(message: Message): boolean {
    return this.#children.has(message.id);
  }

  /** The view shows these blanks: they are read before all others. */
  want(ids: readonly string[]): void {
    this.#pages.want(ids);
  }
  /** Reads those of these messages that are blank, now. */
  async need(ids: readonly string[]): Promise<void> {
    await this.#read(ids);
  }
  /** Resolves when every text of the open conversation is here (or can't be had). */
  whole(): Promise<void> {
    return this.#pages.all();
  }
  async #read(ids: readonly string[]): Promise<boolean> {
    const conversationId = this.id;
    if (conversationId === null) return false;
    const opening = this.#opening;
    const result = await this.#session.client.call('messages.read', { conversationId, ids: [...ids] });
    if (opening !== this.#opening) return true; // another conversation, or this one anew: what is blank there is asked for next
    if (!result.ok) return false;
    const messages = new Map(this.#messages);
    const come = new Set<string>();
    for (const message of result.value.messages) {
      come.add(message.id);
      // A push may have told more of it already.
      const was = messages.get(message.id);
      if (!was || isBlank(was)) messages.set(message.id, message);
    }
    for (const id of ids) if (!come.has(id)) messages.delete(id);
    this.#messages = messages;
    return true;
  }

  /** null: a new chat. */
  async open(id: string | null): Promise<void> {
    if (id === this.id && (id !== null || this.#messages.size === 0)) return;
    if (this.id !== null) this.#lately.keep(this.id, this.#messages);
    this.id = id;
    this.#clear();
    if (id === null) return;
    this.loading = true;
    // a reply that nobody has seen stands at the end
    if (this.#library.get(id)?.unread) this.desks.keepPlace(id, null);
    await this.#fetch(id, this.desks.fetch(id));
  }
  #clear(): void {
    this.#messages = new Map();
    this.#live.clear();
    this.#current = null;
    this.trouble = null;
    this.brought = null;
    this.#opening++;
    this.loading = false;
  }

  /** Reads the open conversation again. */
  async refresh(): Promise<void> {
    if (this.id !== null) await this.#fetch(this.id);
  }
  /** `desk`: what is to be known before the answer is shown. */
  async #fetch(id: string, desk?: Promise<void>): Promise<void> {
    const opening = ++this.#opening;
    this.loading = this.#messages.size === 0;
    const around =
      this.brought?.messageId ?? (this.desks.knows(id) ? (this.desks.place(id)?.messageId ?? null) : undefined);
    const result = await this.#session.client.call('conversations.get', {
      id,
      ...(around === undefined ? {} : { around }),
    });
    await desk;
    if (opening !== this.#opening || this.id !== id) return;
    this.loading = false;
    if (!result.ok) {
      this.trouble = { error: result.error, messageId: null, again: () => void this.#fetch(id) };
      return;
    }
    const { conversation, messages, heads, active } = result.value;
    this.#library.put(conversation);
    this.#library.mark(
      id,
      messages.some((m) => m.status === 'pending'),
    );
    this.#messages = mergePages(id, messages, heads, this.#messages.size > 0 ? this.#messages : this.#lately.of(id));
    this.#current = conversation.currentMessageId;
    for (const message of messages) if (message.status !== 'pending') this.#live.delete(message.id);
    for (const message of messages)
      if (message.status === 'pending' && message.role === 'assistant') this.#watch(message);
    if (active)
      this.#watch(this.#messages.get(active.messageId) ?? null, active.messageId).join(
        active,
        this.#messages.get(active.messageId)?.generation?.mode ?? null,
      );
    // What is in sight is drawn first.
    if (heads.length > 0) this.#schedule(() => this.#schedule(() => void this.#pages.all()));
  }

  #watch(message: Message | null, id: string = message?.id ?? ''): LiveReply {
    const known = this.#live.get(id);
    if (known) return known;
    const live = new LiveReply(id, message?.generation?.id ?? null, message?.text ?? '', {
      schedule: this.#pace,
      onGap: () => {
        if (this.id !== null) void this.#fetch(this.id);
      },
      onOver: () => {},
    });
    this.#live.set(id, live);
    return live;
  }

  #put(message: Message): void {
    this.#messages = new Map(this.#messages).set(message.id, message);
  }

  #receive(push: Push): void {
    if (this.sending && this.id === null && (push.topic === 'message' || push.topic === 'generation')) {
      this.#early.push(push);
      return;
    }
    if (push.topic === 'organised' && this.id !== null && push.removed.includes(this.id)) {
      this.id = null;
      this.#clear();
    } else if (push.topic === 'messages-changed' && push.conversationId === this.id) {
      void this.refresh();
    } else if (push.topic === 'conversation' && push.conversation.id === this.id) {
      const leaf = push.conversation.currentMessageId;
      if (leaf !== null && this.#messages.has(leaf)) this.#current = leaf;
    } else if (push.topic === 'message' && push.message.conversationId === this.id) {
      this.#put(push.message);
      if (push.message.status === 'pending') this.#watchAgain(push.message);
      else this.#live.delete(push.message.id);
    } else if (push.topic === 'generation' && push.conversationId === this.id) {
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

  /** Sends the draft. It stays in the box when the service refuses it. `settings`: what this question alone asks for. */
  async send(text: string = this.draft, settings: ChosenSettings = {}): Promise<void> {
    const trimmed = text.trim();
    if (trimmed === '' || this.sending || this.running) return;
    const from = this.id;
    this.draft = '';
    const attachments = [...(this.brings?.take() ?? [])];
    const done = await this.#start(
      () =>
        this.#session.client.call('chat.send', {
          conversationId: from,
          parentId: this.branch.at(-1)?.id ?? null,
          text: trimmed,
          settings,
          ...(attachments.length > 0 ? { attachments } : {}),
          ...(from === null && this.chooses?.beginning ? { setup: this.chooses.beginning } : {}),
        }),
      null,
    );
    if (done && from === null) this.chooses?.begun();
    if (!done) this.brings?.putBack(from, attachments);
    // before what was typed meanwhile
    if (!done) this.desks.write(from, [text, this.desks.draft(from)].filter((words) => words !== '').join('\n\n'));
  }
  /** Another reply to the same question; the old one is kept beside it. By default its own settings with a new seed. */
  async retry(reply: Message, settings?: ChosenSettings): Promise<void> {
    const parentId = reply.parentId;
    if (parentId === null) return;
    const asked =
      settings ?? (reply.generation ? mergeSettings(reply.generation.settings, { sampling: { seed: null } }) : {});
    await this.#start(
      () =>
        this.#session.client.call('chat.reply', { conversationId: reply.conversationId, parentId, settings: asked }),
      reply.id,
    );
  }
  /** Once more with the seed and settings it was written with: it should come out equal. */
  async reproduce(reply: Message): Promise<void> {
    await this.#start(() => this.#session.client.call('chat.reproduce', { messageId: reply.id }), reply.id);
  }
  /** Asks another question in the place of one; both are kept. Resolves to whether it was asked. */
  async askInstead(question: Message, text: string, attachments: NewAttachment[] = []): Promise<boolean> {
    if (this.sending || this.running) return false;
    return this.#start(
      () =>
        this.#session.client.call('chat.send', {
          conversationId: question.conversationId,
          parentId: question.parentId,
          text: text.trim(),
          settings: {},
          attachments,
        }),
      question.id,
    );
  }
  async continue(reply: Message): Promise<void> {
    await this.#start(() => this.#session.client.call('chat.continue', { messageId: reply.id }), reply.id);
  }
  /** Another reply that shares the first `tokens` tokens of one; both are kept. A layout says what comes after them. */
  async branchFrom(reply: Message, tokens: number, settings: ChosenSettings, layout?: BranchLayout): Promise<void> {
    await this.#start(
      () =>
        this.#session.client.call('chat.branch', {
          messageId: reply.id,
          tokens,
          settings,
          ...(layout ? { layout } : {}),
        }),
      reply.id,
    );
  }
  /** Asks a question without a reply again (its reply could not be started). */
  async answer(question: Message): Promise<void> {
    await this.#start(
      () =>
        this.#session.client.call('chat.reply', {
          conversationId: question.conversationId,
          parentId: question.id,
          settings: {},
        }),
      question.id,
    );
  }
  async stop(): Promise<void> {
    const running = this.running;
    if (!running) return;
    const result = await this.#session.client.call('chat.stop', { messageId: running.id });
    if (!result.ok) this.trouble = { error: result.error, messageId: running.id, again: () => void this.stop() };
  }

  async #start(...asked: Parameters<Thread['starts']>): Promise<boolean> {
    this.starting = this.starts(...asked);
    return (await this.starting) !== null;
  }
  private async starts(
    call: () => Promise<Result<Started & { conversation: Parameters<Library['put']>[0] }>>,
    at: string | null,
  ): Thread['starting'] {
    const from = this.id;
    const before = this.#messages;
    this.trouble = null;
    this.sending = true;
    this.sent++;
    const result = await call();
    this.sending = false;
    const early = this.#early;
    this.#early = [];
    if (!result.ok) {
      if (this.id === from)
        this.trouble = {
          error: result.error,
          messageId: at,
          again: at === null ? null : () => void this.#start(call, at),
        };
      return null;
    }
    const { conversation, question, reply } = result.value;
    this.#library.put(conversation);
    if (this.id === from) {
      this.id = conversation.id;
      if (from === null) for (const kept of [this.desks, this.brings]) kept?.move(null, conversation.id);
      const messages = new Map(this.#messages);
      for (const message of [question, reply]) {
        // A push may have told more of it already: the answer must not turn it back.
        if (message && messages.get(message.id) === before.get(message.id)) messages.set(message.id, message);
      }
      this.#messages = messages;
      this.#current = reply.id;
      if (messages.get(reply.id)?.status === 'pending') this.#watchAgain(reply);
      early.forEach((push) => this.#receive(push));
    }
    return reply;
  }

  /** Shows the sibling `step` places on. */
  async turn(message: Message, step: -1 | 1): Promise<void> {
    const { ids, index } = this.siblings(message);
    const target = ids[index + step];
    if (target !== undefined) await this.#show(target, message.id);
  }
  /** Shows the branch through a message; where that is refused, it is told at `at`. */
  async #show(target: string, at: string): Promise<void> {
    const id = this.id;
    if (id === null) return;
    const before = this.#current;
    this.#current = target;
    const result = await this.#session.client.call('conversations.select', { id, messageId: target });
    if (this.id !== id) return;
    if (result.ok) {
      this.#library.put(result.value);
      this.#current = result.value.currentMessageId ?? target;
    } else {
      this.#current = before;
      this.trouble = { error: result.error, messageId: at, again: null };
    }
  }

  /** Brings a message of the branch shown into sight. */
  bring(messageId: string): void {
    this.brought = { messageId };
  }
  /** Opens a conversation at a message, on the branch that holds it. Resolves to whether it is there. */
  async reveal(conversationId: string, messageId: string): Promise<boolean> {
    if (this.id !== conversationId) {
      const opened = this.open(conversationId);
      // known before the conversation is: it then opens there, not at its end
      this.brought = { messageId };
      await opened;
    }
    if (this.id !== conversationId || !this.#shown.has(messageId)) return false;
    if (!this.branch.some(({ id }) => id === messageId)) await this.#show(messageId, messageId);
    this.bring(messageId);
    return true;
  }
}

const key = Symbol('thread');
export const provideThread = (thread: Thread): Thread => setContext(key, thread);
export const useThread = (): Thread => getContext<Thread>(key);
