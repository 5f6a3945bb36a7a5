/** The causal head's own opinion of a reply: all of what it wrote itself, less of what something else wrote. */
import { expect, test } from 'vitest';
import type { GenerationEvent } from '../../../core/contract/generation.ts';
import { agreement } from '../../../core/engine/agree.ts';
import { KvCache } from '../../../core/engine/cache.ts';
import { runTableReply, tableLoopModel, tableSettings, tableShape } from '../../fixtures/table-loop.ts';
import { idsOf as idsIn } from '../../../core/contract/committed.ts';

const idsOf = (events: GenerationEvent[]): number[] =>
  events.flatMap((e) => (e.type === 'blockCommitted' ? idsIn(e.tokens) : []));
const prompt = Array.from({ length: 300 }, (_, i) => 4 + (i % 40));
const agree = (tokens: number[], seed = 3) =>
  agreement(
    tableLoopModel(),
    { messages: [], tokens, settings: { ...tableSettings }, seed },
    prompt,
    new KvCache(tableShape),
  );

test.each(['ar', 'exact'] as const)(
  '%s: every token is the one that is drawn in its place, with the same seed',
  async (mode) => {
    const ids = idsOf((await runTableReply({ mode, seed: 3, prompt })).events);
    expect(ids.length).toBeGreaterThan(4);
    expect(await agree(ids)).toBe(ids.length);
  },
);

test('a changed token is not; those after it are judged by what stands before them', async () => {
  const ids = idsOf((await runTableReply({ mode: 'ar', seed: 3, prompt })).events);
  const other = ids.with(2, ids[2] === 9 ? 10 : 9);
  expect(await agree(other)).toBeLessThan(ids.length);
  expect(await agree(other.slice(0, 3))).toBe(2);
});
