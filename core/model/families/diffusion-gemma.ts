/**
 * DiffusionGemma: a causal encoder reads what is written, and a decoder with the same weights denoises a canvas of uniform noise
 * over its keys and values. Layers with a window lie between layers without one; dense and routed feed-forwards run side by side.
 */
import { buildGemma } from '../graph/gemma.ts';
import type { Rope, Windows } from '../manifest.ts';
import { Config } from './config.ts';
import type { Family, Naming, Shape } from './family.ts';
import { nameOf, type MatrixPart, type PlannedPack, type TensorPlan } from './plan.ts';

const WINDOWED = 'sliding_attention';
const WHOLE = 'full_attention';

/** What the text part says of itself, with every key that changes numbers accounted for. */
function describe(top: Config): Shape {
  const text = top.object('text_config');
  if (!text) throw top.refused('text_config', undefined);
  // pictures are not read: what belongs to them computes nothing here
  top.ignore('text_config', 'vision_config', 'image_token_id', 'boi_token_id', 'eoi_token_id');
  if (!top.flag('tie_word_embeddings', true)) throw top.refused('tie_word_embeddings', false);
  const c = new Config(text, `${top.where}, text_config`, top.file);
  c.only('model_type', 'diffusion_gemma_text');
  c.only('hidden_activation', 'gelu_pytorch_tanh');
  c.only('attention_bias');
  if (!c.flag('attention_k_eq_v', true)) throw c.refused('attention_k_eq_v', false);
  c.only('use_bidirectional_attention', 'vision');
  const layers = c.number('num_hidden_layers');
  const heads = c.number('num_attention_heads');
  const types = layerTypes(c, layers);
  const whole = types.flatMap((type, n) => (type === WHOLE ? [n] : []));
  const kvHeads = c.number('num_key_value_heads');
  const headDim = c.number('head_dim');
  const own = wholeLayers(c, whole, { kvHeads, headDim });
  const windows: Windows = {
    length: c.number('sliding_window'),
    whole: { layers: whole, ...own, rope: ropeOf(c, WHOLE, own.headDim) },
  };
  const shape: Shape = {
    dimensions: {
      layers,
      hidden: c.number('hidden_size'),
      heads,
      kvHeads,
      headDim,
      feedForward: c.number('intermediate_size'),
    },
    vocabulary: c.number('vocab_size'),
    norm: { epsilon: c.number('rms_norm_eps') },
    rope: ropeOf(c, WINDOWED, headDim),
    experts: {
      count: c.number('num_experts'),
      top: c.number('top_k_experts'),
      feedForward: c.number('moe_intermediate_size'),
      groups: 1,
      topGroups: 1,
      score: 'softmax',
      renormalise: true,
      scale: 1,
      shared: 0,
      firstDense: 0,
    },
    windows,
    ...(c.has('final_logit_softcapping') ? { logitCap: c.number('final_logit_softcapping') } : {}),
    tied: c.flag('tie_word_embeddings', true),
    contextLength: c.number('max_position_embeddings'),
  };
  const [left] = c.unaccounted;
  if (left !== undefined) throw c.refused(left, c.get(left));
  return shape;
}

/** Absent: five layers with a window, then one without; the last one never has one. */
function layerTypes(c: Config, layers: number): string[] {
  const given = c.get('layer_types');
  const types = Array.isArray(given)
    ? given.map(String)
    : Array.from({ length: layers }, (_, n) => ((n + 1) % 6 === 0 ? WHOLE : WINDOWED));
  if (types.length !== layers || types.some((type) => type !== WINDOWED && type !== WHOLE))
    throw c.refused('layer_types', given);
  types[layers - 1] = WHOLE;
  if (!types.includes(WINDOWED)) throw c.refused('layer_types', given);
  return types;
}

type Heads = Pick<Windows['whole'], 'kvHeads' | 'headDim'>;

/** As published the two keys say it; transformers writes them layer by layer. */
function wholeLayers(c: Config, layers: readonly number[], usual: Heads): Heads {
  const byLayer = c.object('per_layer_config');
  const kvHeads = c.number('num_global_key_value_heads', usual.kvHeads);
  const headDim = c.number('global_head_dim', 512);
  if (!byLayer) return { kvHeads, headDim };
  const list = layers.map((n): Heads => {
    const {
      head_dim = usual.headDim,
      num_key_value_heads = usual.kvHeads,
      ...rest
    } = (byLayer[n] ?? {}) as Record<string, unknown>;
    if (typeof head_dim !== 'number' || typeof num_key_value_heads !== 'number' || Object.keys(rest).length > 0)
      throw c.refused(`per_layer_config ${n}`, byLayer[n]);
    return { kvHeads: num_key_value_heads, headDim: head_dim };
  });
  const first = list[0] as Heads;
  const others = Object.keys(byLayer).some((n) => !layers.includes(Number(n)));
  if (others || list.some((one) => one.kvHeads !== first.kvHeads || one.headDim !== first.headDim))
    throw c.refused('per_layer_config', byLayer);
  return first;
}

/** Plain, or `proportional`: of all pairs of a head the first share turns, by the frequencies of a whole head; the others stand still. */
function ropeOf(c: Config, type: string, headDim: number): Rope {
  const usual = type === WHOLE ? { rope_type: 'proportional', partial_rotary_factor: 0.25, rope_theta: 1e6 } : {};
  const given = c.object('rope_parameters')?.[type] ?? { rope_type: 'default', rope_theta: 1e4, ...usual };
  const { rope_type, rope_theta, partial_rotary_factor = 1, factor = 1, ...rest } = given as Record<string, unknown>;
  const strange = Object.keys(rest)[0];
  if (strange !== undefined) throw c.refused(`rope_parameters ${type} ${strange}`, rest[strange]);
  if (typeof rope_theta !== 'number' || typeof partial_rotary_factor !== 'number' || typeof factor !== 'number')
    throw c.refused(`rope_parameters ${type}`, given);
  if (rope_type === 'default' && partial_rotary_factor === 1 && factor === 1)
    return { theta: rope_theta, dimensions: headDim };
  if (rope_type !== 'proportional') throw c.refused(`rope_parameters ${type}`, given);
  const turning = Math.floor((partial_rotary_factor * headDim) / 2);
  const frequencies = Array.from({ length: headDim / 2 }, (_, k) =>
    k < turning ? rope_theta ** ((-2 * k) / headDim) / factor : 0,
  );
  return { theta: rope_theta, dimensions: headDim, frequencies };
}

const ENCODER = 'model.encoder.language_model.';
const DECODER = 'model.decoder.';

/** All weights are shared; the scalars of the layers alone are not. @param shared where a checkpoint keeps the shared ones */
function naming(shared: string): Naming {
  const layer = `${shared}layers.{n}.`;
  return {
    names: {
      embed: `${shared}embed_tokens.weight`,
      head: 'lm_head.weight',
      final_norm: `${shared}norm.weight`,
      encoder_scalar: `${ENCODER}layers.{n}.layer_scalar`,
      decoder_scalar: `${DECODER}layers.{n}.layer_scalar`,
      q: `${layer}self_attn.q_proj.weight`,
      k: `${layer}self_attn.k_proj.weight`,
      v: `${layer}self_attn.v_proj.weight`,
      o: `${layer}self_attn.o_proj.weight`,
      q_norm: `${layer}self_attn.q_norm.weight`,
      k_norm: `${layer}self_attn.k_norm.weight`,
      before_attention: `${layer}input_layernorm.weight`,
      after_attention: `${layer}post_attention_layernorm.weight`,
      before_dense: `${layer}pre_feedforward_layernorm.weight`,
      after_dense: `${layer}post_feedforward_layernorm_1.weight`,
      before_experts: `${layer}pre_feedforward_layernorm_2.weight`,
      after_experts: `${layer}post_feedforward_layernorm_2.weight`,
      after_both: `${layer}post_feedforward_layernorm.weight`,
      gate: `${layer}mlp.gate_proj.weight`,
      up: `${layer}mlp.up_proj.weight`,
      down: `${layer}mlp.down_proj.weight`,
      router: `${layer}router.proj.weight`,
      router_scale: `${layer}router.scale`,
      expert_scale: `${layer}router.per_expert_scale`,
      expert_gate_up: `${layer}experts.gate_up_proj`,
      expert_down: `${layer}experts.down_proj`,
      self_norm: `${DECODER}self_conditioning.pre_norm.weight`,
      self_gate: `${DECODER}self_conditioning.gate_proj.weight`,
      self_up: `${DECODER}self_conditioning.up_proj.weight`,
      self_down: `${DECODER}self_conditioning.down_proj.weight`,
    },
    // what is left under the other name is the same weights once more; pictures are not read
    unused: shared === DECODER ? PICTURES_OR_COPIES : PICTURES,
  };
}
const PICTURES = /^model\.encoder\.(vision_tower|embed_vision)\./;
const PICTURES_OR_COPIES =
  /^model\.encoder\.(vision_tower|embed_vision)\.|^model\.encoder\.language_model\.(?!.*layer_scalar$)/;

/** The norms of a layer, as packs name them. */
export const layerNorms = [
  'before_attention',
  'after_attention',
  'before_dense',
  'after_dense',
  'before_experts',
  'after_experts',
  'after_both',
] as const;

function tensors({ dimensions: d, experts, windows, tiedEmbedding }: PlannedPack, names: Naming): TensorPlan {
  if (!experts || !windows) throw new RangeError('DiffusionGemma has experts and windows');
  const plan: TensorPlan = { matrices: [], vectors: [], gains: [] };
  const of = (role: string, n = 0): string => nameOf(names, role, n) ?? `(no name for ${role})`;
  const matrix = (name: string, columns: number, parts: MatrixPart[]): void =>
    void plan.matrices.push({ name, columns, parts, rows: parts.reduce((sum, { rows }) => sum + rows, 0) });
  const vector = (name: string, shape: number[], ...sources: string[]): void =>
    void plan.vectors.push({
      name,
      shape,
      parts: sources.map((source) => ({ source, shape: sources.length === 1 ? shape : [1] })),
    });
  const gated = (name: string, roles: string, n = 0): void => {
    const parts = [`${roles}gate`, `${roles}up`].map((role) => ({ source: of(role, n), rows: d.feedForward }));
    matrix(`${name}.gate_up`, d.hidden, parts);
    matrix(`${name}.down`, d.feedForward, [{ source: of(`${roles}down`, n), rows: d.hidden }]);
  };

  matrix('embed', d.hidden, [{ source: of('embed'), rows: d.vocabulary }]);
  if (!tiedEmbedding) matrix('head', d.hidden, [{ source: of('head'), rows: d.vocabulary }]);
  vector('self_conditioning.norm', [d.hidden], of('self_norm'));
  gated('self_conditioning', 'self_');
  for (let n = 0; n < d.layers; n++) {
    const layer = `layers.${n}`;
    const whole = windows.whole.layers.includes(n);
    const { kvHeads, headDim } = whole ? windows.whole : d;
    const projections = [
      { source: of('q', n), rows: d.heads * headDim },
      { source: of('k', n), rows: kvHeads * headDim },
    ];
    if (!whole) projections.push({ source: of('v', n), rows: kvHeads * headDim });
    matrix(`${layer}.qkv`, d.hidden, projections);
    matrix(`${layer}.o`, d.heads * headDim, [{ source: of('o', n), rows: d.hidden }]);
    gated(layer, '', n);
    const width = experts.feedForward;
    for (let e = 0; e < experts.count; e++) {
      const part = (role: string, rows: number, columns: number): MatrixPart => ({
        source: of(role, n),
        rows,
        within: { from: e * rows, shape: [experts.count, rows, columns] },
      });
      matrix(`${layer}.experts.${e}.gate_up`, d.hidden, [part('expert_gate_up', 2 * width, d.hidden)]);
      matrix(`${layer}.experts.${e}.down`, width, [part('expert_down', d.hidden, width)]);
    }
    vector(`${layer}.router`, [experts.count, d.hidden], of('router', n));
    vector(`${layer}.router_scale`, [d.hidden], of('router_scale', n));
    vector(`${layer}.expert_scale`, [experts.count], of('expert_scale', n));
    vector(`${layer}.scalars`, [2], of('encoder_scalar', n), of('decoder_scalar', n));
    for (const norm of layerNorms) vector(`${layer}.${norm}`, [d.hidden], of(norm, n));
    vector(`${layer}.q_norm`, [headDim], of('q_norm', n));
    vector(`${layer}.k_norm`, [headDim], of('k_norm', n));
  }
  vector('final_norm', [d.hidden], of('final_norm'));
  return plan;
}

export const diffusionGemma: Family = {
  id: 'diffusion-gemma',
  name: 'DiffusionGemma',
  matches: ({ format, architecture }) => format === 'safetensors' && architecture === 'DiffusionGemmaForBlockDiffusion',
  describe,
  naming: { safetensors: naming(DECODER) },
  namingOf: (has) => naming(has(`${DECODER}embed_tokens.weight`) ? DECODER : ENCODER),
  tensors,
  diffusion: {
    attention: 'causal',
    shift: 0,
    grid: 'prompt-end',
    blockLength: 256,
    firstSlot: 'own',
    cache: 'exact',
    causalHead: false,
    noise: 'uniform',
  },
  blockLength: (c) => (c.has('canvas_length') ? c.number('canvas_length') : null),
  mask: { texts: ['<pad>'], id: 0 },
  trainedMask: true,
  graph: buildGemma,
};
