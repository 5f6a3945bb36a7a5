/** The rule against spreads of lists of any length: what it finds and what it lets be. */
import { Linter, type Rule } from 'eslint';
import { describe, expect, it } from 'vitest';
// @ts-expect-error: a script without types
import rule from '../../../scripts/lint/no-spread-of-data.mjs';

const found = (code: string): number =>
  new Linter().verify(code, [
    {
      plugins: { mezzotint: { rules: { 'no-spread-of-data': rule as Rule.RuleModule } } },
      rules: { 'mezzotint/no-spread-of-data': 'error' },
    },
  ]).length;

describe('a list spread into a call', () => {
  it.each([
    'const most = (list) => Math.max(3, ...list);',
    'all.push(...more);',
    'all.push(...more.map((x) => x + 1));',
    'const [first] = xs; call(...first);',
    'let list = [1, 2]; call(...list);',
    'call(...[1, ...xs]);',
    'new Set(...xs);',
    'const list = read(); call(...list);',
    'const list = [1].concat(xs); call(...list);',
    'const all = []; all.push(1); call(...all);',
    'const all = []; append(all, xs); call(...all.filter(Boolean));',
    'const all = []; all[9] = 1; call(...all);',
    'Math.max.apply(null, xs);',
    'call(...(x ? [1] : xs));',
  ])('is found: %s', (code) => expect(found(code)).toBe(1));
  it.each([
    'call(...[1, 2]);',
    'call(...(x ? [1] : []));',
    'const forward = (...args) => call(...args);',
    'function forward(a, ...args) { return call(a, ...args); }',
    'const LIST = [1, 2]; call(...LIST);',
    'const LIST = [1, 2]; call(...LIST.map((x) => x + 1));',
    'const copy = [...xs]; const object = { ...x };',
    'call.apply(null, [1, 2]);',
    '// eslint-disable-next-line mezzotint/no-spread-of-data -- at most 3\ncall(...xs);',
  ])('is let be where its length is seen or said: %s', (code) => expect(found(code)).toBe(0));
});
