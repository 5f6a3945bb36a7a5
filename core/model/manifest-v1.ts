/** Manifests of format 1, as the first packs have them, and how they read as format 2. Their files and bits stay what they are. */
import * as v from 'valibot';
import { generationSettingsSchema } from '../contract/generation.ts';
import {
  adapterSchema,
  dimensionsSchema,
  drafterSchema,
  fileNameSchema,
  packIdSchema,
  sha256Schema,
  tensorSchema,
  type Manifest,
  type PackTensor,
} from './manifest.ts';

const dim = v.pipe(v.number(), v.integer(), v.minValue(1));
const token = v.pipe(v.number(), v.integer(), v.minValue(0));

export const manifestV1Schema = v.object({
  format: v.literal(1),
  id: packIdSchema,
  name: v.string(),
  licence: v.object({ spdx: v.string(), file: fileNameSchema }),
  source: v.object({ description: v.string(), file: v.string(), sha256: sha256Schema }),
  family: v.literal('llama'),
  dimensions: dimensionsSchema,
  norm: v.object({ kind: v.literal('rms'), epsilon: v.number() }),
  rope: v.object({ theta: v.number(), style: v.literal('half-split'), dimensions: dim }),
  bias: v.object({ qkv: v.literal(false), output: v.literal(false), mlp: v.literal(false) }),
  qkNorm: v.literal(false),
  tiedEmbedding: v.boolean(),
  contextLength: dim,
  parameters: dim,
  diffusion: v.object({
    attention: v.literal('causal'),
    predictionShift: v.picklist([0, 1]),
    blockGrid: v.picklist(['prompt-end', 'absolute']),
    maskToken: token,
    blockLengths: v.array(dim),
    causalHead: v.boolean(),
  }),
  quantization: v.object({ bits: v.literal(8), block: dim }),
  tokens: v.object({ endOfTurn: v.array(token), suppressed: v.array(token) }),
  defaults: generationSettingsSchema,
  systemPrompt: v.nullable(v.string()),
  adapter: v.nullable(adapterSchema),
  drafter: v.optional(drafterSchema),
  graph: v.object({ file: fileNameSchema, builder: dim, context: v.optional(fileNameSchema) }),
  tokenizer: v.object({ file: fileNameSchema, chatTemplate: fileNameSchema }),
  tensors: v.record(v.string(), v.omit(tensorSchema, ['bits', 'block'])),
  files: v.record(fileNameSchema, v.object({ bytes: dim, sha256: sha256Schema })),
  selfTest: v.object({ file: fileNameSchema }),
});

export const upgradeManifest = (old: v.InferOutput<typeof manifestV1Schema>): Manifest => {
  const { quantization, source, norm, rope, diffusion, tensors, graph, tokens, ...same } = old;
  return {
    ...same,
    format: 2,
    source: source.description,
    checkpoint: {
      format: 'gguf',
      architecture: same.family,
      recipe: null,
      files: [{ name: source.file, sha256: source.sha256 }],
    },
    norm: { epsilon: norm.epsilon },
    rope: { theta: rope.theta, dimensions: rope.dimensions },
    bias: { qkv: false },
    diffusion: {
      attention: 'causal',
      shift: diffusion.predictionShift,
      grid: diffusion.blockGrid,
      blockLength: diffusion.blockLengths[0] ?? 8,
      blockLengths: diffusion.blockLengths,
      maskToken: diffusion.maskToken,
      firstSlot: 'commit-row',
      cache: 'exact',
      causalHead: diffusion.causalHead,
    },
    tokens: { ...tokens, known: same.dimensions.vocabulary },
    graph: { ...graph, accuracyLevel: 4 },
    template: { bos: '', eos: '', variables: {}, system: true, alternates: false },
    tensors: Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]): [string, PackTensor] => [
        name,
        name.endsWith('.weight') && tensor.dtype === 'uint8'
          ? { ...tensor, bits: quantization.bits, block: quantization.block }
          : tensor,
      ]),
    ),
  };
};
