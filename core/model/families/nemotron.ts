/** Nemotron-Labs-Diffusion: a token-causal context under a bidirectional block; its causal head gives each block's first token. */
import { buildTransformer } from '../graph/transformer.ts';
import type { Family } from './family.ts';
import { describeTransformer, hfNaming } from './transformer.ts';

export const nemotron: Family = {
  id: 'nemotron-labs-diffusion',
  name: 'Nemotron-Labs-Diffusion',
  matches: ({ format, architecture }) => format === 'safetensors' && architecture === 'NemotronLabsDiffusionModel',
  describe(c) {
    c.only('dlm_paradigm', 'bidirectional');
    return describeTransformer(c);
  },
  naming: { safetensors: hfNaming('encoder.', { head: 'diffusion_head.weight' }) },
  diffusion: {
    attention: 'causal',
    shift: 0,
    grid: 'prompt-end',
    blockLength: 32,
    firstSlot: 'commit-row',
    cache: 'exact',
    causalHead: true,
  },
  blockLength: (c) => (c.has('block_size') ? c.number('block_size') : null),
  mask: { texts: [], id: 100 },
  trainedMask: true,
  graph: buildTransformer,
};
