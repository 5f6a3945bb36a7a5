/** Families of routed experts: LLaDA-MoE (full attention), LLaDA2.0 and 2.1 (block after block). */
import { buildTransformer } from '../graph/transformer.ts';
import type { Experts } from '../manifest.ts';
import { blockwise } from './blocks.ts';
import type { Config } from './config.ts';
import type { Family } from './family.ts';
import { full } from './llada.ts';
import { describeTransformer, hfNaming } from './transformer.ts';

const layer = 'model.layers.{n}.';
const expertNames = {
  router: `${layer}mlp.gate.weight`,
  router_bias: `${layer}mlp.gate.expert_bias`,
  expert_gate: `${layer}mlp.experts.{e}.gate_proj.weight`,
  expert_up: `${layer}mlp.experts.{e}.up_proj.weight`,
  expert_down: `${layer}mlp.experts.{e}.down_proj.weight`,
  shared_gate: `${layer}mlp.shared_experts.gate_proj.weight`,
  shared_up: `${layer}mlp.shared_experts.up_proj.weight`,
  shared_down: `${layer}mlp.shared_experts.down_proj.weight`,
};

function scoreOf(c: Config, key: string): Experts['score'] {
  const score = c.text(key);
  if (score !== 'softmax' && score !== 'sigmoid') throw c.refused(key, score);
  return score;
}

/** Layers before the first with experts; a mixture in any other order is refused. */
function leadingDense(c: Config, layers: number): number {
  const list = c.get('moe_layer_freq');
  if (list === undefined || list === 1) return 0;
  const first = Array.isArray(list) ? list.indexOf(1) : -1;
  if (!Array.isArray(list) || list.length !== layers || first < 0 || list.slice(first).some((one) => one !== 1))
    throw c.refused('moe_layer_freq', list);
  return first;
}

export const lladaMoe: Family = {
  id: 'llada-moe',
  name: 'LLaDA-MoE',
  matches: ({ format, architecture }) => format === 'safetensors' && architecture === 'LLaDAMoEModelLM',
  describe(c) {
    const layers = c.number('num_hidden_layers');
    const firstDense = leadingDense(c, layers);
    c.only('router_num_group', 1);
    c.only('router_topk_group', 1);
    c.only('shared_expert_intermediate_size');
    c.only('moe_router_enable_expert_bias');
    // the authors' code never renormalises, whatever this says
    c.ignore('norm_topk_prob', 'qk_layernorm', 'moe_router_topk_scaling_factor');
    const experts: Experts = {
      count: c.number('num_experts'),
      top: c.number('num_experts_per_tok'),
      feedForward: c.number('expert_intermediate_size'),
      groups: 1,
      topGroups: 1,
      score: scoreOf(c, 'moe_router_score_function'),
      renormalise: false,
      scale: c.number('routed_scaling_factor', 1),
      shared: 0,
      firstDense,
    };
    return { ...describeTransformer(c), experts };
  },
  naming: { safetensors: hfNaming('model.', expertNames) },
  diffusion: full,
  mask: { texts: ['<|mask|>'], id: 156895 },
  trainedMask: true,
  graph: buildTransformer,
};

export const llada2: Family = {
  id: 'llada2',
  name: 'LLaDA2',
  matches: ({ format, architecture }) =>
    format === 'safetensors' && ['LLaDA2MoeModelLM', 'LLaDA2MoeForCausalLM'].includes(architecture),
  describe(c) {
    c.only('norm_head');
    c.only('router_dtype', 'fp32', 'float32');
    c.ignore('moe_router_enable_expert_bias', 'use_qk_norm');
    const width = c.number('moe_intermediate_size');
    const experts: Experts = {
      count: c.number('num_experts'),
      top: c.number('num_experts_per_tok'),
      feedForward: width,
      groups: c.number('n_group', 1),
      topGroups: c.number('topk_group', 1),
      score: scoreOf(c, 'score_function'),
      renormalise: c.flag('norm_topk_prob', true),
      scale: c.number('routed_scaling_factor'),
      shared: c.number('num_shared_experts', 0) * c.number('moe_shared_expert_intermediate_size', width),
      firstDense: c.number('first_k_dense_replace'),
    };
    return { ...describeTransformer(c), experts };
  },
  naming: {
    safetensors: hfNaming(
      'model.',
      { embed: 'model.word_embeddings.weight', ...expertNames },
      {
        qkv: 'attention.query_key_value.weight',
        o: 'attention.dense.weight',
        qkv_bias: 'attention.query_key_value.bias',
        q_norm: 'attention.query_layernorm.weight',
        k_norm: 'attention.key_layernorm.weight',
      },
    ),
  },
  diffusion: { ...blockwise, blockLength: 32 },
  mask: { texts: ['<|mask|>'], id: 156895 },
  trainedMask: true,
  graph: buildTransformer,
};
