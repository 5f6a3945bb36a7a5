/** OpenAI's message lists: one JSON object a line, `{"messages":[{"role","content"}, …]}`, a conversation each. */
import { errorOf } from '../../contract/result.ts';
import type { ArchivedConversation } from '../../contract/transfer.ts';
import { BadPart, isObject, textField, type Incoming, type IncomingMessage, type Note } from '../incoming.ts';
import { joined, media, note } from '../notes.ts';
import { timeOf } from '../time.ts';
import { shownBranch } from '../tree.ts';
import { jsonReader, type Writer } from './format.ts';
import { contentText, speakerOf, thoughtOf } from './parts.ts';

/** The branch shown of each conversation. Replies with nothing in them are left out, and conversations with no message. */
export function* writeOpenAi(conversations: Iterable<ArchivedConversation>): Generator<string> {
  for (const conversation of conversations) {
    const messages = shownBranch(conversation)
      .filter(({ text }) => text !== '')
      .map(({ role, text }) => ({ role, content: text }));
    if (messages.length > 0) yield `${JSON.stringify({ messages })}\n`;
  }
}

const first = (value: Record<string, unknown>, names: readonly string[]): number | null => {
  for (const name of names) {
    const at = timeOf(value[name]);
    if (at !== null) return at;
  }
  return null;
};
const CREATED = ['created_at', 'createdAt', 'create_time', 'created', 'timestamp', 'date', 'time'];
const UPDATED = ['updated_at', 'updatedAt', 'update_time', 'updated', 'lastModified'];

function messageOf(
  message: unknown,
  model: string | null,
  where: string,
  noted: Note,
): Omit<IncomingMessage, 'parent'> | null {
  if (!isObject(message)) {
    noted(where, errorOf('odd.no-message'));
    return null;
  }
  const words = joined([
    thoughtOf(message),
    contentText(message['content'] ?? message['text'], `${where}.content`, noted),
    textField(message, 'refusal') ?? '',
    ...(['tool_calls', 'function_call'] as const).map((extra) =>
      (message[extra] ?? null) === null || (Array.isArray(message[extra]) && message[extra].length === 0)
        ? ''
        : note(`Not text: ${extra}`, message[extra]),
    ),
    isObject(message['audio']) ? joined([media('Sound'), textField(message['audio'], 'transcript') ?? '']) : '',
  ]);
  if (words === '') return null;
  const { role, mark } = speakerOf(message['role'] ?? message['sender'], `${where}.role`, noted);
  const id = textField(message, 'id');
  return {
    role,
    text: mark + words,
    createdAt: first(message, CREATED),
    model: textField(message, 'model', 'model_name') ?? model,
    ...(id === null ? {} : { id }),
  };
}

/** @throws BadPart where it has no list of messages */
export function readOpenAi(value: unknown, where: string, noted: Note): Incoming {
  if (!isObject(value) || !Array.isArray(value['messages'])) throw new BadPart(where, errorOf('bad.no-list'));
  const model = textField(value, 'model', 'model_name');
  const messages: IncomingMessage[] = [];
  for (const [i, message] of (value['messages'] as unknown[]).entries()) {
    const made = messageOf(message, model, `${where}.messages.${i}`, noted);
    if (made)
      messages.push({ ...made, id: made.id ?? String(i), parent: messages.length === 0 ? null : messages.length - 1 });
  }
  return {
    id: textField(value, 'conversation_id', 'conversationId', 'id'),
    title: textField(value, 'title', 'name', 'conversation_title'),
    createdAt: first(value, CREATED),
    updatedAt: first(value, UPDATED),
    messages,
    current: null,
    ...(textField(value, 'system', 'system_prompt') === null
      ? {}
      : { instructions: textField(value, 'system', 'system_prompt') ?? '' }),
  };
}

export const openai = jsonReader({
  id: 'openai',
  name: 'OpenAI messages',
  is: (value) => isObject(value) && Array.isArray(value['messages']),
  read: readOpenAi,
});

export const openaiWriter: Writer = { extension: 'jsonl', mimeType: 'application/jsonl', write: writeOpenAi };
