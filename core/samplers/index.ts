/** The samplers. Adding one takes its file and its row here; forms, flags and checks follow from its description. */
import { modeOfGuarantee, type Mode, type SamplerInfo } from '../contract/samplers.ts';
import { autoregressive } from './autoregressive.ts';
import { ruleSamplers } from './by-rule.ts';
import { correctedThreshold } from './corrected-threshold.ts';
import type { ModelCapabilities, Sampler } from './sampler.ts';
import { speculative } from './speculative.ts';
import { typicalAcceptance } from './typical-acceptance.ts';

export type { ModelCapabilities, Sampler } from './sampler.ts';

/** In the order a form shows them: the first of each guarantee is the one a mode stands for. */
export const samplers: readonly Sampler[] = [
  speculative,
  typicalAcceptance,
  correctedThreshold,
  ...ruleSamplers,
  autoregressive,
];

/** Descriptions of the samplers that a model can run, in the registry's order. */
export const samplersFor = (model: ModelCapabilities, registry: readonly Sampler[] = samplers): SamplerInfo[] =>
  registry.flatMap((sampler) => sampler.describe(model) ?? []);

/** @throws RangeError for an id that no row has; settings pass `normalise` first, which refuses it with words */
export function samplerOf(id: string, registry: readonly Sampler[] = samplers): Sampler {
  const found = registry.find((sampler) => sampler.id === id);
  if (!found) throw new RangeError(`no sampler is called ${id}`);
  return found;
}

/** The mode that replies of a sampler are stored under. */
export function modeOfSampler(sampler: Sampler, model: ModelCapabilities): Mode {
  const info = sampler.describe(model);
  return modeOfGuarantee(info?.guarantee ?? 'diffusion');
}
