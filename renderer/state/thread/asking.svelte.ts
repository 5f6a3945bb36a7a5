/** Asking in the open conversation: questions sent, replies written again, continued, branched from and stopped. */
import { getContext, setContext } from 'svelte';
import type { NewAttachment } from '../../../core/contract/attachments.ts';
import type { Message } from '../../../core/contract/conversations.ts';
import type { Result } from '../../../core/contract/result.ts';
import { mergeSettings, type ChosenSettings } from '../../../core/contract/settings.ts';
import type { BranchLayout } from '../../../core/contract/rewrite.ts';
import type { ConversationSettings } from '../settings/conversation-settings.svelte.ts';
import type { Session } from '../window/session.svelte.ts';
import type { Attachments } from './attachments.svelte.ts';
import type { Branch } from './branch.svelte.ts';
import type { Drafts } from './drafts.svelte.ts';
import type { Started, Thread } from './thread.svelte.ts';

export interface AskingOptions {
  readonly session: Session;
  readonly thread: Thread;
  readonly branch: Branch;
  readonly drafts: Drafts;
  readonly attachments: Attachments;
  readonly setup: ConversationSettings;
}
/** A reply that the service has begun. */
export interface Begun {
  readonly conversationId: string;
  readonly id: string;
}

export class Asking {
  readonly #o: AskingOptions;
  #sending = $state(false);
  #started: Promise<Begun | null> = Promise.resolve(null);

  constructor(options: AskingOptions) {
    this.#o = options;
  }

  /** A request for a reply has not been answered yet. */
  get sending(): boolean {
    return this.#sending;
  }
  /** The reply that was asked for last, once the service has begun it; null where it was refused. */
  get started(): Promise<Begun | null> {
    return this.#started;
  }
  /** What is in the message box. */
  get draft(): string {
    return this.#o.drafts.draft(this.#o.thread.id);
  }
  set draft(text: string) {
    this.#o.drafts.write(this.#o.thread.id, text);
  }

  /** Sends the draft. It stays in the box when the service refuses it. `settings`: what this question alone asks for. */
  async send(text: string = this.draft, settings: ChosenSettings = {}): Promise<void> {
    const { session, thread, branch, drafts, attachments, setup } = this.#o;
    const trimmed = text.trim();
    if (trimmed === '' || this.#sending || branch.running) return;
    const from = thread.id;
    this.draft = '';
    const files = [...attachments.take()];
    const beginning = from === null ? setup.beginning : undefined;
    const done = await this.#start(
      () =>
        session.client.call('chat.send', {
          conversationId: from,
          parentId: branch.messages.at(-1)?.id ?? null,
          text: trimmed,
          settings,
          ...(files.length > 0 ? { attachments: files } : {}),
          ...(beginning ? { setup: beginning } : {}),
        }),
      null,
    );
    if (done && from === null) setup.begun();
    if (done) return;
    attachments.putBack(from, files);
    // before what was typed meanwhile
    drafts.write(from, [text, drafts.draft(from)].filter((words) => words !== '').join('\n\n'));
  }
  /** Another reply to the same question; the old one is kept beside it. By default its own settings with a new seed. */
  async retry(reply: Message, settings?: ChosenSettings, model?: string): Promise<void> {
    const { conversationId, parentId, generation } = reply;
    if (parentId === null) return;
    const asked = settings ?? (generation ? mergeSettings(generation.settings, { sampling: { seed: null } }) : {});
    await this.#start(
      () =>
        this.#call('chat.reply', {
          conversationId,
          parentId,
          settings: asked,
          ...(model === undefined ? {} : { model }),
        }),
      reply.id,
    );
  }
  /** Once more with the seed and settings it was written with: it should come out equal. */
  async reproduce(reply: Message): Promise<void> {
    await this.#start(() => this.#call('chat.reproduce', { messageId: reply.id }), reply.id);
  }
  /** Asks another question in the place of one; both are kept. Resolves to whether it was asked. */
  async askInstead(question: Message, text: string, attachments: NewAttachment[] = []): Promise<boolean> {
    if (this.#sending || this.#o.branch.running) return false;
    const { conversationId, parentId } = question;
    return this.#start(
      () => this.#call('chat.send', { conversationId, parentId, text: text.trim(), settings: {}, attachments }),
      question.id,
    );
  }
  async continue(reply: Message): Promise<void> {
    await this.#start(() => this.#call('chat.continue', { messageId: reply.id }), reply.id);
  }
  /** Another reply that shares the first `tokens` tokens of one; both are kept. A layout says what comes after them. */
  async branchFrom(reply: Message, tokens: number, settings: ChosenSettings, layout?: BranchLayout): Promise<void> {
    await this.#start(
      () => this.#call('chat.branch', { messageId: reply.id, tokens, settings, ...(layout ? { layout } : {}) }),
      reply.id,
    );
  }
  /** Asks a question without a reply again (its reply could not be started). */
  async answer(question: Message): Promise<void> {
    const { conversationId, id } = question;
    await this.#start(() => this.#call('chat.reply', { conversationId, parentId: id, settings: {} }), id);
  }
  async stop(): Promise<void> {
    const { session, thread, branch } = this.#o;
    const { running } = branch;
    if (!running) return;
    const result = await session.client.call('chat.stop', { messageId: running.id });
    if (!result.ok) thread.refuse({ error: result.error, messageId: running.id, again: () => void this.stop() });
  }

  get #call(): Session['client']['call'] {
    return this.#o.session.client.call;
  }
  async #start(...asked: Parameters<Asking['begin']>): Promise<boolean> {
    this.#started = this.begin(...asked);
    return (await this.#started) !== null;
  }
  /** `at`: the message at which a refusal is shown; null: the foot of the thread. */
  private async begin(request: () => Promise<Result<Started>>, at: string | null): Promise<Begun | null> {
    const { thread, drafts, attachments } = this.#o;
    const from = thread.id;
    this.#sending = true;
    const result = await thread.join(request(), (conversationId) => {
      drafts.move(null, conversationId);
      attachments.move(null, conversationId);
    });
    this.#sending = false;
    if (result.ok) return result.value.reply;
    if (thread.id === from)
      thread.refuse({
        error: result.error,
        messageId: at,
        again: at === null ? null : () => void this.#start(request, at),
      });
    return null;
  }
}

const key = Symbol('asking');
export const provideAsking = (asking: Asking): Asking => setContext(key, asking);
export const useAsking = (): Asking => getContext<Asking>(key);
