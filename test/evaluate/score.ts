/** Scores a reply by its prompt's rule: 0 … 1. Pure, but for code, whose values come from the sandbox. */
import type { Check, Rule } from './prompts/types.ts';

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const has = (reply: string, text: string): boolean =>
  new RegExp(`(?<![\\p{L}\\p{N}])${escape(text)}(?![\\p{L}\\p{N}])`, 'iu').test(reply);
export const words = (text: string): string[] => text.match(/[\p{L}\p{N}]+(?:['’][\p{L}]+)?/gu) ?? [];
/** Ends of sentences: . ! ? before a space, a quote or the end; a point within a number is none. */
export const sentences = (text: string): number => text.trim().match(/[.!?]+["'”’)]*(?=\s|$)/g)?.length ?? 0;
const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Share of trigrams that stood before in the sequence: 0 … 1; 0 for fewer than three. */
export function repeatedTrigrams(ids: readonly (number | string)[]): number {
  const count = ids.length - 2;
  if (count <= 0) return 0;
  return 1 - new Set(Array.from({ length: count }, (_, i) => `${ids[i]} ${ids[i + 1]} ${ids[i + 2]}`)).size / count;
}

/** Items of the list in a reply, without their marks: numbered or dashed lines, or else every line. */
export function listItems(reply: string, style: 'any' | 'numbered' | 'bullets'): string[] {
  const marks = { numbered: /^\d+[.)]\s+/, bullets: /^[-*•–]\s+/ };
  const all = lines(reply);
  const marked = (mark: RegExp): string[] =>
    all.filter((line) => mark.test(line)).map((line) => line.replace(mark, ''));
  if (style !== 'any') return marked(marks[style]);
  const either = marked(/^(?:\d+[.)]|[-*•–])\s+/);
  return either.length > 0 ? either : all;
}

/** The first complete JSON object in a text, or null. */
function findObject(text: string): Record<string, unknown> | null {
  const from = text.indexOf('{');
  const to = text.lastIndexOf('}');
  if (from < 0 || to < from) return null;
  try {
    return JSON.parse(text.slice(from, to + 1)) as Record<string, unknown>;
  } catch {
    return null;
  }
}

export function holds(rule: Rule, reply: string): boolean {
  const text = reply.trim();
  const within = (n: number, r: { least: number; most: number }): boolean => n >= r.least && n <= r.most;
  switch (rule.is) {
    case 'contains':
      return has(text, rule.text);
    case 'lacks':
      return !has(text, rule.text);
    case 'starts':
      return text.toLowerCase().startsWith(rule.text.toLowerCase());
    case 'ends':
      return text.toLowerCase().endsWith(rule.text.toLowerCase());
    case 'words':
      return within(words(text).length, rule);
    case 'sentences':
      return within(sentences(text), rule);
    case 'lines':
      return within(lines(text).length, rule);
    case 'upper':
      return /\p{L}/u.test(text) && text === text.toUpperCase();
    case 'lower':
      return /\p{L}/u.test(text) && text === text.toLowerCase();
    case 'one-word':
      return words(text).length === 1;
    case 'quoted':
      return /^["“].+["”]$/s.test(text);
    case 'no-commas':
      return !text.includes(',');
    case 'no-digits':
      return !/\d/.test(text);
    case 'whole':
      return /^["“]?\p{Lu}/u.test(text) && /[.!?]["”]?$/.test(text);
    case 'json': {
      const bare = text.replace(/^```(?:json)?\s*/, '').replace(/\s*```$/, '');
      const found = findObject(bare);
      return (
        found !== null &&
        bare.startsWith('{') &&
        bare.endsWith('}') &&
        rule.keys.every((key) => key in found) &&
        Object.keys(found).length === rule.keys.length
      );
    }
    case 'table': {
      const rows = lines(text).filter((line) => line.includes('|'));
      const cells = (line: string | undefined): string[] =>
        (line ?? '')
          .replace(/^\||\|$/g, '')
          .split('|')
          .map((cell) => cell.trim().toLowerCase().replaceAll('*', ''));
      return (
        rows.length >= 4 &&
        rule.columns.every((column) => cells(rows[0]).includes(column.toLowerCase())) &&
        cells(rows[1]).every((cell) => /^:?-+:?$/.test(cell))
      );
    }
    case 'separated': {
      const parts = text
        .replace(/[.;]$/, '')
        .split(rule.by)
        .map((part) => part.trim());
      return parts.length === rule.count && parts.every((part) => words(part).length === 1);
    }
  }
}

/** The program in a reply: the fenced block that has the name, an unclosed one to its end, or all of it without fences. */
export function findCode(reply: string, name: string): string {
  const blocks = [...reply.matchAll(/```[^\n]*\n([\s\S]*?)(?:```|$)/g)].map((match) => match[1] ?? '');
  return blocks.find((block) => block.includes(name)) ?? blocks[0] ?? reply;
}

/** Equal as data; numbers up to 1e-9 of their size. */
export function same(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number')
    return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((value, i) => same(value, b[i]));
  return a === b;
}

/** What the sandbox made of the calls: a value each, or that it failed; null: there is no runtime for the language here. */
export type RunCode = (
  code: string,
  check: Extract<Check, { kind: 'code' }>,
) => Promise<({ value: unknown } | { error: string })[] | null>;

/** @returns 0 … 1, or null where it could not be measured */
export async function score(check: Check, reply: string, run: RunCode): Promise<number | null> {
  const text = reply.trim();
  if (text === '') return 0;
  switch (check.kind) {
    case 'answer':
      return check.answers.some((answer) => has(text, answer)) && !check.not.some((other) => has(text, other)) ? 1 : 0;
    case 'number': {
      const numbers = (text.match(/(?<![\d.,])-?\d[\d,]*(?:\.\d+)?/g) ?? []).map((n) => Number(n.replaceAll(',', '')));
      if (numbers.at(-1) === check.value) return 1;
      return numbers.includes(check.value) ? 0.5 : 0;
    }
    case 'pieces': {
      const found = check.wanted.filter((piece) => has(text, piece)).length / check.wanted.length;
      return check.unwanted.some((piece) => has(text, piece)) ? found / 2 : found;
    }
    case 'list': {
      const different = new Set(listItems(text, check.style).map((item) => words(item).join(' ').toLowerCase())).size;
      return Math.max(0, 1 - Math.abs(different - check.count) / check.count);
    }
    case 'rules':
      return mean(check.rules.map((rule) => Number(holds(rule, text))));
    case 'rewrite': {
      if (text === check.source) return 0;
      const said = words(text).map((word) => word.toLowerCase());
      const kept = mean(check.keep.map((stem) => Number(said.some((word) => word.startsWith(stem)))));
      return mean([kept, mean(check.rules.map((rule) => Number(holds(rule, text))))]);
    }
    case 'code': {
      const results = await run(findCode(text, check.name), check);
      if (results === null) return null;
      return mean(
        check.calls.map(({ gives }, i) =>
          Number(results[i] !== undefined && 'value' in results[i] && same(results[i].value, gives)),
        ),
      );
    }
    case 'chat': {
      const said = words(text).map((word) => word.toLowerCase());
      return mean([
        Number(check.about.some((stem) => said.some((word) => word.startsWith(stem)))),
        Math.min(1, said.length / 20),
        1 - Math.min(1, repeatedTrigrams(said) * 4),
        Number(sentences(text) >= 1 || lines(text).length > 1),
      ]);
    }
  }
}
