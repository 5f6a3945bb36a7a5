import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guessHeight, nextSpan, Rows } from '../../../renderer/state/thread/rows.ts';

const GAP = 44;
const rowsOf = (heights: readonly number[]): Rows => {
  const rows = new Rows(GAP);
  rows.set(
    heights.map((_, i) => `r${i}`),
    heights,
  );
  return rows;
};
const reach = { now: 100, soon: 1000, keep: 2000 };

describe('where rows stand', () => {
  it('stand one under the other with a gap between, as measured where measured and as guessed elsewhere', () => {
    const rows = rowsOf([100, 200, 300]);
    expect([0, 1, 2, 3].map((i) => rows.top(i))).toEqual([0, 144, 388, 732]);
    expect(rows.measure('r1', 250)).toBe(50);
    expect(rows.measure('r1', 250)).toBe(0);
    expect(rows.measure('gone', 5)).toBe(0);
    expect([rows.top(2), rows.bottom(2)]).toEqual([438, 738]);
  });
  it('keep what was measured when other rows come or go', () => {
    const rows = rowsOf([100, 200, 300]);
    rows.measure('r2', 333);
    rows.set(['r2', 'new'], [300, 50]);
    expect([rows.height(0), rows.height(1), rows.top(1)]).toEqual([333, 50, 377]);
    rows.clear();
    expect(rows.length).toBe(0);
    expect(rows.touching({ top: 0, bottom: 100 }, 10)).toEqual({ from: 0, to: 0 });
  });
  it('are found by any place, the gap below belonging to its row', () => {
    const heights = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(heights, fc.integer({ min: -500, max: 100_000 }), (list, y) => {
        const rows = rowsOf(list);
        const naive = list.findIndex((_, i) => y < rows.top(i + 1));
        expect(rows.at(y)).toBe(y < 0 ? 0 : naive < 0 ? list.length - 1 : naive);
      }),
      { seed: 61, numRuns: 300 },
    );
  });
});

describe('the rows drawn', () => {
  const many = rowsOf(Array.from({ length: 400 }, (_, i) => 80 + ((i * 37) % 500)));
  it('always cover what is in sight, whatever was drawn before', () => {
    fc.assert(
      fc.property(
        fc.nat(399),
        fc.nat(40),
        fc.integer({ min: 0, max: 120_000 }),
        fc.integer({ min: 300, max: 1500 }),
        fc.boolean(),
        (from, count, top, height, upwards) => {
          const sight = { top, bottom: top + height };
          const next = nextSpan(many, { from, to: Math.min(400, from + count) }, sight, reach, 2, upwards);
          expect(many.top(next.from)).toBeLessThanOrEqual(top);
          expect(next.to === 400 || many.top(next.to) >= sight.bottom).toBe(true);
          expect(next.from).toBeLessThan(next.to);
        },
      ),
      { seed: 62, numRuns: 500 },
    );
  });
  it('grow by the budget in the direction of travel first, and are done when the reach is filled', () => {
    const sight = { top: 40_000, bottom: 40_900 };
    let span = nextSpan(many, { from: 0, to: 0 }, sight, reach, 2, true);
    expect([span.from, span.to]).toEqual([many.at(39_900), many.at(41_000) + 1]);
    const grown = nextSpan(many, span, sight, reach, 2, true);
    expect([grown.from, grown.to]).toEqual([span.from - 2, span.to]);
    const down = nextSpan(many, span, sight, reach, 2, false);
    expect([down.from, down.to]).toEqual([span.from, span.to + 2]);
    for (let i = 0; i < 20 && !span.done; i++) span = nextSpan(many, span, sight, reach, 2, true);
    expect(span).toEqual({ from: many.at(39_000), to: many.at(41_900) + 1, done: true });
  });
  it('are let go once they are far from what is in sight, and not before', () => {
    const sight = { top: 40_000, bottom: 40_900 };
    const wide = { from: many.at(38_500), to: many.at(44_500) };
    const kept = nextSpan(many, wide, sight, reach, 0, false);
    expect(kept.from).toBe(wide.from);
    expect(kept.to).toBe(many.at(42_900) + 1);
  });
});

describe('a guessed height', () => {
  it('grows with lines, and with size where the text is not here yet', () => {
    expect(guessHeight('a'.repeat(640))).toBeGreaterThan(guessHeight('a'.repeat(64)));
    expect(guessHeight('a\n'.repeat(20))).toBeGreaterThan(guessHeight('a '.repeat(20)));
    expect(guessHeight('', 5000)).toBeGreaterThan(guessHeight('', 50));
  });
});
