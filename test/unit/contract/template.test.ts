/** What a person types as a template, and what it means. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { budgetLayout, layoutAfter, shortLayout, type Template } from '../../../core/contract/layout.ts';
import { parseTemplate, templatePieces } from '../../../core/contract/template.ts';

const holes = (source: string): (string | null)[] =>
  templatePieces(source).map(({ text, hole }) =>
    hole ? `<${hole.sentences ? `${hole.sentences.join('-')}s` : `${hole.min}-${hole.max}`}>` : text,
  );

describe('a template', () => {
  test.each<[string, string[]]>([
    ['Dear ___, thank you.', ['Dear ', '<1-8>', ', thank you.']],
    ['[name] and [their age]', ['<1-8>', ' and ', '<1-8>']],
    ['[2–3 sentences] [3 sentences] [a sentence] [paragraph]', ['<2-3s>', ' ', '<3-3s>', ' ', '<1-1s>', ' ', '<2-4s>']],
    ['[3 words], [~20 words], [2-5 words]', ['<3-6>', ', ', '<15-43>', ', ', '<2-9>']],
    ['_____!', ['<1-8>', '!']],
    [String.raw`\[not a hole\] \___ a\\b`, ['[not a hole] ___ a\\b']],
    [
      '- [ ] milk\n- [x] bread, [a link](https://example.org)',
      ['- [ ] milk\n- [x] bread, [a link](https://example.org)'],
    ],
    ['__init__ has two', ['__init__ has two']],
    ['[one\ntwo]', ['[one\ntwo]']],
  ])('%j', (source, expected) => expect(holes(source)).toEqual(expected));

  test('that has no hole, or nothing else, is none', () => {
    expect(parseTemplate('Only words.')).toBeNull();
    expect(parseTemplate('___ [name]')).toBeNull();
    expect(parseTemplate('Dear ___')).toEqual([
      { kind: 'locked', text: 'Dear ' },
      { kind: 'hole', min: 1, max: 8 },
    ]);
  });

  test('keeps every sign: what is fixed is what was typed, escapes apart', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', ' ', '_', '[', ']', '\n', '3', 'words', '\\', '(', 'x') }),
        (source) => {
          const back = templatePieces(source)
            .map(({ text, hole }) => (hole ? text : text.replace(/[\\[\]_]/g, '\\$&')))
            .join('');
          expect(holes(back)).toEqual(holes(source));
        },
      ),
      { seed: 5, numRuns: 400 },
    );
  });
});

describe('a length', () => {
  test('is a layout of one hole: a budget ends near it, never past it', () => {
    expect(budgetLayout(200)).toEqual([{ kind: 'hole', min: 152, max: 200, close: 176 }]);
    expect(budgetLayout(1)).toMatchObject([{ max: 1 }]);
    expect(shortLayout()).toMatchObject([{ min: 0 }]);
  });
});

describe('what is left of a template', () => {
  const layout: Template = [
    { kind: 'locked', text: 'Dear ' },
    { kind: 'hole', min: 1, max: 8 },
    { kind: 'locked', text: ', thank you.' },
    { kind: 'hole', min: 10, max: 40, close: 20 },
  ];
  const tokens = (...list: [string, 'locked' | 'context'][]): { text: string; via: 'locked' | 'context' }[] =>
    list.map(([text, via]) => ({ text, via }));
  test('begins where its committed tokens end', () => {
    expect(layoutAfter(layout, [])).toEqual(layout);
    expect(layoutAfter(layout, tokens(['Dear', 'locked']))).toEqual(layout.slice(1));
    expect(layoutAfter(layout, tokens(['Dear', 'locked'], [' Ann', 'context']))).toEqual(layout.slice(2));
    expect(layoutAfter(layout, tokens(['Dear', 'locked'], [' Ann', 'context'], [', thank', 'locked']))).toEqual([
      { kind: 'locked', text: ' you.' },
      layout[3],
    ]);
    expect(
      layoutAfter(
        layout,
        tokens(
          ['Dear', 'locked'],
          [' Ann', 'context'],
          [', thank you.', 'locked'],
          [' It', 'context'],
          [' was', 'context'],
        ),
      ),
    ).toEqual([{ kind: 'hole', min: 8, max: 38, close: 18 }]);
  });
});
