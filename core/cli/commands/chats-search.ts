/** `chats search`: messages and titles that have some words, as the window finds them. */
import type { SearchGroup } from '../../contract/search.ts';
import { defineCommand, UsageError, type Input } from '../command.ts';
import { dataOption, withChats, type Call } from '../data.ts';
import { count, dayOf, printable } from '../words.ts';

const options = {
  limit: { kind: 'text', value: 'N', help: 'so many conversations at most (default: 20)' },
  json: { kind: 'flag', help: 'print a line of JSON for each conversation instead' },
  data: dataOption,
} as const;

const MOST = 1000;
const USUAL = 20;
/** Conversations that one request asks for. */
const PAGE = 20;
/** Messages of a conversation that are shown. */
const SHOWN = 3;
/** Milliseconds between two looks while messages are still being read into the index. */
const INDEX_WAIT_MS = 30;

export function searchArgs({ values, positionals }: Input<typeof options>): { query: string; limit: number } {
  const query = positionals.join(' ').trim();
  if (query === '') throw new UsageError('chats search needs the words to look for.');
  const limit = values.limit === undefined ? USUAL : Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new UsageError(`--limit needs a whole number from 1 to ${MOST}, not ${JSON.stringify(values.limit)}.`);
  return { query, limit };
}

/** Every message is in the index before anything is said. */
async function find(call: Call, query: string, limit: number): Promise<SearchGroup[] | 'too short'> {
  for (;;) {
    const { unread, tooShort } = await call('search.find', { query, limit: 1, cursor: null });
    if (tooShort) return 'too short';
    if (unread === 0) break;
    await new Promise((resolve) => setTimeout(resolve, INDEX_WAIT_MS));
  }
  const found = new Map<string, SearchGroup>();
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof call<'search.find'>>> = await call('search.find', {
      query,
      limit: PAGE,
      cursor,
    });
    for (const group of page.groups) {
      const before = found.get(group.conversationId);
      // a page may give a conversation again, with further messages
      if (before)
        found.set(group.conversationId, { ...before, hits: [...before.hits, ...group.hits], more: group.more });
      else if (found.size < limit) found.set(group.conversationId, group);
    }
    cursor = page.next;
  } while (cursor !== null && found.size < limit);
  return [...found.values()];
}

/** A stretch of text with its found words marked, on one line. */
function marked(text: string, ranges: SearchGroup['titleRanges'], colour: boolean): string {
  const mark = (piece: string): string => (colour && piece !== '' ? `\x1b[1m${piece}\x1b[22m` : piece);
  const plain = (piece: string): string => piece.replace(/[\p{Cc}\p{Cf}]+/gu, ' ');
  let line = '';
  let at = 0;
  for (const [from, to] of ranges) {
    line += plain(text.slice(at, from)) + mark(plain(text.slice(from, to)));
    at = to;
  }
  return line + plain(text.slice(at));
}

export const chatsSearch = defineCommand({
  name: 'chats search',
  takes: 'WORDS …',
  summary: 'Find conversations by words of their messages or titles.',
  about: 'Titles come first, then messages with the words as they stand, then those that have all of them.',
  options,
  run(input, { stdout, stderr, terminal }) {
    const { query, limit } = searchArgs(input);
    const { json, data } = input.values;
    const say = (line: string): void => stderr.write(`${line}\n`);
    return withChats({ data, purpose: 'read', say }, async (call) => {
      const found = await find(call, query, limit);
      if (found === 'too short') throw new UsageError('chats search needs two letters at least.');
      for (const group of found) {
        if (json) {
          stdout.write(`${JSON.stringify(group)}\n`);
          continue;
        }
        const colour = terminal.stdout && terminal.colour;
        const { conversationId, title, titleRanges, updatedAt, hits, more } = group;
        stdout.write(`${conversationId}  ${dayOf(updatedAt)}  ${marked(title, titleRanges, colour)}\n`);
        for (const { role, excerpt, ranges } of hits.slice(0, SHOWN))
          stdout.write(`  ${role}: ${marked(excerpt, ranges, colour)}\n`);
        if (more || hits.length > SHOWN) stdout.write('  …\n');
      }
      if (!json)
        say(
          found.length === 0
            ? `No conversation has “${printable(query)}”.`
            : `${count(found.length, 'conversation')} found.`,
        );
      return 0;
    });
  },
});
