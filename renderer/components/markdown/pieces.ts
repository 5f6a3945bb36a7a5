/** A long text in pieces that a page can lay out one at a time. Pure. */

export interface Piece {
  /** Without the line end that it is cut at. */
  readonly text: string;
  /** About how many lines it takes. */
  readonly lines: number;
}

/** Of one piece, in UTF-16 units. */
const LENGTH = 4000;
/** Within so many of them, a piece ends with a line or, where none does, at a space. */
const REACH = 1000;
/** A guess of a line's length. */
const LINE = 70;

/** Where the piece that begins at `from` ends, and how many characters of its end are not part of the next one. */
function cutAfter(text: string, from: number): { end: number; skip: number } {
  const most = from + LENGTH;
  if (most >= text.length) return { end: text.length, skip: 0 };
  // within reach alone: looked for in the whole text, a line end that is not there would be looked for again for each piece
  const line = text.slice(most - REACH, most + 1).lastIndexOf('\n');
  if (line >= 0) return { end: most - REACH + line, skip: 1 };
  const next = text.slice(most, most + REACH).search(/\s/);
  if (next >= 0) return { end: most + next, skip: 1 };
  // the halves of a surrogate pair stay together
  return { end: /[\uD800-\uDBFF]/.test(text.charAt(most - 1)) ? most + 1 : most, skip: 0 };
}

/** One piece for a text that is not long. */
export function textPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (let from = 0; from < text.length || pieces.length === 0;) {
    const { end, skip } = cutAfter(text, from);
    const piece = text.slice(from, end);
    pieces.push({ text: piece, lines: Math.max(piece.split('\n').length, Math.ceil(piece.length / LINE)) });
    from = end + skip;
    if (end >= text.length) break;
  }
  return pieces;
}

/** What is shown of a text that is folded. */
const FOLDED_LENGTH = 900;
const FOLDED_LINES = 12;

/** The first lines of a text that is long enough to be folded; null: it is shown whole. */
export function foldedText(text: string): string | null {
  let end = -1;
  for (let line = 0; line < FOLDED_LINES; line++) {
    end = text.indexOf('\n', end + 1);
    if (end < 0) break;
  }
  if (end < 0 && text.length <= FOLDED_LENGTH) return null;
  const cut = Math.min(end < 0 ? text.length : end, FOLDED_LENGTH);
  return text.slice(0, /[\uD800-\uDBFF]/.test(text.charAt(cut - 1)) ? cut + 1 : cut);
}
