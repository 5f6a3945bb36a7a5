/** DeepSeek's export, conversations.json: as ChatGPT's a `mapping` of nodes, whose messages are `fragments` of question, thought and reply. */
import { errorOf } from '../../contract/result.ts';
import { BadPart, fieldOf, isObject, textField, type Incoming, type Note } from '../incoming.ts';
import { brief, file, joined, note, thinking } from '../notes.ts';
import { inOrder, messagesOf, type Said, type TreeNode } from '../order.ts';
import { timeOf } from '../time.ts';
import { jsonReader } from './format.ts';
import { contentText } from './parts.ts';

interface Node extends TreeNode {
  message: Record<string, unknown> | null;
}
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const hasFragments = (mapping: unknown): boolean =>
  isObject(mapping) &&
  Object.values(mapping).some((node) => Array.isArray(fieldOf(fieldOf(node, 'message'), 'fragments')));

function say({ message, where }: Node, noted: Note): readonly Said[] {
  if (message === null) return [];
  let role: Said['role'] = 'assistant';
  const words: string[] = [];
  const found: string[] = [];
  for (const [i, fragment] of listOf(message['fragments']).entries()) {
    const type = fieldOf(fragment, 'type');
    const text = contentText(fieldOf(fragment, 'content'), `${where}.fragments.${i}`, noted);
    if (type === 'REQUEST') role = 'user';
    if (type === 'THINK') words.push(thinking(text));
    else if (type === 'REQUEST' || type === 'RESPONSE') words.push(text);
    else if (typeof type === 'string' && /SEARCH|LINK|TOOL|READ/.test(type))
      found.push(note(`Tool: ${brief(type, 40)}`, fragment));
    else {
      noted(`${where}.fragments.${i}.type`, errorOf('odd.unknown-fragment'));
      words.push(note(`Not text: ${typeof type === 'string' ? type : 'unknown'}`, fragment));
    }
  }
  const files = listOf(message['files']).map((each) =>
    file(textField(each, 'file_name', 'name') ?? each, textField(each, 'content')),
  );
  const text = joined([
    ...words,
    ...files,
    ...(words.length === 0 ? [contentText(message['content'], where, noted)] : []),
  ]);
  const createdAt = timeOf(message['inserted_at']);
  return [
    ...(text === '' ? [] : [{ as: 'turn', role, text, createdAt, model: textField(message, 'model') } as const]),
    ...found.map((each) => ({ as: 'aside', role: 'assistant', text: each, createdAt }) as const),
  ];
}

/** @throws BadPart where it has no messages */
function read(value: unknown, where: string, noted: Note): Incoming {
  const mapping = fieldOf(value, 'mapping');
  if (!isObject(mapping)) throw new BadPart(where, errorOf('bad.no-mapping'));
  const nodes = new Map<string, Node>();
  for (const [id, node] of Object.entries(mapping)) {
    const here = `${where}.mapping[${JSON.stringify(id.slice(0, 80))}]`;
    if (!isObject(node)) {
      noted(here, errorOf('odd.no-node'));
      continue;
    }
    const message = fieldOf(node, 'message');
    const parent = fieldOf(node, 'parent');
    nodes.set(id, {
      id,
      where: here,
      parent: typeof parent === 'string' ? parent : null,
      children: listOf(fieldOf(node, 'children')).map(String),
      message: isObject(message) ? message : null,
    });
  }
  const { messages } = messagesOf(inOrder(nodes, noted), (node) => say(node, noted));
  return {
    id: textField(value, 'id'),
    title: textField(value, 'title'),
    createdAt: timeOf(fieldOf(value, 'inserted_at')),
    updatedAt: timeOf(fieldOf(value, 'updated_at')),
    messages,
    current: null,
  };
}

export const deepseek = jsonReader({
  id: 'deepseek',
  name: 'DeepSeek',
  is: (value) =>
    isObject(value) && isObject(value['mapping']) && ('inserted_at' in value || hasFragments(value['mapping'])),
  read,
});
