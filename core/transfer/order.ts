/** Trees in files: nodes that name their parents, and what each says. Pure. */
import { errorOf } from '../contract/result.ts';
import type { IncomingMessage, Note } from './incoming.ts';
import { joined } from './notes.ts';

export interface TreeNode {
  id: string;
  parent: string | null;
  /** The order of its children, as far as the file gives one. */
  children: readonly string[];
  /** Its place in the file. */
  where: string;
}

/**
 * Parents before children, siblings in the order the file gives them. A parent that is missing, or the node itself, or that leads
 * round in a circle, leaves its child as a first message, and is noted.
 */
export function inOrder<N extends TreeNode>(nodes: ReadonlyMap<string, N>, noted: Note): N[] {
  const all = [...nodes.values()];
  const lost = all.filter(({ id, parent }) => parent !== null && (parent === id || !nodes.has(parent)));
  // an export of the branch in sight leaves the root out: its children then come first, as they did
  const rootLeftOut =
    new Set(lost.map(({ parent }) => parent)).size === 1 &&
    !all.some(({ parent }) => parent === null) &&
    lost.every(({ id, parent }) => id !== parent);
  if (!rootLeftOut)
    for (const { where, id, parent } of lost)
      noted(`${where}.parent`, parent === id ? errorOf('odd.own-parent') : errorOf('odd.parent-missing'));
  const orphans = new Set<N>(lost);
  const below = new Map<string | null, N[]>();
  for (const node of all) {
    const parent = orphans.has(node) ? null : node.parent;
    const siblings = below.get(parent);
    if (siblings) siblings.push(node);
    else below.set(parent, [node]);
  }
  for (const [parent, siblings] of below) {
    const rank = new Map((nodes.get(parent ?? '')?.children ?? []).map((id, i) => [id, i]));
    siblings.sort((a, b) => (rank.get(a.id) ?? Infinity) - (rank.get(b.id) ?? Infinity) || 0);
  }
  const order: N[] = [];
  const reached = new Set<N>();
  const follow = (from: readonly N[]): void => {
    const open = [...from].reverse();
    for (let node = open.pop(); node; node = open.pop()) {
      if (reached.has(node)) continue;
      reached.add(node);
      order.push(node);
      const children = below.get(node.id) ?? [];
      for (let i = children.length - 1; i >= 0; i--) {
        const child = children[i];
        if (child) open.push(child);
      }
    }
  };
  follow(below.get(null) ?? []);
  for (const node of all) {
    if (reached.has(node)) continue;
    noted(`${node.where}.parent`, errorOf('odd.circle'));
    // its children may lead back to it
    node.parent = null;
    follow([node]);
  }
  return order;
}

/**
 * turn: a message · aside: kept, neither shown nor read by the model · lead: stands at the head of the reply that follows it, a
 * thought for one, or as a reply of its own where none does.
 */
export interface Said {
  as: 'turn' | 'aside' | 'lead';
  role: IncomingMessage['role'];
  text: string;
  createdAt: number | null;
  status?: IncomingMessage['status'];
  model?: string | null;
}

/** Leads that wait for a reply, newest first; each is used once. */
interface Waiting {
  said: Said;
  id: string;
  used: boolean;
  before: Waiting | null;
}

/**
 * Messages of ordered nodes. A node that says nothing hands its children to the message above it.
 * @param say what a node says; several: in order, at most one of them a turn
 * @returns messages, and for each node the place of the message that stands for it: its own, else the nearest one above
 */
export function messagesOf<N extends TreeNode>(
  ordered: readonly N[],
  say: (node: N) => readonly Said[],
): { messages: IncomingMessage[]; places: Map<string, number | null> } {
  const messages: IncomingMessage[] = [];
  const places = new Map<string, number | null>();
  const waiting = new Map<string, Waiting | null>();
  const everyLead: Array<{ lead: Waiting; above: number | null }> = [];

  const put = (
    id: string,
    above: number | null,
    { role, text, createdAt, status, model }: Said,
    aside: boolean,
  ): number => {
    messages.push({
      id,
      parent: above,
      role,
      text,
      createdAt,
      ...(status === undefined ? {} : { status }),
      ...(model === undefined || model === null ? {} : { model }),
      ...(aside ? { aside } : {}),
    });
    return messages.length - 1;
  };
  /** What waits, oldest first; the same thought stands in one reply only. */
  const taken = (from: Waiting | null): Waiting[] => {
    const list: Waiting[] = [];
    for (let at = from; at && !at.used; at = at.before) {
      at.used = true;
      list.push(at);
    }
    return list.reverse();
  };
  const asReply = (leads: readonly Waiting[], above: number | null): number => {
    const [first] = leads;
    return put(
      `${first?.id ?? ''}:lead`,
      above,
      {
        as: 'turn',
        role: 'assistant',
        text: joined(leads.map(({ said }) => said.text)),
        createdAt: first?.said.createdAt ?? null,
      },
      false,
    );
  };

  for (const node of ordered) {
    let above = node.parent === null ? null : (places.get(node.parent) ?? null);
    let leads = node.parent === null ? null : (waiting.get(node.parent) ?? null);
    let asides = 0;
    for (const said of say(node)) {
      if (said.text.trim() === '') continue;
      if (said.as === 'aside')
        put(asides++ === 0 ? `${node.id}:aside` : `${node.id}:aside${asides}`, above, said, true);
      else if (said.as === 'lead') {
        leads = { said, id: node.id, used: false, before: leads };
        everyLead.push({ lead: leads, above });
      } else {
        const before = taken(leads);
        leads = null;
        if (before.length > 0 && said.role !== 'assistant') above = asReply(before, above);
        const text =
          said.role === 'assistant' ? joined([...before.map((lead) => lead.said.text), said.text]) : said.text;
        above = put(
          node.id,
          above,
          { ...said, text: before.length > 0 && said.role === 'assistant' ? text : said.text },
          false,
        );
      }
    }
    places.set(node.id, above);
    waiting.set(node.id, leads);
  }
  // the newest of each chain first, so that a chain nobody took becomes one reply
  for (const { lead, above } of everyLead.reverse()) {
    const rest = taken(lead);
    if (rest.length > 0) asReply(rest, above);
  }
  return { messages, places };
}

/** Nodes of a flat list: each follows the one before it. */
export const follows = (at: number): number | null => (at === 0 ? null : at - 1);
