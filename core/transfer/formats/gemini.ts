/**
 * Gemini in Google's Takeout: MyActivity.json, a list of activities. Each is a prompt with its answer as HTML; which of them belong
 * to one chat is not in the file, so each becomes a conversation.
 */
import { errorOf } from '../../contract/result.ts';
import { BadPart, isObject, textField, type Incoming, type IncomingMessage, type Note } from '../incoming.ts';
import { joined, media } from '../notes.ts';
import { timeOf } from '../time.ts';
import { jsonReader } from './format.ts';
import { markdownOf } from './html-in.ts';

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const isGemini = (value: unknown): boolean =>
  isObject(value) &&
  typeof value['title'] === 'string' &&
  'time' in value &&
  [value['header'], ...listOf(value['products'])].some(
    (name) => typeof name === 'string' && /gemini|\bbard\b/i.test(name),
  );

/** What stands before the prompt, in the account's language. */
const PROMPTED =
  /^(?:Prompted|Said|Asked|Eingegebener Prompt:|Requête envoyée\s*:|Prompt inviato:|Petición enviada:|Comando enviado:|已提交提示|提示词?[：:])\s*/i;

/** @throws BadPart where it is no prompt */
function read(value: unknown, where: string, noted: Note): Incoming {
  const title = textField(value, 'title');
  if (title === null || !isObject(value)) throw new BadPart(where, errorOf('bad.no-prompt'));
  const answers = listOf(value['safeHtmlItem'])
    .map((item) => textField(item, 'html') ?? '')
    .filter((html) => html !== '');
  if (answers.length === 0 && !PROMPTED.test(title)) throw new BadPart(where, errorOf('bad.no-activity'));
  const createdAt = timeOf(value['time']);
  const files = [
    ...listOf(value['attachedFiles']),
    ...(typeof value['imageFile'] === 'string' ? [value['imageFile']] : []),
  ].filter((name) => typeof name === 'string');
  const messages: IncomingMessage[] = [
    {
      id: 'prompt',
      parent: null,
      role: 'user',
      text: joined([title.replace(PROMPTED, ''), ...files.map((name) => media('File', name))]),
      createdAt,
    },
  ];
  if (answers.length > 0)
    messages.push({
      id: 'answer',
      parent: 0,
      role: 'assistant',
      text: joined(
        answers.map((html) => markdownOf(html, () => noted(`${where}.safeHtmlItem`, errorOf('odd.answer-too-long')))),
      ),
      createdAt,
    });
  return { id: null, title: null, createdAt, updatedAt: createdAt, messages, current: null };
}

export const gemini = jsonReader({
  id: 'gemini',
  name: 'Gemini (Google Takeout)',
  is: isGemini,
  read,
  group: (names) => names.filter((name) => /(^|[/\\])MyActivity\.json$/i.test(name)).map((name) => [name]),
});
