/** Which words are called unsure, and how many of how many are shown. */
import { describe, expect, it } from 'vitest';
import { unsureWords } from '../../../renderer/state/rewrite/unsure.ts';
import { seeded } from '../../fixtures/fake-engine.ts';

type Written = Parameters<typeof unsureWords>[0];
/** Tokens of a text: words with the space before them; `*` before one: the model was unsure of it. */
const tokensOf = (text: string): Written[number][] =>
  (text.match(/\s*\S+|\s+/g) ?? []).map((piece) => ({
    text: piece.replace('¿', ''),
    p: piece.includes('¿') ? 0.1 : 0.9,
    via: 'draft' as const,
  }));
const shown = (tokens: Written): string[] =>
  unsureWords(tokens).ranges.map(({ from, to }) =>
    tokens
      .slice(from, to)
      .map(({ text }) => text)
      .join('')
      .trim(),
  );

describe('unsure words', () => {
  it('are the least sure ones, and how many there are in all is said', () => {
    const random = seeded(3);
    const tokens = Array.from({ length: 60 }, (_, i) => ({
      text: ` word${i}`,
      p: i % 3 === 0 ? 0.02 + random() * 0.2 : 0.9,
      via: 'draft' as const,
    }));
    const { ranges, shown: count, of } = unsureWords(tokens);
    expect([count, of]).toEqual([6, 20]);
    const least = tokens
      .map(({ p }, i) => ({ p, i }))
      .sort((a, b) => a.p - b.p)
      .slice(0, 6)
      .map(({ i }) => i)
      .sort((a, b) => a - b);
    expect(
      ranges
        .flatMap(({ from, to }) => Array.from({ length: to - from }, (_, k) => from + k))
        .filter((i) => i % 3 === 0),
    ).toEqual(least);
  });

  it('are never in code, whether fenced, between ticks or indented, nor in formulas', () => {
    expect(
      shown(
        tokensOf(
          'The ¿lighthouse stands.\n\n```py\n¿value = ¿number\n```\n\nThen `¿name` and $¿alpha$ follow ¿harbour.',
        ),
      ),
    ).toEqual(['lighthouse', 'harbour.']);
    expect(shown(tokensOf('Look:\n\n    ¿indented = ¿code\n\nand ¿beyond.'))).toEqual(['beyond.']);
    expect(shown(tokensOf('```js\nlet ¿open = 1'))).toEqual([]);
    expect(shown(tokensOf('$$\n¿alpha + ¿beta\n$$\n\n¿Gamma'))).toEqual(['Gamma']);
  });

  it('are none of the small words that any sentence could have otherwise', () => {
    expect(shown(tokensOf('¿In ¿the morning ¿we ¿have seen ¿Rayleigh.'))).toEqual(['Rayleigh.']);
  });

  it('a word of several tokens is one word, fixed words are none, and none are found where all is sure', () => {
    const pieces: Written = [
      { text: ' Ray', p: 0.2, via: 'draft' },
      { text: 'leigh', p: 0.1, via: 'draft' },
      { text: ' sky', p: 0.9, via: 'draft' },
    ];
    expect(unsureWords(pieces)).toMatchObject({ ranges: [{ from: 0, to: 2 }], shown: 1, of: 1 });
    expect(unsureWords(pieces.map((token) => ({ ...token, via: 'locked' as const }))).of).toBe(0);
    expect(unsureWords([])).toEqual({ ranges: [], shown: 0, of: 0 });
  });
});
