/**
 * The words of a reply that the model was unsure of: never in code or formulas, none of the small words that any sentence
 * could have otherwise. Unsure is not wrong, and sure is not right: it is said how many there are, not only how many are shown. Pure.
 */
import type { CommittedToken } from '../../../core/contract/generation.ts';
import { rangesOf, wholeWords, words, type Range } from './spans.ts';

/** A token below this is unsure: docs/calibration.md says how often such tokens are what the causal head would have written. */
export const UNSURE = 0.3;
/** So many words are shown: more marks than these are noise. */
const MOST = 6;
const LONGEST = 12;

export interface UnsureWords {
  /** The least sure words, neighbours joined. */
  readonly ranges: readonly Range[];
  /** Words in the ranges, of all there are. */
  readonly shown: number;
  readonly of: number;
}

/** Words that say how a sentence is built, not what: another one would mostly do. */
const SMALL = new Set(
  `a an the this that these those and or but nor so yet if then than as at by for from in into of off on onto out over to up with within without
  i you he she it we they me him her us them my your his its our their mine yours who whom whose which what there here
  is are was were be been being am do does did done have has had having can could may might must shall should will would
  not no also just only very more most some any each every all both such other another own too even still about after again
  before because between during how when where while why through under until upon 的 了 是 在 和 与 或 也 就 都 而 及 着 过 把 被 这 那 有 不`.split(
    /\s+/,
  ),
);

/** Stretches of code and formulas in Markdown: fenced, indented after an empty line, between ticks, between dollar signs. */
function codeIn(text: string): [from: number, to: number][] {
  const stretches: [number, number][] = [];
  let fence: { mark: string; from: number } | null = null;
  let at = 0;
  let empty = true;
  for (const line of text.split('\n')) {
    const mark = /^\s{0,3}(?:[-*+]\s+|\d+[.)]\s+)?(`{3,}|~{3,}|\$\$)/.exec(line)?.[1];
    if (fence) {
      if (mark?.startsWith(fence.mark)) {
        stretches.push([fence.from, at + line.length]);
        fence = null;
      }
    } else if (mark && !(mark === '$$' && line.indexOf('$$') !== line.lastIndexOf('$$'))) fence = { mark, from: at };
    else if (empty && /^(?: {4}|\t)\S/.test(line)) stretches.push([at, at + line.length]);
    else
      for (const span of line.matchAll(/(`+)[^`]+\1|\$\$[^$]+\$\$|\$[^\s$][^$]*\$|\\\([^)]*\\\)/g))
        stretches.push([at + span.index, at + span.index + span[0].length]);
    empty = line.trim() === '' || (empty && /^(?: {4}|\t)/.test(line));
    at += line.length + 1;
  }
  if (fence) stretches.push([fence.from, text.length]);
  return stretches;
}

/** @param tokens of the whole reply, in order */
export function unsureWords(tokens: readonly Pick<CommittedToken, 'text' | 'p' | 'via'>[]): UnsureWords {
  const code = codeIn(tokens.map(({ text }) => text).join(''));
  const found: { range: Range; p: number; at: number }[] = [];
  let offset = 0;
  let stretch = 0;
  tokens.forEach((token, i) => {
    const start = offset;
    offset += token.text.length;
    while ((code[stretch]?.[1] ?? Infinity) <= start) stretch++;
    if (!words(token) || token.p >= UNSURE || (code[stretch]?.[0] ?? Infinity) < offset) return;
    const range = wholeWords(tokens, { from: i, to: i + 1 });
    if (range.to - range.from > LONGEST) return;
    const word = tokens
      .slice(range.from, range.to)
      .map(({ text }) => text)
      .join('')
      .replace(/[^\p{L}\p{N}’']+/gu, '')
      .toLowerCase();
    if (SMALL.has(word)) return;
    const last = found.at(-1);
    if (last?.range.from === range.from) last.p = Math.min(last.p, token.p);
    else found.push({ range, p: token.p, at: i });
  });
  const least = [...found].sort((a, b) => a.p - b.p || a.at - b.at).slice(0, MOST);
  return {
    ranges: rangesOf(
      tokens,
      least.map(({ at }) => at),
    ),
    shown: least.length,
    of: found.length,
  };
}
