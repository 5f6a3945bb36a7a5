import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Copies, expecting, weightOf } from '../../../core/samplers/copies.ts';
import { probabilityOf } from '../../../core/sampling/choose.ts';

test('finds the longest earlier match of the last tokens, and of several the newest', () => {
  expect(new Copies().find([1, 2, 3, 1, 2])).toEqual({ at: 2, length: 2 });
  expect(new Copies().find([1, 2, 3, 1, 2, 4, 1, 2])).toEqual({ at: 5, length: 2 });
  expect(new Copies().find([7, 1, 2, 3, 8, 1, 2, 4, 7, 1, 2])).toEqual({ at: 3, length: 3 });
});

test('drafts count as tokens that have been written: the match goes on into them', () => {
  const known = [1, 2, 3, 4, 5, 9, 1, 2];
  expect(new Copies().find(known, [3, 4])).toEqual({ at: 4, length: 4 });
  expect(new Copies().find(known, [3, 8])).toBeNull();
});

test('finds nothing where the last two tokens never stood side by side, or there are fewer', () => {
  expect(new Copies().find([1, 2, 3, 2, 1])).toBeNull();
  expect(new Copies().find([1])).toBeNull();
  expect(new Copies().find([])).toBeNull();
});

test('a run of one token follows itself', () => {
  expect(new Copies().find([7, 7, 7, 7])).toEqual({ at: 3, length: 3 });
});

test('asked as the sequence grows, it says what a search through the whole of it says', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 60 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 30 }),
      (tokens, drafts, steps) => {
        const copies = new Copies();
        let length = 0;
        for (const step of steps) {
          length = Math.min(tokens.length, length + step);
          const known = tokens.slice(0, length);
          const all = [...known, ...drafts];
          let expected: { at: number; length: number } | null = null;
          for (let at = 2; at < length; at++) {
            let same = 0;
            while (same < 32 && at > same && known[at - same - 1] === all[all.length - same - 1]) same++;
            if (same >= 2 && same >= (expected?.length ?? 0)) expected = { at, length: same };
          }
          expect(copies.find(known, drafts)).toEqual(expected);
        }
      },
    ),
    { seed: 20261124, numRuns: 300 },
  );
});

test('the longer the match, the surer the copy; copies that broke make those that follow less sure, and those that held surer', () => {
  const [fresh, broken, held] = [new Copies(), new Copies(), new Copies()];
  const copy = [{ id: 1, chance: 0.8, matched: 8 }];
  for (let i = 0; i < 20; i++) {
    broken.fared(copy, 0);
    held.fared(copy, 1);
  }
  for (let length = 2; length < 32; length++) {
    expect(fresh.chance(length + 1)).toBeGreaterThan(fresh.chance(length));
    expect(weightOf(length + 1)).toBeGreaterThan(weightOf(length));
    expect(broken.chance(length)).toBeLessThan(fresh.chance(length));
    expect(held.chance(length)).toBeGreaterThan(fresh.chance(length));
    expect(broken.chance(length)).toBeGreaterThan(0);
    expect(held.chance(length)).toBeLessThan(1);
  }
});

test('a row that expects a token gives it that share, and all others what is left, in their proportions', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 1, maxLength: 12 }),
      fc.nat({ max: 12 }), // the last ones are no candidates
      fc.double({ min: 0.01, max: 0.97, noNaN: true }),
      (logits, id, weight) => {
        const lse = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
        const ids = logits.map((_, i) => i);
        const plain = { ids, logits, lse, entropy: entropyOf(ids.map((i) => Math.exp((logits[i] as number) - lse))) };
        const row = expecting(plain, id, weight);
        const all = Array.from(row.ids);
        for (const each of all)
          expect(probabilityOf(row, each)).toBeCloseTo(
            (1 - weight) * probabilityOf(plain, each) + (each === id ? weight : 0),
            4,
          );
        expect(new Set(all)).toEqual(new Set([...ids, id]));
        expect(row.entropy).toBeCloseTo(entropyOf(all.map((each) => probabilityOf(row, each))), 3);
      },
    ),
    { seed: 20261130, numRuns: 300 },
  );
});

const entropyOf = (chances: readonly number[]): number =>
  chances.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0);
