/** Questions asked while a reply is written, by conversation: they wait in the service, which sends them when the reply ends. */
/* eslint-disable svelte/prefer-svelte-reactivity -- nothing draws the set that is not Svelte's */
import { getContext, setContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { ChosenSettings } from '../../../core/contract/settings.ts';
import type { Queue as Waiting, Queued } from '../../../core/contract/queue.ts';
import type { Result } from '../../../core/contract/result.ts';
import { t } from '../../strings.ts';
import type { Asking } from './asking.svelte.ts';
import type { Attachments } from './attachments.svelte.ts';
import type { Branch } from './branch.svelte.ts';
import type { Drafts } from './drafts.svelte.ts';
import type { Session } from '../window/session.svelte.ts';
import type { Thread } from './thread.svelte.ts';
import type { Undo } from '../window/undo.svelte.ts';

export interface QueueOptions {
  readonly session: Session;
  readonly thread: Thread;
  readonly branch: Branch;
  readonly asking: Asking;
  readonly drafts: Drafts;
  readonly attachments: Attachments;
  readonly undo: Undo;
}

export class Queue {
  readonly #o: QueueOptions;
  readonly #all = new SvelteMap<string, Waiting>();
  /** Conversations for which a question is just being handed over. */
  readonly #adding = new Set<string>();

  constructor(options: QueueOptions) {
    const { session, thread } = options;
    this.#o = options;
    session.client.onPush((push) => {
      if (push.topic === 'queue') this.#put(push.queue);
    });
    session.onReturn(() => {
      if (thread.id !== null) void this.read(thread.id);
    });
  }

  /** What waits at the open conversation; null: nothing. */
  get shown(): Waiting | null {
    const { id } = this.#o.thread;
    return (id === null ? undefined : this.#all.get(id)) ?? null;
  }
  /** A question that is asked now has to wait: for a reply, or for those that wait already. */
  get waits(): boolean {
    return this.#o.branch.running !== null || this.#o.asking.sending || this.shown?.held === null;
  }
  #put(queue: Waiting): void {
    if (queue.questions.length > 0) this.#all.set(queue.conversationId, queue);
    else this.#all.delete(queue.conversationId);
  }
  async read(conversationId: string): Promise<void> {
    const result = await this.#o.session.client.call('queue.read', { conversationId });
    if (result.ok) this.#put(result.value);
  }

  /** Puts what is in the message box, with its files, behind the reply that is being written. It stays in the box where that is refused. */
  async add(settings: ChosenSettings): Promise<void> {
    const { session, thread, branch, asking, drafts } = this.#o;
    const from = thread.id;
    const text = asking.draft;
    const place = from ?? '';
    if (text.trim() === '' || this.#adding.has(place)) return;
    this.#adding.add(place);
    const attachments = [...this.#o.attachments.take()];
    try {
      const last = branch.running ?? (asking.sending ? null : branch.messages.at(-1));
      // a question that is only being sent has no reply yet to wait for
      const reply = from !== null && last ? { conversationId: from, id: last.id } : await asking.started;
      const added: Result<Waiting> | null =
        reply &&
        (await session.client.call('queue.add', {
          conversationId: reply.conversationId,
          after: reply.id,
          text: text.trim(),
          settings,
          attachments,
        }));
      if (reply && added?.ok) {
        this.#put(added.value);
        // what was typed meanwhile is the next question
        for (const box of new Set([from, reply.conversationId])) {
          const now = drafts.draft(box);
          if (now.startsWith(text)) drafts.write(box, now.slice(text.length));
        }
        return;
      }
      this.#o.attachments.putBack(reply?.conversationId ?? from, attachments);
      if (added && !added.ok) thread.refuse({ error: added.error, messageId: null, again: null });
    } finally {
      this.#adding.delete(place);
    }
  }
  /** Takes a question back into the message box, before what is written there. */
  async take(question: Queued): Promise<void> {
    const { session, thread, drafts, attachments } = this.#o;
    const { id } = thread;
    if (id === null || !attachments.fits(question.attachments.length)) return;
    const result = await session.client.call('queue.take', {
      conversationId: id,
      id: question.id,
      draft: drafts.draft(id),
    });
    if (!this.#settle(result, (value) => value.queue) || !result.ok) return;
    drafts.write(id, result.value.draft);
    attachments.putBack(id, result.value.attachments);
  }
  async remove(question: Queued): Promise<void> {
    const { id } = this.#o.thread;
    if (id === null) return;
    const call = { conversationId: id, id: question.id };
    if (!this.#settle(await this.#o.session.client.call('queue.remove', call), (queue) => queue)) return;
    this.#o.undo.offer(
      t.queue.removed,
      async () => void this.#settle(await this.#o.session.client.call('queue.restore', call), (queue) => queue),
    );
  }
  async send(): Promise<void> {
    const { id } = this.#o.thread;
    if (id !== null)
      this.#settle(await this.#o.session.client.call('queue.send', { conversationId: id }), (queue) => queue);
  }
  #settle<T>(result: Result<T>, queueOf: (value: T) => Waiting): boolean {
    if (result.ok) this.#put(queueOf(result.value));
    else this.#o.session.note(result.error);
    return result.ok;
  }
}

const key = Symbol('queue');
export const provideQueue = (queue: Queue): Queue => setContext(key, queue);
export const useQueue = (): Queue => getContext<Queue>(key);
