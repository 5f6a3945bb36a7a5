/** ShareGPT's JSON: a list (or one a line) of `{"conversations":[{"from":"human"|"gpt"|"system","value"}, …]}`. */
import type { Role } from '../contract/engine.ts';
import type { ArchivedConversation } from '../contract/exchange.ts';
import { BadPart, isObject, note, type Draft, type DraftMessage } from './draft.ts';
import { shownBranch } from './tree.ts';

const names: Record<Role, string> = { user: 'human', assistant: 'gpt', system: 'system' };

/** One JSON list: the branch shown of each conversation. Replies with nothing in them are left out, and conversations with no message. */
export function* writeShareGpt(conversations: Iterable<ArchivedConversation>): Generator<string> {
  yield '[';
  let between = '\n';
  for (const { id, title, ...conversation } of conversations) {
    const turns = shownBranch(conversation).filter(({ text }) => text !== '').map(({ role, text }) => ({ from: names[role], value: text }));
    if (turns.length === 0) continue;
    yield between + JSON.stringify({ id, title, conversations: turns });
    between = ',\n';
  }
  yield '\n]\n';
}

export const isShareGpt = (value: unknown): boolean => isObject(value) && Array.isArray(value['conversations']);

const roles: ReadonlyMap<unknown, Role> = new Map([
  ['human', 'user'], ['user', 'user'], ['prompter', 'user'],
  ['gpt', 'assistant'], ['assistant', 'assistant'], ['chatgpt', 'assistant'], ['model', 'assistant'], ['bot', 'assistant'],
  ['system', 'system'],
  ['tool', 'assistant'], ['function_call', 'assistant'], ['observation', 'assistant'], ['function_response', 'assistant'],
]);
const tools = new Set<unknown>(['tool', 'function_call', 'observation', 'function_response']);

/** @throws BadPart naming the place where the conversation is not what it should be */
export function readShareGpt(value: unknown, where: string): Draft {
  if (!isObject(value) || !Array.isArray(value['conversations'])) throw new BadPart(where, 'It has no list of turns (“conversations”).');
  const messages: DraftMessage[] = [];
  const add = (role: Role, text: string): void => {
    if (text !== '') messages.push({ parent: messages.length === 0 ? null : messages.length - 1, role, text, createdAt: null });
  };
  const { system } = value;
  if (typeof system === 'string') add('system', system);
  else if (system !== undefined && system !== null) throw new BadPart(`${where}.system`, 'It is no text.');
  for (const [i, turn] of (value['conversations'] as unknown[]).entries()) {
    const here = `${where}.conversations.${i}`;
    if (!isObject(turn)) throw new BadPart(here, 'It is no turn.');
    const from = turn['from'] ?? turn['role'];
    const role = roles.get(from);
    if (!role) throw new BadPart(`${here}.from`, 'It is none of human, gpt, system and their other names.');
    const words = turn['value'] ?? turn['content'] ?? '';
    if (typeof words !== 'string') throw new BadPart(`${here}.value`, 'It is no text.');
    add(role, tools.has(from) && words !== '' ? `*[Tool: ${String(from)}]*\n\n${words}` : words);
  }
  if (value['tools'] !== undefined && value['tools'] !== null && value['tools'] !== '' && messages[0]) messages[0].text += `\n\n${note('Not text: tools', value['tools'])}`;
  return { title: typeof value['title'] === 'string' ? value['title'] : null, createdAt: null, updatedAt: null, messages, current: null };
}
