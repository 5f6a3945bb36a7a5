import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countOf, fold, foldWithPlaces, matchOf, needleOf, rangesOf } from '../../../core/contract/fold.ts';

describe('folding', () => {
  it.each([
    ['Ünïcödé', 'unicode'],
    ['ΣΊΣΥΦΟΣ', 'σισυφοσ'],
    ['İstanbul ISPARTA ılık', 'istanbul isparta ilik'],
    ['ﬁne ①②', 'fine 12'],
    ['Ｆｕｌｌ　ｗｉｄｔｈ', 'full width'],
    ['a\n\n \tb', 'a b'],
    ['co\u00adop\u200bera\u2060te', 'cooperate'],
    ['Æsop Œuvre ẞ', 'aesop oeuvre ss'],
    ['lone \ud800 half', 'lone \ufffd half'],
    ['', ''],
  ])('%j is compared as %j', (text, folded) => {
    expect(fold(text)).toBe(folded);
  });
  it('is the same with and without places, and folding again changes nothing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        (text) => foldWithPlaces(text).text === fold(text) && fold(fold(text)) === fold(text),
      ),
      { numRuns: 2000, seed: 7 },
    );
  });
  it('has every part of a text in the fold of the text', () => {
    const text = fc.array(fc.constantFrom('a', 'É', ' ', '\n', 'ß', '\u0301', '漢', '한', '🎉', '\u200d', 'ﬃ'), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(text, fc.nat(20), fc.nat(20), (list, from, length) =>
        fold(list.join('')).includes(fold(list.slice(from, from + length).join('')).trim()),
      ),
      { numRuns: 2000, seed: 7 },
    );
  });
});

describe('the places of words', () => {
  const marked = (text: string, query: string): string[] =>
    rangesOf(foldWithPlaces(text), needleOf(query)).map(([from, to]) => text.slice(from, to));
  it('are stretches of the text as it was written', () => {
    expect(marked('Un cafe\u0301, deux CAFÉS', 'café')).toEqual(['cafe\u0301', 'CAFÉ']);
    expect(marked('Straße', 'as')).toEqual(['aß']);
    expect(marked('one\n two  one two', 'one two')).toEqual(['one\n two', 'one two']);
  });
  it('are those of each word where the words do not stand together', () => {
    expect(marked('two and one', 'one two')).toEqual(['two', 'one']);
    expect(marked('abcabd', 'cab abc')).toEqual(['abcab']);
    expect(marked('two alone', 'one two')).toEqual(['two', 'one']);
    expect(marked('two by itself', 'one two')).toEqual([]);
  });
  it('are as many as are counted, for words that do not overlap', () => {
    expect(countOf(fold('To be or not to be'), needleOf('to be'))).toBe(2);
    expect(matchOf('anything', needleOf('  '))).toBeNull();
  });
  it('never fall outside the text, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.string({ unit: 'binary', maxLength: 3 }),
        (text, query) =>
          rangesOf(foldWithPlaces(text), needleOf(query)).every(
            ([from, to]) => from >= 0 && from < to && to <= text.length,
          ),
      ),
      { numRuns: 2000, seed: 7 },
    );
  });
});
