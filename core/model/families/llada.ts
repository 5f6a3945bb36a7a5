/** LLaDA 8B and 1.5: full attention; OLMo's keys and tensor names, or Llama's where a tool exported it so. */
import { buildTransformer } from '../graph/transformer.ts';
import type { Config } from './config.ts';
import type { Family, Shape } from './family.ts';
import { readRope } from './rope.ts';
import { describeTransformer, ggufNaming } from './transformer.ts';

/** Full attention with whole-canvas blocks from the prompt's end; the caches are approximate, so nothing is kept by default. */
export const full: Family['diffusion'] = {
  attention: 'full',
  shift: 0,
  grid: 'prompt-end',
  blockLength: 32,
  firstSlot: 'own',
  cache: 'none',
  causalHead: false,
};

function describeOlmo(c: Config): Shape {
  const hidden = c.number('d_model');
  const heads = c.number('n_heads');
  const kvHeads = c.number('n_kv_heads', c.flag('multi_query_attention', false) ? 1 : heads);
  c.only('rope', true);
  c.only('layer_norm_type', 'rms');
  c.only('block_type', 'llama', 'sequential');
  c.only('activation_type', 'silu');
  c.only('block_group_size', 1);
  for (const key of [
    'include_bias',
    'include_qkv_bias',
    'attention_layer_norm',
    'input_emb_norm',
    'scale_logits',
    'alibi',
    'bias_for_layer_norm',
    'clip_qkv',
    'alibi_bias_max',
    'rope_scaling',
  ])
    if (key !== 'alibi_bias_max') c.only(key);
  c.ignore(
    'alibi_bias_max',
    'rope_full_precision',
    'layer_norm_with_affine',
    'attention_layer_norm_with_affine',
    'layer_norm_eps',
    'vocab_size',
    'rope_scaling',
  );
  if (!c.flag('layer_norm_with_affine', true)) throw c.refused('layer_norm_with_affine', false);
  return {
    dimensions: {
      layers: c.number('n_layers'),
      hidden,
      heads,
      kvHeads,
      headDim: hidden / heads,
      feedForward: c.number('mlp_hidden_size', c.number('mlp_ratio', 4) * hidden),
    },
    vocabulary: c.number(['embedding_size', 'vocab_size']),
    norm: { epsilon: c.number('rms_norm_eps') },
    rope: readRope(c, hidden / heads),
    tied: c.flag('weight_tying', false),
    contextLength: c.number('max_sequence_length'),
  };
}

const block = 'model.transformer.blocks.{n}.';

export const llada: Family = {
  id: 'llada',
  name: 'LLaDA',
  matches: ({ format, architecture }) => architecture === (format === 'gguf' ? 'llada' : 'LLaDAModelLM'),
  describe: (c) => (c.has('d_model') ? describeOlmo(c) : describeTransformer(c)),
  naming: {
    // llama.cpp rotates neighbours for it
    gguf: ggufNaming({ permuted: true }),
    safetensors: {
      names: {
        embed: 'model.transformer.wte.weight',
        head: 'model.transformer.ff_out.weight',
        final_norm: 'model.transformer.ln_f.weight',
        norm1: `${block}attn_norm.weight`,
        norm2: `${block}ff_norm.weight`,
        q: `${block}q_proj.weight`,
        k: `${block}k_proj.weight`,
        v: `${block}v_proj.weight`,
        o: `${block}attn_out.weight`,
        gate: `${block}ff_proj.weight`,
        up: `${block}up_proj.weight`,
        down: `${block}ff_out.weight`,
      },
      unused: /\.rotary_emb\.inv_freq$/,
    },
  },
  diffusion: full,
  mask: { texts: ['<|mdm_mask|>'], id: 126336 },
  trainedMask: true,
  graph: buildTransformer,
};
