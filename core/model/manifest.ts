/** A pack: the folder of one model. Its manifest says everything the graph builder, the engine and the samplers need; nothing is assumed of a family. */
import * as v from 'valibot';
import { generationSettingsSchema } from '../contract/settings.ts';

const dim = v.pipe(v.number(), v.integer(), v.minValue(1));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** Where an initializer lies: a byte range of a file in the pack. Little-endian. */
export const tensorSchema = v.object({
  file: v.string(),
  offset: v.pipe(v.number(), v.integer(), v.minValue(0)),
  length: dim,
  dtype: v.picklist(['uint8', 'float32', 'float16', 'int32']),
  shape: v.array(dim),
});
export type PackTensor = v.InferOutput<typeof tensorSchema>;

export const manifestSchema = v.object({
  format: v.literal(1),
  id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)),
  name: v.string(),
  licence: v.object({ spdx: v.string(), file: v.string() }),
  source: v.object({ description: v.string(), file: v.string(), sha256 }),
  /** Graph family: one file of core/model/families. */
  family: v.picklist(['llama']),
  dimensions: v.object({
    layers: dim,
    hidden: dim,
    heads: dim,
    kvHeads: dim,
    headDim: dim,
    feedForward: dim,
    vocabulary: dim,
  }),
  norm: v.object({ kind: v.literal('rms'), epsilon: v.number() }),
  rope: v.object({ theta: v.number(), style: v.literal('half-split'), dimensions: dim }),
  bias: v.object({ qkv: v.boolean(), output: v.boolean(), mlp: v.boolean() }),
  qkNorm: v.boolean(),
  tiedEmbedding: v.boolean(),
  contextLength: dim,
  parameters: dim,
  diffusion: v.object({
    /** How context attends: 'causal' = token-causal prefix, bidirectional canvas. */
    attention: v.picklist(['causal', 'block-causal', 'full']),
    /** Row i predicts the token of slot i + shift. */
    predictionShift: v.picklist([0, 1]),
    /** Where block borders lie: counted from the prompt's end, or absolute multiples of the block length. */
    blockGrid: v.picklist(['prompt-end', 'absolute']),
    maskToken: v.pipe(v.number(), v.integer(), v.minValue(0)),
    blockLengths: v.array(dim),
    /** True where the causal head verifies drafts: Exact mode can be offered. */
    causalHead: v.boolean(),
  }),
  quantization: v.object({ bits: v.literal(8), block: dim }),
  tokens: v.object({
    endOfTurn: v.array(v.pipe(v.number(), v.integer())),
    /** Never sampled: mask and unused specials. */
    suppressed: v.array(v.pipe(v.number(), v.integer())),
  }),
  defaults: generationSettingsSchema,
  /** Said to the model where a conversation has no instructions of its own; null: what its template says. */
  systemPrompt: v.nullable(v.string()),
  adapter: v.nullable(
    v.object({
      name: v.string(),
      version: v.string(),
      rank: dim,
      file: v.string(),
      /** Free-form: tokens seen, data, settings, curve. */
      training: v.record(v.string(), v.unknown()),
    }),
  ),
  /** The block drafter of Exact mode; packs without one draft with masked rows of the model itself. */
  drafter: v.optional(
    v.object({
      name: v.string(),
      version: v.string(),
      layers: dim,
      /** Layers of the base whose residual stream it reads, counted as layers done. */
      taps: v.array(dim),
      /** Rows of a block at most, the anchor's included: as many tokens can be drafted at once. */
      slots: dim,
      /** Context rows a block sees. */
      window: dim,
      /** Rank of the table that makes neighbouring drafts fit each other. */
      followers: dim,
      /** Tokens it can draft. */
      words: dim,
      file: v.string(),
      graph: v.string(),
      /** Free-form, as the trainer wrote it. */
      training: v.record(v.string(), v.unknown()),
    }),
  ),
  /**
   * The graph (.onnx) and what built it. `context`: the same graph without the adapter's branches, for forwards that have
   * context rows alone; it gives the same bits sooner. Packs without an adapter, and older ones, have none.
   */
  graph: v.object({ file: v.string(), builder: dim, context: v.optional(v.string()) }),
  tokenizer: v.object({ file: v.string(), chatTemplate: v.string() }),
  /** Initializers by the graph builder's names. */
  tensors: v.record(v.string(), tensorSchema),
  files: v.record(v.string(), v.object({ bytes: dim, sha256 })),
  selfTest: v.object({
    file: v.string(),
  }),
});
export type Manifest = v.InferOutput<typeof manifestSchema>;
