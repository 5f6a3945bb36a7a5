/** What a person changes in a conversation's tree: editing a question, deleting and bringing back, forking, writing again. */
import { getContext, setContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { Message } from '../../../core/contract/conversations.ts';
import { changedSince } from './reproduced.ts';
import type { Library } from '../library/library.svelte.ts';
import type { Session } from '../window/session.svelte.ts';
import type { Asking } from './asking.svelte.ts';
import type { Thread } from './thread.svelte.ts';

/** One deletion, as it was asked for: the message and what went with it. */
export interface Deletion {
  readonly messageId: string;
  readonly count: number;
}
export type MessageForm = 'retry' | 'reproduce';

export interface EditsOptions {
  readonly session: Session;
  readonly library: Library;
  readonly thread: Thread;
  readonly asking: Asking;
}

export class Edits {
  readonly #session: Session;
  readonly #library: Library;
  readonly #thread: Thread;
  readonly #asking: Asking;
  /** The question being edited. */
  editing = $state<string | null>(null);
  /** Edits begun and not asked, by message: leaving the field keeps them. */
  #drafts = new SvelteMap<string, string>();
  /** The deletion made last, while it can be undone from here. */
  removed = $state.raw<Deletion | null>(null);
  /** A small form that is open under a reply. */
  form = $state.raw<{ messageId: string; kind: MessageForm } | null>(null);
  /** The list of deleted messages is open. */
  listing = $state(false);

  constructor({ session, library, thread, asking }: EditsOptions) {
    this.#session = session;
    this.#library = library;
    this.#thread = thread;
    this.#asking = asking;
  }

  draft(message: Message): string {
    return this.#drafts.get(message.id) ?? message.text;
  }
  setDraft(message: Message, text: string): void {
    if (text === message.text) this.#drafts.delete(message.id);
    else this.#drafts.set(message.id, text);
  }
  hasDraft(message: Message): boolean {
    return this.#drafts.has(message.id);
  }
  /** Files of the question that the edit takes off, by their place. */
  #without = new SvelteMap<string, readonly number[]>();
  without(message: Message): readonly number[] {
    return this.#without.get(message.id) ?? [];
  }
  leaveOut(message: Message, at: number): void {
    this.#without.set(message.id, [...this.without(message), at]);
  }
  /** Asks the edited question beside the old one, with its files. What was typed stays where the service refuses it. */
  async save(message: Message): Promise<void> {
    const text = this.draft(message);
    if (text.trim() === '') return;
    this.editing = null;
    const kept = (message.attachments ?? []).flatMap((_, at) =>
      this.without(message).includes(at) ? [] : [{ messageId: message.id, at }],
    );
    if (await this.#asking.askInstead(message, text, kept)) {
      this.#drafts.delete(message.id);
      this.#without.delete(message.id);
    } else this.editing = message.id;
  }

  async remove(message: Message, following: boolean): Promise<void> {
    const result = await this.#session.client.call('messages.delete', { messageId: message.id, following });
    if (!result.ok) return this.#session.note(result.error);
    this.#library.put(result.value.conversation);
    if (result.value.messageIds.length > 0)
      this.removed = { messageId: message.id, count: result.value.messageIds.length };
    await this.#thread.refresh();
  }
  async restore(messageId: string): Promise<void> {
    if (this.removed?.messageId === messageId) this.removed = null;
    const result = await this.#session.client.call('messages.restore', { messageId });
    if (!result.ok) return this.#session.note(result.error);
    this.#library.put(result.value.conversation);
    await this.#thread.refresh();
  }

  /** A conversation of its own that begins with everything down to this message; it is opened. */
  async fork(message: Message): Promise<void> {
    const result = await this.#session.client.call('conversations.fork', { messageId: message.id });
    if (!result.ok) return this.#session.note(result.error);
    this.#library.put(result.value);
    await this.#thread.open(result.value.id);
  }

  /** Writes a reply again as it was; asks first where it can't be promised to come out the same. */
  reproduce(message: Message): void {
    const { pack, device } = message.generation
      ? changedSince(message.generation, this.#session.engine)
      : { pack: null, device: null };
    if (pack === null && device === null) void this.#asking.reproduce(message);
    else this.form = { messageId: message.id, kind: 'reproduce' };
  }
}

const key = Symbol('edits');
export const provideEdits = (edits: Edits): Edits => setContext(key, edits);
export const useEdits = (): Edits => getContext<Edits>(key);
