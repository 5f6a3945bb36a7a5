import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHalf, readBlock, toHalf, writeBlock } from '../../bench/quantize.ts';
import { costRatio, lesser, median } from '../../bench/report.ts';

describe('the peer gets the same weights', () => {
  it('half floats survive', () => {
    for (let bits = 0; bits < 0x7c00; bits++) expect(toHalf(fromHalf(bits))).toBe(bits);
    expect(toHalf(-fromHalf(0x1234))).toBe(0x9234);
    expect([toHalf(65504), toHalf(65520), toHalf(1 + 2 ** -11), toHalf(1 + 3 * 2 ** -11)]).toEqual([
      0x7bff, 0x7c00, 0x3c00, 0x3c02,
    ]);
  });
  it('as Q8_0, each within half a step', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 32, maxLength: 32 }), (values) => {
        const view = new DataView(new ArrayBuffer(34));
        writeBlock(Float64Array.from(values), 'Q8_0', view, 0);
        const step = Math.max(...values.map(Math.abs)) / 127;
        const d = fromHalf(view.getUint16(0, true));
        values.forEach((w, i) => expect(Math.abs(view.getInt8(2 + i) * d - w)).toBeLessThanOrEqual(step * 0.57 + 4e-6));
      }),
      { seed: 3, numRuns: 200 },
    );
  });
  it('as Q4_0, in the order the blocks are read', () => {
    const values = Float64Array.from({ length: 32 }, (_, i) => (i % 16) - 8);
    const view = new DataView(new ArrayBuffer(18));
    writeBlock(values, 'Q4_0', view, 0);
    const out = new Float64Array(32);
    readBlock(view, 0, 2, out);
    expect([...out]).toEqual([...values]);
  });
});

it('a median is the middle, and null of nothing', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([]), median(undefined)]).toEqual([2, 2.5, null, null]);
});

it('what more rows or a longer past cost is said over one row past 256 tokens', () => {
  const forward = [
    { cached: 256, rows: 1, canvas: 0, ms: 10 },
    { cached: 256, rows: 8, canvas: 7, ms: 99 },
    { cached: 256, rows: 8, canvas: 0, ms: 16 },
    { cached: 4096, rows: 1, canvas: 0, ms: 29 },
  ];
  expect([costRatio(forward, { rows: 8 }), costRatio(forward, { cached: 4096 })]).toEqual([1.6, 2.9]);
  expect([costRatio(forward, { rows: 32 }), costRatio(null, {})]).toEqual([null, null]);
});

it('a ratio to the better of two peers is the smaller one, or the only one', () => {
  expect([lesser(2, 1.5), lesser(null, 1.5), lesser(2, null), lesser(null, null)]).toEqual([1.5, 1.5, 2, null]);
});
