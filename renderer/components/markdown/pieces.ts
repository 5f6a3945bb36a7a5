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
  const line = text.lastIndexOf('\n', most);
  if (line > most - REACH && line > from) return { end: line, skip: 1 };
  const next = text.slice(most, most + REACH).search(/\s/);
  if (next >= 0) return { end: most + next, skip: 1 };
  // the halves of a surrogate pair stay together
  return { end: /[\uD800-\uDBFF]/.test(text.charAt(most - 1)) ? most + 1 : most, skip: 0 };
}

/** One piece for a text that is not long. */
export function textPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (let from = 0; from < text.length || pieces.length === 0; ) {
    const { end, skip } = cutAfter(text, from);
    const piece = text.slice(from, end);
    pieces.push({ text: piece, lines: Math.max(piece.split('\n').length, Math.ceil(piece.length / LINE)) });
    from = end + skip;
    if (end >= text.length) break;
  }
  return pieces;
}
