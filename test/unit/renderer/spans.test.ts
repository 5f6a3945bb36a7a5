/** Which tokens are written anew, and what a candidate makes of the reply. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  branchOf,
  changeOf,
  leastSure,
  longerBranch,
  sentenceEnds,
  sentenceEndsIn,
  shorterBranch,
  spanFor,
  tokensOfSelection,
  wholeWords,
} from '../../../renderer/state/rewrite/spans.ts';

const list = (text: string, ps: number[] = []) =>
  (text.match(/\s?[^\s]{1,4}|\s/g) ?? []).map((piece, i) => ({
    id: i,
    text: piece,
    p: ps[i] ?? 0.9,
    forward: i + 1,
    via: 'context' as const,
  }));
const joined = (tokens: readonly { text: string }[], { from, to }: { from: number; to: number }): string =>
  tokens
    .slice(from, to)
    .map((t) => t.text)
    .join('');

describe('a selection', () => {
  test('grows to whole words', () => {
    const tokens = list('The lighthouse stood.');
    const at = tokens.findIndex((t) => t.text.startsWith('thou'));
    expect(joined(tokens, wholeWords(tokens, { from: at, to: at + 1 }))).toBe(' lighthouse');
  });

  test('in the set text is found in the tokens, past marks of Markdown and the numbers of lists', () => {
    const tokens = list('# Title\n\n1. The **bold** one\n2. The other one');
    const range = tokensOfSelection(tokens, 'Title The bold one The ', 'other');
    expect(range && joined(tokens, wholeWords(tokens, range))).toBe(' other');
    expect(tokensOfSelection(tokens, '', '…')).toBeNull();
  });

  test('may become longer or shorter, and is never empty', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: -40, max: 40 }),
        (from, length, more) => {
          const span = spanFor({ from, to: from + length }, more);
          expect(span.min).toBeGreaterThanOrEqual(1);
          expect(span.max).toBeGreaterThanOrEqual(span.min);
        },
      ),
      { seed: 1 },
    );
    expect(spanFor({ from: 0, to: 5 }, 3).max).toBeGreaterThan(spanFor({ from: 0, to: 5 }).max);
  });
});

describe('the least sure words', () => {
  const tokens = list('One two three four five six', [0.9, 0.1, 0.8, 0.7, 0.2, 0.95, 0.6]);
  test('are taken by share, as whole words in order', () => {
    expect(leastSure(tokens, 0.2, { from: 0, to: tokens.length }).map((range) => joined(tokens, range))).toEqual([
      ' two',
    ]);
    for (const share of [0.1, 0.5, 0.9]) {
      const ranges = leastSure(tokens, share, { from: 0, to: tokens.length });
      ranges.forEach((range, i) => expect(range.from).toBeGreaterThanOrEqual(ranges[i - 1]?.to ?? 0));
    }
  });
});

describe('a candidate', () => {
  test('shares what stands before its first span and keeps what stands between and after', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(39), { minLength: 2, maxLength: 6 }).filter((cuts) => cuts.length % 2 === 0),
        (cuts) => {
          const sorted = [...cuts].sort((a, b) => a - b);
          const spans = Array.from({ length: sorted.length / 2 }, (_, i) => ({
            from: sorted[2 * i] as number,
            to: sorted[2 * i + 1] as number,
            tokens: list('new'),
          }));
          const { tokens, layout } = branchOf(spans, 40);
          const covered = [
            ...Array.from({ length: tokens }, (_, i) => i),
            ...layout.flatMap((part) =>
              part.kind === 'kept' ? Array.from({ length: part.to - part.from }, (_, i) => part.from + i) : [],
            ),
          ];
          expect(covered).toEqual(
            Array.from({ length: 40 }, (_, i) => i).filter((i) => !spans.some(({ from, to }) => i >= from && i < to)),
          );
          expect(layout.filter((part) => part.kind === 'written')).toHaveLength(spans.length);
        },
      ),
      { seed: 2 },
    );
  });
  test('is shown as what it takes away and puts in place', () => {
    expect(changeOf(list('a big red dog'), list('a old red dog'))).toEqual({
      start: 'a',
      removed: ' big',
      added: ' old',
      end: ' red dog',
    });
  });
});

describe('a length', () => {
  const tokens = list('One is here. Two is here. Three is here.\n1. A list.');
  test('longer goes on from the end, shorter closes after an earlier sentence', () => {
    expect(sentenceEnds(tokens)).toHaveLength(4);
    expect(sentenceEndsIn('One is here. Two is here. Three is here.\n1. A list.')).toBe(4);
    expect(longerBranch(tokens)).toMatchObject({ tokens: tokens.length, layout: [{ kind: 'hole', min: 24 }] });
    const shorter = shorterBranch(tokens);
    expect(joined(tokens, { from: 0, to: shorter?.tokens ?? 0 })).toBe('One is here.');
    expect(shorterBranch(list('One. Two.'))).toEqual({ tokens: 1, layout: [{ kind: 'kept', from: 0, to: 0 }] });
    expect(shorterBranch(list('Only one.'))).toBeNull();
  });
});
