/** The search for a short span, over a table where the best answer is known. */
import { describe, expect, test } from 'vitest';
import type { Row } from '../../../core/sampling/choose.ts';
import { infill, logOf, type InfillHole, type Query, type RunQueries } from '../../../core/samplers/infill.ts';
import { lookRight } from '../../../core/samplers/right.ts';
import { trueRow, VOCABULARY } from '../../fixtures/table-model.ts';

const model = { salt: 7, skill: 1, sharpness: 0.7 };
const known = [9, 12, 30];
const row = (ids: readonly number[]): Row => trueRow(model, [...known, ...ids]);
const run: RunQueries = async (queries: readonly Query[]) =>
  queries.map(({ ids, wanted }) =>
    Array.from({ length: wanted }, (_, i) => row(ids.slice(0, ids.length - wanted + 1 + i))),
  );
const hole = (over: Partial<InfillHole>): InfillHole => ({
  min: 1,
  max: 2,
  suffix: [20, 21],
  allowed: (id) => id > 3,
  ends: () => true,
  fallback: 4,
  ...over,
});
const options = { count: 1, temperature: 0, seed: 1, slot: 0 };
const joint = (span: number[], suffix: readonly number[]): number =>
  [...span, ...suffix].reduce((sum, id, i) => sum + logOf(row([...span, ...suffix].slice(0, i)), id), 0);

describe('a hole of one token', () => {
  test('gets the token that is likeliest together with what follows it', async () => {
    const suffix = [20, 21, 22];
    const all = Array.from({ length: VOCABULARY }, (_, id) => id).filter((id) => id > 3);
    const likely = new Set(
      Array.from(row([]).ids)
        .filter((id) => id > 3)
        .slice(0, 14),
    );
    const best = all.filter((id) => likely.has(id)).sort((a, b) => joint([b], suffix) - joint([a], suffix))[0];
    const [found] = await infill(run, hole({ max: 1, suffix }), options);
    expect(found?.tokens.map((t) => t.id)).toEqual([best]);
    expect((found?.span ?? 0) + (found?.rest ?? 0)).toBeCloseTo(joint([best as number], suffix), 6);
  });
});

describe('a hole', () => {
  test('keeps to its lengths, to what is allowed where, and to where it may end', async () => {
    for (const [min, max] of [
      [1, 1],
      [2, 3],
      [3, 6],
    ] as const) {
      const found = await infill(
        run,
        hole({ min, max, allowed: (id, at) => id > 3 && (at > 0 || id % 2 === 0), ends: (id) => id % 3 === 0 }),
        { ...options, count: 4 },
      );
      expect(found.length).toBeGreaterThan(0);
      for (const { tokens } of found) {
        expect(tokens.length).toBeGreaterThanOrEqual(min);
        expect(tokens.length).toBeLessThanOrEqual(max);
        expect((tokens[0]?.id ?? 1) % 2).toBe(0);
        expect((tokens.at(-1)?.id ?? 1) % 3).toBe(0);
      }
    }
  });

  test('gives different ways, never the one that stood there', async () => {
    const first = (await infill(run, hole({ max: 3 }), options))[0]?.tokens.map((t) => t.id) ?? [];
    const others = await infill(run, hole({ max: 3, avoid: first }), { ...options, count: 3 });
    const texts = others.map(({ tokens }) => tokens.map((t) => t.id).join(' '));
    expect(new Set(texts).size).toBe(3);
    expect(texts).not.toContain(first.join(' '));
  });

  test('is filled alike with the same seed, and otherwise with another where there is temperature', async () => {
    const ways = async (seed: number, temperature: number): Promise<string> =>
      JSON.stringify(
        (await infill(run, hole({ max: 4 }), { ...options, seed, temperature, count: 3 })).map(({ tokens }) =>
          tokens.map((t) => t.id),
        ),
      );
    expect(await ways(1, 1)).toBe(await ways(1, 1));
    expect(await ways(1, 0)).toBe(await ways(2, 0));
    expect(new Set(await Promise.all([1, 2, 3, 4].map((seed) => ways(seed, 1)))).size).toBeGreaterThan(1);
  });

  test('tells how each step stood', async () => {
    const seen: number[] = [];
    const [found] = await infill(run, hole({ min: 3, max: 3 }), options, (best) => seen.push(best.length));
    expect(seen).toEqual([1, 2, 3]);
    expect(found?.tokens.map((t) => t.step)).toEqual([1, 2, 3]);
  });
});

test('what stands to the right raises the words it calls for, and only past the first slot', async () => {
  const rows: Row[] = [true, false].map((seen) => ({
    ids: [10, 11],
    logits: seen ? [3, 0] : [0, 3],
    lse: 3.05,
    entropy: 0,
  }));
  const asked: number[] = [];
  const right = await lookRight(
    async (canvases) => canvases.map((canvas) => (asked.push(canvas.length), [rows[canvas.length > 2 ? 0 : 1] as Row])),
    { min: 2, max: 2, suffix: [1, 2, 3] },
  );
  expect(asked).toEqual([5, 2]);
  expect(right(1, 10)).toBe(3);
  expect(right(1, 11)).toBe(-2);
  expect(right(0, 10)).toBe(0);
  expect(await lookRight(async () => [], { min: 1, max: 4, suffix: [] }).then((fn) => fn(1, 10))).toBe(0);
});
