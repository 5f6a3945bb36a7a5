/** Settings of a reply: what was stored before is read on, parts lie over each other, and a model gets what it can run. */
import * as v from 'valibot';
import { expect, test } from 'vitest';
import {
  chosenSettingsSchema,
  generationSettingsSchema,
  mergeSettings,
  normalise,
  settingsFromFlat,
  type FlatSettings,
} from '../../../core/contract/settings.ts';
import { samplersFor } from '../../../core/samplers/index.ts';

const flat: FlatSettings = {
  mode: 'exact',
  temperature: 0.2,
  topP: 0.9,
  topK: 64,
  repetitionPenalty: 1.05,
  seed: 7,
  maxTokens: 512,
  blockLength: 4,
  threshold: 0.7,
  draftLength: 5,
  stop: ['END'],
  loopGuard: true,
};
const shipped = samplersFor({ causalHead: true, canvas: true, shift: 1, drafterSlots: 5, blockLengths: [4, 8, 16] });
const read = (stored: unknown): ReturnType<typeof settingsFromFlat> =>
  v.parse(generationSettingsSchema, JSON.parse(JSON.stringify(stored)));

test('settings stored flat are read as the sampler that their mode ran', () => {
  expect(read(flat)).toEqual({
    sampling: { temperature: 0.2, topP: 0.9, topK: 64, repetitionPenalty: 1.05, seed: 7 },
    sampler: { id: 'speculative', params: { draftLength: 5 } },
    ending: { maxTokens: 512, stop: ['END'], loopGuard: true },
  });
  expect(read({ ...flat, mode: 'ar' }).sampler).toEqual({ id: 'autoregressive', params: {} });
  expect(read({ ...flat, mode: 'fast' }).sampler).toEqual({
    id: 'typical-acceptance',
    params: { blockLength: 4, ratio: 0.7 },
  });
  expect(read({ ...flat, mode: 'fast', blockLength: 16 }).sampler).toEqual({
    id: 'corrected-threshold',
    params: { blockLength: 16, threshold: 0.7 },
  });
  // what is read is written in the present form, and read again as it is
  expect(read(read(flat))).toEqual(read(flat));
});

test('chosen settings of a conversation or a preset are read in both forms', () => {
  const chosen = (stored: unknown): unknown => v.parse(chosenSettingsSchema, stored);
  expect(chosen({ temperature: 0, maxTokens: 60 })).toEqual({
    sampling: { temperature: 0 },
    ending: { maxTokens: 60 },
  });
  expect(chosen({ mode: 'exact' })).toEqual({ sampler: { id: 'speculative', params: { draftLength: 5 } } });
  expect(chosen({})).toEqual({});
  expect(chosen({ sampling: { topP: 0.5 } })).toEqual({ sampling: { topP: 0.5 } });
  expect(v.safeParse(chosenSettingsSchema, { temperature: 9 }).success).toBe(false);
});

test('chosen settings lie over those below them, value by value; another sampler brings its own parameters', () => {
  const under = settingsFromFlat(flat);
  const merged = mergeSettings(under, {
    sampling: { temperature: 1 },
    sampler: { id: 'speculative', params: { draftLength: 2 } },
    ending: { maxTokens: 9 },
  });
  expect(merged.sampling).toEqual({ ...under.sampling, temperature: 1 });
  expect(merged.sampler.params).toEqual({ draftLength: 2 });
  expect(merged.ending).toEqual({ ...under.ending, maxTokens: 9 });
  expect(mergeSettings(under, { sampler: { id: 'corrected-threshold', params: { threshold: 0.5 } } }).sampler).toEqual({
    id: 'corrected-threshold',
    params: { threshold: 0.5 },
  });
  expect(mergeSettings(under, {})).toEqual(under);
});

test('a model runs exactly its own parameters, each within its bounds', () => {
  const run = (id: string, params: Record<string, number | string | boolean>, offered = shipped): unknown =>
    normalise({ ...settingsFromFlat(flat), sampler: { id, params } }, offered).sampler;
  expect(run('speculative', { draftLength: 8, threshold: 0.1 })).toEqual({
    id: 'speculative',
    params: { draftLength: 5 },
  });
  expect(run('corrected-threshold', {})).toEqual({
    id: 'corrected-threshold',
    params: { blockLength: 8, threshold: 0.9 },
  });
  expect(run('corrected-threshold', { blockLength: 'eight', threshold: 7 })).toEqual({
    id: 'corrected-threshold',
    params: { blockLength: 8, threshold: 1 },
  });
  expect(normalise(normalise(settingsFromFlat(flat), shipped), shipped)).toEqual(
    normalise(settingsFromFlat(flat), shipped),
  );
});

test('a sampler that a model lacks becomes one with the same guarantee, or is refused with what there is', () => {
  const plain = samplersFor({ causalHead: true, canvas: true, shift: 1, drafterSlots: 0, blockLengths: [4, 8] });
  const fast = { ...settingsFromFlat({ ...flat, mode: 'fast' }) };
  expect(normalise(fast, plain).sampler).toEqual({
    id: 'corrected-threshold',
    params: { blockLength: 4, threshold: 0.7 },
  });
  const causal = samplersFor({ causalHead: true, canvas: false, shift: 1, drafterSlots: 0, blockLengths: [] });
  expect(() => normalise(fast, causal)).toThrow(/does not offer the sampler “typical-acceptance”/);
});
