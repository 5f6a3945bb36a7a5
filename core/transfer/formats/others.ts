/** Files that can be recognised but are not read: each is refused by its name, with what to do. One row each; the first that fits is taken. */
import { failure, type MezzotintError } from '../../contract/result.ts';
import { fieldOf, isObject } from '../incoming.ts';
import type { Opened } from './format.ts';

interface Other {
  /** What it is said to be. */
  error: () => MezzotintError;
  is: (value: unknown) => boolean;
}

/** A file of an app whose conversations come in another way. */
const of = (app: string) => (): MezzotintError => failure('other.app', { app });
/** A file of an app that gives its conversations as Markdown. */
const markdownOf = (app: string) => (): MezzotintError => failure('other.app-with-markdown', { app });
const archive = (kind: string) => (): MezzotintError => failure('other.archive', { kind });
const picture = (): MezzotintError => failure('other.picture');

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const has = (value: unknown, ...names: string[]): boolean =>
  isObject(value) && names.every((name) => Object.hasOwn(value, name));
const keyed = (value: unknown, pattern: RegExp): boolean =>
  isObject(value) && Object.keys(value).some((key) => pattern.test(key));

/** By a value of a JSON file. */
const values: readonly Other[] = [
  {
    error: of('Grok'),
    is: (value) => listOf(fieldOf(value, 'conversations')).some((each) => has(each, 'conversation', 'responses')),
  },
  {
    error: of('Le Chat'),
    is: (value) => has(value, 'chatId') && (has(value, 'contentChunks') || has(value, 'parentVersion')),
  },
  {
    error: markdownOf('Cherry Studio'),
    is: (value) => has(value, 'localStorage', 'indexedDB') || keyed(fieldOf(value, 'localStorage'), /cherry-studio/),
  },
  {
    error: markdownOf('Chatbox'),
    is: (value) =>
      has(value, 'chat-sessions-list') || has(value, '__exported_items') || keyed(value, /^session:[\w-]+$/),
  },
  {
    error: markdownOf('NextChat'),
    is: (value) => has(value, 'chat-next-web-store'),
  },
  {
    error: markdownOf('LobeChat'),
    is: (value) =>
      has(value, 'exportType', 'state') || (has(value, 'data', 'mode') && has(fieldOf(value, 'data'), 'topics')),
  },
  {
    error: markdownOf('TypingMind'),
    is: (value) =>
      has(value, 'chatID', 'messages') ||
      listOf(fieldOf(fieldOf(value, 'data'), 'chats')).some((each) => has(each, 'chatID')) ||
      (has(fieldOf(value, 'data'), 'chats') && has(fieldOf(value, 'data'), 'userPrompts')),
  },
  {
    error: markdownOf('big-AGI'),
    is: (value) =>
      has(value, 'systemPurposeId', 'messages') ||
      listOf(fieldOf(value, 'conversations')).some((each) => has(each, 'systemPurposeId')) ||
      listOf(fieldOf(value, 'conversations')).some((each) =>
        listOf(fieldOf(each, 'messages')).some((message) => has(message, 'fragments')),
      ),
  },
  {
    error: of('SillyTavern'),
    is: (value) => has(value, 'user_name', 'character_name') || (has(value, 'mes') && has(value, 'is_user')),
  },
  {
    error: of('text-generation-webui'),
    is: (value) => Array.isArray(fieldOf(value, 'internal')) && Array.isArray(fieldOf(value, 'visible')),
  },
  { error: of('KoboldAI'), is: (value) => has(value, 'gamestarted', 'actions') },
  {
    error: of('HuggingChat'),
    is: (value) =>
      has(value, 'sessionId', 'messages') && listOf(fieldOf(value, 'messages')).some((message) => has(message, 'from')),
  },
  {
    error: of('Poe'),
    is: (value) => has(value, 'botName', 'messages') || has(value, 'chatCode'),
  },
  { error: of('Msty'), is: (value) => has(value, 'chatSessions') || has(value, 'chat_sessions') },
  {
    error: () => failure('other.google-product'),
    is: (value) =>
      has(value, 'header', 'title', 'time', 'products') &&
      !/gemini|bard/i.test(JSON.stringify([fieldOf(value, 'header'), fieldOf(value, 'products')])),
  },
  { error: of('Google AI Studio'), is: (value) => has(value, 'chunkedPrompt') },
  { error: of('Claude Code'), is: (value) => has(value, 'sessionId', 'uuid', 'parentUuid') },
  {
    error: () => failure('other.presets'),
    is: (value) => fieldOf(value, 'format') === 'mezzotint-presets',
  },
  {
    error: () => failure('other.trace'),
    is: (value) => fieldOf(value, 'format') === 'mezzotint-trace',
  },
];

/** By the first characters of a text. */
const texts: ReadonlyArray<Pick<Other, 'error'> & { begins: RegExp }> = [
  {
    error: () => failure('other.gemini-page'),
    begins: /^\s*<[^]*My ?Activity/i,
  },
  {
    error: () => failure('other.chatgpt-page'),
    begins: /^\s*<[^]*(ChatGPT Data Export|assetsJson|jsonData)/i,
  },
  {
    error: () => failure('other.web-page'),
    begins: /^\s*<(!doctype html|html|head|body)\b/i,
  },
  {
    error: of('Microsoft Copilot'),
    begins: /^\uFEFF?"?Conversation"?,"?Time"?,"?Author"?,"?Message"?/i,
  },
  {
    error: () => failure('other.own-csv'),
    begins: /^\uFEFF?"?conversation_id"?,"?conversation_title"?/,
  },
];

/** By the first bytes of a file. */
const bytes: ReadonlyArray<Pick<Other, 'error'> & { at?: number; magic: readonly number[] | string }> = [
  {
    error: () => failure('other.sqlite'),
    magic: 'SQLite format 3\0',
  },
  { error: of('GPT4All'), magic: [0xf5, 0xd5, 0x53, 0xcc] },
  { error: archive('gzip'), magic: [0x1f, 0x8b] },
  {
    error: archive('7-Zip'),
    magic: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c],
  },
  { error: archive('RAR'), magic: 'Rar!' },
  { error: archive('xz'), magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { error: archive('Zstandard'), magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { error: archive('tar'), magic: 'ustar', at: 257 },
  { error: () => failure('other.pdf'), magic: '%PDF' },
  { error: () => failure('other.gguf'), magic: 'GGUF' },
  { error: picture, magic: [0x89, 0x50, 0x4e, 0x47] },
  { error: picture, magic: [0xff, 0xd8, 0xff] },
];

/** @param head the first bytes of a file, 512 where it has so many */
export const refusedByBytes = (head: Uint8Array): MezzotintError | null =>
  bytes
    .find(({ magic, at = 0 }) =>
      [...magic].every((sign, i) => head[at + i] === (typeof sign === 'string' ? sign.charCodeAt(0) : sign)),
    )
    ?.error() ?? null;
export const refusedByText = ({ text, items }: Opened): MezzotintError | null =>
  (items?.length
    ? values.find(({ is }) => items.some(({ value }) => is(value)))
    : texts.find(({ begins }) => begins.test(text.slice(0, 4000)))
  )?.error() ?? null;
