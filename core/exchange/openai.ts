/** OpenAI's message lists: one JSON object a line, `{"messages":[{"role","content"}, …]}`, a conversation each. */
import type { Role } from '../contract/engine.ts';
import type { ArchivedConversation } from '../contract/exchange.ts';
import { BadPart, isObject, note, type Draft, type DraftMessage } from './draft.ts';
import { shownBranch } from './tree.ts';

/** The branch shown of each conversation. Replies with nothing in them are left out, and conversations with no message. */
export function* writeOpenAi(conversations: Iterable<ArchivedConversation>): Generator<string> {
  for (const conversation of conversations) {
    const messages = shownBranch(conversation).filter(({ text }) => text !== '').map(({ role, text }) => ({ role, content: text }));
    if (messages.length > 0) yield `${JSON.stringify({ messages })}\n`;
  }
}

export const isOpenAi = (value: unknown): boolean => isObject(value) && Array.isArray(value['messages']);

const roles: ReadonlyMap<unknown, Role> = new Map([['user', 'user'], ['assistant', 'assistant'], ['system', 'system'], ['developer', 'system'], ['tool', 'assistant'], ['function', 'assistant']]);

function contentText(content: unknown, where: string): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw new BadPart(where, 'It is neither text nor a list of parts.');
  return content.map((part: unknown) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : note(`Not text: ${isObject(part) && typeof part['type'] === 'string' ? part['type'] : 'unknown'}`, part))).join('\n\n');
}

/** @throws BadPart naming the place where the conversation is not what it should be */
export function readOpenAi(value: unknown, where: string): Draft {
  if (!isObject(value) || !Array.isArray(value['messages'])) throw new BadPart(where, 'It has no list of messages.');
  const messages: DraftMessage[] = [];
  for (const [i, message] of (value['messages'] as unknown[]).entries()) {
    const here = `${where}.messages.${i}`;
    if (!isObject(message)) throw new BadPart(here, 'It is no message.');
    const role = roles.get(message['role']);
    if (!role) throw new BadPart(`${here}.role`, 'It is none of user, assistant, system, developer, tool and function.');
    const texts = [contentText(message['content'], `${here}.content`)];
    for (const extra of ['tool_calls', 'function_call'] as const) if ((message[extra] ?? null) !== null) texts.push(note(`Not text: ${extra}`, message[extra]));
    const words = texts.filter((text) => text !== '').join('\n\n');
    if (words === '') continue;
    const tool = message['role'] === 'tool' || message['role'] === 'function' ? '*[Tool]*\n\n' : '';
    messages.push({ parent: messages.length === 0 ? null : messages.length - 1, role, text: tool + words, createdAt: null });
  }
  return { title: null, createdAt: null, updatedAt: null, messages, current: null };
}
