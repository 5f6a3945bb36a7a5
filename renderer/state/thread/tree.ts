/** Messages are a tree by parentId; the thread shows one branch of it, from the root to a leaf. Pure. */
import type { Message } from '../../../core/contract/conversations.ts';
import { visibleMessages } from '../../../core/contract/visible-messages.ts';

export interface Siblings {
  readonly ids: readonly string[];
  /** 0-based place of the shown message among them. */
  readonly index: number;
}

const byTime = (a: Message, b: Message): number => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);

type Children = ReadonlyMap<string | null, readonly Message[]>;

/** Children by parent (null: roots), oldest first. */
export function childrenOf(messages: Iterable<Message>): Map<string | null, Message[]> {
  const children = new Map<string | null, Message[]>();
  for (const message of messages) {
    const list = children.get(message.parentId);
    if (list) list.push(message);
    else children.set(message.parentId, [message]);
  }
  for (const list of children.values()) list.sort(byTime);
  return children;
}

/** Visible messages: not deleted, or with a descendant that is not. The same map where nothing is deleted. */
export function visibleOf(messages: ReadonlyMap<string, Message>): ReadonlyMap<string, Message> {
  if (![...messages.values()].some(({ deletedAt }) => deletedAt !== undefined)) return messages;
  const stand = visibleMessages(messages.values());
  return new Map([...messages].filter(([id]) => stand.has(id)));
}

/** The branch that holds `currentId`, continued from there to its newest leaf; null or unknown: the newest branch. */
export function branchOf(
  messages: ReadonlyMap<string, Message>,
  currentId: string | null,
  children: Children = childrenOf(messages.values()),
): Message[] {
  const branch: Message[] = [];
  const seen = new Set<string>();
  let at = currentId === null ? undefined : messages.get(currentId);
  while (at && !seen.has(at.id)) {
    seen.add(at.id);
    branch.push(at);
    at = at.parentId === null ? undefined : messages.get(at.parentId);
  }
  branch.reverse();
  let next = children.get(branch.at(-1)?.id ?? null)?.at(-1);
  while (next && !seen.has(next.id)) {
    seen.add(next.id);
    branch.push(next);
    next = children.get(next.id)?.at(-1);
  }
  return branch;
}

export function siblingsOf(
  messages: ReadonlyMap<string, Message>,
  message: Message,
  children: Children = childrenOf(messages.values()),
): Siblings {
  const ids = (children.get(message.parentId) ?? [message]).map((m) => m.id);
  return { ids, index: Math.max(0, ids.indexOf(message.id)) };
}

/**
 * The first message that the last reply of a branch was written with, where earlier ones no longer fitted the context; null
 * where all was read. Counts as the service does: neither deleted messages, nor replies without text, nor leading instructions.
 */
export function readFrom(branch: readonly Message[]): string | null {
  const last = branch.findLast(({ generation }) => generation !== null);
  const dropped = last?.generation?.droppedMessages ?? 0;
  if (!last || dropped === 0) return null;
  const read = branch
    .slice(0, branch.indexOf(last))
    .filter(
      ({ role, text, deletedAt }, i) =>
        deletedAt === undefined && (role !== 'assistant' || text !== '') && (i > 0 || role !== 'system'),
    );
  return read[dropped]?.id ?? null;
}

/** A question with its reply: what stands on one row of the page. Either may be missing. */
export interface Turn {
  readonly key: string;
  readonly question: Message | null;
  readonly reply: Message | null;
}
/** `before`: the turns of a moment ago; one that has not changed is the same object, so that its row is not drawn again. */
export function turnsOf(branch: readonly Message[], before: readonly Turn[] = []): Turn[] {
  const turns: Turn[] = [];
  for (const message of branch) {
    const last = turns.at(-1);
    if (message.role === 'assistant' && last && last.question && !last.reply)
      turns[turns.length - 1] = { ...last, reply: message };
    else if (message.role === 'assistant') turns.push({ key: message.id, question: null, reply: message });
    else turns.push({ key: message.id, question: message, reply: null });
  }
  const known = new Map(before.map((turn) => [turn.key, turn]));
  return turns.map((turn) => {
    const was = known.get(turn.key);
    return was && was.question === turn.question && was.reply === turn.reply ? was : turn;
  });
}
