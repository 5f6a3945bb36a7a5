/** JSON written by a table of chance: whatever it says, the text is JSON of its schema. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { couldBe, isOne } from '../../../core/contract/numbers.ts';

describe('numbers within bounds', () => {
  it('can be finished from everything that could be one, and from nothing else', () => {
    fc.assert(
      fc.property(fc.integer({ min: -2000, max: 2000 }), fc.integer({ min: 0, max: 900 }), (minimum, more) => {
        const bounds = { integer: true, minimum, maximum: minimum + more };
        const prefixes = new Set(['']);
        for (let n = minimum; n <= minimum + more; n++)
          for (let i = 1; i <= String(n).length; i++) prefixes.add(String(n).slice(0, i));
        for (const prefix of prefixes) expect([prefix, couldBe(prefix, bounds)]).toEqual([prefix, true]);
        for (const text of ['-', '0', '1', '7', '-3', '12', '-99', '100', '1999', '00', '5.'])
          if (!prefixes.has(text) && text !== '-0') expect([text, couldBe(text, bounds)]).toEqual([text, false]);
        expect(isOne(String(minimum), bounds)).toBe(true);
        expect(isOne(String(minimum - 1), bounds)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});
