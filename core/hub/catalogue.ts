/**
 * The diffusion models that are known, as data: resources/catalogue.json. It holds what their authors' code and cards say;
 * what is not known is absent. What only a repository can tell (licence, whether it is gated) is asked when a person looks.
 */
import * as v from 'valibot';
import catalogueJson from '../../resources/catalogue.json' with { type: 'json' };
import { bitsFor, memoryFor, usualBits, weightBytes } from '../checkpoints/index.ts';
import { failure } from '../contract/result.ts';
import { familyById } from '../model/families/index.ts';
import { planFor, type TensorPlan } from '../model/families/plan.ts';
import { dimensionsSchema, expertsSchema, windowsSchema } from '../model/manifest.ts';

const bytesSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const textSchema = v.pipe(v.string(), v.minLength(1));
/** `ORG/NAME`, as the hub names repositories. */
export const repositorySchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/));

/** What memory and work follow from. */
export const catalogueShapeSchema = v.strictObject({
  dimensions: dimensionsSchema,
  qkvBias: v.boolean(),
  qkNorm: v.boolean(),
  tiedEmbedding: v.boolean(),
  experts: v.optional(expertsSchema),
  windows: v.optional(windowsSchema),
});
export type CatalogueShape = v.InferOutput<typeof catalogueShapeSchema>;

export const catalogueEntrySchema = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)),
  name: textSchema,
  repository: repositorySchema,
  /** A branch, tag or commit. */
  revision: textSchema,
  format: v.picklist(['safetensors', 'gguf']),
  /** Of the weights, as they are fetched. */
  bytes: v.optional(bytesSchema),
  licence: v.optional(textSchema),
  /** Whether the hub gives it only to accounts that accepted its terms. */
  gated: v.optional(v.boolean()),
  family: textSchema,
  recipe: textSchema,
  /** Tokens. */
  contextLength: v.optional(bytesSchema),
  languages: v.optional(v.array(textSchema)),
  shape: v.optional(catalogueShapeSchema),
  /** What its authors sample it with, and where they say so. */
  settings: v.strictObject({
    sampler: textSchema,
    params: v.record(v.string(), v.union([v.number(), v.string(), v.boolean(), v.null()])),
    blockLength: v.optional(bytesSchema),
    source: textSchema,
  }),
  goodAt: textSchema,
});
export type CatalogueEntry = v.InferOutput<typeof catalogueEntrySchema>;
export const catalogueSchema = v.strictObject({ version: v.literal(1), models: v.array(catalogueEntrySchema) });

export const catalogue: readonly CatalogueEntry[] = v.parse(catalogueSchema, catalogueJson).models;

/** Entries that hold every word, in any of their texts. All of them for no words. */
export function searchCatalogue(words: string, list: readonly CatalogueEntry[] = catalogue): CatalogueEntry[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return list.filter((entry) => {
    const text = [entry.id, entry.name, entry.repository, entry.family, entry.goodAt].join('\n').toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** An entry by its id or its repository. */
export const catalogueEntry = (name: string, list: readonly CatalogueEntry[] = catalogue): CatalogueEntry | undefined =>
  list.find(({ id, repository }) => id === name || repository.toLowerCase() === name.toLowerCase());

/** Matrices and vectors of a pack of this shape. @throws MezzotintError for a family that is not there */
export function planOf(shape: CatalogueShape, familyId: string): TensorPlan {
  const family = familyById(familyId);
  const names = family?.naming.safetensors ?? family?.naming.gguf;
  if (!family || !names) throw failure('pack.unknown-family', { family: familyId });
  const { dimensions, qkvBias, qkNorm, tiedEmbedding, experts, windows } = shape;
  return planFor(
    family,
    {
      dimensions,
      bias: { qkv: qkvBias },
      qkNorm,
      tiedEmbedding,
      routerBias: names.names['router_bias'] !== undefined,
      ...(experts ? { experts } : {}),
      ...(windows ? { windows } : {}),
    },
    names,
  );
}

export interface PackSize {
  bits: 4 | 8;
  /** Of the pack's weights on the disk. */
  bytes: number;
  /** What running it takes, about. */
  memory: number;
}
export interface ModelSize {
  parameters: number;
  /** What is fetched: as the catalogue says, else two bytes a weight. */
  fetchBytes: number;
  /** 4 bits, then 8. */
  packs: [PackSize, PackSize];
  /** The bits that an import takes where nobody says. */
  bits: 4 | 8;
}

/** Sizes by the shape alone, as an import would find them; null where the catalogue has no shape. */
export function sizeOf(entry: CatalogueEntry): ModelSize | null {
  if (!entry.shape) return null;
  const plan = planOf(entry.shape, entry.family);
  const parameters =
    plan.matrices.reduce((sum, { rows, columns }) => sum + rows * columns, 0) +
    plan.vectors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const pack = (bits: 4 | 8): PackSize => {
    // 4 bits as they are chosen by size: some matrices keep 8
    const bytes = Math.round(weightBytes(plan, bitsFor(bits, false)));
    return { bits, bytes, memory: Math.round(memoryFor(bytes)) };
  };
  return {
    parameters,
    fetchBytes: entry.bytes ?? 2 * parameters,
    packs: [pack(4), pack(8)],
    bits: usualBits(parameters),
  };
}
