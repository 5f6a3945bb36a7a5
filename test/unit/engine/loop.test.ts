/** The whole step loop over a table: events in order, stop, counts, continuing. */
import { expect, test } from 'vitest';
import type { GenerationEvent, GenerationEventOf } from '../../../core/contract/generation.ts';
import { runTableReply as run } from '../../fixtures/table-loop.ts';
import { idsOf as idsIn } from '../../../core/contract/committed.ts';

const of = <T extends GenerationEvent['type']>(events: GenerationEvent[], type: T): GenerationEventOf<T>[] =>
  events.filter((e): e is GenerationEventOf<T> => e.type === type);
const textOf = (events: GenerationEvent[]): string =>
  of(events, 'blockCommitted')
    .flatMap((e) => e.tokens.map((t) => t.text))
    .join('');
const idsOf = (events: GenerationEvent[]): number[] => of(events, 'blockCommitted').flatMap((e) => idsIn(e.tokens));

test.each(['exact', 'fast', 'ar'] as const)(
  '%s: started first, seq without gaps, one final event, blocks follow one another',
  async (mode) => {
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
  },
);

test.each(['exact', 'fast', 'ar'] as const)(
  '%s: the time of writing is split into its phases, and the phases add up',
  async (mode) => {
    const { events } = await run({ mode });
    const counts = of(events, 'finished')[0]?.counts;
    const { msDecode = 0, msForward = 0, msDraft = -1, msCanvas = -1, msVerify = -1, msCommit = -1 } = counts ?? {};
    expect(msDraft + msCanvas + msVerify).toBeCloseTo(msForward, 6);
    expect(msForward + msCommit).toBeLessThanOrEqual(msDecode);
    expect(msCommit).toBeGreaterThan(0);
    // the table has no drafter; one by one has no canvas
    expect([msDraft > 0, msCanvas > 0]).toEqual([false, mode !== 'ar']);
  },
);

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
  for (const frame of of(events, 'frame'))
    for (const change of frame.changes) {
      if (change.state === 'masked') seen.add(change.slot);
      if (change.state === 'revealed' && change.slot >= 8)
        expect(change.slot).toSatisfy((slot: number) => seen.has(slot) || frame.canvas.from <= slot);
    }
  expect(of(events, 'frame')[0]?.changes.every((c) => c.state === 'masked')).toBe(true);
});

test('a drafter that fails loses nothing of what its forward committed', async () => {
  const events: GenerationEvent[] = [];
  let asked = 0;
  const drafter = {
    slots: 4,
    begin: () => ({
      read: () => undefined,
      draft: () => (++asked < 4 ? Promise.resolve(null) : Promise.reject(new Error('no memory'))),
    }),
  };
  await expect(run({ prompt: [4, 5, 6], drafter, events })).rejects.toThrow('no memory');
  const whole = await run({ prompt: [4, 5, 6] });
  expect(idsOf(events)).toEqual(idsOf(whole.events).slice(0, 3));
});
