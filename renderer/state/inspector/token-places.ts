/**
 * Where tokens of a reply stand in its set text. Markup is not shown and some of what is shown is no token (a list's number,
 * a label), so letters and digits are matched in order; what can't be placed without doubt has no place. Pure.
 */
import type { CommittedToken } from '../../../core/contract/generation.ts';
import type { Range } from '../rewrite/spans.ts';

/** Of one shown text: its index, and the first code unit; `end`: the first one after. */
export interface Place {
  readonly text: number;
  readonly from: number;
  readonly end: number;
}
/** So many letters of either side are passed over where the two differ, if as many as `SURE` after them agree. */
const AHEAD = 200;
const SURE = 6;

interface Letter {
  readonly sign: string;
  /** Of the token, or of the shown text. */
  readonly home: number;
  /** First code unit. */
  readonly at: number;
}
function lettersOf(texts: readonly string[]): Letter[] {
  const letters: Letter[] = [];
  texts.forEach((text, home) => {
    let at = 0;
    for (const sign of text) {
      if (/[\p{L}\p{N}]/u.test(sign)) letters.push({ sign, home, at });
      at += sign.length;
    }
  });
  return letters;
}

/** For each letter of the tokens the shown letter it is; -1 where it is not shown. */
function match(written: readonly Letter[], shown: readonly Letter[]): Int32Array {
  const places = new Int32Array(written.length).fill(-1);
  const agree = (i: number, j: number): boolean => {
    const length = Math.min(SURE, written.length - i, shown.length - j);
    for (let k = 0; k < length; k++) if (written[i + k]?.sign !== shown[j + k]?.sign) return false;
    return length > 0;
  };
  let [i, j] = [0, 0];
  while (i < written.length && j < shown.length) {
    if (written[i]?.sign === shown[j]?.sign) places[i++] = j++;
    else {
      let skip = 1;
      while (skip <= AHEAD && !agree(i + skip, j) && !agree(i, j + skip)) skip++;
      if (skip > AHEAD) [i, j] = [i + 1, j + 1];
      else if (agree(i + skip, j)) i += skip;
      else j += skip;
    }
  }
  return places;
}

interface Matched {
  readonly written: readonly Letter[];
  readonly shown: readonly Letter[];
  /** For each letter of the tokens the shown one; -1: not shown. */
  readonly places: Int32Array;
}
const matched = (tokens: readonly Pick<CommittedToken, 'text'>[], texts: readonly string[]): Matched => {
  const written = lettersOf(tokens.map(({ text }) => text));
  const shown = lettersOf(texts);
  return { written, shown, places: match(written, shown) };
};
/** The first letter of a token at or after `home`. */
function firstLetter(written: readonly Letter[], home: number): number {
  let [low, high] = [0, written.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((written[middle]?.home ?? 0) < home) low = middle + 1;
    else high = middle;
  }
  return low;
}
function placesFrom({ written, shown, places }: Matched, { from, to }: Range): Place[] {
  const found: Place[] = [];
  let before: number | null = null;
  for (let i = firstLetter(written, from); i < written.length && (written[i]?.home ?? to) < to; i++) {
    const at = places[i] ?? -1;
    const letter = shown[at];
    if (!letter || (before !== null && at !== before + 1)) return [];
    before = at;
    const last = found.at(-1);
    const end = letter.at + letter.sign.length;
    if (last?.text === letter.home) found[found.length - 1] = { ...last, end };
    else found.push({ text: letter.home, from: letter.at, end });
  }
  return found;
}

/**
 * @param texts the shown texts, in order
 * @returns for each range the places of its letters, one for each text it runs through; none where some letter has no place,
 *   or others stand between them
 */
export function placesOf(
  tokens: readonly Pick<CommittedToken, 'text'>[],
  ranges: readonly Range[],
  texts: readonly string[],
): Place[][] {
  if (ranges.length === 0) return [];
  const all = matched(tokens, texts);
  return ranges.map((range) => placesFrom(all, range));
}
/** The places of each token. */
export const tokenPlaces = (tokens: readonly Pick<CommittedToken, 'text'>[], texts: readonly string[]): Place[][] =>
  placesOf(
    tokens,
    tokens.map((_, at) => ({ from: at, to: at + 1 })),
    texts,
  );
