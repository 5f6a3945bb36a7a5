/** What the demo's data folder holds before it is opened: conversations with finished replies, as the app writes them. */
import type { GenerationEvent } from '../../core/contract/generation.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { storeReply } from '../fixtures/filled-store.ts';
import { sampleSettings } from '../fixtures/sample-model.ts';
import { listReply, proseReply, richReply, titles, typesetReply } from '../fixtures/sample-replies.ts';
import { script } from '../fixtures/scripted-reply.ts';
import { settingsWith } from '../fixtures/settings.ts';

const DAY_MS = 86_400_000;
export type Scene = 'first' | 'many' | 'order' | 'type';
export const isScene = (name: string): name is Scene => ['first', 'many', 'order', 'type'].includes(name);

const settings = settingsWith(sampleSettings, { maxTokens: 8192 });
const write = (request: { settings: typeof settings; seed: number }, text: string): GenerationEvent[] =>
  [...script({ text, settings: request.settings, seed: request.seed, pace: 26 })].flat();

class Filling {
  readonly #store: Store;
  #ids = 0;
  constructor(store: Store) {
    this.#store = store;
  }
  #id(): string {
    return `demo-${String(this.#ids++).padStart(4, '0')}`;
  }
  conversation(title: string, at: number, exchanges: readonly [question: string, ...replies: string[]][]): string {
    const conversation = this.#id();
    this.#store.conversations.create({ id: conversation, title, createdAt: at });
    let parentId: string | null = null;
    for (const [text, ...texts] of exchanges) {
      const question = this.#id();
      this.#store.messages.add({
        id: question,
        conversationId: conversation,
        parentId,
        role: 'user',
        text,
        status: 'complete',
        createdAt: at,
      });
      const replies = texts.map((reply) => {
        const id = this.#id();
        storeReply(this.#store, { conversation, question, reply: id }, reply, at, { settings, write });
        return id;
      });
      parentId = replies[0] ?? question;
      this.#store.conversations.show(conversation, parentId);
    }
    return conversation;
  }
}

/** Two folders, pins, an unread reply, an archive and a trash. `ids`: conversations, oldest first. */
function arrange({ order }: Store, ids: readonly string[], at: number): void {
  const [print, kitchen] = ['Printmaking', 'Kitchen'].map((name) =>
    order.createFolder({ id: name.toLowerCase(), name, createdAt: at }),
  );
  const those = (wanted: (n: number) => boolean): string[] => ids.filter((_, n) => wanted(n));
  order.organise(
    those((n) => n % 5 === 1),
    { to: 'folder', folderId: print?.id ?? null },
    at,
  );
  order.organise(
    those((n) => n % 5 === 3),
    { to: 'folder', folderId: kitchen?.id ?? null },
    at,
  );
  order.organise(
    those((n) => n === 2 || n === 6),
    { to: 'pin', on: true },
    at,
  );
  for (const id of those((n) => n === 4 || n === 8)) order.markUnread(id, true);
  order.organise(
    those((n) => n === 10),
    { to: 'archive', on: true },
    at,
  );
  order.organise(
    those((n) => n === 12 || n === 14),
    { to: 'trash', on: true },
    at,
  );
}

const presets = [
  { name: 'Short answers', instructions: 'Answer in two sentences.', settings: { ending: { maxTokens: 120 } } },
  {
    name: 'Storyteller',
    instructions: 'You tell stories for children. Use simple words and a calm tone.',
    settings: { sampler: { id: 'speculative', params: { draftLength: 4 } }, sampling: { temperature: 0.9 } },
  },
];

export function fillFolder(dataDir: string, scene: Scene, now: number): void {
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  const { store } = opened.value;
  const filling = new Filling(store);
  store.transaction(() => {
    presets.forEach((values, n) => void store.presets.add(`preset-${n}`, values, n));
    if (scene === 'first') return;
    if (scene === 'type')
      return void filling.conversation('Typesetting', now, [['Show me everything you can set.', typesetReply]]);
    const ids = titles
      .slice(3)
      .map((title, n) =>
        filling.conversation(title, now - Math.floor(n * n * 0.9 + 1) * DAY_MS, [[`${title}?`, proseReply]]),
      );
    const list = filling.conversation('Weekend by the sea', now - 180_000, [
      ['List five things to pack for a weekend by the sea.', listReply],
    ]);
    const code = filling.conversation('Sorting by more than one key', now - 120_000, [
      [
        'What makes a sort stable, in one or two sentences?',
        'A sort is stable when items that compare equal keep the order they came in. That matters as soon as you sort the same list twice.',
      ],
      ['How do I sort a list of people in Python by age, oldest first, and then by name?', richReply, proseReply],
    ]);
    const plate = filling.conversation('How a mezzotint is made', now - 60_000, [
      ['How is a mezzotint made?', proseReply],
    ]);
    if (scene === 'order') arrange(store, [...ids, list, code, plate], now);
  });
  store.close();
}
