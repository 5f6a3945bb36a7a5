/** Grades: what fits, what is fast, and what is not known. */
import { describe, expect, it } from 'vitest';
import { catalogueEntry, type CatalogueEntry } from '../../../core/hub/catalogue.ts';
import { retryAfter } from '../../../core/hub/connection.ts';
import { byFit, fitOf, packFor } from '../../../core/hub/fit.ts';
import { throttle } from '../../../core/hub/throttle.ts';

const entry = (id: string): CatalogueEntry => {
  const found = catalogueEntry(id);
  if (!found) throw new Error(`no ${id}`);
  return found;
};
const GB = 1e9;

describe('a grade', () => {
  it.each([
    ['a2d-bd3lm', 16 * GB, 20, 'good'],
    ['a2d-bd3lm', 16 * GB, 1, 'slow'],
    ['a2d-bd3lm', 16 * GB, null, null],
    ['llada-8b', 8 * GB, 20, 'too-large'],
    ['sdar-1.7b', 3.3 * GB, 20, 'slow'],
    ['trado-4b', 64 * GB, null, null],
  ])('%s in %d bytes of memory at %s tokens a second: %s', (id, memory, speed, grade) =>
    expect(fitOf(entry(id), memory, speed).grade).toBe(grade),
  );
  it('takes 4 bits where 8 do not fit, and 8 where they were asked for', () => {
    expect(packFor(entry('sdar-1.7b'), 16 * GB)?.bits).toBe(8);
    expect(packFor(entry('sdar-1.7b'), 3 * GB)?.bits).toBe(4);
    expect(packFor(entry('sdar-4b'), 64 * GB)?.bits).toBe(4);
    expect(packFor(entry('sdar-4b'), 64 * GB, 8)?.bits).toBe(8);
  });
  it('orders models: the best first, the faster before the slower, and none is hidden', () => {
    const memory = 16 * GB;
    const fits = [
      fitOf(entry('trado-4b'), memory, null),
      fitOf(entry('llada2.1-mini'), memory, null),
      fitOf(entry('sdar-4b'), memory, 2),
      fitOf(entry('sdar-1.7b'), memory, 9),
      fitOf(entry('a2d-bd3lm'), memory, 20),
    ];
    expect(byFit(fits).map(({ entry: { id } }) => id)).toEqual([
      'a2d-bd3lm',
      'sdar-1.7b',
      'sdar-4b',
      'trado-4b',
      'llada2.1-mini',
    ]);
  });
});

it('a wait that a server asks for is read as seconds or as a date', () => {
  expect(retryAfter('120')).toBe(120_000);
  expect(retryAfter('Thu, 01 Jan 2026 00:00:10 GMT', Date.parse('2026-01-01T00:00:00Z'))).toBe(10_000);
  expect(retryAfter('Thu, 01 Jan 2026 00:00:00 GMT', Date.parse('2026-01-02T00:00:00Z'))).toBe(0);
  expect(retryAfter('soon')).toBeNull();
  expect(retryAfter(null)).toBeNull();
});

it('a rate is shared by all that take from it, and time that nobody used is not saved up', async () => {
  let now = 0;
  const waited: number[] = [];
  let rate: number | null = 1000;
  const { take } = throttle(
    () => rate,
    () => now,
    async (ms) => void waited.push(ms),
  );
  const { signal } = new AbortController();
  await take(500, signal);
  await take(500, signal);
  now = 10_000;
  await take(100, signal);
  // another limit, or none, counts from the next piece on
  now = 20_000;
  rate = 100;
  await take(100, signal);
  now = 30_000;
  rate = null;
  await take(1e9, signal);
  expect(waited).toEqual([500, 1000, 100, 1000]);
});
