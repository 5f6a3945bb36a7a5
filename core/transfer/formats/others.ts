/** Files that can be recognised but are not read: each is refused by its name, with what to do. One row each; the first that fits is taken. */
import { fieldOf, isObject } from '../incoming.ts';
import type { Opened } from './format.ts';

export interface Refusal {
  /** What the file is: “a Grok export”. */
  what: string;
  /** What to do with it. */
  action: string;
}
interface Other extends Refusal {
  is: (value: unknown) => boolean;
}

const COPY =
  'Copy the conversations you need into a Markdown file with a heading for each speaker, or ask that app for OpenAI, ShareGPT or Markdown files.';
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const has = (value: unknown, ...names: string[]): boolean =>
  isObject(value) && names.every((name) => Object.hasOwn(value, name));
const keyed = (value: unknown, pattern: RegExp): boolean =>
  isObject(value) && Object.keys(value).some((key) => pattern.test(key));

/** By a value of a JSON file. */
const values: readonly Other[] = [
  {
    what: 'an export of Grok',
    action: COPY,
    is: (value) => listOf(fieldOf(value, 'conversations')).some((each) => has(each, 'conversation', 'responses')),
  },
  {
    what: 'an export of Le Chat',
    action: COPY,
    is: (value) => has(value, 'chatId') && (has(value, 'contentChunks') || has(value, 'parentVersion')),
  },
  {
    what: 'a backup of Cherry Studio',
    action: 'Export the conversations from Cherry Studio as Markdown and import those files.',
    is: (value) => has(value, 'localStorage', 'indexedDB') || keyed(fieldOf(value, 'localStorage'), /cherry-studio/),
  },
  {
    what: 'a backup of Chatbox',
    action: 'Export each conversation from Chatbox as Markdown and import those files.',
    is: (value) =>
      has(value, 'chat-sessions-list') || has(value, '__exported_items') || keyed(value, /^session:[\w-]+$/),
  },
  {
    what: 'a backup of NextChat',
    action: 'Share each conversation from NextChat as Markdown and import those files.',
    is: (value) => has(value, 'chat-next-web-store'),
  },
  {
    what: 'an export of LobeChat',
    action: 'Share each conversation from LobeChat as Markdown and import those files.',
    is: (value) =>
      has(value, 'exportType', 'state') || (has(value, 'data', 'mode') && has(fieldOf(value, 'data'), 'topics')),
  },
  {
    what: 'an export of TypingMind',
    action: 'Export each chat from TypingMind as Markdown and import those files.',
    is: (value) =>
      has(value, 'chatID', 'messages') ||
      listOf(fieldOf(fieldOf(value, 'data'), 'chats')).some((each) => has(each, 'chatID')) ||
      (has(fieldOf(value, 'data'), 'chats') && has(fieldOf(value, 'data'), 'userPrompts')),
  },
  {
    what: 'an export of big-AGI',
    action: 'Export each chat from big-AGI as Markdown and import those files.',
    is: (value) =>
      has(value, 'systemPurposeId', 'messages') ||
      listOf(fieldOf(value, 'conversations')).some((each) => has(each, 'systemPurposeId')) ||
      listOf(fieldOf(value, 'conversations')).some((each) =>
        listOf(fieldOf(each, 'messages')).some((message) => has(message, 'fragments')),
      ),
  },
  {
    what: 'a chat of SillyTavern',
    action: COPY,
    is: (value) => has(value, 'user_name', 'character_name') || (has(value, 'mes') && has(value, 'is_user')),
  },
  {
    what: 'a history of text-generation-webui',
    action: COPY,
    is: (value) => Array.isArray(fieldOf(value, 'internal')) && Array.isArray(fieldOf(value, 'visible')),
  },
  { what: 'a story of KoboldAI', action: COPY, is: (value) => has(value, 'gamestarted', 'actions') },
  {
    what: 'an export of HuggingChat',
    action: COPY,
    is: (value) =>
      has(value, 'sessionId', 'messages') && listOf(fieldOf(value, 'messages')).some((message) => has(message, 'from')),
  },
  {
    what: 'an export of Poe',
    action: COPY,
    is: (value) => has(value, 'botName', 'messages') || has(value, 'chatCode'),
  },
  { what: 'a chat of Msty', action: COPY, is: (value) => has(value, 'chatSessions') || has(value, 'chat_sessions') },
  {
    what: 'activity of another Google product',
    action: 'In Google’s Takeout choose My Activity, and in it Gemini Apps alone, as JSON.',
    is: (value) =>
      has(value, 'header', 'title', 'time', 'products') &&
      !/gemini|bard/i.test(JSON.stringify([fieldOf(value, 'header'), fieldOf(value, 'products')])),
  },
  { what: 'Google AI Studio’s record of a prompt', action: COPY, is: (value) => has(value, 'chunkedPrompt') },
  { what: 'a session of Claude Code', action: COPY, is: (value) => has(value, 'sessionId', 'uuid', 'parentUuid') },
  {
    what: 'Mezzotint’s list of presets',
    action: 'Import it under Presets in the settings.',
    is: (value) => fieldOf(value, 'format') === 'mezzotint-presets',
  },
  {
    what: 'the record of one of Mezzotint’s replies',
    action: 'It is for programs to read. A conversation comes back from Mezzotint JSON.',
    is: (value) => fieldOf(value, 'format') === 'mezzotint-trace',
  },
];

/** By the first characters of a text. */
const texts: ReadonlyArray<Refusal & { begins: RegExp }> = [
  {
    what: 'Gemini’s activity as a web page',
    action: 'Order it from Google’s Takeout once more, with JSON as the format of My Activity.',
    begins: /^\s*<[^]*My ?Activity/i,
  },
  {
    what: 'ChatGPT’s chat.html',
    action: 'Choose the conversations.json beside it, or the zip that both came in.',
    begins: /^\s*<[^]*(ChatGPT Data Export|assetsJson|jsonData)/i,
  },
  {
    what: 'a web page',
    action: 'Choose the JSON or Markdown that the app exports.',
    begins: /^\s*<(!doctype html|html|head|body)\b/i,
  },
  {
    what: 'Microsoft Copilot’s history',
    action: COPY,
    begins: /^\uFEFF?"?Conversation"?,"?Time"?,"?Author"?,"?Message"?/i,
  },
  {
    what: 'Mezzotint’s CSV, which is for spreadsheets and leaves things out',
    action: 'Export the conversations as Mezzotint JSON and import that.',
    begins: /^\uFEFF?"?conversation_id"?,"?conversation_title"?/,
  },
];

/** By the first bytes of a file. */
const bytes: ReadonlyArray<Refusal & { at?: number; magic: readonly number[] | string }> = [
  {
    what: 'a database (SQLite)',
    action:
      'Export the conversations from the app that it belongs to. A backup of Mezzotint is opened under Your data in the settings.',
    magic: 'SQLite format 3\0',
  },
  { what: 'a chat of GPT4All', action: COPY, magic: [0xf5, 0xd5, 0x53, 0xcc] },
  { what: 'a gzip archive', action: 'Unpack it and import the files in it.', magic: [0x1f, 0x8b] },
  {
    what: 'a 7-Zip archive',
    action: 'Unpack it and import the files in it.',
    magic: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c],
  },
  { what: 'a RAR archive', action: 'Unpack it and import the files in it.', magic: 'Rar!' },
  { what: 'an xz archive', action: 'Unpack it and import the files in it.', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { what: 'a Zstandard archive', action: 'Unpack it and import the files in it.', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { what: 'a tar archive', action: 'Unpack it and import the files in it.', magic: 'ustar', at: 257 },
  { what: 'a PDF', action: 'Choose the JSON or Markdown that the app exports.', magic: '%PDF' },
  { what: 'a model (GGUF)', action: 'Models are imported with npm run import.', magic: 'GGUF' },
  { what: 'a picture', action: 'Choose the file of conversations.', magic: [0x89, 0x50, 0x4e, 0x47] },
  { what: 'a picture', action: 'Choose the file of conversations.', magic: [0xff, 0xd8, 0xff] },
];

const pick = (refusal: Refusal | undefined): Refusal | null =>
  refusal ? { what: refusal.what, action: refusal.action } : null;

/** @param head the first bytes of a file, 512 where it has so many */
export const refusedByBytes = (head: Uint8Array): Refusal | null =>
  pick(
    bytes.find(({ magic, at = 0 }) =>
      [...magic].every((sign, i) => head[at + i] === (typeof sign === 'string' ? sign.charCodeAt(0) : sign)),
    ),
  );
export const refusedByText = ({ text, items }: Opened): Refusal | null =>
  pick(
    items?.length
      ? values.find(({ is }) => items.some(({ value }) => is(value)))
      : texts.find(({ begins }) => begins.test(text.slice(0, 4000))),
  );
