/**
 * Shapes of published models, as their config.json gives them: sizes are the authors', weights are noise. `schedule` is how the
 * authors' code writes with its own defaults: at least so many tokens a forward come out, whatever the model is sure of.
 */
export interface Shape {
  id: string;
  /** Whose sizes these are. */
  name: string;
  /** Folder of test/fixtures/goldens whose tokenizer and keys it takes. */
  golden: string;
  recipe?: string;
  layers: number;
  /** Layers that differ from the rest, at the beginning. */
  first: number;
  /** Of config.json, over the golden's. */
  config: Record<string, number>;
  tensors(layers: number): [name: string, shape: number[]][];
  /** Rows of a forward to time. */
  rows: number[];
  schedule: { rows: number; cached: number; tokens: number; forwards: number; what: string };
}

const dense = (
  [hidden, heads, kv, headDim, feed, vocabulary]: [number, number, number, number, number, number],
  layer: (prefix: string) => [string, number[]][],
): Shape['tensors'] => {
  return (layers) => [
    ['model.embed_tokens.weight', [vocabulary, hidden]],
    ...Array.from({ length: layers }, (_, i): [string, number[]][] => {
      const prefix = `model.layers.${i}.`;
      return [
        [`${prefix}input_layernorm.weight`, [hidden]],
        [`${prefix}post_attention_layernorm.weight`, [hidden]],
        [`${prefix}self_attn.q_proj.weight`, [heads * headDim, hidden]],
        [`${prefix}self_attn.k_proj.weight`, [kv * headDim, hidden]],
        [`${prefix}self_attn.v_proj.weight`, [kv * headDim, hidden]],
        [`${prefix}self_attn.o_proj.weight`, [hidden, heads * headDim]],
        [`${prefix}mlp.gate_proj.weight`, [feed, hidden]],
        [`${prefix}mlp.up_proj.weight`, [feed, hidden]],
        [`${prefix}mlp.down_proj.weight`, [hidden, feed]],
        ...layer(prefix),
      ];
    }).flat(),
    ['model.norm.weight', [hidden]],
    ['lm_head.weight', [vocabulary, hidden]],
  ];
};

const mixture = (layers: number): [string, number[]][] => {
  const [hidden, expert, experts, vocabulary] = [2048, 512, 256, 157184];
  const feedForward = (prefix: string, width: number): [string, number[]][] => [
    [`${prefix}gate_proj.weight`, [width, hidden]],
    [`${prefix}up_proj.weight`, [width, hidden]],
    [`${prefix}down_proj.weight`, [hidden, width]],
  ];
  return [
    ['model.word_embeddings.weight', [vocabulary, hidden]],
    ...Array.from({ length: layers }, (_, i): [string, number[]][] => {
      const prefix = `model.layers.${i}.`;
      return [
        [`${prefix}input_layernorm.weight`, [hidden]],
        [`${prefix}post_attention_layernorm.weight`, [hidden]],
        [`${prefix}attention.query_key_value.weight`, [(16 + 4 + 4) * 128, hidden]],
        [`${prefix}attention.query_layernorm.weight`, [128]],
        [`${prefix}attention.key_layernorm.weight`, [128]],
        [`${prefix}attention.dense.weight`, [hidden, 2048]],
        ...(i === 0
          ? feedForward(`${prefix}mlp.`, 5120)
          : [
              [`${prefix}mlp.gate.weight`, [experts, hidden]] as [string, number[]],
              [`${prefix}mlp.gate.expert_bias`, [experts]] as [string, number[]],
              ...Array.from({ length: experts }, (__, e) => feedForward(`${prefix}mlp.experts.${e}.`, expert)).flat(),
              ...feedForward(`${prefix}mlp.shared_experts.`, expert),
            ]),
      ];
    }).flat(),
    ['model.norm.weight', [hidden]],
    ['lm_head.weight', [vocabulary, hidden]],
  ];
};

export const shapes: readonly Shape[] = [
  {
    id: 'sdar-1.7b',
    name: 'SDAR-1.7B',
    golden: 'sdar',
    layers: 28,
    first: 0,
    config: {
      vocab_size: 151936,
      hidden_size: 2048,
      intermediate_size: 6144,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      head_dim: 128,
      block_size: 4,
    },
    tensors: dense([2048, 16, 8, 128, 6144, 151936], (prefix) => [
      [`${prefix}self_attn.q_norm.weight`, [128]],
      [`${prefix}self_attn.k_norm.weight`, [128]],
    ]),
    rows: [1, 4, 8, 32],
    schedule: { rows: 4, cached: 256, tokens: 4, forwards: 5, what: 'block of 4 in 4 denoising steps and a commit' },
  },
  {
    id: 'dream-7b',
    name: 'Dream-7B',
    golden: 'dream',
    layers: 28,
    first: 0,
    config: {
      vocab_size: 152064,
      hidden_size: 3584,
      intermediate_size: 18944,
      num_attention_heads: 28,
      num_key_value_heads: 4,
    },
    tensors: dense([3584, 28, 4, 128, 18944, 152064], (prefix) => [
      [`${prefix}self_attn.q_proj.bias`, [3584]],
      [`${prefix}self_attn.k_proj.bias`, [512]],
      [`${prefix}self_attn.v_proj.bias`, [512]],
    ]),
    rows: [1, 8, 32, 128],
    schedule: { rows: 128, cached: 0, tokens: 1, forwards: 1, what: 'a step a token, over a canvas of 128 rows' },
  },
  {
    id: 'llada2-mini',
    name: 'LLaDA2-mini',
    golden: 'llada2',
    recipe: 'llada2.0-mini',
    layers: 20,
    first: 1,
    config: {
      vocab_size: 157184,
      hidden_size: 2048,
      intermediate_size: 5120,
      num_attention_heads: 16,
      num_key_value_heads: 4,
      head_dim: 128,
      num_experts: 256,
      num_experts_per_tok: 8,
      n_group: 8,
      topk_group: 4,
      moe_intermediate_size: 512,
    },
    tensors: mixture,
    rows: [1, 8, 32],
    schedule: { rows: 32, cached: 256, tokens: 32, forwards: 33, what: 'block of 32 in 32 steps and a commit' },
  },
];
