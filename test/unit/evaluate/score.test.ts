import { describe, expect, it } from 'vitest';
import type { Check, Rule } from '../../evaluate/prompts/types.ts';
import { findCode, holds, repeatedTrigrams, same, score } from '../../evaluate/score.ts';

const none = () => Promise.resolve(null);
const of = (check: Check, reply: string): Promise<number | null> => score(check, reply, none);

describe('a reply is scored', () => {
  it.each<[string, Check, string, number]>([
    ['answer in a sentence', { kind: 'answer', answers: ['Rome'], not: [] }, 'It is Rome.', 1],
    ['within another word', { kind: 'answer', answers: ['Rome'], not: [] }, 'Romeo said so.', 0],
    ['with a wrong one beside', { kind: 'answer', answers: ['Rome'], not: ['Oslo'] }, 'Oslo or Rome', 0],
    ['sum at the end', { kind: 'number', value: 12 }, '5 + 7 = 12.', 1],
    ['sum on the way', { kind: 'number', value: 12 }, '12 is what 5 and 7 give, so 13', 0.5],
    ['sum within a longer number', { kind: 'number', value: 12 }, '112', 0],
    ['thousands', { kind: 'number', value: 1200 }, 'That makes 1,200.', 1],
    ['half of the pieces', { kind: 'pieces', wanted: ['Alma Reyes', 'Hugo Pell'], unwanted: [] }, 'alma reyes', 0.5],
    ['the whole text copied', { kind: 'pieces', wanted: ['30'], unwanted: ['90'] }, 'It cost 90, now 30.', 0.5],
    ['four of five items', { kind: 'list', count: 5, style: 'bullets' }, '- a\n- b\n- c\n- d', 0.8],
    ['an item again', { kind: 'list', count: 3, style: 'numbered' }, '1. Fish\n2. fish\n3. Crab', 1 - 1 / 3],
    ['the wrong marks', { kind: 'list', count: 3, style: 'numbered' }, '- a\n- b\n- c', 0],
    ['far too many items', { kind: 'list', count: 2, style: 'any' }, 'a\nb\nc\nd\ne', 0],
    [
      'one of two rules',
      { kind: 'rules', rules: [{ is: 'upper' }, { is: 'sentences', least: 1, most: 1 }] },
      'Hello there.',
      0.5,
    ],
    ['a copy', { kind: 'rewrite', source: 'the bus was late', keep: ['bus'], rules: [] }, 'the bus was late', 0],
    [
      'meaning kept, rule broken',
      { kind: 'rewrite', source: 'the bus was late', keep: ['bus', 'late'], rules: [{ is: 'upper' }] },
      'The bus came late.',
      0.5,
    ],
    ['nothing said', { kind: 'rules', rules: [{ is: 'no-digits' }] }, ' ', 0],
    [
      'chat off topic',
      { kind: 'chat', about: ['bee'] },
      'Words about many other things that one might see on a long walk through the town in early spring, before noon.',
      0.75,
    ],
  ])('%s', async (_, check, reply, expected) => expect(await of(check, reply)).toBeCloseTo(expected, 10));

  it('as chat lower when it repeats itself', async () => {
    const once =
      'A bee flies from flower to flower and brings nectar home, where the others turn it into honey for the winter.';
    const check: Check = { kind: 'chat', about: ['bee'] };
    expect(await of(check, once)).toBe(1);
    expect((await of(check, `${once} ${once}`)) as number).toBeLessThan(0.8);
  });
  it('as code by its values alone, and not at all without a runtime', async () => {
    const check: Check = {
      kind: 'code',
      language: 'python',
      name: 'f',
      calls: [
        { args: [1], gives: [1] },
        { args: [2], gives: 4 },
      ],
    };
    expect(await score(check, 'def f(x): …', () => Promise.resolve([{ value: [1] }, { error: 'no' }]))).toBe(0.5);
    expect(await of(check, 'def f(x): …')).toBeNull();
  });
});

it.each<[Rule, string, boolean]>([
  [{ is: 'json', keys: ['a', 'b'] }, '```json\n{"a": 1, "b": 2}\n```', true],
  [{ is: 'json', keys: ['a'] }, 'Here: {"a": 1}', false],
  [{ is: 'json', keys: ['a'] }, '{"a": 1', false],
  [{ is: 'table', columns: ['Part', 'Meaning'] }, '| Part | Meaning |\n|---|---|\n| a | b |\n| c | d |', true],
  [{ is: 'table', columns: ['Part', 'Meaning'] }, 'Part, Meaning\na, b', false],
  [{ is: 'separated', by: ';', count: 3 }, 'one; two; three', true],
  [{ is: 'separated', by: ';', count: 3 }, 'one, two, three', false],
  [{ is: 'sentences', least: 2, most: 2 }, 'It costs 3.5 euros. Is that much?', true],
  [{ is: 'words', least: 1, most: 3 }, 'four words are here', false],
  [{ is: 'ends', text: 'The end.' }, 'It shone. The end.\n', true],
  [{ is: 'whole' }, 'no capital here.', false],
])('rule %j of %j: %s', (rule, reply, expected) => expect(holds(rule, reply)).toBe(expected));

it('code is taken from the fence that has it, also one cut off', () => {
  expect(findCode('Use:\n```\nnpm i\n```\nthen\n```js\nfunction f() {}\n```', 'f()')).toBe('function f() {}\n');
  expect(findCode('```python\ndef f():\n    return 1', 'f')).toBe('def f():\n    return 1');
});
it('values are compared as data', () => {
  expect([same([1, ['a']], [1, ['a']]), same(0.1 + 0.2, 0.3), same('1', 1), same([1], [1, 2]), same(true, 1)]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
it('repeated trigrams are a share', () => {
  expect([repeatedTrigrams([1, 2]), repeatedTrigrams([1, 2, 3, 4]), repeatedTrigrams([1, 1, 1, 1, 1, 1])]).toEqual([
    0, 0, 0.75,
  ]);
});
