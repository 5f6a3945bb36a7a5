/** ShareGPT's JSON: a list (or one a line) of `{"conversations":[{"from":"human"|"gpt"|"system","value"}, …]}`. */
import { errorOf } from '../../contract/result.ts';
import type { Role } from '../../contract/engine.ts';
import type { ArchivedConversation } from '../../contract/transfer.ts';
import { BadPart, isObject, textField, type Incoming, type IncomingMessage, type Note } from '../incoming.ts';
import { note } from '../notes.ts';
import { timeOf } from '../time.ts';
import { shownBranch } from '../tree.ts';
import { jsonReader, type Writer } from './format.ts';
import { contentText, speakerOf } from './parts.ts';

const names: Record<Role, string> = { user: 'human', assistant: 'gpt', system: 'system' };

/** One JSON list: the branch shown of each conversation. Replies with nothing in them are left out, and conversations with no message. */
export function* writeShareGpt(conversations: Iterable<ArchivedConversation>): Generator<string> {
  yield '[';
  let between = '\n';
  for (const { id, title, ...conversation } of conversations) {
    const turns = shownBranch(conversation)
      .filter(({ text }) => text !== '')
      .map(({ role, text }) => ({ from: names[role], value: text }));
    if (turns.length === 0) continue;
    yield between + JSON.stringify({ id, title, conversations: turns });
    between = ',\n';
  }
  yield '\n]\n';
}

/** @throws BadPart where it has no list of turns */
function read(value: unknown, where: string, noted: Note): Incoming {
  if (!isObject(value) || !Array.isArray(value['conversations'])) throw new BadPart(where, errorOf('bad.no-turns'));
  const model = textField(value, 'model', 'model_name');
  const messages: IncomingMessage[] = [];
  const add = (role: Role, text: string, id: string): void => {
    if (text !== '')
      messages.push({
        id,
        parent: messages.length === 0 ? null : messages.length - 1,
        role,
        text,
        createdAt: null,
        model,
      });
  };
  const { system } = value;
  add('system', contentText(system, `${where}.system`, noted), 'system');
  for (const [i, turn] of (value['conversations'] as unknown[]).entries()) {
    const here = `${where}.conversations.${i}`;
    if (!isObject(turn)) {
      noted(here, errorOf('odd.no-turn'));
      continue;
    }
    const words = contentText(turn['value'] ?? turn['content'] ?? turn['text'], `${here}.value`, noted);
    if (words === '') continue;
    const { role, mark } = speakerOf(turn['from'] ?? turn['role'], `${here}.from`, noted);
    // its tools have names here: which kind of turn it is matters to whoever trains on it
    add(role, (mark === '*[Tool]*\n\n' ? '*[Tool: tool]*\n\n' : mark) + words, String(i));
  }
  if (value['tools'] !== undefined && value['tools'] !== null && value['tools'] !== '' && messages[0])
    messages[0].text += `\n\n${note('Not text: tools', value['tools'])}`;
  return {
    id: textField(value, 'id'),
    title: textField(value, 'title', 'name'),
    createdAt: timeOf(value['created_at'] ?? value['create_time'] ?? value['timestamp']),
    updatedAt: timeOf(value['updated_at'] ?? value['update_time']),
    messages,
    current: null,
  };
}

export const sharegpt = jsonReader({
  id: 'sharegpt',
  name: 'ShareGPT',
  is: (value) => isObject(value) && Array.isArray(value['conversations']),
  read,
});

export const sharegptWriter: Writer = {
  extension: 'sharegpt.json',
  mimeType: 'application/json',
  write: writeShareGpt,
};
