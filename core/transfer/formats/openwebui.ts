/** Open WebUI's export: a list of `{id, title, chat}`, whose `chat.history` is a tree of messages by name. */
import { errorOf } from '../../contract/result.ts';
import { BadPart, fieldOf, isObject, textField, type Incoming, type Note } from '../incoming.ts';
import { file, joined, media, thinking } from '../notes.ts';
import { inOrder, messagesOf, type Said, type TreeNode } from '../order.ts';
import { timeOf } from '../time.ts';
import { jsonReader } from './format.ts';
import { contentText, speakerOf, thoughtOf } from './parts.ts';

interface Node extends TreeNode {
  message: Record<string, unknown>;
}
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const nameOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&gt;', '>'],
  ['&lt;', '<'],
  ['&amp;', '&'],
  ['&quot;', '"'],
  ['&#x27;', "'"],
  ['&#39;', "'"],
]);
const plain = (html: string): string =>
  html.replace(/&(?:gt|lt|amp|quot|#x27|#39);/g, (entity) => ENTITIES.get(entity) ?? entity);

const OPEN = '<details type="';
const CLOSE = '</details>';
/** Thoughts stand in the text as folded HTML; here they are quoted. What tools did is left as it stands. */
export function unfolded(text: string): string {
  let out = '';
  let at = 0;
  for (let from = text.indexOf(OPEN); from >= 0; from = text.indexOf(OPEN, at)) {
    const inner = text.indexOf('>', from);
    const to = inner < 0 ? -1 : text.indexOf(CLOSE, inner);
    if (to < 0) break;
    const kind = text.slice(from + OPEN.length, from + OPEN.length + 20);
    out += text.slice(at, from);
    if (kind.startsWith('reasoning"')) {
      const body = plain(text.slice(inner + 1, to)).replace(/^\s*<summary>[^<]*<\/summary>\s*/, '');
      out += `${thinking(
        body
          .split('\n')
          .map((line) => line.replace(/^> ?/, ''))
          .join('\n'),
      )}\n\n`;
    } else out += text.slice(from, to + CLOSE.length);
    at = to + CLOSE.length;
    if (kind.startsWith('reasoning"')) while (text[at] === '\n') at += 1;
  }
  return out + text.slice(at);
}

const attached = (each: unknown): string =>
  fieldOf(each, 'type') === 'image'
    ? media('Picture', textField(each, 'name', 'url') ?? undefined)
    : file(
        textField(each, 'name') ?? textField(fieldOf(each, 'file'), 'filename', 'name'),
        textField(fieldOf(fieldOf(each, 'file'), 'data'), 'content'),
      );

function say({ message, where }: Node, noted: Note): readonly Said[] {
  const words = contentText(message['content'], `${where}.content`, noted);
  const { role, mark } = speakerOf(message['role'], `${where}.role`, noted);
  const text = joined([
    thoughtOf(message),
    role === 'assistant' ? unfolded(words) : words,
    ...listOf(message['files']).map(attached),
  ]);
  return text === ''
    ? []
    : [
        {
          as: 'turn',
          role,
          text: mark + text,
          createdAt: timeOf(message['timestamp']),
          model: textField(message, 'modelName', 'model'),
        },
      ];
}

/** @throws BadPart where it has no messages */
function read(value: unknown, where: string, noted: Note): Incoming {
  const chat = fieldOf(value, 'chat');
  const history = fieldOf(chat, 'history');
  const byName = fieldOf(history, 'messages');
  const list = isObject(byName)
    ? Object.entries(byName)
    : listOf(fieldOf(chat, 'messages')).map((message, i): [string, unknown] => [
        nameOf(fieldOf(message, 'id')) ?? `#${i}`,
        message,
      ]);
  if (list.length === 0) throw new BadPart(where, errorOf('bad.no-messages'));
  const nodes = new Map<string, Node>();
  for (const [id, message] of list) {
    const here = `${where}.chat.history.messages[${JSON.stringify(id.slice(0, 80))}]`;
    if (!isObject(message)) noted(here, errorOf('odd.no-message'));
    else
      nodes.set(id, {
        id,
        where: here,
        message,
        parent: nameOf(message['parentId']),
        children: listOf(message['childrenIds']).map((child) => nameOf(child) ?? ''),
      });
  }
  const { messages, places } = messagesOf(inOrder(nodes, noted), (node) => say(node, noted));
  const current = nameOf(fieldOf(history, 'currentId'));
  const instructions = textField(chat, 'system') ?? textField(fieldOf(chat, 'params'), 'system');
  return {
    id: nameOf(fieldOf(value, 'id')) ?? nameOf(fieldOf(chat, 'id')),
    title: textField(value, 'title') ?? textField(chat, 'title'),
    createdAt: timeOf(fieldOf(value, 'created_at')) ?? timeOf(fieldOf(chat, 'timestamp')),
    updatedAt: timeOf(fieldOf(value, 'updated_at')),
    messages,
    current: current === null ? null : (places.get(current) ?? null),
    ...(instructions === null ? {} : { instructions }),
  };
}

const hasMessages = (chat: unknown): boolean =>
  isObject(chat) && (isObject(fieldOf(chat['history'], 'messages')) || Array.isArray(chat['messages']));
export const openwebui = jsonReader({
  id: 'openwebui',
  name: 'Open WebUI',
  is: (value) => isObject(value) && hasMessages(value['chat']),
  read,
});
