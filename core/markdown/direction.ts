/** The direction of a text: that of its first letter. */
import { wordsOf } from './to-tree.ts';
import type { Block, Inline } from './tree.ts';

export type Direction = 'ltr' | 'rtl';

const LETTER = /\p{L}/u;
/** Scripts written from right to left, by where Unicode has them: Hebrew to Arabic Extended-A, presentation forms, and the old ones. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** Letters beyond so many characters are not looked for. In UTF-16 units. */
const AHEAD = 2000;

/** Null: no letter says. */
export function directionOf(text: string): Direction | null {
  const letter = LETTER.exec(text.slice(0, AHEAD))?.[0];
  return letter === undefined ? null : RIGHT_TO_LEFT.test(letter) ? 'rtl' : 'ltr';
}

/** Code, formulas and addresses do not count: they run from left to right in any text. */
function ofInline(inline: readonly Inline[]): Direction | null {
  for (const piece of inline) {
    const found =
      piece.type === 'text'
        ? directionOf(piece.text)
        : 'children' in piece && !isAddress(piece)
          ? ofInline(piece.children)
          : null;
    if (found) return found;
  }
  return null;
}
const isAddress = (piece: Inline): boolean =>
  piece.type === 'link' && /^(?:https?:\/\/|mailto:)/i.test(piece.href) && piece.href.endsWith(wordsOf(piece.children));

function first<T>(parts: readonly T[], of: (part: T) => Direction | null): Direction | null {
  for (const part of parts) {
    const found = of(part);
    if (found) return found;
  }
  return null;
}

export function blockDirection(block: Block): Direction | null {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return ofInline(block.inline);
    case 'quote':
    case 'note':
      return first(block.blocks, blockDirection);
    case 'list':
      return first(block.items, (item) => first(item.blocks, blockDirection));
    case 'table':
      return first([block.head, ...block.rows], (row) => first(row, ofInline));
    case 'definitions':
      return first(block.items, ({ term }) => ofInline(term));
    case 'asWritten':
      return directionOf(block.text);
    default:
      return null;
  }
}
