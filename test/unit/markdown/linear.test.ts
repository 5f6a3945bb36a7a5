/** Whatever a text holds, reading it takes time in proportion to its length, and ends. */
import { describe, expect, it } from 'vitest';
import { heal, noteNumbers, plainOf, tailPlace, BlockStream } from '../../../core/markdown/index.ts';
import { parseCounted } from '../../../core/markdown/parse.ts';
import { Clock, TooMuch } from '../../../core/markdown/rules/clock.ts';

/** What Markdown reads as signs, and what stands between them. */
const PIECES = [
  '*',
  '**',
  '_',
  '__',
  '~~',
  '~',
  '`',
  '```',
  '[',
  ']',
  '](',
  '![',
  '(',
  ')',
  '<',
  '>',
  '> ',
  '- ',
  '1. ',
  '# ',
  '$',
  '$$',
  '\\',
  '\\(',
  '\\)',
  '\\[',
  '\\]',
  '|',
  '|--|',
  '[^a]',
  '[^a]: ',
  '[a]: ',
  ': ',
  '\n',
  '\n\n',
  ' ',
  '    ',
  '\t',
  'a',
  '1',
  '&',
  '&amp;',
  'https://',
  'www.',
  '@',
  '"',
  '=',
  '---',
  '<br>',
  '。',
  '\\begin{align}',
];
/** The signs alone, for patterns of three. */
const SIGNS = ['*', '_', '~', '`', '[', ']', '(', ')', '<', '>', '- ', '$', '\\', '|', '\n', ' ', 'a'];
const SHORT = 2000;
const LONG = 4000;
const filled = (piece: string, length: number): string =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

function* patterns(pieces: number, of: readonly string[]): Generator<string> {
  if (pieces === 0) return yield '';
  for (const first of patterns(pieces - 1, of)) for (const piece of of) yield first + piece;
}

/** Milliseconds of this process's own time: other work on the machine does not count. */
function spent(task: () => void): number {
  const before = process.cpuUsage();
  task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
const median = (task: () => void): number => Array.from({ length: 5 }, () => spent(task)).sort((a, b) => a - b)[2] ?? 0;
/** Everything that is done with a text before it is drawn. */
function read(text: string): void {
  const blocks = new BlockStream().update(text, true).map(({ block }) => block);
  noteNumbers(blocks, true);
  tailPlace(blocks.at(-1), text);
}

/** Time that is too little to be compared, in ms; and what doubling a text may cost: twice, and as much again for what a busy machine does to caches. */
const FLOOR_MS = 40;
const MOST_FOR_TWICE = 3.2;
/** Steps a character. */
const FEW = 4;

describe('time in proportion to length', () => {
  /** What is wrong with one pattern; null: nothing. */
  function trouble(pattern: string): string | null {
    const half = filled(pattern, SHORT);
    const text = filled(pattern, LONG);
    const short = parseCounted(half).steps;
    let long = 0;
    const time = spent(() => (long = parseCounted(text).steps));
    // a pattern that is cut elsewhere may read quite otherwise: few steps are well, whatever the shorter text took
    if (long > 2.2 * short + 200 && long > FEW * LONG)
      return `${JSON.stringify(pattern)}: ${short} steps, then ${long}`;
    if (time < FLOOR_MS || median(() => read(text)) < MOST_FOR_TWICE * median(() => read(half)) + FLOOR_MS / 2)
      return null;
    return `${JSON.stringify(pattern)} by time`;
  }
  const troubles = (all: Iterable<string>): string[] => [...all].map(trouble).filter((found) => found !== null);

  it('all patterns of two pieces', () => expect(troubles(patterns(2, PIECES))).toEqual([]));
  it('all patterns of three signs', () => expect(troubles(patterns(3, SIGNS))).toEqual([]));
  it('a text that is being closed, and places within it, over and over', () => {
    for (const text of [
      '\n'.repeat(100_000),
      ' '.repeat(100_000),
      '**'.repeat(50_001),
      '**a'.repeat(40_001),
      `a${' \n'.repeat(50_000)}`,
      '|'.repeat(100_000),
      `a\n${' '.repeat(100_000)}b`,
    ]) {
      expect(spent(() => heal(text))).toBeLessThan(400);
      expect(spent(() => tailPlace({ type: 'paragraph', inline: [] }, text))).toBeLessThan(400);
      expect(spent(() => plainOf(text))).toBeLessThan(4000);
    }
  });
});

describe('what costs too much stays as it was written', () => {
  it.each([
    ['quotes in quotes', '>'.repeat(2000)],
    ['lists in lists', `${'- '.repeat(2000)}a`],
    ['lists over many lines', Array.from({ length: 300 }, (_, i) => `${' '.repeat(i * 2)}- a`).join('\n')],
    ['more than anybody reads', 'word '.repeat(50_000)],
    ['more pieces than a page is laid out with', '*a* '.repeat(40_000)],
    ['more items', '- a\n'.repeat(20_000)],
    ['more formulas', '$x$ '.repeat(4000)],
  ])('%s', (_what, text) =>
    expect(parseCounted(text).blocks).toEqual([{ from: 0, to: text.length, block: { type: 'asWritten', text } }]),
  );
  it('a clock allows so many steps for each character, and so much time', () => {
    const steps = new Clock(10);
    expect(() => {
      for (let i = 0; i < 10_000; i++) steps.tick();
    }).toThrow(TooMuch);
    let now = 0;
    const slow = new Clock(100_000, () => (now += 1000));
    expect(() => {
      for (let i = 0; i < 2000; i++) slow.tick();
    }).toThrow(TooMuch);
  });
  it('emphasis in emphasis is drawn to some depth; no word is lost', () => {
    const text = `${'*a **b '.repeat(500)}x${'** *'.repeat(500)}`;
    expect(plainOf(text)).toContain('x');
  });
});
