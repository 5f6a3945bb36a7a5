/** A pack: the folder of one model. Its manifest says everything the graph builder, the engine and the samplers need; nothing is assumed of a family. */
import * as v from 'valibot';
import { generationSettingsSchema } from '../contract/settings.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const dim = v.pipe(v.number(), v.integer(), v.minValue(1));
const positive = v.pipe(v.number(), v.gtValue(0));
export const sha256Schema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
/** The name of a file of the pack: it lies in the pack's folder itself, never above or beside it. */
export const fileNameSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'a file name without a path was expected'),
);

/** Where an initializer lies: a byte range of a file in the pack. Little-endian. */
export const tensorSchema = v.object({
  file: fileNameSchema,
  offset: count,
  length: dim,
  dtype: v.picklist(['uint8', 'float32', 'float16', 'int32']),
  /** Of a quantised matrix: its rows and columns, however many weights share a byte. */
  shape: v.array(dim),
  /** Quantised matrices alone: bits of a weight (4-bit ones lie low nibble first), and how many weights of a row share a scale. */
  bits: v.optional(v.picklist([4, 8])),
  block: v.optional(dim),
});
export type PackTensor = v.InferOutput<typeof tensorSchema>;

export const dimensionsSchema = v.object({
  layers: dim,
  hidden: dim,
  heads: dim,
  kvHeads: dim,
  headDim: dim,
  feedForward: dim,
  vocabulary: dim,
});
export type Dimensions = v.InferOutput<typeof dimensionsSchema>;

export const ropeSchema = v.object({
  theta: positive,
  /** The first so many numbers of a head are rotated, pairs (k, k + dimensions/2); the rest pass through. */
  dimensions: dim,
  /** Radians a position for each pair, where they are not theta^(−2k/dimensions): scaled contexts. */
  frequencies: v.optional(v.array(v.number())),
  /** Factor on cos and sin (yarn's attention factor). */
  scale: v.optional(positive),
  /** Queries at position p are multiplied by 1 + beta · ln(1 + ⌊p / length⌋). */
  query: v.optional(v.object({ length: dim, beta: positive })),
});
export type Rope = v.InferOutput<typeof ropeSchema>;

export const windowsSchema = v.object({
  /** Tokens that a row of the layers with a window sees, itself included; a canvas sees all of itself besides. */
  length: dim,
  /**
   * The layers without one, counted from 0, and how their heads differ. Their values are what their keys are made of: they have
   * no projection of their own.
   */
  whole: v.object({ layers: v.array(count), kvHeads: dim, headDim: dim, rope: ropeSchema }),
});
export type Windows = v.InferOutput<typeof windowsSchema>;

export const expertsSchema = v.object({
  count: dim,
  /** Experts a token goes to. */
  top: dim,
  feedForward: dim,
  /** Experts lie in so many groups, of which the best `topGroups` are open to a token; 1: no groups. */
  groups: dim,
  topGroups: dim,
  score: v.picklist(['softmax', 'sigmoid']),
  /** The chosen experts' weights are made to sum to one, before `scale`. */
  renormalise: v.boolean(),
  scale: positive,
  /** Width of the expert that every token goes to; 0: none. */
  shared: count,
  /** Layers, from the first, with an ordinary feed-forward in place of experts. */
  firstDense: count,
});
export type Experts = v.InferOutput<typeof expertsSchema>;

export const diffusionSchema = v.object({
  /** causal: context rows see what is before them, a canvas sees all of itself · block: a row sees its own block and those before · full: every row sees every row. */
  attention: v.picklist(['causal', 'block', 'full']),
  /** In a canvas, row i predicts the token of slot i + shift. */
  shift: v.picklist([0, 1]),
  /** Blocks begin at multiples of the block length, or are counted from the prompt's end. */
  grid: v.picklist(['absolute', 'prompt-end']),
  /** Slots of a block, as the model was trained. */
  blockLength: dim,
  /** Block lengths that can be offered. */
  blockLengths: v.array(dim),
  /** A block is denoised in parts of so many slots; absent: as a whole. */
  subBlock: v.optional(dim),
  /** Where the noise is uniform no slot is masked: then it is the padding token, which stands for what is not known. */
  maskToken: count,
  /** What a slot holds before it has a token: the mask, or an id drawn anew from the whole vocabulary in each step. Absent: the mask. */
  noise: v.optional(v.picklist(['mask', 'uniform'])),
  /** What fills a block's first slot: its own row, or the last row of the forward that commits what stands before it. */
  firstSlot: v.picklist(['own', 'commit-row']),
  /**
   * What of a forward may be kept. exact: a token's keys and values, for ever · block: a finished block's, by one forward of its
   * own · prefix, dual: approximately, until the next block begins · none.
   */
  cache: v.picklist(['exact', 'block', 'prefix', 'dual', 'none']),
  /** True where the causal head verifies drafts: Exact mode can be offered. */
  causalHead: v.boolean(),
  /** The authors' sampler, by its id in core/samplers, with its parameters. */
  sampler: v.optional(
    v.object({
      id: v.string(),
      params: v.record(v.string(), v.union([v.number(), v.string(), v.boolean(), v.null()])),
    }),
  ),
});
export type Diffusion = v.InferOutput<typeof diffusionSchema>;

export const templateSchema = v.object({
  /** Text of the tokens that the template calls bos_token and eos_token; '' where there are none. */
  bos: v.string(),
  eos: v.string(),
  /** Further variables it is rendered with. */
  variables: v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
  /** False: it has no place for instructions; they stand before the first question instead. */
  system: v.boolean(),
  /** True: it wants questions and replies in turns; messages in a row from one side are joined. */
  alternates: v.boolean(),
});
export type TemplateFacts = v.InferOutput<typeof templateSchema>;

export const drafterSchema = v.object({
  name: v.string(),
  version: v.string(),
  layers: dim,
  /** Layers of the base whose residual stream it reads, counted as layers done. */
  taps: v.array(dim),
  /** Rows of a block at most, the anchor's included: as many tokens can be drafted at once. */
  slots: dim,
  /** Further rows of a block, which guess the tokens after the drafts: shown, never verified. Absent: none. */
  lookahead: v.optional(dim),
  /** Context rows a block sees. */
  window: dim,
  /** Rank of the table that makes neighbouring drafts fit each other. */
  followers: dim,
  /** Tokens it can draft. */
  words: dim,
  file: fileNameSchema,
  graph: fileNameSchema,
  /** Free-form, as the trainer wrote it. */
  training: v.record(v.string(), v.unknown()),
});

export const adapterSchema = v.object({
  name: v.string(),
  version: v.string(),
  rank: dim,
  file: fileNameSchema,
  /** Free-form: tokens seen, data, settings, curve. */
  training: v.record(v.string(), v.unknown()),
});

export const packIdSchema = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/));

export const manifestSchema = v.object({
  format: v.literal(2),
  id: packIdSchema,
  name: v.string(),
  licence: v.object({ spdx: v.string(), file: fileNameSchema }),
  /** Where the weights come from, in words. */
  source: v.string(),
  /** The files it was converted from. */
  checkpoint: v.object({
    format: v.picklist(['gguf', 'safetensors']),
    /** As the checkpoint names it. */
    architecture: v.string(),
    recipe: v.nullable(v.string()),
    files: v.array(v.object({ name: v.string(), sha256: sha256Schema })),
  }),
  /** A row of core/model/families. */
  family: v.string(),
  dimensions: dimensionsSchema,
  norm: v.object({ epsilon: positive }),
  rope: ropeSchema,
  /** Biases of the projections of queries, keys and values. */
  bias: v.object({ qkv: v.boolean() }),
  /** Queries and keys are normalised, head by head, before they are rotated. */
  qkNorm: v.boolean(),
  experts: v.optional(expertsSchema),
  /** Layers that see the last tokens alone, between others that see everything; `dimensions` and `rope` speak of those with a window. */
  windows: v.optional(windowsSchema),
  /** Logits are cap · tanh(logit / cap). */
  logitCap: v.optional(positive),
  tiedEmbedding: v.boolean(),
  contextLength: dim,
  parameters: dim,
  diffusion: diffusionSchema,
  tokens: v.object({
    endOfTurn: v.array(count),
    /** Never drawn: the mask, unused specials, ids below `known` that the tokenizer has no text for. */
    suppressed: v.array(count),
    /** The tokenizer knows the ids below; rows of the head past them are never drawn. */
    known: dim,
  }),
  defaults: generationSettingsSchema,
  /** What instructs the model where a conversation has no instructions of its own; null: what its template says. */
  systemPrompt: v.nullable(v.string()),
  adapter: v.nullable(adapterSchema),
  /** The block drafter of Exact mode; packs without one draft with masked rows of the model itself. */
  drafter: v.optional(drafterSchema),
  /**
   * The graph (.onnx) and what built it. `context`: the same graph without the adapter's branches, for forwards that have
   * context rows alone; it gives the same bits in less time. `accuracyLevel`: of its matrix products, 4 = int8 activations,
   * 0 = float.
   */
  graph: v.object({
    file: fileNameSchema,
    builder: dim,
    context: v.optional(fileNameSchema),
    accuracyLevel: v.picklist([0, 4]),
  }),
  tokenizer: v.object({ file: fileNameSchema, chatTemplate: fileNameSchema }),
  template: templateSchema,
  /** Initializers by the graph builder's names. */
  tensors: v.record(v.string(), tensorSchema),
  files: v.record(fileNameSchema, v.object({ bytes: dim, sha256: sha256Schema })),
  selfTest: v.object({ file: fileNameSchema }),
});
export type Manifest = v.InferOutput<typeof manifestSchema>;

/** Every file that the manifest speaks of; each must stand in `files`. */
export function filesOf(m: Manifest): string[] {
  const named = [
    m.licence.file,
    m.graph.file,
    m.graph.context,
    m.tokenizer.file,
    m.tokenizer.chatTemplate,
    m.selfTest.file,
    m.adapter?.file,
    m.drafter?.file,
    m.drafter?.graph,
  ];
  return [
    ...new Set([...named.filter((name) => name !== undefined), ...Object.values(m.tensors).map(({ file }) => file)]),
  ];
}
