/** Jan's folder of threads: for each a `thread.json` and the lines of its `messages.jsonl`. In an archive the two are read together. */
import { errorOf } from '../../contract/result.ts';
import { BadPart, fieldOf, isObject, textField, type Incoming, type IncomingMessage, type Note } from '../incoming.ts';
import { joined, media } from '../notes.ts';
import { timeOf } from '../time.ts';
import { jsonReader, type Item } from './format.ts';
import { gather } from './gather.ts';
import { contentText, speakerOf, thoughtOf } from './parts.ts';

const isThread = (value: unknown): value is Record<string, unknown> =>
  isObject(value) &&
  (value['object'] === 'thread' ||
    (Array.isArray(value['assistants']) && typeof value['id'] === 'string' && 'title' in value));
const isMessage = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && value['object'] === 'thread.message';

/** Threads with their messages; messages whose thread is not in the file make one of their own. */
const threadsOf = (items: readonly Item[]): Item[] =>
  gather(items, 'thread', (value, where) => {
    if (isThread(value)) return { id: textField(value, 'id') ?? where, head: value };
    return isMessage(value) ? { of: textField(value, 'thread_id') ?? '', message: value } : null;
  });

/** @throws BadPart where it is no thread */
function read(value: unknown, where: string, noted: Note): Incoming {
  const thread = fieldOf(value, 'thread');
  const list = fieldOf(value, 'messages');
  const lines = fieldOf(value, 'lines');
  if (!isObject(thread) || !Array.isArray(list)) throw new BadPart(where, errorOf('bad.no-thread'));
  const assistants = thread['assistants'];
  const assistant: unknown = Array.isArray(assistants) ? assistants[0] : undefined;
  const model = textField(fieldOf(assistant, 'model'), 'id') ?? textField(thread['model'], 'id');
  const messages: IncomingMessage[] = [];
  for (const [i, message] of (list as unknown[]).entries()) {
    const here = Array.isArray(lines) ? String(lines[i]) : where;
    const attachments = fieldOf(message, 'attachments');
    const text = joined([
      thoughtOf(fieldOf(message, 'metadata')),
      contentText(fieldOf(message, 'content'), `${here}.content`, noted),
      ...(Array.isArray(attachments)
        ? attachments.map((each) => media('File', textField(each, 'name', 'file_id') ?? undefined))
        : []),
    ]);
    if (text === '') continue;
    const { role, mark } = speakerOf(fieldOf(message, 'role'), `${here}.role`, noted);
    const status = fieldOf(message, 'status');
    messages.push({
      id: textField(message, 'id') ?? String(i),
      parent: messages.length === 0 ? null : messages.length - 1,
      role,
      text: mark + text,
      createdAt: timeOf(fieldOf(message, 'created_at')),
      model,
      ...(role === 'assistant' && (status === 'stopped' || status === 'error')
        ? { status: status === 'error' ? 'failed' : 'stopped' }
        : {}),
    });
  }
  const instructions = textField(assistant, 'instructions');
  return {
    id: textField(thread, 'id'),
    title: textField(thread, 'title'),
    createdAt: timeOf(thread['created']),
    updatedAt: timeOf(thread['updated']),
    messages,
    current: null,
    ...(instructions === null ? {} : { instructions }),
  };
}

const folderOf = (name: string): string => name.slice(0, Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
const baseOf = (name: string): string => name.slice(folderOf(name).length);

export const jan = jsonReader({
  id: 'jan',
  name: 'Jan',
  is: (value) => isThread(value) || isMessage(value),
  gather: threadsOf,
  read,
  group(names) {
    const messages = new Map(
      names.filter((name) => baseOf(name) === 'messages.jsonl').map((name) => [folderOf(name), name]),
    );
    return names
      .filter((name) => baseOf(name) === 'thread.json')
      .map((name) => [name, ...(messages.has(folderOf(name)) ? [`${folderOf(name)}messages.jsonl`] : [])]);
  },
});
