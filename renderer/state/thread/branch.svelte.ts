/** The branch of the open conversation that is shown: its messages and turns, their siblings, and the way to a message. */
import { getContext, setContext } from 'svelte';
import type { Message } from '../../../core/contract/conversations.ts';
import { isBlank } from './pages.ts';
import { Reading } from './reading.ts';
import type { Thread } from './thread.svelte.ts';
import { branchOf, childrenOf, readFrom, siblingsOf, turnsOf, visibleOf, type Siblings, type Turn } from './tree.ts';

export class Branch {
  readonly #thread: Thread;
  readonly reading = new Reading();

  readonly #visible = $derived.by(() => visibleOf(this.#thread.messages));
  readonly #children = $derived(childrenOf(this.#visible.values()));
  /** From the first message to the last. */
  readonly messages = $derived.by(() => branchOf(this.#visible, this.#thread.leaf, this.#children));
  #turnsBefore: readonly Turn[] = [];
  readonly turns = $derived.by(() => (this.#turnsBefore = turnsOf(this.messages, this.#turnsBefore)));
  /** The first message that the last reply was written with, where earlier ones did not fit. */
  readonly readFrom = $derived(readFrom(this.messages));
  /** The reply of this branch that is being written. */
  readonly running = $derived(this.messages.findLast((m) => m.status === 'pending') ?? null);

  constructor(thread: Thread) {
    this.#thread = thread;
  }

  siblings(message: Message): Siblings {
    return siblingsOf(this.#visible, message, this.#children);
  }
  /** The visible replies to a question, oldest first. */
  repliesTo(questionId: string): Message[] {
    return (this.#children.get(questionId) ?? []).filter(({ role }) => role === 'assistant');
  }
  /** Whether another model wrote the reply before this one, as far as both are read. */
  changesModel({ parentId, generation }: Message): boolean {
    const writer = generation?.pack?.id;
    if (writer === undefined) return false;
    let at = parentId;
    while (at !== null) {
      const before = this.#visible.get(at);
      if (!before || isBlank(before)) return false;
      const other = before.generation?.pack?.id;
      if (other !== undefined) return other !== writer;
      at = before.parentId;
    }
    return false;
  }
  /** All messages of the open conversation that are deleted, the newest deletion first. */
  get deleted(): Message[] {
    return [...this.#thread.messages.values()]
      .filter(({ deletedAt }) => deletedAt !== undefined)
      .sort((a, b) => (b.deletedAt ?? 0) - (a.deletedAt ?? 0));
  }
  /** Whether a visible message follows this one, on any branch. */
  isFollowed(message: Message): boolean {
    return this.#children.has(message.id);
  }

  /** Shows the sibling `step` places on. */
  async turn(message: Message, step: -1 | 1): Promise<void> {
    const { ids, index } = this.siblings(message);
    const target = ids[index + step];
    if (target !== undefined) await this.#thread.select(target, message.id);
  }
  /** Opens a conversation at a message, on the branch that holds it. Resolves to whether it is there. */
  async reveal(conversationId: string, messageId: string): Promise<boolean> {
    const thread = this.#thread;
    if (thread.id !== conversationId) await thread.open(conversationId, messageId);
    if (thread.id !== conversationId || !this.#visible.has(messageId)) return false;
    if (!this.messages.some(({ id }) => id === messageId)) await thread.select(messageId, messageId);
    thread.bring(messageId);
    return true;
  }
}

const key = Symbol('branch');
export const provideBranch = (branch: Branch): Branch => setContext(key, branch);
export const useBranch = (): Branch => getContext<Branch>(key);
