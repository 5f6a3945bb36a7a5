/** Files of every format that is imported, with something wrong in them, through the channels that a client uses. */
import fc from 'fast-check';
import type { ArchivedConversation } from '../../core/contract/transfer.ts';
import type { ChannelName, Request, Response } from '../../core/contract/index.ts';
import type { Result } from '../../core/contract/result.ts';
import { writeExport } from '../../core/transfer/index.ts';
import { integer, text } from '../../core/store/db/driver.ts';
import { makeConversations } from '../bench/store/make.ts';
import { Random } from '../evaluate/random.ts';
import { branched, claudeChat, llamaBranched, llamaLines, zipOf } from '../unit/transfer/make.ts';
import { hostileText, spoil } from './arbitraries.ts';
import type { Finding } from './requests.ts';
import { disorder, makeWorld, type World } from './world.ts';

export interface ImportsOutcome {
  inputs: number;
  /** Files of which something could be imported, by format. */
  read: Record<string, number>;
  conversations: number;
  slowest: { format: string; ms: number };
  findings: Finding[];
}
const BOUND_MS = 20_000;
const LIFE = 400;

interface Seedling {
  name: string;
  /** A value that is written as JSON, or a text. */
  value: unknown;
  /** One JSON value a line. */
  lines?: boolean;
  zip?: boolean;
}
function seedlings(): Seedling[] {
  const some: ArchivedConversation[] = [...makeConversations({ conversations: 5, messages: 60, longest: 12 }, 9)]
    .map((c) => ({ ...c, messages: c.messages.slice(0, 12) }))
    .map((c) => {
      const kept = new Set(c.messages.map(({ id }) => id));
      return {
        ...c,
        currentMessageId:
          c.currentMessageId !== null && kept.has(c.currentMessageId)
            ? c.currentMessageId
            : (c.messages.at(-1)?.id ?? null),
        messages: c.messages.map((m) => ({
          ...m,
          shownChildId: m.shownChildId !== null && kept.has(m.shownChildId) ? m.shownChildId : null,
        })),
      };
    });
  const written = (format: Parameters<typeof writeExport>[0]): string =>
    [...writeExport(format, some, { exportedAt: 1, frames: true })].join('');
  const lines = (of: string): unknown[] =>
    of
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
  return [
    { name: 'own.json', value: JSON.parse(written('json')) },
    { name: 'chats.md', value: written('markdown') },
    { name: 'openai.jsonl', value: lines(written('openai')), lines: true },
    { name: 'sharegpt.json', value: JSON.parse(written('sharegpt')) },
    { name: 'conversations.json', value: [branched(), branched({ title: 'Another' })] },
    { name: 'export.zip', value: [branched()], zip: true },
    { name: 'llama.json', value: [llamaBranched(), llamaBranched()] },
    { name: 'llama.jsonl', value: llamaLines(), lines: true },
    { name: 'claude.json', value: [claudeChat()] },
    {
      name: 'transcript.md',
      value:
        '# Plates\n\n## User\n\nWhat is a burr?\n\n## Assistant\n\nA raised edge.\n\n## User\n\nAnd a rocker?\n\n## Assistant\n\nA tool.\n',
    },
  ];
}

/** A file's bytes: the value spoiled as a value, or the written text or bytes spoiled, or both, or neither. */
function fileOf({ value, lines = false, zip = false }: Seedling, random: Random, strange: () => unknown): Buffer {
  const kind = random.next();
  const spoiled = typeof value === 'string' || kind < 0.1 ? value : spoil(value, random, strange);
  let words =
    typeof spoiled === 'string'
      ? spoiled
      : lines && Array.isArray(spoiled)
        ? spoiled.map((line) => JSON.stringify(line)).join('\n')
        : (JSON.stringify(spoiled) ?? 'null');
  if (typeof value === 'string' || kind > 0.75) {
    for (let n = random.between(1, 4); n > 0; n--) {
      const [at, to] = [random.between(0, words.length), random.between(0, words.length)].sort((a, b) => a - b) as [
        number,
        number,
      ];
      words = random
        .pick([
          () => words.slice(0, at),
          () => words.slice(0, at) + words.slice(to),
          () => words.slice(0, to) + words.slice(at),
          () => `${words.slice(0, at)}${JSON.stringify(strange()) ?? ''}${words.slice(at)}`,
        ])()
        .slice(0, 400_000);
    }
  }
  let bytes: Buffer = zip
    ? zipOf([
        {
          name: random.pick(['conversations.json', '../conversations.json', 'a/conversations-000.json']),
          data: words,
          stored: random.next() < 0.3,
          ...(random.next() < 0.2
            ? {
                says: {
                  [random.pick(['size', 'packed', 'crc', 'method', 'flags', 'local'])]: random.between(0, 65_535),
                },
              }
            : {}),
        },
      ])
    : Buffer.from(words);
  if (kind > 0.92 || (zip && random.next() < 0.3)) {
    bytes = Buffer.from(bytes);
    for (let n = random.between(1, 12); n > 0 && bytes.length > 0; n--)
      bytes[random.between(0, bytes.length - 1)] = random.between(0, 255);
    if (random.next() < 0.3) bytes = bytes.subarray(0, random.between(0, bytes.length));
  }
  return bytes;
}

export async function fuzzImports({
  seed,
  count,
  say = () => {},
}: {
  seed: number;
  count: number;
  say?: (line: string) => void;
}): Promise<ImportsOutcome> {
  const random = new Random(seed ^ 0x51f15e);
  const files = seedlings();
  let draw = 0;
  const strangeValue = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    hostileText,
    fc.constantFrom(null, -1, 1e308, '9999-99-99', 'assistant', 'system', [], {}),
  );
  const strange = (): unknown => fc.sample(strangeValue, { seed: (seed + draw++) | 0, numRuns: 1 })[0];
  const outcome: ImportsOutcome = {
    inputs: 0,
    read: {},
    conversations: 0,
    slowest: { format: '', ms: 0 },
    findings: [],
  };

  /** Everything that was there before an import: it must be there afterwards, as it was. */
  const print = (world: World, ids: readonly string[] | null): Map<string, string> =>
    new Map(
      world.db
        .prepare(
          `SELECT c.id, c.title || '|' || c.updated_at || '|' || coalesce(c.current_message_id, '') || '|' || (SELECT count(*) || ',' || coalesce(sum(length(text)), 0) || ',' || coalesce(sum(number), 0) FROM messages m WHERE m.conversation_id = c.id) AS print FROM conversations c`,
        )
        .all()
        .map((row): [string, string] => [text(row, 'id'), text(row, 'print')])
        .filter(([id]) => ids === null || ids.includes(id)),
    );

  const messagesOf = (world: World, id: string): string[] =>
    world.db
      .prepare(
        "SELECT id || '|' || role || '|' || text || '|' || coalesce(parent_id, '') || '|' || created_at AS row FROM messages WHERE conversation_id = ?",
      )
      .all(id)
      .map((row) => text(row, 'row'));

  async function one(world: World): Promise<void> {
    const number = outcome.inputs++;
    const seedling = random.pick(files);
    const bytes = fileOf(seedling, random, strange);
    const finding = (what: string): void =>
      void outcome.findings.push({
        what,
        channel: seedling.name,
        payload: bytes.toString('base64').slice(0, 4000),
        seed,
        number,
      });
    const ask = async <N extends ChannelName>(name: N, request: Request<N>): Promise<Response<N> | null> => {
      const answer = (await world.dispatch(name, request)) as Result<Response<N>>;
      for (const { channel, thrown } of world.unforeseen.splice(0))
        finding(
          `unforeseen in ${channel}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message).slice(0, 600) : String(thrown)}`,
        );
      return answer.ok ? answer.value : null;
    };
    const began = performance.now();
    const before = print(world, null);
    const messagesBefore = new Map([...before.keys()].map((id) => [id, messagesOf(world, id)]));
    const version = world.version();
    const begun = await ask('import.begin', { files: [{ name: seedling.name, size: bytes.length }] });
    if (!begun) return finding('an import could not even begin');
    const { importId } = begun;
    for (let now: Response<'import.add'> | null = begun; now?.wanted;) {
      const { file, at, length }: { file: number; at: number; length: number } = now.wanted;
      now = await ask('import.add', { importId, file, at, data: bytes.subarray(at, at + length).toString('base64') });
    }
    const plan = await ask('import.plan', { importId });
    if (world.version() !== version) {
      // the search index may have read what the import before brought: a plan that writes does so again
      await new Promise((resolve) => setTimeout(resolve, 50));
      const again = world.version();
      await ask('import.plan', { importId });
      if (world.version() !== again) finding('a plan changed the database');
    }
    if (plan) {
      await ask('import.items', { importId, from: 0 });
      const run = await ask('import.run', { importId });
      const after = print(world, null);
      const changed = [...before].filter(([id, was]) => after.get(id) !== was).map(([id]) => id);
      if (run && changed.length > run.updated)
        finding(`${run.updated} were updated, it says; ${changed.length} have changed: ${changed[0]}`);
      // what is added to a conversation leaves what was there as it was
      for (const id of changed) {
        const now = new Set(messagesOf(world, id));
        if (!messagesBefore.get(id)?.every((row) => now.has(row)))
          finding(`a message that was there has changed: ${id}`);
      }
      const fresh = after.size - before.size;
      if (run && run.imported !== fresh) finding(`${run.imported} imported, it says; ${fresh} are new`);
      if (!run && fresh !== 0) finding('the import was refused, but something is new');
      const empty = world.db
        .prepare(
          'SELECT count(*) AS n FROM conversations c WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id)',
        )
        .get();
      if (empty && integer(empty, 'n') > 0) finding('a conversation was imported without its messages');
      outcome.conversations += fresh;
      if (fresh > 0) outcome.read[seedling.name] = (outcome.read[seedling.name] ?? 0) + 1;
      // what came in can be opened and written out again
      for (const id of [...after.keys()].filter((id) => !before.has(id)).slice(0, 2))
        if ((await ask('conversations.get', { id })) === null) finding(`what was imported cannot be opened: ${id}`);
    }
    await ask('import.cancel', { importId });
    const ms = performance.now() - began;
    if (ms > outcome.slowest.ms) outcome.slowest = { format: seedling.name, ms: Math.round(ms) };
    if (ms > BOUND_MS) finding(`took ${Math.round(ms)} ms`);
  }

  let world: World | null = null;
  for (let i = 0; i < count && outcome.findings.length < 20; i++) {
    if (i % LIFE === 0) {
      await world?.close();
      world = await makeWorld(seed + i);
      if (i > 0) say(`${i} of ${count} files`);
    }
    if (!world) break;
    await one(world);
    if (i % 200 === 199 || i === count - 1)
      for (const what of disorder(world))
        outcome.findings.push({ what, channel: 'import', payload: '', seed, number: i });
  }
  await world?.close();
  return outcome;
}
