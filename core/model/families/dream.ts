/** Dream, Dream-Coder, DiffuCoder: Qwen2 with full attention; row i predicts the token of slot i + 1. */
import { qwen2 } from './causal.ts';
import type { Family } from './family.ts';
import { full } from './llada.ts';

export const dream: Family = {
  ...qwen2,
  id: 'dream',
  name: 'Dream',
  matches: ({ format, architecture }) =>
    format === 'gguf' ? architecture === 'dream' : ['DreamModel', 'DreamBaseModel'].includes(architecture),
  diffusion: { ...full, shift: 1 },
  mask: { texts: ['<|mask|>'], id: 151666 },
  trainedMask: true,
};
