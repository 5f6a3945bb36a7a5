/** Footnotes, and terms with what they mean. */
import type { Parser } from './types.ts';

const MARK = /\[\^([^\s\]^[]{1,60})\]/y;
const NOTE = /^\[\^([^\s\]^[]{1,60})\]:/;

export function notes(md: Parser): void {
  md.inline.ruler.before('link', 'note_mark', (state, silent) => {
    if (state.src.charCodeAt(state.pos) !== 91) return false;
    MARK.lastIndex = state.pos;
    const label = MARK.exec(state.src)?.[1];
    if (label === undefined || MARK.lastIndex > state.posMax) return false;
    if (!silent) state.push('note_mark', '', 0).meta = { label };
    state.pos = MARK.lastIndex;
    return true;
  });

  md.block.ruler.before(
    'reference',
    'note',
    (state, startLine, endLine, silent) => {
      const start = (state.bMarks[startLine] ?? 0) + (state.tShift[startLine] ?? 0);
      const max = state.eMarks[startLine] ?? 0;
      if ((state.sCount[startLine] ?? 0) - state.blkIndent >= 4 || state.src.charCodeAt(start) !== 91) return false;
      const found = NOTE.exec(state.src.slice(start, Math.min(max, start + 70)));
      if (!found) return false;
      if (silent) return true;
      const token = state.push('note_open', '', 1);
      token.meta = { label: found[1] ?? '' };
      const lines: [number, number] = [startLine, 0];
      token.map = lines;
      const colon = start + found[0].length;
      let body = colon;
      while (body < max && /[ \t]/.test(state.src.charAt(body))) body += 1;
      // what is indented by four belongs to it; its first line counts as indented
      const old = {
        bMark: state.bMarks[startLine] ?? 0,
        tShift: state.tShift[startLine] ?? 0,
        sCount: state.sCount[startLine] ?? 0,
        blkIndent: state.blkIndent,
        parentType: state.parentType,
      };
      state.blkIndent += 4;
      state.bMarks[startLine] = colon;
      state.tShift[startLine] = body - colon;
      state.sCount[startLine] = state.blkIndent;
      state.parentType = 'note';
      state.md.block.tokenize(state, startLine, endLine);
      state.bMarks[startLine] = old.bMark;
      state.tShift[startLine] = old.tShift;
      state.sCount[startLine] = old.sCount;
      state.blkIndent = old.blkIndent;
      state.parentType = old.parentType;
      lines[1] = state.line;
      state.push('note_close', '', -1);
      return true;
    },
    { alt: ['paragraph', 'reference'] },
  );

  md.block.ruler.before('lheading', 'definitions', (state, startLine, endLine, silent) => {
    if (silent) return false;
    const at = (line: number): string | null => {
      if (line >= endLine || state.isEmpty(line)) return null;
      const indent = (state.sCount[line] ?? 0) - state.blkIndent;
      return indent < 0 || indent >= 4
        ? null
        : state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);
    };
    const isTerm = (text: string | null): boolean =>
      text !== null && text.length <= 200 && !/^(?:[-*+>#|`~:]|\d+[.)])/.test(text);
    const isMeaning = (text: string | null): boolean => text !== null && /^:[ \t]+\S/.test(text);
    let line = startLine;
    if (!isTerm(at(line)) || !isMeaning(at(line + 1))) return false;
    state.push('definitions_open', '', 1).map = [startLine, startLine];
    const opened = state.tokens.at(-1);
    const push = (type: string, content: string): void => {
      state.push(`${type}_open`, '', 1);
      const inline = state.push('inline', '', 0);
      inline.content = content.trim();
      inline.children = [];
      state.push(`${type}_close`, '', -1);
    };
    while (isTerm(at(line)) && isMeaning(at(line + 1))) {
      push('term', at(line) ?? '');
      line += 1;
      for (; isMeaning(at(line)); line++) push('meaning', (at(line) ?? '').slice(1));
    }
    state.push('definitions_close', '', -1);
    if (opened) opened.map = [startLine, line];
    state.line = line;
    return true;
  });
}
