/** Which tokens of a finished reply to write again, and what a candidate makes of the reply. Pure. */
import type { FilledSpan, Span } from '../../../core/contract/engine.ts';
import type { CommittedToken } from '../../../core/contract/generation.ts';
import type { BranchLayout } from '../../../core/contract/rewrite.ts';

export interface Range {
  readonly from: number;
  /** Excluded. */
  readonly to: number;
}
type Token = Pick<CommittedToken, 'text' | 'p' | 'via'>;

/** The longest span that is written again at once, in tokens. */
export const LONGEST = 96;

/** `more`: tokens the span shall have above what it has; the rest is left to the model. */
export function spanFor({ from, to }: Range, more = 0): Span {
  const length = Math.max(1, to - from + more);
  const slack = Math.max(1, Math.round(length * 0.4));
  return { from, to, min: Math.max(1, length - slack), max: Math.max(1, length + slack) };
}

/** The range grown to whole words: a word's first token has the space before it, or stands first. */
export function wholeWords(tokens: readonly Token[], { from, to }: Range): Range {
  const begins = (i: number): boolean =>
    i <= 0 ||
    i >= tokens.length ||
    /^[^\p{L}\p{N}]/u.test(tokens[i]?.text ?? '') ||
    !/[\p{L}\p{N}]$/u.test(tokens[i - 1]?.text ?? '');
  let [start, end] = [from, to];
  while (start > 0 && !begins(start)) start--;
  while (end < tokens.length && !begins(end)) end++;
  return { from: start, to: end };
}

/** Words around these tokens, neighbours joined. */
export function rangesOf(tokens: readonly Token[], chosen: readonly number[]): Range[] {
  const ranges: Range[] = [];
  for (const at of [...chosen].sort((a, b) => a - b)) {
    const word = wholeWords(tokens, { from: at, to: at + 1 });
    const last = ranges.at(-1);
    if (last && word.from <= last.to + 1)
      ranges[ranges.length - 1] = { from: last.from, to: Math.max(last.to, word.to) };
    else ranges.push(word);
  }
  return ranges;
}
/** Words that the model wrote, and said how sure it was of. */
export const words = (token: Token): token is Token & { p: number } =>
  token.via !== 'locked' && token.p !== null && /[\p{L}\p{N}]/u.test(token.text);

/** The least confident share of the tokens in a range, as spans in order. */
export function leastSure(tokens: readonly Token[], share: number, within: Range): Range[] {
  const inside = Array.from({ length: within.to - within.from }, (_, i) => within.from + i).filter(
    (i) => tokens[i] && words(tokens[i]),
  );
  const count = Math.max(1, Math.round(inside.length * share));
  return rangesOf(
    tokens,
    inside.sort((a, b) => (tokens[a]?.p ?? 0) - (tokens[b]?.p ?? 0) || a - b).slice(0, count),
  ).slice(0, 64);
}

/** A candidate as the parts of a branch: the first span's beginning is shared, then what is new and what is kept. */
export function branchOf(
  spans: readonly Pick<FilledSpan, 'from' | 'to' | 'tokens'>[],
  length: number,
): { tokens: number; layout: BranchLayout } {
  const layout: BranchLayout = [];
  spans.forEach((span, i) => {
    layout.push({ kind: 'written', tokens: span.tokens });
    const next = spans[i + 1]?.from ?? length;
    if (next > span.to) layout.push({ kind: 'kept', from: span.to, to: next });
  });
  return { tokens: spans[0]?.from ?? 0, layout };
}

/** The numbers of tokens after which a sentence ends. */
export function sentenceEnds(tokens: readonly Pick<CommittedToken, 'text'>[]): number[] {
  return tokens.flatMap(({ text }, i) => {
    // the number of a list item ends nothing
    const number =
      /^\n*\d+\.$/.test(text) ||
      (/^\s*\d+$/.test(tokens[i - 1]?.text ?? '') && (i < 2 || /\n$/.test(tokens[i - 2]?.text ?? '')));
    return /[.!?]["')\]*_]*\s*$/.test(text) && !number ? [i + 1] : [];
  });
}

/** The same for a text, in number. */
export const sentenceEndsIn = (text: string): number =>
  text
    .split(/(?<=[.!?]['")\]*_]*)\s/)
    .filter((part) => /[.!?]['")\]*_]*$/.test(part.trim()) && !/^\d+\.$/.test(part.trim())).length;

/** Goes on after the reply's end, for some tokens at least. */
const LONGER = { min: 24, max: 200 };
export const longerBranch = (tokens: readonly CommittedToken[]): { tokens: number; layout: BranchLayout } => ({
  tokens: tokens.length,
  layout: [{ kind: 'hole', ...LONGER }],
});
/** Ends after about two thirds of its sentences, with one that closes it; null where it has too few. */
export function shorterBranch(tokens: readonly CommittedToken[]): { tokens: number; layout: BranchLayout } | null {
  const ends = sentenceEnds(tokens);
  if (ends.length < 2) return null;
  // of two sentences the first is left, and nothing has to be closed
  if (ends.length === 2) return { tokens: ends[0] ?? 0, layout: [{ kind: 'kept', from: 0, to: 0 }] };
  const kept = Math.max(1, Math.min(ends.length - 2, Math.floor((ends.length * 2) / 3) - 1));
  return { tokens: ends[kept - 1] ?? 0, layout: [{ kind: 'hole', min: 3, max: 48, sentences: [1, 1] }] };
}

/** What a span loses and gains, with what stays at its two ends. */
export function changeOf(
  before: readonly Pick<CommittedToken, 'text'>[],
  after: readonly Pick<CommittedToken, 'text'>[],
): { start: string; removed: string; added: string; end: string } {
  const [a, b] = [before.map(({ text }) => text), after.map(({ text }) => text)];
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const middle = (list: string[]): string => list.slice(start, list.length - end).join('');
  return {
    start: a.slice(0, start).join(''),
    removed: middle(a),
    added: middle(b),
    end: a.slice(a.length - end).join(''),
  };
}

/**
 * The tokens that a selection in the set text covers, by its letters and digits: marks of Markdown and the numbers of
 * lists are not in what is shown, so the shown letters are found in the reply's in order.
 */
export function tokensOfSelection(
  tokens: readonly Pick<CommittedToken, 'text'>[],
  before: string,
  selected: string,
): Range | null {
  const letter = /[\p{L}\p{N}]/u;
  const all: { letter: string; token: number }[] = tokens.flatMap(({ text }, token) =>
    [...text].filter((sign) => letter.test(sign)).map((sign) => ({ letter: sign, token })),
  );
  const pick = (text: string): string[] => [...text].filter((sign) => letter.test(sign));
  let at = 0;
  const walk = (signs: readonly string[]): number[] => {
    const found: number[] = [];
    for (const sign of signs) {
      let next = at;
      while (next < all.length && all[next]?.letter !== sign) next++;
      if (next >= all.length) continue; // shown, but not of the reply: a list's number
      found.push(all[next]?.token ?? 0);
      at = next + 1;
    }
    return found;
  };
  walk(pick(before));
  const chosen = walk(pick(selected));
  const [first] = chosen;
  return first === undefined ? null : { from: first, to: (chosen.at(-1) ?? first) + 1 };
}
