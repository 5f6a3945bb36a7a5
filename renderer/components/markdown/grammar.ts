/**
 * The Markdown of replies: GitHub's, with math, footnotes and definition lists. Text in, blocks out; pure. Whatever the
 * text, lexing takes time in proportion to it: what is too long or too deep to set stays as it was written.
 */
import { Marked, type MarkedToken, type Token, type TokenizerAndRendererExtension } from 'marked';

/** TeX source. `open`: a block whose end is not written (yet). */
export interface MathToken {
  type: 'math';
  raw: string;
  text: string;
  display: boolean;
  open: boolean;
}
/** `[^label]` in the text. */
export interface NoteMark {
  type: 'noteMark';
  raw: string;
  label: string;
}
/** `[^label]: …`, with what belongs to it. */
export interface Note {
  type: 'note';
  raw: string;
  label: string;
  tokens: Token[];
}
/** A term and `: ` what it means, one or more times. */
export interface Definitions {
  type: 'definitions';
  raw: string;
  items: { term: Token[]; meanings: Token[][] }[];
}
/** Text that is shown as it stands. */
export interface AsWritten {
  type: 'asWritten';
  raw: string;
}
export type BlockToken = MarkedToken | MathToken | Note | Definitions | AsWritten;
export type InlineToken = MarkedToken | MathToken | NoteMark;

/** Longer texts than this are no reply that anybody reads; they are shown as they stand. In characters. */
export const LONGEST = 200_000;
/** Quotes and lists nested deeper than this in one line are shown as they stand. */
const DEEPEST = 40;
/** A longest formula, in characters. */
const LONGEST_MATH = 4000;
/** Openers that never close make a lexer look ahead again and again; a line with more of them is not set. */
const MOST_OPENERS = 400;
/** So many formulas and notes that begin a line: each may end a paragraph, and for each the lexer looks for headings to the end. */
const MOST_HEADS = 2000;

/**
 * What `$…$` may hold: it begins and ends with ink, and no letter or digit follows it, so that “$5 and $10” and “$HOME” are
 * text. Words of prose between two prices (“$5, or 7$”) are text too: a number must have a sign of a formula beside it.
 */
const DOLLARS = /^\$(?!\s|\$)((?:[^$\\\n]|\\[^\n]){1,1000}?)\$(?![\p{L}\d$])/u;
const isFormula = (tex: string): boolean => !/\s$/.test(tex) && (!/^[\d.,]/.test(tex) || !/\s\p{L}{2,}/u.test(tex) || /[\\^_=]/.test(tex));
const INLINE = [
  { pattern: /^\\\(((?:[^\\\n]|\\(?![()])[^\n]?|\n(?!\s*\n)){1,2000}?)\\\)/, display: false },
  { pattern: /^\\\[((?:[^\\\n]|\\(?![[\]])[^\n]?|\n(?!\s*\n)){1,2000}?)\\\]/, display: true },
  { pattern: /^\$\$((?:[^$\\\n]|\\[^\n]){1,2000}?)\$\$(?!\$)/, display: true },
];

/** Where the next one begins is asked at every piece of text: only so far ahead, in characters, or long texts would take long. */
const AHEAD = 2000;
const ahead = (source: string, sign: RegExp): number | undefined => sign.exec(source.slice(0, AHEAD))?.index;

const inlineMath: TokenizerAndRendererExtension = {
  name: 'math',
  level: 'inline',
  start: (source) => ahead(source, /\$|\\[([]/),
  tokenizer(source): MathToken | undefined {
    for (const { pattern, display } of INLINE) {
      const found = pattern.exec(source);
      if (found?.[1] !== undefined && found[1].trim() !== '') return { type: 'math', raw: found[0], text: found[1].trim(), display, open: false };
    }
    const found = DOLLARS.exec(source);
    return found?.[1] !== undefined && isFormula(found[1]) ? { type: 'math', raw: found[0], text: found[1], display: false, open: false } : undefined;
  },
};

/** `$$` or `\[` at the head of a line, to its end or to an empty line: what is open is known to be math from its first sign. */
const blockMath: TokenizerAndRendererExtension = {
  name: 'mathBlock',
  level: 'block',
  // The sign must stand at the head of a line: a paragraph is cut there.
  start: (source) => ahead(source, /\n {0,3}(?:\$\$|\\\[)/),
  tokenizer(source) {
    const opening = /^ {0,3}(\$\$|\\\[)/.exec(source);
    if (!opening) return undefined;
    const end = opening[1] === '$$' ? '$$' : '\\]';
    const near = source.slice(0, LONGEST_MATH);
    const empty = /\n[ \t]*\n/.exec(near);
    const body = near.slice(0, empty?.index);
    const from = opening[0].length;
    const closes = body.indexOf(end, from);
    if (closes < 0) return body.length === source.length || empty ? { type: 'math', raw: body, text: body.slice(from).trim(), display: true, open: true } : undefined;
    const after = /^[ \t]*(?:\n|$)/.exec(source.slice(closes + end.length));
    // Words after it on its line: then it belongs to a paragraph.
    if (!after || body.slice(from, closes).trim() === '') return undefined;
    return { type: 'math', raw: source.slice(0, closes + end.length + after[0].length), text: body.slice(from, closes).trim(), display: true, open: false };
  },
};

const noteMark: TokenizerAndRendererExtension = {
  name: 'noteMark',
  level: 'inline',
  start: (source) => ahead(source, /\[\^/),
  tokenizer(source): NoteMark | undefined {
    const found = /^\[\^([^\s\]^[]{1,60})\]/.exec(source);
    return found?.[1] === undefined ? undefined : { type: 'noteMark', raw: found[0], label: found[1] };
  },
};

const note: TokenizerAndRendererExtension = {
  name: 'note',
  level: 'block',
  start: (source) => ahead(source, /\n\[\^/),
  tokenizer(source): Note | undefined {
    const found = /^\[\^([^\s\]^[]{1,60})\]:[ \t]?([^\n]*(?:\n(?!\[\^)[ \t]*\S[^\n]*|\n[ \t]*\n(?: {4}|\t)[^\n]*)*)(?:\n+|$)/.exec(source);
    if (!found) return undefined;
    const [raw, label = '', text = ''] = found;
    return { type: 'note', raw, label, tokens: this.lexer.blockTokens(text.replace(/\n(?: {1,4}|\t)/g, '\n'), []) };
  },
};

const definitions: TokenizerAndRendererExtension = {
  name: 'definitions',
  level: 'block',
  tokenizer(source): Definitions | undefined {
    const found = /^(?:(?![-*+>#|`~:]|\d+[.)])[^\s\n][^\n]{0,200}\n(?::[ \t]+[^\n]+(?:\n|$))+)+/.exec(source);
    if (!found) return undefined;
    const items: Definitions['items'] = [];
    for (const line of found[0].trimEnd().split('\n')) {
      const meaning = /^:[ \t]+(.*)$/.exec(line)?.[1];
      if (meaning === undefined) items.push({ term: this.lexer.inlineTokens(line), meanings: [] });
      else items.at(-1)?.meanings.push(this.lexer.inlineTokens(meaning));
    }
    return { type: 'definitions', raw: found[0], items };
  },
};

const marked = new Marked({ gfm: true, breaks: false });
marked.use({ extensions: [blockMath, inlineMath, note, noteMark, definitions] });

const count = (line: string, sign: RegExp): number => line.match(sign)?.length ?? 0;
/** Whether a text is too long or too deep to be set. */
function isTooMuch(text: string): boolean {
  if (text.length > LONGEST || count(text, /^ {0,3}(?:\$\$|\\\[|\[\^)/gm) > MOST_HEADS) return true;
  for (const line of text.split('\n')) {
    if (line.length > DEEPEST && count(/^[ \t>*+\-\d.)]*/.exec(line)?.[0] ?? '', /[>*+-]|\d[.)]/g) > DEEPEST) return true;
    if (line.length > MOST_OPENERS && count(line, /[[<*_~`$\\]/g) > MOST_OPENERS) return true;
  }
  return false;
}

/** The blocks of a text, in order. Their `raw` parts make up the text, but for line ends and tabs that are made uniform. */
export function lex(text: string): BlockToken[] {
  if (text === '') return [];
  if (isTooMuch(text)) return [{ type: 'asWritten', raw: text }];
  try {
    return marked.lexer(text) as BlockToken[];
  } catch {
    // Nested over many lines: the lexer gave up.
    return [{ type: 'asWritten', raw: text }];
  }
}

