/** The code holes that filling is measured by, and how near a text is to what stood in one. */
import { expect, it } from 'vitest';
import { scoreOf, similarity } from '../../api-measure/score.ts';
import { holes, snippets } from '../../api-measure/snippets.ts';

it('are sixty, each with what stood there between what stands around it', () => {
  expect(holes).toHaveLength(60);
  const whole = new Set(snippets.map((snippet) => snippet.replace(/[⟦⟧]/g, '')));
  for (const { prefix, answer, suffix } of holes) {
    expect(answer.trim()).not.toBe('');
    expect(whole).toContain(prefix + answer + suffix);
  }
});

it('an answer counts as exact, as begun with, and by its likeness', () => {
  expect([similarity('', ''), similarity('abcd', 'abce'), similarity('abc', '')]).toEqual([1, 0.75, 0]);
  const written = [
    { text: ' file ', answer: 'file' },
    { text: 'file) as f:', answer: 'file' },
    { text: 'line', answer: 'file' },
  ];
  expect(scoreOf(written, true)).toEqual({ exact: 1, begins: 2, similarity: (1 + 1 + 0.5) / 3 });
  expect(scoreOf(written, false).similarity).toBeCloseTo((1 + 4 / 11 + 0.5) / 3);
  expect(scoreOf([], false)).toEqual({ exact: 0, begins: 0, similarity: 0 });
});
