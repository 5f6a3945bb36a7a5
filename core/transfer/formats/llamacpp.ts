/**
 * The export of llama.cpp's web UI. Today: JSON lines of a `session` and its `message`s. Before: `{ conv, messages }`, or a list of
 * them. Messages name their parents; the root has no words. An export of the conversation in sight leaves root and branches out.
 */
import { errorOf } from '../../contract/result.ts';
import { BadPart, fieldOf, isObject, textField, type Incoming, type Note } from '../incoming.ts';
import { file, joined, note } from '../notes.ts';
import { inOrder, messagesOf, type TreeNode } from '../order.ts';
import { timeOf } from '../time.ts';
import { jsonReader, type Item } from './format.ts';
import { gather } from './gather.ts';
import { contentText, speakerOf, thoughtOf } from './parts.ts';

const isSession = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && value['type'] === 'session' && ('harness' in value || 'currNode' in value);
const isMessage = (value: unknown): value is { message: Record<string, unknown> } =>
  isObject(value) && value['type'] === 'message' && isObject(value['message']) && 'convId' in value['message'];
const isConversation = (value: unknown): boolean =>
  isObject(value) && isObject(value['conv']) && Array.isArray(value['messages']);

/** A name as text: older exports count with numbers. */
const nameOf = (value: unknown): string | null =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;
const isNone = (value: unknown): boolean => value === null || value === undefined || value === -1 || value === '';

/** Lines of sessions and messages as conversations, each with the lines its messages stand on. */
const conversationsOf = (items: readonly Item[]): Item[] =>
  gather(items, 'conv', (value, where) => {
    if (isSession(value)) return { id: nameOf(value['id']) ?? where, head: value };
    return isMessage(value) ? { of: nameOf(value.message['convId']) ?? '', message: value.message } : null;
  });

/** What was sent along with a message: text as text, the rest named, without its bytes. */
function attachment(extra: unknown): string {
  if (isObject(extra) && typeof extra['content'] === 'string') return file(extra['name'], extra['content']);
  return note('Not text: attachment', extra);
}
interface Node extends TreeNode {
  message: Record<string, unknown>;
}

/** @throws BadPart where it has no list of messages */
function read(value: unknown, where: string, noted: Note): Incoming {
  const conv = fieldOf(value, 'conv');
  const list = fieldOf(value, 'messages');
  const lines = fieldOf(value, 'lines');
  if (!isObject(conv) || !Array.isArray(list)) throw new BadPart(where, errorOf('bad.no-conv'));
  const nodes = new Map<string, Node>();
  for (const [at, message] of (list as unknown[]).entries()) {
    const here = Array.isArray(lines) ? String(lines[at]) : `${where}.messages.${at}`;
    if (!isObject(message)) {
      noted(here, errorOf('odd.no-message'));
      continue;
    }
    let id = nameOf(message['id']);
    if (id === null || nodes.has(id)) {
      noted(`${here}.id`, id === null ? errorOf('odd.no-name') : errorOf('odd.same-name'));
      id = `${id ?? ''}#${at}`;
    }
    const parent = isNone(message['parent']) ? null : nameOf(message['parent']);
    if (parent === null && !isNone(message['parent'])) noted(`${here}.parent`, errorOf('odd.parent-not-empty'));
    const children = message['children'] ?? [];
    if (!Array.isArray(children)) noted(`${here}.children`, errorOf('odd.children-no-names'));
    nodes.set(id, {
      id,
      parent,
      children: Array.isArray(children) ? children.map((child) => nameOf(child) ?? '') : [],
      where: here,
      message,
    });
  }
  const { messages, places } = messagesOf(inOrder(nodes, noted), ({ message, where: here }) => {
    if (message['type'] === 'root') return [];
    const extra = message['extra'] ?? [];
    if (!Array.isArray(extra)) noted(`${here}.extra`, errorOf('odd.no-attachments'));
    const calls = message['toolCalls'] ?? message['tool_calls'];
    const words = contentText(message['content'], `${here}.content`, noted);
    const tool = message['role'] === 'tool';
    const text = joined([
      thoughtOf(message),
      tool && words !== '' ? `*[Tool]*\n\n${words}` : words,
      ...(Array.isArray(extra) ? extra.map(attachment) : [note('Not text: attachment', extra)]),
      isNone(calls) || (Array.isArray(calls) && calls.length === 0) ? '' : note('Not text: toolCalls', calls),
    ]);
    if (text === '') return [];
    const { role, mark } = speakerOf(message['role'], `${here}.role`, noted);
    return [
      {
        as: 'turn',
        role,
        text: tool ? text : mark + text,
        createdAt: timeOf(message['timestamp']),
        model: textField(message, 'model'),
      },
    ];
  });
  return {
    id: nameOf(conv['id']),
    title: textField(conv, 'name'),
    createdAt: null,
    updatedAt: timeOf(conv['lastModified']),
    messages,
    current: places.get(nameOf(conv['currNode']) ?? '') ?? null,
  };
}

export const llamacpp = jsonReader({
  id: 'llamacpp',
  name: 'llama.cpp',
  is: (value) => isConversation(value) || isSession(value) || isMessage(value),
  gather: conversationsOf,
  read,
});
