/** The stops of the slider and what their figures mean. */
import { expect, test } from 'vitest';
import { stopsOf } from '../../../core/chat/calibration-stops.ts';
import { measureOf, sameReply, type RunResult } from '../../../core/chat/calibration-tally.ts';
import { samplersFor, type ModelCapabilities } from '../../../core/samplers/index.ts';
import { fakePack } from '../../fixtures/fake-engine.ts';

const run = (ids: number[], equal: number, more: Partial<RunResult> = {}): RunResult => ({ ids, whole: true, counts: { tokens: ids.length, forwards: 2, msDecode: 100 }, equal, ...more });

test('stops go from the reference over Exact to ever lower thresholds, in block lengths the model has', () => {
  const stops = stopsOf(fakePack);
  expect(stops.map(({ sampler }) => sampler.id)).toEqual(['autoregressive', 'speculative', 'threshold', 'threshold', 'threshold', 'threshold']);
  const fast = stops.slice(2).map(({ sampler }) => sampler.params);
  expect(fast.map(({ threshold }) => threshold)).toEqual([0.9, 0.6, 0.3, 0.15]);
  for (const { blockLength } of fast) expect([8, 16, 32]).toContain(blockLength);
  const offered = (model: Partial<ModelCapabilities>): string[] => stopsOf({ ...fakePack, samplers: samplersFor({ causalHead: true, canvas: true, drafterSlots: 0, blockLengths: [], ...model }) }).map(({ sampler: { id, params } }) => `${id} ${params['blockLength'] ?? ''}`.trim());
  expect(offered({ drafterSlots: 5, blockLengths: [4, 8] }).slice(2)).toEqual(Array.from({ length: 4 }, () => 'typical-acceptance 4'));
  expect(offered({ canvas: false })).toEqual(['autoregressive', 'speculative']);
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
