/**
 * LM Studio's conversation files, `<number>.conversation.json`: one `{name, createdAt, systemPrompt, messages}` each. A message has
 * several versions, of which one is selected; what follows stands below the selected one.
 */
import { errorOf } from '../../contract/result.ts';
import { BadPart, fieldOf, isObject, textField, type Incoming, type IncomingMessage, type Note } from '../incoming.ts';
import { joined, note, thinking } from '../notes.ts';
import { timeOf } from '../time.ts';
import { jsonReader } from './format.ts';
import { contentText, speakerOf } from './parts.ts';

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function stepText(step: unknown, where: string, noted: Note): string {
  const type = fieldOf(step, 'type');
  if (type === 'contentBlock') {
    const text = contentText(fieldOf(step, 'content'), `${where}.content`, noted);
    return fieldOf(fieldOf(step, 'style'), 'type') === 'thinking' ? thinking(text) : text;
  }
  // how a step was run, not what was said
  if (type === 'debugInfoBlock' || type === 'toolStatus') return '';
  return note(`Not text: ${typeof type === 'string' ? type : 'step'}`, step);
}
const versionText = (version: Record<string, unknown>, where: string, noted: Note): string =>
  Array.isArray(version['steps'])
    ? joined(version['steps'].map((step, i) => stepText(step, `${where}.steps.${i}`, noted)))
    : contentText(version['content'], `${where}.content`, noted);

/** @throws BadPart where it has no list of messages */
function read(value: unknown, where: string, noted: Note): Incoming {
  const list = fieldOf(value, 'messages');
  if (!Array.isArray(list)) throw new BadPart(where, errorOf('bad.no-list'));
  const messages: IncomingMessage[] = [];
  let above: number | null = null;
  for (const [i, message] of (list as unknown[]).entries()) {
    const here = `${where}.messages.${i}`;
    const selected = fieldOf(message, 'currentlySelected');
    let first: number | null = null;
    let chosen: number | null = null;
    const versions = listOf(fieldOf(message, 'versions'));
    if (versions.length === 0) noted(here, errorOf('odd.no-versions'));
    for (const [n, version] of versions.entries()) {
      const at = `${here}.versions.${n}`;
      if (!isObject(version)) {
        noted(at, errorOf('odd.no-message'));
        continue;
      }
      const text = versionText(version, at, noted);
      if (text === '') continue;
      const { role, mark } = speakerOf(version['role'], `${at}.role`, noted);
      messages.push({
        id: `${i}.${n}`,
        parent: above,
        role,
        text: mark + text,
        createdAt: null,
        model:
          textField(fieldOf(version, 'senderInfo'), 'senderName') ??
          textField(fieldOf(value, 'lastUsedModel'), 'identifier', 'name'),
      });
      first ??= messages.length - 1;
      if (n === selected) chosen = messages.length - 1;
    }
    above = chosen ?? first ?? above;
  }
  const createdAt = timeOf(fieldOf(value, 'createdAt'));
  const instructions = textField(value, 'systemPrompt');
  return {
    id: createdAt === null ? null : String(createdAt),
    title: textField(value, 'name'),
    createdAt,
    updatedAt: timeOf(fieldOf(value, 'assistantLastMessagedAt')) ?? timeOf(fieldOf(value, 'userLastMessagedAt')),
    messages,
    current: above,
    ...(instructions === null ? {} : { instructions }),
  };
}

export const lmstudio = jsonReader({
  id: 'lmstudio',
  name: 'LM Studio',
  is: (value) =>
    isObject(value) &&
    Array.isArray(value['messages']) &&
    value['messages'].some((message) => Array.isArray(fieldOf(message, 'versions'))),
  read,
});
