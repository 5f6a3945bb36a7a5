/** The whole step loop over a table: events in order, stop, counts, continuing. */
import { expect, test } from 'vitest';
import type { GenerationEvent, GenerationEventOf, GenerationSettings } from '../../../core/contract/generation.ts';
import { KvCache } from '../../../core/engine/cache.ts';
import { runReply, type LoopModel, type LoopRequest } from '../../../core/engine/loop.ts';
import type { ForwardRows, Predictions } from '../../../core/engine/session.ts';
import type { Tokenizer } from '../../../core/text/tokenizer.ts';
import { END, MASK, trueRow, VOCABULARY } from '../../fixtures/table-model.ts';

const shape = { layers: 1, kvHeads: 1, headDim: 2 };
const letters = 'abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const tokenizer: Tokenizer = {
  encode: () => [],
  encodeWithSpecials: () => [],
  decode: (ids) => ids.map((id) => letters[id] ?? '?').join(''),
  bytes: (id) => new TextEncoder().encode(letters[id] ?? '?'),
  vocabularySize: VOCABULARY,
  specialId: () => undefined,
  isSpecial: () => false,
  specials: [],
};
const table = { salt: 12, skill: 0.6, sharpness: 1 };

/** Canvas rows guess as if their masks were absent: good enough to exercise the loop. */
function forward(rows: ForwardRows, cache: KvCache): Promise<Predictions> {
  const made: Predictions = { ids: new Int32Array(rows.wanted.length * 64), logits: new Float32Array(rows.wanted.length * 64).fill(-Infinity), lse: new Float32Array(rows.wanted.length), entropy: new Float32Array(rows.wanted.length), keys: new Float32Array(rows.ids.length * 2), values: new Float32Array(rows.ids.length * 2), rows: rows.ids.length };
  rows.wanted.forEach((row, w) => {
    const seen = [...cache.ids, ...rows.ids.slice(0, Math.min(row + 1, rows.contextRows))];
    const result = trueRow(table, row < rows.contextRows ? seen : [...seen, row - rows.contextRows]);
    for (let i = 0; i < VOCABULARY; i++) {
      made.ids[w * 64 + i] = result.ids[i] as number;
      made.logits[w * 64 + i] = result.logits[i] as number;
    }
    made.lse[w] = result.lse;
    made.entropy[w] = result.entropy;
  });
  return Promise.resolve(made);
}
const model: LoopModel = { forward, tokenizer, maskToken: MASK, endOfTurn: [END], suppressed: [MASK], contextLength: 4096 };
const settings: GenerationSettings = { mode: 'exact', temperature: 1, topP: 1, topK: 64, repetitionPenalty: 1, seed: null, maxTokens: 40, blockLength: 8, threshold: 0.2, draftLength: 2, stop: [], loopGuard: false };

interface Options extends Partial<GenerationSettings> {
  prefix?: number[];
  seed?: number;
  stopAfter?: number;
  prompt?: number[];
  contextLength?: number;
}
async function run({ prefix = [], seed = 1, stopAfter = Infinity, prompt = Array.from({ length: 300 }, (_, i) => 4 + (i % 40)), contextLength = 4096, ...over }: Options = {}): Promise<{ events: GenerationEvent[]; cache: KvCache }> {
  const events: GenerationEvent[] = [];
  const cache = new KvCache(shape);
  let clock = 0;
  const job: LoopRequest = {
    request: { generationId: 'g', messages: [], replyPrefix: prefix, settings: { ...settings, ...over }, seed },
    prompt,
    droppedMessages: 0,
    cache,
    pack: { id: 'p', name: 'P', hash: 'h' },
    device: 'cpu',
    cancelled: () => events.filter((e) => e.type === 'frame').length >= stopAfter,
    now: () => clock++,
    emit: (event) => void events.push(event),
  };
  await runReply({ ...model, contextLength }, job);
  return { events, cache };
}
const of = <T extends GenerationEvent['type']>(events: GenerationEvent[], type: T): GenerationEventOf<T>[] => events.filter((e): e is GenerationEventOf<T> => e.type === type);
const textOf = (events: GenerationEvent[]): string => of(events, 'blockCommitted').flatMap((e) => e.tokens.map((t) => t.text)).join('');
const idsOf = (events: GenerationEvent[]): number[] => of(events, 'blockCommitted').flatMap((e) => e.tokens.map((t) => t.id));

test.each(['exact', 'fast', 'ar'] as const)('%s: started first, seq without gaps, one final event, blocks follow one another', async (mode) => {
  const { events } = await run({ mode });
  expect(events[0]?.type).toBe('started');
  expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i));
  expect(events.filter((e) => ['finished', 'stopped', 'failed'].includes(e.type))).toEqual([events.at(-1)]);
  let slot = 0;
  for (const block of of(events, 'blockCommitted')) {
    expect(block.from).toBe(slot);
    slot += block.tokens.length;
  }
  const finished = of(events, 'finished')[0];
  expect(finished?.counts.tokens).toBe(slot);
  expect(finished?.counts.promptTokens).toBe(300);
});

test('all three modes stop at the same rules; Exact and one-by-one write the same text', async () => {
  for (const seed of [1, 2, 3]) {
    const [exact, ar] = await Promise.all([run({ mode: 'exact', seed }), run({ mode: 'ar', seed })]);
    expect(textOf(exact.events)).toBe(textOf(ar.events));
    expect(of(exact.events, 'finished')[0]?.reason).toBe(of(ar.events, 'finished')[0]?.reason);
  }
});

test('maxTokens ends the reply inside a block', async () => {
  const { events } = await run({ mode: 'fast', maxTokens: 5, blockLength: 16 });
  expect(idsOf(events)).toHaveLength(5);
  expect(of(events, 'finished')[0]?.reason).toBe('length');
});

test('a stop string ends the reply before it, in every mode', async () => {
  const whole = textOf((await run({ mode: 'ar' })).events);
  const stop = [whole.slice(10, 12)];
  for (const mode of ['ar', 'exact'] as const) {
    const { events } = await run({ mode, stop });
    expect(textOf(events)).toBe(whole.slice(0, whole.indexOf(stop[0] as string)));
    expect(of(events, 'finished')[0]?.reason).toBe('stop-string');
  }
});

test('stop takes effect at the next forward and keeps what is committed', async () => {
  const { events } = await run({ mode: 'ar', stopAfter: 6, maxTokens: 4000 });
  expect(events.at(-1)?.type).toBe('stopped');
  expect(of(events, 'stopped')[0]?.counts.tokens).toBe(idsOf(events).length);
  expect(idsOf(events).length).toBeGreaterThan(0);
});

test('a continued reply writes what an uninterrupted one would have written', async () => {
  for (const mode of ['ar', 'exact'] as const) {
    const whole = idsOf((await run({ mode })).events);
    const { events } = await run({ mode, prefix: whole.slice(0, 7) });
    expect(of(events, 'started')[0]?.firstSlot).toBe(7);
    expect(of(events, 'blockCommitted')[0]?.from).toBe(7);
    expect([...whole.slice(0, 7), ...idsOf(events)]).toEqual(whole);
  }
});

test('the cache holds prompt and reply, without the last token', async () => {
  for (const mode of ['ar', 'exact', 'fast'] as const) {
    const { events, cache } = await run({ mode });
    const all = [...Array.from({ length: 300 }, (_, i) => 4 + (i % 40)), ...idsOf(events)];
    const cached = cache.ids.slice(0, all.length);
    expect(cached).toEqual(all.slice(0, cached.length));
    expect(cache.length).toBeGreaterThan(280);
  }
});

test('a full context ends the reply in words, not with an error', async () => {
  const { events } = await run({ mode: 'fast', contextLength: 310, maxTokens: 4000 });
  expect(of(events, 'finished')[0]?.reason).toBe('context-full');
});

test('every slot is grain before it is a word', async () => {
  const { events } = await run({ mode: 'fast' });
  const seen = new Set<number>();
  for (const frame of of(events, 'frame')) for (const change of frame.changes) {
    if (change.state === 'masked') seen.add(change.slot);
    if (change.state === 'revealed' && change.slot >= 8) expect(change.slot).toSatisfy((slot: number) => seen.has(slot) || frame.canvas.from <= slot);
  }
  expect(of(events, 'frame')[0]?.changes.every((c) => c.state === 'masked')).toBe(true);
});
