import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NgramIndex } from '../../../core/samplers/ngrams.ts';

test('gives what followed the newest earlier occurrence of the last tokens', () => {
  const index = new NgramIndex(2);
  expect(index.after([1, 2, 3, 1, 2], 2)).toEqual([3, 1]);
  expect(index.after([1, 2, 3, 1, 2, 4, 1, 2], 3)).toEqual([4, 1, 2]);
  expect(index.after([1, 2, 3, 1, 2, 4, 1, 2], 1)).toEqual([4]);
});

test('gives nothing where the last tokens never stood before, and nothing of a sequence too short', () => {
  expect(new NgramIndex(3).after([1, 2, 3, 4, 5, 6], 4)).toEqual([]);
  expect(new NgramIndex(3).after([1, 1], 4)).toEqual([]);
  expect(new NgramIndex(1).after([], 4)).toEqual([]);
  expect(new NgramIndex(1).after([1, 1], 0)).toEqual([]);
});

test('a run of one token follows itself', () => {
  expect(new NgramIndex(3).after([7, 7, 7, 7], 3)).toEqual([7]);
});

test('asked as the sequence grows, it says what a search through the whole of it says', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 30 }),
      (tokens, order, steps) => {
        const index = new NgramIndex(order);
        let length = 0;
        for (const step of steps) {
          length = Math.min(tokens.length, length + step);
          const known = tokens.slice(0, length);
          const tail = known.slice(-order).join();
          let expected: number[] = [];
          for (let end = order; end < length; end++)
            if (length >= order && known.slice(end - order, end).join() === tail) expected = known.slice(end, end + 4);
          expect(index.after(known, 4)).toEqual(expected);
        }
      },
    ),
    { seed: 20261124, numRuns: 300 },
  );
});

test('an order that is not a whole number from 1 is refused', () => {
  expect(() => new NgramIndex(0)).toThrow(RangeError);
});
