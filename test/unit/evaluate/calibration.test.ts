/** The reliability of confidence: bins, expected calibration error, and what a weak spot is worth. */
import { expect, test } from 'vitest';
import { calibrationDocument, reliabilityOf, reliabilityPlot } from '../../evaluate/calibration.ts';

const many = (count: number, p: number, agreeing: number): { p: number; agrees: boolean }[] =>
  Array.from({ length: count }, (_, i) => ({ p, agrees: i < agreeing }));

test('confidence that equals agreement has no error; confidence that is twice too high has half', () => {
  expect(reliabilityOf([...many(10, 0.5, 5), ...many(10, 0.9, 9)]).ece).toBeCloseTo(0);
  expect(reliabilityOf(many(100, 0.8, 40)).ece).toBeCloseTo(0.4);
});

test('a token of probability 1 is in the last bin; weak ones are those under the threshold', () => {
  const found = reliabilityOf([...many(4, 1, 4), ...many(4, 0.1, 1)], 0.3);
  expect(found.bins.at(-1)).toEqual({ count: 4, confidence: 1, agreement: 1 });
  expect(found.weak).toEqual({ count: 4, agreement: 0.25 });
  expect(found.sure).toEqual({ count: 4, agreement: 1 });
});

test('the document and the plot have a row and a panel a mode', () => {
  const modes = ['Exact', 'Fast'].map((name) => ({ name, reliability: reliabilityOf(many(10, 0.6, 6)) }));
  expect(calibrationDocument('A pack', 3, modes)).toMatch(/\| Exact \| 10 \| 0\.000 .*\n\| Fast \|/);
  expect(reliabilityPlot(modes).match(/class="even"/g)).toHaveLength(2);
});
