/**
 * The Markdown of replies: GitHub's, with math, footnotes and definition lists; a line's end is one. HTML is text, but for `<br>`.
 * Text in, blocks out; pure. Whatever the text, parsing takes time in proportion to it, and what is too long, too deep or too
 * costly to set stays as it was written.
 */
import MarkdownIt from 'markdown-it';
import { Clock, clock, TooMuch } from './rules/clock.ts';
import { emphasis } from './rules/emphasis.ts';
import { math } from './rules/math.ts';
import { notes } from './rules/notes.ts';
import { text } from './rules/text.ts';
import { treeOf } from './to-tree.ts';
import type { Placed } from './tree.ts';

/** Longer texts than this are no reply that anybody reads; they are shown as they stand. In UTF-16 units. */
export const LONGEST = 200_000;

const md = new MarkdownIt({ html: false, breaks: true, linkify: false, maxNesting: 100 });
// what may be opened is decided where it is opened (safeHref); an address is kept as it was written
md.validateLink = () => true;
md.normalizeLink = (url) => url;
md.normalizeLinkText = (url) => url;
md.core.ruler.disable(['replacements', 'smartquotes', 'text_join', 'linkify']);
md.inline.ruler.disable(['linkify', 'html_inline']);
md.block.ruler.disable(['html_block']);
md.use(text).use(math).use(notes).use(emphasis).use(clock);

/** Line ends as `\n`. Offsets that `parse` gives are those of this text. */
export const uniform = (text: string): string => (text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text);

/** What `parse` found out about a text, besides its blocks. */
export interface Parsed {
  readonly blocks: readonly Placed[];
  /** Rounds of rules that it took. */
  readonly steps: number;
}

/** @param text with line ends as `uniform` leaves them */
export function parseCounted(text: string): Parsed {
  const asWritten = (): readonly Placed[] => [{ from: 0, to: text.length, block: { type: 'asWritten', text } }];
  if (text === '') return { blocks: [], steps: 0 };
  if (text.length > LONGEST) return { blocks: asWritten(), steps: 0 };
  const counted = new Clock(text.length);
  try {
    const tokens = md.parse(text, { clock: counted, references: Object.create(null) as Record<string, never> });
    return { blocks: treeOf(tokens, text), steps: counted.steps };
  } catch (error) {
    // RangeError: the parser went deeper than the stack
    if (error instanceof TooMuch || error instanceof RangeError) return { blocks: asWritten(), steps: counted.steps };
    throw error;
  }
}

/** The blocks of a text, in order. @param text with line ends as `uniform` leaves them */
export const parse = (text: string): readonly Placed[] => parseCounted(text).blocks;
