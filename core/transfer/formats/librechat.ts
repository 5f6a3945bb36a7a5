/** LibreChat's export of a conversation: its messages as a tree of `children` (`messagesTree`), or in a list, by name. */
import { errorOf } from '../../contract/result.ts';
import { BadPart, fieldOf, isObject, textField, type Incoming, type Note } from '../incoming.ts';
import { file, joined, media } from '../notes.ts';
import { inOrder, messagesOf, type Said, type TreeNode } from '../order.ts';
import { timeOf } from '../time.ts';
import { jsonReader } from './format.ts';
import { contentText, speakerOf } from './parts.ts';

interface Node extends TreeNode {
  message: Record<string, unknown>;
}
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function say({ message, where }: Node, noted: Note): readonly Said[] {
  const words =
    Array.isArray(message['content']) && message['content'].length > 0
      ? contentText(message['content'], `${where}.content`, noted)
      : contentText(message['text'] ?? message['content'], `${where}.text`, noted);
  const text = joined([
    words,
    ...listOf(message['files']).map((each) =>
      /^image\//.test(textField(each, 'type') ?? '')
        ? media('Picture', textField(each, 'filename') ?? undefined)
        : file(textField(each, 'filename', 'name'), textField(each, 'text')),
    ),
  ]);
  if (text === '') return [];
  const byPerson = message['isCreatedByUser'];
  const { role, mark } =
    typeof byPerson === 'boolean'
      ? ({ role: byPerson ? 'user' : 'assistant', mark: '' } as const)
      : speakerOf(message['role'] ?? message['sender'], `${where}.sender`, noted);
  return [
    {
      as: 'turn',
      role,
      text: mark + text,
      createdAt: timeOf(message['createdAt']),
      model: textField(message, 'model', 'sender'),
      ...(message['unfinished'] === true && role === 'assistant'
        ? { status: 'stopped' }
        : message['error'] === true && role === 'assistant'
          ? { status: 'failed' }
          : {}),
    },
  ];
}

/** @throws BadPart where it has no messages */
function read(value: unknown, where: string, noted: Note): Incoming {
  const tree = fieldOf(value, 'messagesTree');
  const list = fieldOf(value, 'messages');
  if (!Array.isArray(tree) && !Array.isArray(list)) throw new BadPart(where, errorOf('bad.no-messages'));
  const nodes = new Map<string, Node>();
  interface Open {
    message: unknown;
    parent: string | null;
    at: string;
  }
  const begin = (messages: readonly unknown[], parent: string | null, at: string): Open[] =>
    messages.map((message, i) => ({ message, parent, at: `${at}.${i}` })).reverse();
  const open = Array.isArray(tree)
    ? begin(tree, null, `${where}.messagesTree`)
    : begin(listOf(list), null, `${where}.messages`);
  for (let next = open.pop(); next; next = open.pop()) {
    const { message, parent, at } = next;
    if (!isObject(message)) {
      noted(at, errorOf('odd.no-message'));
      continue;
    }
    const named = textField(message, 'messageId', 'id');
    const id = named === null || nodes.has(named) ? `${named ?? ''}#${nodes.size}` : named;
    const above = Array.isArray(tree) ? parent : textField(message, 'parentMessageId');
    nodes.set(id, {
      id,
      where: at,
      message,
      children: [],
      parent: above !== null && /^0{8}-/.test(above) ? null : above,
    });
    if (Array.isArray(message['children']))
      for (const child of begin(message['children'], id, `${at}.children`)) open.push(child);
    else if (message['children'] !== undefined && message['children'] !== null)
      noted(`${at}.children`, errorOf('odd.children-no-messages'));
  }
  const { messages } = messagesOf(inOrder(nodes, noted), (node) => say(node, noted));
  const options = fieldOf(value, 'options');
  const instructions = textField(options, 'promptPrefix', 'system', 'instructions');
  return {
    id: textField(value, 'conversationId'),
    title: textField(value, 'title'),
    createdAt: timeOf(fieldOf(value, 'createdAt')),
    updatedAt: timeOf(fieldOf(value, 'updatedAt')),
    messages,
    current: null,
    ...(instructions === null ? {} : { instructions }),
  };
}

export const librechat = jsonReader({
  id: 'librechat',
  name: 'LibreChat',
  is: (value) =>
    isObject(value) &&
    typeof value['conversationId'] === 'string' &&
    (Array.isArray(value['messagesTree']) ||
      (Array.isArray(value['messages']) && ('endpoint' in value || 'exportAt' in value || 'recursive' in value))),
  read,
});
