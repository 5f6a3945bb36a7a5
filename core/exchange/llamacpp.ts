/**
 * The export of llama.cpp's web UI: `{ conv, messages }`, or a list of them. Messages name their parents; the root has no words.
 * An export of the conversation in sight leaves the root and other branches out, so one parent may be missing.
 */
import { MAX_TIME } from '../contract/exchange.ts';
import type { Role } from '../contract/engine.ts';
import { BadPart, isObject, note, type Draft } from './draft.ts';
import { inOrder, type TreeNode } from './order.ts';

export const isLlamaCpp = (value: unknown): boolean => isObject(value) && isObject(value['conv']) && Array.isArray(value['messages']);

const roles: ReadonlyMap<unknown, Role> = new Map([['user', 'user'], ['assistant', 'assistant'], ['system', 'system'], ['tool', 'assistant']]);
/** A name as text: older exports count with numbers. */
const nameOf = (value: unknown): string | null => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null);
const isNone = (value: unknown): boolean => value === null || value === undefined || value === -1 || value === '';
const millis = (value: unknown): number | null => (typeof value === 'number' && value >= 0 && value <= MAX_TIME ? Math.round(value) : null);

const fenced = (text: string): string => {
  const fence = '`'.repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map((run) => run.length + 1)));
  return `${fence}\n${text}\n${fence}`;
};
/** What was sent along with a message: text as text, the rest named, without its bytes. */
function attachment(extra: unknown): string {
  if (!isObject(extra)) return note('Not text: attachment', extra);
  const name = typeof extra['name'] === 'string' ? extra['name'].replace(/\s+/gu, ' ').slice(0, 200) : 'without a name';
  if (typeof extra['content'] === 'string') return `*[File: ${name}]*\n\n${fenced(extra['content'])}`;
  return note('Not text: attachment', Object.fromEntries(Object.entries(extra).map(([key, part]) => [key, typeof part === 'string' && part.length > 1000 ? `(${part.length} characters left out)` : part])));
}

interface Node extends TreeNode {
  at: number;
  message: Record<string, unknown>;
}

/** @throws BadPart naming the place where the conversation is not what it should be */
export function readLlamaCpp(value: unknown, where: string): Draft {
  if (!isObject(value) || !isObject(value['conv']) || !Array.isArray(value['messages'])) throw new BadPart(where, 'It has no “conv” and list of messages.');
  const { conv } = value;
  const nodes = new Map<string, Node>();
  for (const [at, message] of (value['messages'] as unknown[]).entries()) {
    const here = `${where}.messages.${at}`;
    if (!isObject(message)) throw new BadPart(here, 'It is no message.');
    const id = nameOf(message['id']);
    if (id === null) throw new BadPart(`${here}.id`, 'It is no name.');
    if (nodes.has(id)) throw new BadPart(`${here}.id`, 'Another message has the same name.');
    const parent = isNone(message['parent']) ? null : nameOf(message['parent']);
    if (parent === null && !isNone(message['parent'])) throw new BadPart(`${here}.parent`, 'It is neither a name nor empty.');
    const children = message['children'] ?? [];
    if (!Array.isArray(children)) throw new BadPart(`${here}.children`, 'It is no list of names.');
    nodes.set(id, { id, parent, children: children.map((child) => nameOf(child) ?? ''), at, message });
  }
  const missing = [...nodes.values()].find(({ parent }) => parent !== null && !nodes.has(parent))?.parent ?? null;
  if (missing !== null) for (const node of nodes.values()) if (node.parent === missing) node.parent = null;

  const draft: Draft = { title: typeof conv['name'] === 'string' ? conv['name'] : null, createdAt: null, updatedAt: millis(conv['lastModified']), messages: [], current: null };
  /** Message → place of what stands for it: its own, else that of the nearest one above. */
  const places = new Map<string, number | null>();
  for (const { id, parent, at, message } of inOrder(nodes, (name) => `${where}.messages.${nodes.get(name)?.at ?? 0}`)) {
    const here = `${where}.messages.${at}`;
    const above = parent === null ? null : (places.get(parent) ?? null);
    const content = message['content'] ?? '';
    if (typeof content !== 'string') throw new BadPart(`${here}.content`, 'It is no text.');
    const extra = message['extra'] ?? [];
    if (!Array.isArray(extra)) throw new BadPart(`${here}.extra`, 'It is no list of attachments.');
    const thought = [message['reasoningContent'], message['reasoning_content'], message['thinking']].find((part): part is string => typeof part === 'string' && part !== '');
    const calls = message['toolCalls'];
    const words = [
      thought === undefined ? '' : `*[Thinking]*\n\n${thought.split('\n').map((line) => `> ${line}`).join('\n')}`,
      message['role'] === 'tool' && content !== '' ? `*[Tool]*\n\n${content}` : content,
      ...extra.map(attachment),
      calls === undefined || calls === null || calls === '' ? '' : note('Not text: toolCalls', calls),
    ].filter((part) => part.trim() !== '').join('\n\n');
    if (message['type'] === 'root' || words === '') {
      places.set(id, above);
      continue;
    }
    const role = roles.get(message['role']);
    if (!role) throw new BadPart(`${here}.role`, 'It is none of user, assistant, system and tool.');
    places.set(id, draft.messages.length);
    draft.messages.push({ parent: above, role, text: words, createdAt: millis(message['timestamp']) });
  }
  draft.current = places.get(nameOf(conv['currNode']) ?? '') ?? null;
  return draft;
}
