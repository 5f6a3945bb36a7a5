/** The registry: a family is one file and one row. Nothing outside this folder names one. */
import { failure } from '../../contract/result.ts';
import type { GraphOptions } from '../graph/transformer.ts';
import type { Manifest } from '../manifest.ts';
import { a2d, fastDllm, sdar } from './blocks.ts';
import { llama, qwen2, qwen3 } from './causal.ts';
import { diffusionGemma } from './diffusion-gemma.ts';
import { dream } from './dream.ts';
import type { Family, Identity } from './family.ts';
import { llada } from './llada.ts';
import { llada2, lladaMoe } from './mixtures.ts';
import { nemotron } from './nemotron.ts';

export const families: readonly Family[] = [
  llama,
  qwen2,
  qwen3,
  llada,
  lladaMoe,
  dream,
  sdar,
  llada2,
  a2d,
  fastDllm,
  nemotron,
  diffusionGemma,
];

export const familyById = (id: string): Family | undefined => families.find((family) => family.id === id);

/** @throws MezzotintError `pack-unsupported` where no family has this architecture in this format */
export function familyOf(identity: Identity, file: string, list: readonly Family[] = families): Family {
  const found = list.find((family) => family.matches(identity));
  if (found) return found;
  const known = list.filter((family) => family.naming[identity.format]).map(({ name }) => name);
  throw failure(
    identity.format === 'gguf' ? 'family.no-graph-gguf' : 'family.no-graph-folder',
    { architecture: identity.architecture, known },
    { file },
  );
}

/** The pack's graph. @throws MezzotintError `pack-unsupported` for a family that this version does not know */
export function buildGraph(manifest: Manifest, options: GraphOptions): Uint8Array {
  const family = familyById(manifest.family);
  if (!family) throw failure('pack.unknown-family', { family: manifest.family });
  return family.graph(manifest, options);
}
