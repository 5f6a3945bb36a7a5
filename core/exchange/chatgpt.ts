/**
 * ChatGPT's export, conversations.json: a list of conversations, each with a `mapping` from node to
 * `{ message, parent, children }` and the `current_node`. Nodes without anything to read are left out; their children go to
 * the node above. Parts without a place here are kept as notes.
 */
import type { Role } from '../contract/engine.ts';
import { BadPart, fromSeconds, isObject, note, type Draft } from './draft.ts';
import { inOrder, type TreeNode } from './order.ts';

export const isChatGpt = (value: unknown): boolean => isObject(value) && 'mapping' in value;

interface Node extends TreeNode {
  message: Record<string, unknown> | null;
}

function nodeOf(id: string, value: unknown, where: string): Node {
  if (!isObject(value)) throw new BadPart(where, 'It is no message node.');
  const { parent = null, message = null, children = [] } = value;
  if (parent !== null && typeof parent !== 'string') throw new BadPart(`${where}.parent`, 'It is neither a name nor null.');
  if (message !== null && !isObject(message)) throw new BadPart(`${where}.message`, 'It is neither a message nor null.');
  if (!Array.isArray(children) || !children.every((child) => typeof child === 'string')) throw new BadPart(`${where}.children`, 'It is no list of names.');
  return { id, parent, message, children: children as string[] };
}

function partText(part: unknown): string {
  if (typeof part === 'string') return part;
  if (isObject(part) && typeof part['text'] === 'string' && part['content_type'] === 'audio_transcription') return part['text'];
  if (isObject(part) && typeof part['content_type'] === 'string') return note(`Not text: ${part['content_type']}`, part);
  return note('Not text', part);
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!isObject(content)) return content === null || content === undefined ? '' : note('Not text', content);
  const { content_type: type, parts, text } = content;
  if ((type === 'text' || type === 'multimodal_text') && Array.isArray(parts)) return parts.map(partText).filter((part) => part !== '').join('\n\n');
  if (type === 'code' && typeof text === 'string') {
    const language = typeof content['language'] === 'string' && /^[\w+#-]{1,20}$/.test(content['language']) && content['language'] !== 'unknown' ? content['language'] : '';
    const fence = '`'.repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map((run) => run.length + 1)));
    return text === '' ? '' : `${fence}${language}\n${text}\n${fence}`;
  }
  return note(`Not text: ${typeof type === 'string' ? type : 'unknown'}`, content);
}

const roles: ReadonlyMap<unknown, Role> = new Map([['user', 'user'], ['assistant', 'assistant'], ['system', 'system'], ['tool', 'assistant']]);

/** @throws BadPart naming the place where the conversation is not what it should be */
export function readChatGpt(value: unknown, where: string): Draft {
  if (!isObject(value) || !isObject(value['mapping'])) throw new BadPart(where, 'It has no messages (“mapping” is missing or no object).');
  const draft: Draft = {
    title: typeof value['title'] === 'string' ? value['title'] : null,
    createdAt: fromSeconds(value['create_time']),
    updatedAt: fromSeconds(value['update_time']),
    messages: [],
    current: null,
  };
  /** Node → place of the message that stands for it: its own, else that of the nearest one above. */
  const places = new Map<string, number | null>();
  const at = (id: string): string => `${where}.mapping[${JSON.stringify(id.slice(0, 80))}]`;
  const nodes = new Map(Object.entries(value['mapping']).map(([id, node]) => [id, nodeOf(id, node, at(id))]));
  for (const { id, parent, message } of inOrder(nodes, at)) {
    const above = parent === null ? null : (places.get(parent) ?? null);
    const author = isObject(message?.['author']) ? message['author'] : {};
    const role = roles.get(author['role']);
    const words = message === null ? '' : contentText(message['content']);
    if (words.trim() === '') {
      places.set(id, above);
      continue;
    }
    if (!role) throw new BadPart(`${at(id)}.message.author.role`, 'It is none of user, assistant, system and tool.');
    const tool = author['role'] === 'tool' ? `*[Tool${typeof author['name'] === 'string' ? `: ${author['name'].slice(0, 80)}` : ''}]*\n\n` : '';
    places.set(id, draft.messages.length);
    draft.messages.push({ parent: above, role, text: tool + words, createdAt: fromSeconds(message?.['create_time']) });
  }
  const current = value['current_node'];
  draft.current = typeof current === 'string' ? (places.get(current) ?? null) : null;
  return draft;
}
