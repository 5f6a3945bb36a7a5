/** The piece of a text around what was found in it, with the places of the words. Pure. */
import { foldWithPlaces, rangesOf, type Folded, type Needle, type Range } from '../../contract/fold.ts';

export interface Excerpt {
  /** White space as single spaces' worth: never a line end. Begins or ends with … where the text goes on. */
  readonly text: string;
  /** In UTF-16 units of `text`. */
  readonly ranges: Range[];
  /** The words stand by themselves, not inside longer ones. */
  readonly whole: boolean;
}

const BEFORE = 36;
const LENGTH = 160;
/** A stretch of a long text that is looked at in one step. */
const PIECE = 50_000;
const MARKS = 12;

const isWordy = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}]/u.test(character);

function isWhole({ text, starts }: Folded, [from, to]: Range): boolean {
  const at = starts.indexOf(from);
  const end = starts.indexOf(to, at);
  return !(isWordy(text[at - 1]) && isWordy(text[at])) && !(isWordy(text[end - 1]) && isWordy(text[end]));
}

/** The first piece of a text that has the whole needle: a long text need not be folded with its places as a whole. */
function pieceWith(text: string, needle: Needle): { at: number; folded: Folded; ranges: Range[] } | null {
  const overlap = 2 * needle.phrase.length + 200;
  if (text.length > PIECE + overlap) {
    for (let at = 0; at < text.length; at += PIECE) {
      const folded = foldWithPlaces(text.slice(at, at + PIECE + overlap));
      if (!needle.words.every((word) => folded.text.includes(word))) continue;
      const ranges = rangesOf(folded, needle, 200);
      if (ranges.length > 0) return { at, folded, ranges };
    }
  }
  const folded = foldWithPlaces(text);
  const ranges = rangesOf(folded, needle, 200);
  return ranges.length > 0 ? { at: 0, folded, ranges } : null;
}

/** Not between the halves of a pair. */
const whole = (text: string, at: number): number =>
  /[\udc00-\udfff]/.test(text[at] ?? '') && /[\ud800-\udbff]/.test(text[at - 1] ?? '') ? at - 1 : at;

/** null where the text does not have the needle. */
export function excerptOf(text: string, needle: Needle): Excerpt | null {
  const found = pieceWith(text, needle);
  if (!found) return null;
  const { at, folded, ranges } = found;
  const exact = ranges.slice(0, 20).find((range) => isWhole(folded, range));
  const [first, end] = exact ?? ranges[0] ?? [0, 0];
  const hit = at + first;
  let from = Math.max(0, hit - BEFORE);
  if (from > 0) {
    // begins with a word, where one begins near
    const gap = text.slice(from, hit).search(/\s\S/);
    from = gap < 0 ? whole(text, from) : from + gap + 1;
  }
  let to = Math.min(text.length, from + Math.max(LENGTH, Math.min(end - first, 2 * LENGTH) + BEFORE));
  if (to < text.length) {
    const tail = text.slice(at + end, to);
    const gap = tail.search(/\s\S*$/);
    to = gap > 0 ? at + end + gap : whole(text, to);
  }
  const lead = from > 0 ? '…' : '';
  const shown: Range[] = [];
  for (const [a, b] of ranges) {
    if (at + a < from || at + a >= to || shown.length >= MARKS) continue;
    shown.push([at + a - from + lead.length, Math.min(at + b, to) - from + lead.length]);
  }
  return {
    text: `${lead}${text.slice(from, to).replace(/\s/g, ' ')}${to < text.length ? '…' : ''}`,
    ranges: shown,
    whole: exact !== undefined,
  };
}
