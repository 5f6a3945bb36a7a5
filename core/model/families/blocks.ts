/** Families that write block after block: SDAR and TraDo, Tiny-A2D, Fast-dLLM v2. A row sees its own block and those before it. */
import { qwen2, qwen3 } from './causal.ts';
import type { Config } from './config.ts';
import type { Family } from './family.ts';

/** Blocks on the grid of absolute positions, each kept by one forward once it is finished. */
export const blockwise: Family['diffusion'] = {
  attention: 'block',
  shift: 0,
  grid: 'absolute',
  blockLength: null,
  firstSlot: 'own',
  cache: 'block',
  causalHead: false,
};

const read =
  (...keys: string[]) =>
  (c: Config): number | null =>
    keys.some((key) => c.has(key)) ? c.number(keys) : null;

export const sdar: Family = {
  ...qwen3,
  id: 'sdar',
  name: 'SDAR',
  matches: ({ format, architecture }) => format === 'safetensors' && architecture === 'SDARForCausalLM',
  diffusion: blockwise,
  blockLength: read('block_size'),
  mask: { texts: ['<|MASK|>'], id: 151669 },
  trainedMask: true,
};

export const a2d: Family = {
  ...qwen3,
  id: 'a2d',
  name: 'Tiny-A2D',
  matches: ({ format, architecture }) =>
    format === 'safetensors' && /^A2D(Qwen2|Qwen3|Llama)LMHeadModel$/.test(architecture),
  // its recipes say which of the two kinds it is
  diffusion: { ...blockwise, grid: 'prompt-end', blockLength: 32 },
  mask: { texts: ['<|mask|>'], id: 151669 },
  trainedMask: true,
};

export const fastDllm: Family = {
  ...qwen2,
  id: 'fast-dllm-v2',
  name: 'Fast-dLLM v2',
  matches: ({ format, architecture }) => format === 'safetensors' && architecture === 'Fast_dLLM_QwenForCausalLM',
  diffusion: { ...blockwise, shift: 1, firstSlot: 'commit-row', subBlock: 8 },
  blockLength: read('bd_size'),
  mask: { texts: ['|<MASK>|'], id: 151665 },
  trainedMask: true,
};
