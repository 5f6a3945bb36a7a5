import { describe, expect, it } from 'vitest';
import { lengthSentence } from '../../evaluate/document.ts';
import { difference, lengthsOf, type Pair } from '../../evaluate/lengths.ts';
import { Random } from '../../evaluate/random.ts';
import { kolmogorov, swapTest } from '../../evaluate/statistics.ts';
import type { Report } from '../../evaluate/report.ts';

const LIMIT = 100;
/** 200 prompts; a reply to each is `factor` times as long as one by one's, give or take, and cut at the limit. */
function pairs(factor: number, seed = 3): Pair[] {
  const random = new Random(seed);
  const cut = (tokens: number): Pair['own'] => ({ tokens: Math.min(LIMIT, Math.round(tokens)), ended: tokens < LIMIT });
  return Array.from({ length: 200 }, () => {
    const tokens = random.between(5, 120);
    return { own: cut(tokens * factor * (0.9 + 0.2 * random.next())), ar: cut(tokens) };
  });
}
const of = (some: readonly Pair[]): ReturnType<typeof lengthsOf> =>
  lengthsOf(
    some.map(({ own }) => own),
    some,
  );

describe('reply lengths beside one by one', () => {
  it('are those of the replies, in quantiles', () => {
    const lengths = of(
      Array.from({ length: 101 }, (_, i) => ({ own: { tokens: i, ended: true }, ar: { tokens: i, ended: true } })),
    );
    expect(lengths).toMatchObject({
      p10: 10,
      p25: 25,
      median: 50,
      p75: 75,
      p90: 90,
      ratio_to_ar: { mean: 1, low: 1, high: 1 },
      ended_less_ar: { mean: 0 },
      distance: { value: 0, p: 1 },
    });
    expect(difference(lengths)).toEqual([]);
  });

  it('show a setting that stops early, and one that runs on', () => {
    const early = of(pairs(0.6));
    expect(early.ratio_to_ar?.high).toBeLessThan(0.75);
    expect(early.distance?.p).toBeLessThan(0.01);
    expect(difference(early)).toEqual(['stops earlier', 'ends by itself more often']);
    expect(difference(of(pairs(1.6)))).toEqual(['runs on', 'ends by itself less often']);
  });

  it('show none in replies that differ by chance', () => {
    expect([11, 12, 13].map((seed) => difference(of(pairs(1, seed))))).toEqual([[], [], []]);
  });

  it('show that some became much shorter and others much longer, where the mean stays', () => {
    const spread = pairs(1).map(({ ar }, i) => ({ own: { tokens: i % 2 ? 95 : 12, ended: ar.ended }, ar }));
    const lengths = of(spread.map((pair) => ({ ...pair, ar: { tokens: 34, ended: pair.ar.ended } })));
    expect(lengths.distance?.value).toBe(0.5);
    expect(difference(lengths)).toEqual(['spreads otherwise']);
  });

  it('are told in a sentence', () => {
    const report = (...factors: number[]): Pick<Report, 'settings'> => ({
      settings: factors.map((factor, i) => ({
        name: i === 0 ? 'ar' : `fast-${i}`,
        all: { length: of(pairs(factor)) } as Report['settings'][number]['all'],
        tasks: {},
      })),
    });
    expect(lengthSentence(report(1, 1))).toBe(
      'No setting stops earlier or runs on longer than one by one, as far as so many prompts tell.',
    );
    expect(lengthSentence(report(1, 0.6, 1))).toBe(
      'Than one by one, `fast-1` stops earlier and ends by itself more often. The other settings end where it does, as far as so many prompts tell.',
    );
    expect(lengthSentence(report(1, 1.6))).toBe('Than one by one, `fast-1` runs on and ends by itself less often.');
  });
});

describe('the distance of two samples', () => {
  it('is the greatest gap between their shares', () => {
    expect(kolmogorov([1, 2, 3, 4], [1, 2, 3, 4])).toBe(0);
    expect(kolmogorov([1, 2], [3, 4])).toBe(1);
    expect(kolmogorov([1, 3, 5, 7], [3, 5, 7, 9, 9])).toBeCloseTo(0.4, 12);
    expect(kolmogorov([], [1])).toBe(0);
  });

  it('has a chance that follows from swaps within pairs', () => {
    // three pairs, all shifted the same way: of eight ways to swap, two give as great a distance
    expect(
      swapTest(
        [
          [1, 4],
          [2, 5],
          [3, 6],
        ],
        kolmogorov,
      ).p,
    ).toBeCloseTo(0.25, 1);
  });
});
