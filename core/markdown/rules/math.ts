/** Formulas: `$…$`, `$$…$$`, `\(…\)`, `\[…\]`, environments of TeX. What looks like money stays money. */
import type { Parser } from './types.ts';
import { isUnspaced } from './scripts.ts';

/** Longest formulas: characters, and lines. */
const LONGEST = 4000;
const MOST_LINES = 100;

const BRACKETED = [
  { pattern: /\\\(((?:[^\\\n]|\\(?![()])[^\n]?|\n(?!\s*\n)){1,2000}?)\\\)/y, display: false },
  { pattern: /\\\[((?:[^\\\n]|\\(?![[\]])[^\n]?|\n(?!\s*\n)){1,2000}?)\\\]/y, display: true },
  { pattern: /\$\$((?:[^$\\\n]|\\[^\n]){1,2000}?)\$\$(?!\$)/y, display: true },
];
const DOLLARS = /\$((?:[^$\\\n]|\\[^\n]){1,1000}?)\$/y;

const FORMULA_SIGN = /[\\^_=]/;
/** Numbers, and what separates prices. */
const ONLY_NUMBERS = /^[\d.,\s\-–—/+]*$/;
/**
 * Whether the text between two dollars is a formula. It begins and ends with ink (or has a space at both ends and a sign of a
 * formula). What begins with a number has no words of prose in it, and no list of numbers: “$5, or 7$” and “$5, 10$” are prices.
 */
function isFormula(tex: string): boolean {
  const starts = !/^\s/.test(tex);
  const ends = !/\s$/.test(tex);
  const signed = FORMULA_SIGN.test(tex);
  if (!starts || !ends) return !starts && !ends && signed && !/^\s*\d/.test(tex) && tex.trim() !== '';
  if (!/^[\d.,]/.test(tex) || signed) return true;
  return !/\s\p{L}{2,}/u.test(tex) && !(ONLY_NUMBERS.test(tex) && /[\s–—]/.test(tex));
}
/** A letter or a digit beside a dollar makes it a currency's (“US$”, “5$”), or a variable’s; not so where words have no spaces. */
const clings = (sign: string | undefined): boolean =>
  sign !== undefined && sign !== '' && /[\p{L}\p{N}$]/u.test(sign) && !isUnspaced(sign);

/** The formula that begins at `at`, and where it ends. */
function inlineAt(text: string, at: number, max: number): { tex: string; display: boolean; end: number } | null {
  for (const { pattern, display } of BRACKETED) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    const tex = found?.[1]?.trim() ?? '';
    if (tex !== '' && pattern.lastIndex <= max) return { tex, display, end: pattern.lastIndex };
  }
  if (text.charAt(at) !== '$' || clings(text.charAt(at - 1))) return null;
  DOLLARS.lastIndex = at;
  const found = DOLLARS.exec(text);
  const end = DOLLARS.lastIndex;
  if (found?.[1] === undefined || end > max || !isFormula(found[1])) return null;
  const next = end < text.length ? String.fromCodePoint(text.codePointAt(end) ?? 0) : '';
  return clings(next) ? null : { tex: found[1].trim(), display: false, end };
}

const ENVIRONMENTS =
  /^\\begin\{((?:align|equation|gather|multline|alignat|eqnarray|cases|array|[pbvBV]?matrix|split|aligned|gathered)\*?)\}/;
const OPENING = /^(?:\$\$|\\\[)/;

export function math(md: Parser): void {
  md.inline.ruler.before('escape', 'math', (state, silent) => {
    const sign = state.src.charCodeAt(state.pos);
    if (sign !== 36 && sign !== 92) return false;
    const found = inlineAt(state.src, state.pos, state.posMax);
    if (!found) return false;
    if (!silent) state.push('math', '', 0).meta = { tex: found.tex, display: found.display };
    state.pos = found.end;
    return true;
  });

  md.block.ruler.before(
    'blockquote',
    'math',
    (state, startLine, endLine, silent) => {
      const lineAt = (line: number): string =>
        state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);
      if ((state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false;
      const first = lineAt(startLine);
      const environment = ENVIRONMENTS.exec(first);
      const opening = environment ?? OPENING.exec(first);
      if (!opening) return false;
      // what it ends with; an environment is the formula itself, with its beginning and its end
      const end = environment ? `\\end{${environment[1]}}` : opening[0] === '$$' ? '$$' : '\\]';
      const skip = environment ? 0 : opening[0].length;
      const lines: string[] = [];
      let length = 0;
      let closed = false;
      let line = startLine;
      for (; line < endLine && !closed; line++) {
        if (line > startLine && (state.isEmpty(line) || (state.sCount[line] ?? 0) < state.blkIndent)) break;
        const text = lineAt(line).slice(line === startLine ? skip : 0);
        length += text.length + 1;
        if (length > LONGEST || line - startLine >= MOST_LINES) return false;
        const at = text.indexOf(end);
        if (at >= 0) {
          // words after it on its line: then it belongs to a paragraph
          if (text.slice(at + end.length).trim() !== '') return false;
          lines.push(text.slice(0, environment ? at + end.length : at));
          closed = true;
        } else lines.push(text);
      }
      const tex = lines.join('\n').trim();
      if (closed && tex === '') return false;
      if (silent) return true;
      state.line = line;
      const token = state.push('math_block', '', 0);
      token.map = [startLine, line];
      token.meta = { tex, open: !closed };
      return true;
    },
    { alt: ['paragraph', 'reference', 'blockquote', 'list'] },
  );
}
