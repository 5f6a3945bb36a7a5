/** The stops of the slider and what their figures mean. */
import { expect, test } from 'vitest';
import { stopsOf } from '../../../core/chat/calibration-stops.ts';
import { measureOf, sameReply, type RunResult } from '../../../core/chat/calibration-tally.ts';
import { fakePack } from '../../fixtures/fake-engine.ts';

const run = (ids: number[], equal: number, more: Partial<RunResult> = {}): RunResult => ({ ids, whole: true, counts: { tokens: ids.length, forwards: 2, msDecode: 100 }, equal, ...more });

test('stops go from the reference over Exact to ever lower thresholds, in block lengths the model has', () => {
  const stops = stopsOf(fakePack);
  expect(stops.map(({ settings }) => settings.mode)).toEqual(['ar', 'exact', 'fast', 'fast', 'fast', 'fast']);
  const fast = stops.filter(({ settings }) => settings.mode === 'fast').map(({ settings }) => settings);
  expect(fast.map(({ threshold }) => threshold)).toEqual([...fast.map(({ threshold }) => threshold)].sort((a, b) => b - a));
  for (const { blockLength } of fast) expect(fakePack.blockLengths).toContain(blockLength);
  const drafted = stopsOf({ ...fakePack, blockLengths: [4, 8], drafterSlots: 5 }).filter(({ settings }) => settings.mode === 'fast');
  expect(drafted.map(({ settings }) => settings.blockLength)).toEqual([4, 4, 4, 4]);
  expect(stopsOf({ ...fakePack, modes: ['ar'] }).map(({ id }) => id)).toEqual(['ar']);
});

test('rate, tokens a forward and agreement are sums over all runs, not means of means', () => {
  const runs = [run([1, 2, 3, 4], 4), run([5, 6], 1, { counts: { tokens: 2, forwards: 1, msDecode: 20 } })];
  expect(measureOf(runs, [run([1, 2, 3, 4], 4), run([5, 9], 2)])).toEqual({ rate: 50, tpf: 2, agreement: 5 / 6, tokens: 6, same: 1, texts: 2 });
  expect(measureOf([], [])).toBeNull();
  expect(measureOf([run([], 0)], [])).toBeNull();
});

test('two replies are the same as far as both were written: one that was cut may be shorter, one that ended may not', () => {
  expect(sameReply(run([1, 2], 2), run([1, 2], 2))).toBe(true);
  expect(sameReply(run([1, 2], 2, { whole: false }), run([1, 2, 3], 3))).toBe(true);
  expect(sameReply(run([1, 2], 2), run([1, 2, 3], 3))).toBe(false);
  expect(sameReply(run([1, 4], 2, { whole: false }), run([1, 2, 3], 3))).toBe(false);
});
