/** The registry of samplers: a sampler is one file and one row. */
import { checkParams, type Params } from '../../contract/samplers.ts';
import { failure } from '../../contract/result.ts';
import type { Manifest } from '../../model/manifest.ts';
import { WHOLE_ROWS_FROM } from '../../model/graph/contract.ts';
import { credit } from './credit.ts';
import { dream } from './dream.ts';
import { edit } from './edit.ts';
import { entropyBound } from './entropy-bound.ts';
import { factor } from './factor.ts';
import { hierarchy } from './hierarchy.ts';
import { klass } from './klass.ts';
import { lowConfidence } from './low-confidence.ts';
import { prophet } from './prophet.ts';
import { remdm } from './remdm.ts';
import { renoise } from './renoise.ts';
import type { Capabilities, Sampler } from './rule.ts';
import { threshold } from './threshold.ts';
import { wino } from './wino.ts';

export const samplers: readonly Sampler[] = [
  lowConfidence,
  threshold,
  factor,
  entropyBound,
  hierarchy,
  credit,
  klass,
  dream,
  edit,
  remdm,
  wino,
  prophet,
  renoise,
];

/** Ids that are never drawn: what the manifest says, and rows of the head past the tokenizer's last id. */
export function bannedOf({ tokens, dimensions }: Pick<Manifest, 'tokens' | 'dimensions'>): Set<number> {
  const banned = new Set(tokens.suppressed);
  for (let id = tokens.known; id < dimensions.vocabulary; id++) banned.add(id);
  return banned;
}

export const capabilitiesOf = ({ diffusion, graph }: Pick<Manifest, 'diffusion' | 'graph'>): Capabilities => ({
  attention: diffusion.attention,
  causalHead: diffusion.causalHead,
  shift: diffusion.shift,
  wholeRows: graph.builder >= WHOLE_ROWS_FROM,
  ...(diffusion.noise === undefined ? {} : { noise: diffusion.noise }),
});

/** Whether a sampler can write with a model: noise and all else that it asks for. */
export const fits = (one: Sampler, capabilities: Capabilities): boolean =>
  (one.noise ?? 'mask') === (capabilities.noise ?? 'mask') && one.supports(capabilities);

/** Samplers that a pack can be written with. */
export const samplersFor = (capabilities: Capabilities, list: readonly Sampler[] = samplers): Sampler[] =>
  list.filter((one) => fits(one, capabilities));

/** @throws MezzotintError `bad-request` for an unknown sampler, one that the pack does not support, or parameters out of bounds */
export function samplerWith(
  id: string,
  given: Readonly<Record<string, unknown>>,
  capabilities: Capabilities,
  list: readonly Sampler[] = samplers,
): { sampler: Sampler; params: Params } {
  const offered = samplersFor(capabilities, list);
  const found = offered.find((one) => one.id === id);
  if (!found)
    throw failure(list.some((one) => one.id === id) ? 'sampler.not-for-model' : 'sampler.unknown', {
      sampler: id,
      offered: offered.map((one) => one.id),
    });
  return { sampler: found, params: checkParams(found, given) };
}
