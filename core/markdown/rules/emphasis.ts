/**
 * Where emphasis may begin and end. CommonMark asks what is beside a run of signs: a space, punctuation or a letter; where
 * words have no spaces between them, that rule leaves `**“引用”**后` as stars. So a letter of such a script, and its wide
 * punctuation, count as a place between words.
 */
import type { Parser } from './types.ts';
import { isUnspaced, isWide } from './scripts.ts';

const PUNCTUATION = /[\p{P}\p{S}]/u;
const SPACE = /\s/;

/** The code point that ends before `at`; a space at the text's beginning. */
const before = (text: string, at: number): string => {
  if (at <= 0) return ' ';
  const low = text.charCodeAt(at - 1);
  return low >= 0xdc00 && low <= 0xdfff && at > 1 ? text.slice(at - 2, at) : text.charAt(at - 1);
};
const after = (text: string, at: number, end: number): string =>
  at >= end ? ' ' : String.fromCodePoint(text.codePointAt(at) ?? 32);

export function emphasis(md: Parser): void {
  md.inline.State = class extends md.inline.State {
    override scanDelims(
      start: number,
      canSplitWord: boolean,
    ): { can_open: boolean; can_close: boolean; length: number } {
      const marker = this.src.charCodeAt(start);
      let end = start;
      while (end < this.posMax && this.src.charCodeAt(end) === marker) end += 1;
      const last = before(this.src, start);
      const next = after(this.src, end, this.posMax);
      const spaced = { last: SPACE.test(last), next: SPACE.test(next) };
      /** Punctuation that asks for a space beside it. */
      const narrow = { last: PUNCTUATION.test(last) && !isWide(last), next: PUNCTUATION.test(next) && !isWide(next) };
      const left = !spaced.next && (!narrow.next || spaced.last || narrow.last || isUnspaced(last) || isWide(last));
      const right = !spaced.last && (!narrow.last || spaced.next || narrow.next || isUnspaced(next) || isWide(next));
      const punctuated = { last: PUNCTUATION.test(last), next: PUNCTUATION.test(next) };
      return {
        can_open: left && (canSplitWord || !right || punctuated.last),
        can_close: right && (canSplitWord || !left || punctuated.next),
        length: end - start,
      };
    }
  };
}
