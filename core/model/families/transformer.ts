/** What families of the common transformer share: the keys of their configs, the names of their tensors. */
import type { Config } from './config.ts';
import type { Naming, Shape } from './family.ts';
import { readRope } from './rope.ts';

/** Dimensions and the rest by the keys that Llama and its kin use. */
export function describeTransformer(c: Config): Shape {
  const hidden = c.number('hidden_size');
  const heads = c.number('num_attention_heads');
  const headDim = c.number('head_dim', hidden / heads);
  const rotated = c.number(['rotary_dim'], headDim * c.number('partial_rotary_factor', 1));
  c.only('hidden_act', 'silu', 'swiglu');
  for (const key of [
    'mlp_bias',
    'use_bias',
    'use_mrope',
    'clip_qkv',
    'attn_logit_softcapping',
    'final_logit_softcapping',
    'logit_scale',
    'embedding_multiplier',
    'residual_multiplier',
    'attention_multiplier',
    'logits_scaling',
    'alibi',
  ])
    c.only(key);
  if (c.flag('use_sliding_window', c.has('sliding_window') && !c.has('use_sliding_window') && windowMatters(c)))
    throw c.refused('sliding_window', c.get('sliding_window'));
  c.ignore('sliding_window', 'max_window_layers', 'attention_bias', 'use_qkv_bias', 'qkv_bias');
  const layers = c.number('num_hidden_layers');
  const types = c.get('layer_types');
  if (Array.isArray(types) && types.some((type) => type !== 'full_attention')) throw c.refused('layer_types', types);
  return {
    dimensions: {
      layers,
      hidden,
      heads,
      kvHeads: c.number('num_key_value_heads', heads),
      headDim,
      feedForward: c.number(['intermediate_size', 'dense_intermediate_size']),
    },
    vocabulary: c.has('vocab_size') ? c.number('vocab_size') : null,
    norm: { epsilon: c.number('rms_norm_eps') },
    rope: readRope(c, rotated),
    tied: c.has('tie_word_embeddings') ? c.flag('tie_word_embeddings', false) : null,
    contextLength: c.number(['max_position_embeddings', 'max_sequence_length']),
  };
}

/** A window as wide as the context hides nothing. */
const windowMatters = (c: Config): boolean =>
  c.number('sliding_window') < c.number(['max_position_embeddings', 'max_sequence_length']);

const inLayer = (prefix: string, names: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(names).map(([role, name]) => [role, `${prefix}${name}`]));

const hfLayer = {
  norm1: 'input_layernorm.weight',
  norm2: 'post_attention_layernorm.weight',
  q: 'self_attn.q_proj.weight',
  k: 'self_attn.k_proj.weight',
  v: 'self_attn.v_proj.weight',
  o: 'self_attn.o_proj.weight',
  q_bias: 'self_attn.q_proj.bias',
  k_bias: 'self_attn.k_proj.bias',
  v_bias: 'self_attn.v_proj.bias',
  q_norm: 'self_attn.q_norm.weight',
  k_norm: 'self_attn.k_norm.weight',
  gate: 'mlp.gate_proj.weight',
  up: 'mlp.up_proj.weight',
  down: 'mlp.down_proj.weight',
};
/** Buffers that transformers saved in places: recomputed from the config. */
const buffers = /\.rotary_emb\.inv_freq$|\.position_ids$|\.attention\.bias$|\.masked_bias$/;

/** As transformers names them, under a prefix. */
export const hfNaming = (
  prefix = 'model.',
  over: Record<string, string> = {},
  layer: Record<string, string> = {},
): Naming => ({
  names: {
    embed: `${prefix}embed_tokens.weight`,
    head: 'lm_head.weight',
    final_norm: `${prefix}norm.weight`,
    ...inLayer(`${prefix}layers.{n}.`, { ...hfLayer, ...layer }),
    ...over,
  },
  unused: buffers,
});

/** As llama.cpp names them. */
export const ggufNaming = (over: Partial<Naming> = {}): Naming => ({
  names: {
    embed: 'token_embd.weight',
    head: 'output.weight',
    final_norm: 'output_norm.weight',
    ...inLayer('blk.{n}.', {
      norm1: 'attn_norm.weight',
      norm2: 'ffn_norm.weight',
      q: 'attn_q.weight',
      k: 'attn_k.weight',
      v: 'attn_v.weight',
      o: 'attn_output.weight',
      q_bias: 'attn_q.bias',
      k_bias: 'attn_k.bias',
      v_bias: 'attn_v.bias',
      q_norm: 'attn_q_norm.weight',
      k_norm: 'attn_k_norm.weight',
      gate: 'ffn_gate.weight',
      up: 'ffn_up.weight',
      down: 'ffn_down.weight',
    }),
  },
  ropeFactors: 'rope_freqs.weight',
  ...over,
});
