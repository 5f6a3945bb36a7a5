import { describe, expect, it } from 'vitest';
import { needleOf } from '../../../core/contract/fold.ts';
import { excerptOf } from '../../../core/store/search/excerpt.ts';
import { gramsOf, lookupOf } from '../../../core/store/search/grams.ts';

const excerpt = (text: string, query: string): { text: string; marked: string[]; whole: boolean } | null => {
  const found = excerptOf(text, needleOf(query));
  return (
    found && {
      text: found.text,
      marked: found.ranges.map(([from, to]) => found.text.slice(from, to)),
      whole: found.whole,
    }
  );
};
const filler = 'some words that stand around it, '.repeat(20);

describe('an excerpt', () => {
  it('is the text itself where that is short', () => {
    expect(excerpt('The sort is stable.', 'stable')).toEqual({
      text: 'The sort is stable.',
      marked: ['stable'],
      whole: true,
    });
  });
  it('begins and ends with whole words around what was found', () => {
    const found = excerpt(`${filler}needle ${filler}`, 'needle');
    expect(found?.marked).toEqual(['needle']);
    expect(found?.text).toMatch(/^…\w+ [^…]* needle [^…]*\S…$/);
    expect(found?.text.length).toBeLessThan(180);
  });
  it('shows the place where the words stand by themselves, before one inside a longer word', () => {
    expect(excerpt(`start ${filler} an art ${filler}`, 'art')?.text).toContain('an art');
    expect(excerpt('start', 'art')?.whole).toBe(false);
  });
  it('has no line ends, whatever the text has', () => {
    expect(excerpt('one\n\n- two\tthree', 'two')?.text).toBe('one  - two three');
  });
  it('is found in long texts, at their end and over the border of a piece', () => {
    const long = 'x '.repeat(24_997);
    expect(excerpt(`${long}needles everywhere ${long}${long}`, 'needles everywhere')?.marked).toEqual([
      'needles everywhere',
    ]);
    expect(excerpt(`${long}${long}${long}the end`, 'the end')?.marked).toEqual(['the end']);
    expect(excerpt(`first ${long}${long} last`, 'last first')?.marked.length).toBeGreaterThan(0);
  });
  it('never cuts a character in two', () => {
    const found = excerpt(`${'🎉'.repeat(100)}needle${'🎉'.repeat(200)}`, 'needle');
    expect(() => encodeURIComponent(found?.text ?? '\ud800')).not.toThrow();
  });
  it('is null where the words are not', () => {
    expect(excerpt('nothing', 'needle')).toBeNull();
  });
});

describe('the pairs and triples', () => {
  it('of a text hold those of each of its parts of two or more characters', () => {
    const words = new Set(gramsOf('the 猫 sat').split(' '));
    for (const part of ['th', 'the', 'he 猫', 'sat', 'at', '猫', 'the 猫 sat'])
      for (const gram of (lookupOf([part]) ?? '').split(' AND ')) expect(words).toContain(gram.slice(1, -1));
  });
  it('are asked for in a handful, however long the query', () => {
    expect(lookupOf(['a'.repeat(10_000)])?.split(' AND ')).toHaveLength(1);
    expect(
      lookupOf([Array.from({ length: 3000 }, (_, i) => `w${i}`).join(' ')])?.split(' AND ').length,
    ).toBeLessThanOrEqual(8);
  });
  it('cannot be asked for with one letter', () => {
    expect([lookupOf(['a']), lookupOf(['']), lookupOf(['猫']) !== null]).toEqual([null, null, true]);
  });
});
