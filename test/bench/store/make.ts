/**
 * A data set as years of use leave it: conversations of all lengths with their branches and generations, and one very long
 * one. A pure function of seed and scale, written through the store's own door, so that whatever the store keeps beside a
 * message (indexes, counts) is there too.
 */
import { settingsWith } from '../../fixtures/settings.ts';
import { createHash } from 'node:crypto';
import { constants, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { ArchivedConversation, ArchivedGeneration, ArchivedMessage } from '../../../core/contract/transfer.ts';
import { openStore } from '../../../core/store/index.ts';
import { fakeEvents, fakePack, fakeSettings } from '../../fixtures/fake-engine.ts';
import { Random } from '../../evaluate/random.ts';
import { drawScript, longReply, question, reply, sentence, sentences, title } from './text.ts';
import { scripts, type Script } from './words.ts';

export interface Size {
  conversations: number;
  /** All messages, siblings too. */
  messages: number;
  /** Messages on the branch of the longest conversation. */
  longest: number;
}
export const FULL: Size = { conversations: 10_000, messages: 400_000, longest: 5_000 };
export const LONG_ID = 'the-long-one';
export const LONG_TITLE = 'The long one';
/** A moment in 2026: the set ends there. */
const END = Date.UTC(2026, 10, 1);
const YEARS = 3 * 365 * 86_400_000;

/** `scale` 1 is the whole set; 0.01 has a hundredth of its conversations. The long one never has fewer than 600 messages. */
export function sizeOf(scale: number): Size {
  const longest = Math.max(600, Math.round(FULL.longest * scale));
  return {
    conversations: Math.max(4, Math.round(FULL.conversations * scale)),
    longest,
    messages: Math.max(longest + 200, Math.round(FULL.messages * scale)),
  };
}

/** How many messages each of `count` conversations has: many short ones, a few long ones, together `total`. Never under 2. */
function shares(random: Random, count: number, total: number): number[] {
  const weights = Array.from({ length: count }, () =>
    Math.exp(1.1 * (random.next() + random.next() + random.next() + random.next() - 2) * 1.7),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  const sizes = weights.map((w) => Math.max(2, Math.round((w / sum) * total)));
  // what rounding left over goes to the longest ones
  let left = total - sizes.reduce((a, b) => a + b, 0);
  const order = sizes.map((_, i) => i).sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0));
  for (let i = 0; left !== 0 && i < 100 * count; i++) {
    const at = order[i % Math.max(1, Math.ceil(count / 10))] ?? 0;
    const step = left > 0 ? 1 : (sizes[at] ?? 0) > 2 ? -1 : 0;
    sizes[at] = (sizes[at] ?? 0) + step;
    left -= step;
  }
  return sizes;
}

function generation(random: Random, id: string, text: string, at: number, traced: boolean): ArchivedGeneration {
  const mode = random.pick(['exact', 'exact', 'fast', 'ar'] as const);
  const seed = random.between(0, 0xffffffff);
  const tokens = Math.max(1, Math.round(text.length / 4));
  const forwards = mode === 'ar' ? tokens : Math.ceil(tokens / 1.8);
  const settings = settingsWith(fakeSettings, { mode, seed, maxTokens: 512 });
  return {
    id,
    mode,
    seed,
    settings,
    pack: { id: fakePack.id, name: fakePack.name, hash: fakePack.hash },
    device: 'cpu',
    reason: 'end',
    droppedMessages: 0,
    error: null,
    startedAt: at,
    endedAt: at + forwards * 14,
    counts: {
      tokens,
      forwards,
      prefillForwards: 1,
      promptTokens: 80,
      cachedTokens: 40,
      drafted: forwards,
      accepted: tokens - forwards > 0 ? tokens - forwards : 0,
      msPrefill: 60,
      msDecode: forwards * 14,
      msForward: forwards * 13,
    },
    events: traced
      ? fakeEvents({ generationId: id, messages: [], replyPrefix: [], settings, seed }, { text, alternatives: 2 })
      : [],
  };
}

interface Words {
  question: (n: number) => string;
  reply: (n: number) => string;
}
/** A conversation of `count` messages, of which `branch` (or as many as fit) stand on the branch shown; siblings take the rest. */
function conversation(
  random: Random,
  id: string,
  name: string,
  count: number,
  branch: number,
  begin: number,
  words: Words,
): ArchivedConversation {
  const messages: ArchivedMessage[] = [];
  let at = begin;
  const add = (parent: ArchivedMessage | null, role: 'user' | 'assistant', n: number): ArchivedMessage => {
    const text = role === 'user' ? words.question(n) : words.reply(n);
    const mid = `${id}-${messages.length}`;
    at += random.between(2_000, 90_000);
    const message: ArchivedMessage = {
      id: mid,
      parentId: parent?.id ?? null,
      shownChildId: null,
      role,
      text,
      status: role === 'assistant' && random.next() < 0.02 ? 'stopped' : 'complete',
      createdAt: at,
      generations: role === 'user' ? [] : [generation(random, `${mid}-g`, text, at, n % 97 === 0)],
    };
    messages.push(message);
    return message;
  };
  const shown: ArchivedMessage[] = [];
  for (let n = 0; n < branch; n++) {
    const parent = shown.at(-1) ?? null;
    const message = add(parent, n % 2 === 0 ? 'user' : 'assistant', n);
    if (parent) parent.shownChildId = message.id;
    shown.push(message);
  }
  while (messages.length < count) {
    // retries beside replies, edits beside questions (with a reply of their own)
    const n = random.between(0, shown.length - 1);
    const beside = shown[n];
    const parent = n > 0 ? (shown[n - 1] ?? null) : null;
    const sibling = add(parent, beside?.role === 'user' ? 'user' : 'assistant', n);
    if (sibling.role === 'user' && messages.length < count) sibling.shownChildId = add(sibling, 'assistant', n + 1).id;
  }
  return {
    id,
    title: name,
    titleSource: random.next() < 0.2 ? 'person' : 'auto',
    createdAt: begin,
    updatedAt: at,
    currentMessageId: shown.at(-1)?.id ?? null,
    messages,
  };
}

/** The conversations, one after the other; the long one is the newest. */
export function* makeConversations(size: Size, seed = 20261101): Generator<ArchivedConversation> {
  const random = new Random(seed);
  const siblings = Math.max(8, Math.round(size.longest / 100));
  const counts = shares(random, size.conversations - 1, size.messages - size.longest - siblings);
  for (const [i, count] of counts.entries()) {
    const script = drawScript(random);
    const words: Words = {
      question: () =>
        random.next() < 0.07 ? sentences(random, script, random.between(3, 7)) : question(random, script),
      reply: () => reply(random, script),
    };
    const begin = END - YEARS + Math.round((i / counts.length) ** 0.7 * (YEARS - 2 * 86_400_000));
    const branch = count < 6 || random.next() < 0.5 ? count : Math.max(2, Math.round(count * 0.85));
    yield conversation(random, `c${i}`, title(random, script), count, branch, begin, words);
  }
  const main = scripts[0] as Script;
  const words: Words = {
    question: (n) =>
      n % 40 === 0
        ? sentences(random, drawScript(random), 12)
        : `${(n / 2 + 1) | 0}. ${question(random, n % 14 === 0 ? drawScript(random) : main)}${n % 26 === 0 ? `\n\n${sentence(random, main)}` : ''}`,
    reply: (n) => longReply(random, n % 20 === 1 ? drawScript(random) : main, (n / 2) | 0),
  };
  yield conversation(random, LONG_ID, LONG_TITLE, size.longest + siblings, size.longest, END - 400_000_000, words);
}

/** Writes the set into an empty data folder. */
export function fillStore(dataDir: string, size: Size, seed?: number): void {
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  const { store } = opened.value;
  try {
    let waiting: ArchivedConversation[] = [];
    const write = (): void => {
      store.transaction(() => waiting.forEach((c) => store.archive.write(c)));
      waiting = [];
    };
    for (const c of makeConversations(size, seed)) {
      waiting.push(c);
      if (waiting.length === 250) write();
    }
    write();
  } finally {
    store.close();
  }
}

const root = path.resolve(import.meta.dirname, '../../..');
/** Changes whenever what writes the set, or the schema it is written into, changes. */
function versionOfSet(): string {
  const hash = createHash('sha256');
  const sources = [
    ...['make.ts', 'text.ts', 'words.ts'].map((file) => `test/bench/store/${file}`),
    'core/store/repositories/archive.ts',
    ...readdirSync(path.join(root, 'core/store/db/migrations'))
      .sort()
      .map((file) => `core/store/db/migrations/${file}`),
  ];
  for (const file of sources) hash.update(readFileSync(path.join(root, file)));
  return hash.digest('hex').slice(0, 12);
}

/**
 * A data folder with the set, kept in `.cache/store-set` until the generator or the schema changes. Whoever writes to it
 * must work on a copy.
 */
export function dataSet(scale: number, say: (line: string) => void = () => {}): string {
  const folder = path.join(root, '.cache', 'store-set');
  const name = `${scale}-${versionOfSet()}`;
  const dir = path.join(folder, name);
  if (existsSync(dir)) return dir;
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder))
    if (old.startsWith(`${scale}-`)) rmSync(path.join(folder, old), { recursive: true, force: true });
  const size = sizeOf(scale);
  say(`Making a set of ${size.conversations} conversations and ${size.messages} messages …`);
  const partial = `${dir}.part`;
  const began = Date.now();
  fillStore(partial, size);
  rmSync(path.join(partial, 'backups'), { recursive: true, force: true });
  renameSync(partial, dir);
  say(`Made in ${((Date.now() - began) / 1000).toFixed(0)} s.`);
  return dir;
}

/** The set copied to a new folder, which may be written to. */
export function copyOfSet(scale: number, target: string): void {
  const source = dataSet(scale);
  mkdirSync(path.dirname(target), { recursive: true });
  cpSync(source, target, { recursive: true, errorOnExist: true, force: false, mode: constants.COPYFILE_FICLONE });
}
