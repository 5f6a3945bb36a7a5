/**
 * How texts are compared when one searches; the store and the window fold the same way. Folding takes away case, diacritics,
 * compatibility forms (ﬁ, ①, full width), marks nobody types (soft hyphens, joiners, direction marks) and the width of
 * white space. It works code point by code point, so a fold of a part is a part of the fold of the whole.
 */

/** Letters that Unicode does not take apart but a person types without their stroke or as two. */
const spelled: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ŧ: 't',
  ı: 'i',
  ĸ: 'k',
  ŋ: 'n',
  ς: 'σ',
};
/**
 * Accents of Latin, Greek and Cyrillic, points of Hebrew, vowel marks and tatweel of Arabic, variation selectors. Vowel signs
 * of Indic scripts and Thai and the sound marks of kana are letters to their readers and stay.
 */
const IGNORED =
  /[\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u061c\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]/g; // eslint-disable-line no-misleading-character-class -- each of them stands for itself
const ASCII = /^[\x00-\x7f]*$/; // eslint-disable-line no-control-regex -- every ASCII text is folded in one step

function foldPoint(point: string): string {
  const code = point.charCodeAt(0);
  if (point.length === 1 && code >= 0xd800 && code < 0xe000) return '\ufffd';
  if (/\s/.test(point)) return ' ';
  const plain = point.normalize('NFKD').toLowerCase().replace(IGNORED, '');
  return plain.replace(/[ßæœøłđðþħŧıĸŋς]/g, (letter) => spelled[letter] ?? letter).replace(/\s+/g, ' ');
}
const known: (string | undefined)[] = [];
/** A code point folded, from a table that fills as texts are read. */
function folded(point: string): string {
  const code = point.codePointAt(0) ?? 0;
  return (known[code] ??= foldPoint(point));
}

/** The text as it is compared. Never longer than 18 times the text. */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase().replace(/\s+/g, ' ');
  let out = '';
  for (const point of text) {
    const piece = folded(point);
    out += piece.startsWith(' ') && out.endsWith(' ') ? piece.slice(1) : piece;
  }
  return out;
}

export interface Folded {
  readonly text: string;
  /** For each unit of `text`, and for its end, where the code point it came from begins in the original (UTF-16 units). */
  readonly starts: readonly number[];
}
export function foldWithPlaces(original: string): Folded {
  let text = '';
  const starts: number[] = [];
  let at = 0;
  for (const point of original) {
    let piece = folded(point);
    if (piece.startsWith(' ') && text.endsWith(' ')) piece = piece.slice(1);
    for (let i = 0; i < piece.length; i++) starts.push(at);
    text += piece;
    at += point.length;
  }
  starts.push(original.length);
  return { text, starts };
}

/** A stretch of a text, in UTF-16 units: [from, to). */
export type Range = readonly [from: number, to: number];

/** The stretch of the original that `length` folded units from `at` came from; marks that follow a letter belong to it. */
function original({ text, starts }: Folded, at: number, length: number): Range {
  let end = at + length;
  const last = starts[end - 1] ?? 0;
  // half of what one letter became stands for the whole letter
  while (end < text.length && starts[end] === last) end++;
  return [starts[at] ?? 0, starts[end] ?? 0];
}

/** Words as they are looked for: folded, without white space around them; the whole comes first where there are several. */
export interface Needle {
  /** The query as one stretch. */
  readonly phrase: string;
  /** Its words, each once. */
  readonly words: readonly string[];
}
export function needleOf(query: string): Needle {
  const phrase = fold(query).trim();
  return { phrase, words: [...new Set(phrase.split(' '))].filter((word) => word !== '') };
}

/** The same words, but only where they stand together. */
export const together = ({ phrase }: Needle): Needle => ({ phrase, words: phrase === '' ? [] : [phrase] });

/** Whether a folded text has the phrase, or all the words ('words'), or neither (null). */
export function matchOf(foldedText: string, needle: Needle): 'phrase' | 'words' | null {
  if (needle.phrase === '') return null;
  if (foldedText.includes(needle.phrase)) return 'phrase';
  return needle.words.every((word) => foldedText.includes(word)) ? 'words' : null;
}

/** How often a folded text has the phrase or, where it has only its words, each of them. */
export function countOf(foldedText: string, needle: Needle): number {
  const kind = matchOf(foldedText, needle);
  if (kind === null) return 0;
  let count = 0;
  for (const word of kind === 'phrase' ? [needle.phrase] : needle.words)
    for (let at = foldedText.indexOf(word); at >= 0; at = foldedText.indexOf(word, at + word.length)) count++;
  return count;
}

/** Where a needle stands in a text: every place of the phrase, or, where the phrase is nowhere, of each word; in order, not overlapping. */
export function rangesOf(text: Folded, needle: Needle, limit = Infinity): Range[] {
  const kind = matchOf(text.text, needle);
  if (kind === null) return [];
  const found: Range[] = [];
  for (const word of kind === 'phrase' ? [needle.phrase] : needle.words) {
    let count = 0;
    for (let at = text.text.indexOf(word); at >= 0 && count < limit; at = text.text.indexOf(word, at + word.length)) {
      found.push(original(text, at, word.length));
      count++;
    }
  }
  if (kind === 'phrase') return found;
  const joined: Range[] = [];
  for (const range of found.sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
    const last = joined.at(-1);
    if (!last || range[0] >= last[1]) joined.push(range);
    else if (range[1] > last[1]) joined[joined.length - 1] = [last[0], range[1]];
  }
  return joined.slice(0, limit);
}
