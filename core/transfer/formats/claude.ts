/**
 * Claude.ai's export, conversations.json: a list of `{uuid, name, chat_messages}`. Messages have content in blocks and name the one
 * before them; older exports name none. Tool traffic stands aside; artifacts are documents and stay in sight.
 */
import { errorOf } from '../../contract/result.ts';
import { BadPart, fieldOf, isObject, textField, type Incoming, type Note } from '../incoming.ts';
import { brief, file, joined, media, note, thinking } from '../notes.ts';
import { inOrder, messagesOf, type Said, type TreeNode } from '../order.ts';
import { timeOf } from '../time.ts';
import { jsonReader } from './format.ts';
import { partText, speakerOf } from './parts.ts';

interface Node extends TreeNode {
  message: Record<string, unknown>;
}
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The pages a block of text rests on, each once. */
function sources(block: unknown): string {
  const links = new Map<string, string>();
  for (const citation of listOf(fieldOf(block, 'citations'))) {
    const url = textField(citation, 'url') ?? textField(fieldOf(citation, 'details'), 'url');
    if (url !== null && /^https?:\/\//i.test(url) && links.size < 20)
      links.set(url, brief(textField(citation, 'title') ?? url, 80).replace(/[\\[\]]/g, '\\$&'));
  }
  return links.size === 0
    ? ''
    : `*[Sources: ${[...links].map(([url, title]) => `[${title}](${url.replace(/[()<>\s]/g, (sign) => `%${sign.charCodeAt(0).toString(16).padStart(2, '0')}`)})`).join(', ')}]*`;
}
/** What an artifact holds; null: the tool made none. */
function artifact(block: Record<string, unknown>): string | null {
  const { input } = block;
  const content = textField(input, 'content', 'file_text', 'new_str');
  return content !== null && (block['name'] === 'artifacts' || block['name'] === 'create_file')
    ? file(textField(input, 'title', 'path', 'id') ?? 'artifact', content)
    : null;
}

function say({ message, where }: Node, noted: Note): readonly Said[] {
  const thoughts: string[] = [];
  const words: string[] = [];
  const tools: string[] = [];
  const blocks = message['content'];
  if (blocks !== undefined && blocks !== null && !Array.isArray(blocks) && typeof blocks !== 'string')
    noted(`${where}.content`, errorOf('odd.no-blocks'));
  for (const block of listOf(blocks)) {
    const type = fieldOf(block, 'type');
    if (type === 'thinking' || type === 'redacted_thinking') thoughts.push(textField(block, 'thinking') ?? '');
    else if (isObject(block) && (type === 'tool_use' || type === 'tool_result')) {
      const made = artifact(block);
      if (made !== null) words.push(made);
      else
        tools.push(
          note(
            type === 'tool_use' ? `To a tool: ${String(block['name'])}` : `Tool: ${String(block['name'] ?? 'answer')}`,
            type === 'tool_use' ? block['input'] : block['content'],
          ),
        );
    } else if (type === 'token_budget' || type === 'flag') continue;
    else words.push(joined([partText(block), sources(block)]));
  }
  if (joined(words) === '') words.push(typeof blocks === 'string' ? blocks : (textField(message, 'text') ?? ''));
  const { role, mark } = speakerOf(message['sender'] ?? message['role'], `${where}.sender`, noted);
  const attachments = listOf(message['attachments']).map((each) =>
    file(textField(each, 'file_name', 'name'), textField(each, 'extracted_content')),
  );
  const files = [...listOf(message['files']), ...listOf(message['files_v2'])]
    .map((each) => textField(each, 'file_name', 'name'))
    .filter((name) => name !== null);
  const createdAt = timeOf(message['created_at']);
  const text = joined([
    thinking(joined(thoughts)),
    ...words,
    ...attachments,
    ...[...new Set(files)].map((name) => media('File', name)),
  ]);
  return [
    ...(text === ''
      ? []
      : [{ as: 'turn', role, text: mark + text, createdAt, model: textField(message, 'model') } as const]),
    ...tools.map((tool) => ({ as: 'aside', role: 'assistant', text: tool, createdAt }) as const),
  ];
}

/** @throws BadPart where it has no list of messages */
function read(value: unknown, where: string, noted: Note): Incoming {
  const list = fieldOf(value, 'chat_messages');
  if (!Array.isArray(list)) throw new BadPart(where, errorOf('bad.no-chat-messages'));
  const nodes = new Map<string, Node>();
  let before: string | null = null;
  for (const [i, message] of (list as unknown[]).entries()) {
    const here = `${where}.chat_messages.${i}`;
    if (!isObject(message)) {
      noted(here, errorOf('odd.no-message'));
      continue;
    }
    const named = textField(message, 'uuid', 'id');
    const id = named === null || nodes.has(named) ? `#${i}` : named;
    const parent = message['parent_message_uuid'];
    nodes.set(id, { id, where: here, message, children: [], parent: typeof parent === 'string' ? parent : before });
    before = id;
  }
  // the first message names a root that is in no file
  for (const node of nodes.values())
    if (node.parent !== null && /^0{8}-/.test(node.parent) && !nodes.has(node.parent)) node.parent = null;
  const { messages, places } = messagesOf(inOrder(nodes, noted), (node) => say(node, noted));
  const current = textField(value, 'current_leaf_message_uuid');
  return {
    id: textField(value, 'uuid'),
    title: textField(value, 'name'),
    createdAt: timeOf(fieldOf(value, 'created_at')),
    updatedAt: timeOf(fieldOf(value, 'updated_at')),
    messages,
    current: current === null ? null : (places.get(current) ?? null),
  };
}

export const claude = jsonReader({
  id: 'claude',
  name: 'Claude.ai',
  is: (value) => isObject(value) && Array.isArray(value['chat_messages']),
  read,
});
