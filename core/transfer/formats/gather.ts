/** Formats that keep a conversation's head and its messages in parts of their own: what belongs together, put together. */
import type { Item } from './format.ts';

/** A conversation's head with its id, or a message with the id of the conversation it belongs to. */
export type Part = { id: string; head: Record<string, unknown> } | { of: string; message: unknown };

/**
 * Conversations as `{ [key]: head, messages, lines }`, in the order of their first part, then whatever is no part of one.
 * `lines`: where each message stands. Messages whose head is not among the items make a conversation of their own.
 */
export function gather(
  items: readonly Item[],
  key: string,
  partOf: (value: unknown, where: string) => Part | null,
): Item[] {
  interface Gathered {
    where: string;
    head: Record<string, unknown>;
    messages: unknown[];
    lines: string[];
  }
  const found = new Map<string, Gathered>();
  const others: Item[] = [];
  const of = (id: string, where: string): Gathered => {
    const known = found.get(id);
    if (known) return known;
    const made: Gathered = { where, head: { id }, messages: [], lines: [] };
    found.set(id, made);
    return made;
  };
  for (const item of items) {
    const { value, where } = item;
    const part = partOf(value, where);
    if (part === null) others.push(item);
    else if ('head' in part) Object.assign(of(part.id, where), { where, head: part.head });
    else {
      const { messages, lines } = of(part.of, where);
      messages.push(part.message);
      lines.push(where);
    }
  }
  return [
    ...[...found.values()].map(({ where, head, messages, lines }) => ({
      where,
      value: { [key]: head, messages, lines },
    })),
    ...others,
  ];
}
