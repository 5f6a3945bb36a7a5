import { describe, expect, it } from 'vitest';
import { LOOP_TOKENS, LoopGuard } from '../../../core/text/loop.ts';
import { StopRules } from '../../../core/text/stop.ts';
import { tinyTokenizer } from './tiny.ts';

const tokenizer = tinyTokenizer();
/** Index of the token with which the guard fires; null if it does not. One token a word, sign or line end, as a trained vocabulary has. */
function fires(text: string): number | null {
  const vocabulary = new Map<string, number>();
  const guard = new LoopGuard();
  for (const [i, [word]] of [...text.matchAll(/ ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+/gu)].entries()) {
    if (!vocabulary.has(word)) vocabulary.set(word, vocabulary.size);
    if (guard.push(vocabulary.get(word) ?? -1)) return i;
  }
  return null;
}
const numbers = Array.from({ length: 60 }, (_, i) => i + 1);

describe('the loop guard lets ordinary text be', () => {
  it.each([
    ['laughter', `${'ha '.repeat(30)}That was funny.`],
    ['a chant', `${'row, '.repeat(8)}your boat`.repeat(2)],
    ['a refrain', 'We all live in a yellow submarine, a yellow submarine, a yellow submarine.\n'.repeat(2)],
    [
      'a table',
      `| Day | Task | Done |\n|---|---|---|\n${['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'].map((d) => `| ${d} | | |\n`).join('')}`,
    ],
    ['numbers', numbers.join(', ')],
    ['a multiplication table', numbers.map((n) => `${n} x 7 = ${n * 7}\n`).join('')],
    ['a list', numbers.map((n) => `${n}. Item\n`).join('')],
    ['a small matrix of zeros', '[0, 0, 0, 0],\n'.repeat(4)],
    ['a separator', `${'='.repeat(80)}\n${'- '.repeat(30)}\n${'.'.repeat(200)}`],
    ['similar lines of code', numbers.map((n) => `    if (x == ${n}) return names[${n}];\n`).join('')],
  ])('%s', (_, text) => expect(fires(text)).toBeNull());
});

describe('the loop guard ends', () => {
  it.each([
    ['a repeated word', 'FLAG_'.repeat(200)],
    ['a repeated sentence', "I'm not sure what to say. ".repeat(40)],
    ['a repeated line of code', 'def difference(date1, date2):\n    return abs(date1 - date2)\n'.repeat(20)],
  ])('%s', (_, text) => expect(fires(text)).toBeLessThan(LOOP_TOKENS * 2));
  it('a repeated paragraph with its third time', () => {
    const paragraph = numbers.map((n) => ` word${'x'.repeat(n)}`).join('');
    expect(fires(paragraph.repeat(2))).toBeNull();
    expect(fires(paragraph.repeat(4))).toBe(numbers.length * 3 - 1);
  });
});

describe('a looping reply', () => {
  const push = (loopGuard: boolean, maxTokens: number): { reason: string | null; released: number } => {
    const rules = new StopRules<{ id: number; text: string }>({ endOfTurn: [], stop: [], maxTokens, loopGuard });
    let released = 0;
    for (const id of tokenizer.encode('again and '.repeat(100))) {
      const step = rules.push({ id, text: '' });
      released += step.released.length;
      if (step.reason) return { reason: step.reason, released };
    }
    return { reason: null, released };
  };
  it('ends with the token that completes the loop, which is kept', () =>
    expect(push(true, 5000)).toEqual({ reason: 'loop', released: 10 + LOOP_TOKENS }));
  it('goes on where the guard is off', () => expect(push(false, 5000)).toEqual({ reason: null, released: 1000 }));
  it('ends by its length where that comes with the same token', () =>
    expect(push(true, 10 + LOOP_TOKENS)).toEqual({ reason: 'length', released: 10 + LOOP_TOKENS }));
});
