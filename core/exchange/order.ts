/** Trees in files: nodes that name their parents. Pure. */
import { BadPart } from './draft.ts';

export interface TreeNode {
  id: string;
  parent: string | null;
  /** The order of its children, as far as the file gives one. */
  children: readonly string[];
}

/**
 * Parents before children, siblings in the order the file gives them.
 * @param at the place of a node in the file
 * @throws BadPart where a parent is missing or parents lead round in a circle
 */
export function inOrder<N extends TreeNode>(nodes: ReadonlyMap<string, N>, at: (id: string) => string): N[] {
  const below = new Map<string | null, N[]>();
  for (const node of nodes.values()) {
    if (node.parent !== null && !nodes.has(node.parent)) throw new BadPart(`${at(node.id)}.parent`, 'It names a message that is not there.');
    const siblings = below.get(node.parent);
    if (siblings) siblings.push(node);
    else below.set(node.parent, [node]);
  }
  for (const [parent, siblings] of below) {
    const rank = new Map((nodes.get(parent ?? '')?.children ?? []).map((id, i) => [id, i]));
    siblings.sort((a, b) => (rank.get(a.id) ?? Infinity) - (rank.get(b.id) ?? Infinity) || 0);
  }
  const order: N[] = [];
  const open = [...(below.get(null) ?? [])].reverse();
  for (let node = open.pop(); node; node = open.pop()) {
    order.push(node);
    for (const child of [...(below.get(node.id) ?? [])].reverse()) open.push(child);
  }
  if (order.length < nodes.size) {
    const reached = new Set(order);
    const lost = [...nodes.values()].find((node) => !reached.has(node));
    throw new BadPart(at(lost?.id ?? ''), 'Its parents lead round in a circle.');
  }
  return order;
}
