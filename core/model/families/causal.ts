/** Plain causal models, one token after the other: Llama and SmolLM, Qwen2, Qwen3. An adapter makes them write by diffusion. */
import { buildTransformer } from '../graph/transformer.ts';
import type { Family } from './family.ts';
import { describeTransformer, ggufNaming, hfNaming } from './transformer.ts';

/** What every token-causal model can do: verify, go on, and draft with masked rows that predict the next slot's token. */
export const causal: Family['diffusion'] = {
  attention: 'causal',
  shift: 1,
  grid: 'prompt-end',
  blockLength: 8,
  firstSlot: 'commit-row',
  cache: 'exact',
  causalHead: true,
};

const common = {
  describe: describeTransformer,
  diffusion: causal,
  mask: { texts: ['<|mask|>', '<|MASK|>', '|<MASK>|', '<|mdm_mask|>'] },
  trainedMask: false,
  graph: buildTransformer,
} satisfies Partial<Family>;

export const llama: Family = {
  ...common,
  id: 'llama',
  name: 'Llama',
  matches: ({ format, architecture }) => architecture === (format === 'gguf' ? 'llama' : 'LlamaForCausalLM'),
  naming: { gguf: ggufNaming({ permuted: true }), safetensors: hfNaming() },
};

export const qwen2: Family = {
  ...common,
  id: 'qwen2',
  name: 'Qwen2',
  matches: ({ format, architecture }) => architecture === (format === 'gguf' ? 'qwen2' : 'Qwen2ForCausalLM'),
  naming: { gguf: ggufNaming(), safetensors: hfNaming() },
};

export const qwen3: Family = {
  ...common,
  id: 'qwen3',
  name: 'Qwen3',
  matches: ({ format, architecture }) => architecture === (format === 'gguf' ? 'qwen3' : 'Qwen3ForCausalLM'),
  naming: { gguf: ggufNaming(), safetensors: hfNaming() },
};
