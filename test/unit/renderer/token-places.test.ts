import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placesOf } from '../../../renderer/state/inspector/token-places.ts';

const tokens = (...texts: string[]): { text: string }[] => texts.map((text) => ({ text }));
/** What is marked, cut out of the shown texts. */
const marked = (list: { text: string }[], range: { from: number; to: number }, texts: string[]): string[] =>
  (placesOf(list, [range], texts)[0] ?? []).map(({ text, from, end }) => texts[text]?.slice(from, end) ?? '');

describe('where a weak spot stands in the set text', () => {
  it('is the word itself, behind markup that is not shown', () => {
    expect(
      marked(tokens('The', ' **', 'sea', '**', ' is', ' calm'), { from: 2, to: 3 }, ['The ', 'sea', ' is calm']),
    ).toEqual(['sea']);
    expect(marked(tokens('- one', '\n- ', 'two'), { from: 2, to: 3 }, ['one', 'two'])).toEqual(['two']);
  });
  it('is the right one of equal words', () => {
    const list = tokens('a', ' cat', ' and', ' a', ' cat');
    expect(placesOf(list, [{ from: 4, to: 5 }], ['a cat and a cat'])[0]).toEqual([{ text: 0, from: 12, end: 15 }]);
  });
  it('runs through several texts where a part of it is set otherwise', () => {
    expect(marked(tokens('half', ' *it', 'al', '*ics'), { from: 1, to: 4 }, ['half ', 'ital', 'ics'])).toEqual([
      'ital',
      'ics',
    ]);
  });
  it('is found behind words that only the page has, and behind an address that only the text has', () => {
    expect(
      marked(tokens('![', 'a boat', '](x.png)', ' then', ' rowed'), { from: 4, to: 5 }, [
        'Image: a boat',
        ' then rowed',
      ]),
    ).toEqual(['rowed']);
    expect(
      marked(tokens('[here', '](https://example.org/a/long/path)', ' it', ' stands'), { from: 3, to: 4 }, [
        'here',
        ' it stands',
      ]),
    ).toEqual(['stands']);
  });
  it('is nowhere where its letters are not all shown in a row', () => {
    expect(marked(tokens('x', ' \\frac{1}{2}', ' y'), { from: 1, to: 2 }, ['x ', '12', ' y'])).toEqual([]);
    expect(marked(tokens('gone'), { from: 0, to: 1 }, ['another'])).toEqual([]);
    expect(marked(tokens('one', ' …'), { from: 1, to: 2 }, ['one …'])).toEqual([]);
  });
  it('of plain text is always the very letters of its tokens', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[ .,]?[a-c]{1,4}$/), { minLength: 1, maxLength: 30 }),
        fc.nat(),
        fc.nat(),
        (texts, a, b) => {
          const from = a % texts.length;
          const to = from + 1 + (b % (texts.length - from));
          const letters = (text: string): string => text.replace(/[^a-c]/g, '');
          expect(
            letters(
              marked(
                texts.map((text) => ({ text })),
                { from, to },
                [texts.join('')],
              ).join(''),
            ),
          ).toBe(letters(texts.slice(from, to).join('')));
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});
