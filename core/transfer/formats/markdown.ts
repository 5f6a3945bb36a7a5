/**
 * Markdown for reading: the branch shown of each conversation. Replies are Markdown already and stand as they are; lines of a
 * message that could be taken for the transcript's own get a backslash before them, so that it can be read back.
 */
import type { Role } from '../../contract/engine.ts';
import type { ArchivedConversation } from '../../contract/transfer.ts';
import { type Incoming, type IncomingMessage } from '../incoming.ts';
import { CLOSED, closed, reopened } from './close.ts';
import { shownBranch } from '../tree.ts';
import { minute, modelOf, oneLine, speakers } from '../words.ts';
import { partOf, type Reader, type Writer } from './format.ts';

/** With the characters that Markdown or HTML would read escaped. */
const escaped = (text: string): string => oneLine(text).replace(/[\\`*_[\]<>#|~&]/g, '\\$&');
const unescaped = (text: string): string => text.replace(/\\([\\`*_[\]<>#|~&])/g, '$1');

const UNTITLED = 'Conversation';
const DATE = String.raw`\*(\d{4}-\d\d-\d\d \d\d:\d\d) UTC\*`;
const SPEAKER = String.raw`## (You|Reply|Instructions)(?: \((.*)\))?`;
const ENDED = String.raw`\*\((stopped|interrupted|failed)\)\*`;
/** A line that is the transcript's own, after any number of backslashes. */
const OWN_LINE = new RegExp(String.raw`^(\\*)(?:${DATE}|${SPEAKER}|${ENDED}|${CLOSED})[ \t]*$`);
const dateLine = new RegExp(`^${DATE}[ \\t]*$`);
const speakerLine = new RegExp(`^${SPEAKER}[ \\t]*$`);
const endedLine = new RegExp(`^${ENDED}[ \\t]*$`);

const guarded = (text: string): string =>
  text
    .split('\n')
    .map((line) => (OWN_LINE.test(line) ? `\\${line}` : line))
    .join('\n');

export function* writeMarkdown(conversations: Iterable<ArchivedConversation>): Generator<string> {
  let between = '';
  for (const conversation of conversations) {
    yield `${between}# ${escaped(conversation.title) || UNTITLED}\n\n*${minute(conversation.createdAt)} UTC*\n`;
    for (const message of shownBranch(conversation)) {
      const { role, text, status } = message;
      const model = modelOf(message);
      const ended = status === 'complete' ? '' : `\n\n*(${status})*`;
      yield `\n## ${speakers[role]}${model === undefined ? '' : ` (${escaped(model)})`}\n\n${closed(guarded(text.trimEnd()))}${ended}\n`;
    }
    between = '\n---\n\n';
  }
}

const roles: ReadonlyMap<string, Role> = new Map([
  ['You', 'user'],
  ['Reply', 'assistant'],
  ['Instructions', 'system'],
]);

/** Whether a text begins as `writeMarkdown` begins it. */
const isOurs = (text: string): boolean =>
  new RegExp(String.raw`^\s*# .+\r?\n\r?\n${DATE}[ \t]*(\r?\n|$)`).test(text.slice(0, 4000));

/** Places of the lines with which conversations begin: a title, an empty line, a date. */
const isTitle = (lines: readonly string[], at: number): boolean =>
  (lines[at] ?? '').startsWith('# ') && lines[at + 1]?.trim() === '' && dateLine.test(lines[at + 2] ?? '');

function readOne(lines: readonly string[]): Incoming {
  const title = unescaped((lines[0] ?? '').slice(2).trim());
  const [, day = ''] = dateLine.exec(lines[2] ?? '') ?? [];
  const at = Date.parse(`${day.replace(' ', 'T')}:00Z`);
  const createdAt = Number.isNaN(at) || at < 0 ? null : at;
  const messages: IncomingMessage[] = [];
  let open: { role: Role; model: string | undefined; lines: string[] } | null = null;
  const close = (): void => {
    if (!open) return;
    // the end is found by its place: a copy a line less for each empty line would take the square of their number
    let end = open.lines.length;
    while (end > 0 && open.lines[end - 1]?.trim() === '') end -= 1;
    const [, ended] = endedLine.exec(open.lines[end - 1] ?? '') ?? [];
    if (ended !== undefined) end -= 1;
    // the empty line after the heading is the transcript's
    const text = reopened(open.lines.slice(1, end).join('\n').trimEnd())
      .split('\n')
      .map((line) => (OWN_LINE.test(line) ? line.slice(1) : line))
      .join('\n')
      .trimEnd();
    const status = ended === 'stopped' || ended === 'interrupted' || ended === 'failed' ? ended : 'complete';
    messages.push({
      id: String(messages.length),
      parent: messages.length === 0 ? null : messages.length - 1,
      role: open.role,
      text,
      createdAt: null,
      ...(open.model === undefined ? {} : { model: open.model }),
      ...(open.role === 'assistant' ? { status } : {}),
    });
  };
  for (const line of lines.slice(3)) {
    const [, speaker, model] = speakerLine.exec(line) ?? [];
    if (speaker !== undefined) {
      close();
      open = {
        role: roles.get(speaker) ?? 'user',
        model: model === undefined ? undefined : unescaped(model),
        lines: [],
      };
    } else open?.lines.push(line);
  }
  close();
  return { id: null, title: title === UNTITLED ? null : title, createdAt, updatedAt: null, messages, current: null };
}

/** The conversations of a transcript, with the lines on which they begin (from 1), each to be read by itself. */
function partsIn(text: string): Array<{ line: number; read: () => Incoming }> {
  const lines = text.split(/\r?\n/);
  const starts = lines.flatMap((_, at) => (isTitle(lines, at) ? [at] : []));
  return starts.map((start, n) => {
    const next = starts[n + 1];
    let end = next ?? lines.length;
    // the rule between two conversations belongs to neither
    if (next !== undefined) {
      while (end > start && lines[end - 1]?.trim() === '') end -= 1;
      if (lines[end - 1]?.trim() === '---') end -= 1;
    }
    return { line: start + 1, read: () => readOne(lines.slice(start, end)) };
  });
}

export const markdown: Reader = {
  id: 'markdown',
  name: 'Markdown',
  open: ({ text }) =>
    isOurs(text) ? partsIn(text).map(({ line, read }) => partOf('markdown', `line ${line}`, read)) : null,
};

export const markdownWriter: Writer = { extension: 'md', mimeType: 'text/markdown', write: writeMarkdown };
