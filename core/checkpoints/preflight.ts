/**
 * Everything that can be known of an import before a byte is written: which family and recipe, every tensor and its shape, every
 * key that changes numbers, tokenizer, chat template, size. What can't be honoured is refused by name.
 */
import { failure, type MezzotintError, reasonOf } from '../contract/result.ts';
import type { GenerationSettings } from '../contract/generation.ts';
import { GRAPH_BUILDER } from '../model/graph/contract.ts';
import type { Dimensions, Manifest } from '../model/manifest.ts';
import { familyOf } from '../model/families/index.ts';
import type { Family, Naming } from '../model/families/family.ts';
import { nameOf, planFor, presentIn, type TensorPlan } from '../model/families/plan.ts';
import { BLOCK } from '../model/quantisation.ts';
import { recipeFor, type Recipe } from '../model/recipes.ts';
import { endOfReply, probeTemplate, type ChatTemplate } from '../text/template.ts';
import { loadTokenizer, type Tokenizer, type TokenizerJson } from '../text/tokenizer.ts';
import type { CheckpointReader, CheckpointText } from './reader.ts';
import { bitsFor, checkRoom, memoryFor, usualBits, weightBytes, type BitsOf } from './room.ts';

export interface PreflightOptions {
  out: string;
  /** An entry of the recipes, by its id. */
  recipe?: string | undefined;
  bits?: 4 | 8 | undefined;
  /** A chat template in place of the checkpoint's. */
  chatTemplate?: string | undefined;
  /** The families that are known; by default the registry's. */
  families?: readonly Family[];
  /** False: a model that is too large for this machine's memory is imported all the same. */
  checkMemory?: boolean;
}

export interface Preflight {
  family: Family;
  recipe: Recipe | null;
  naming: Naming;
  plan: TensorPlan;
  bitsOf: BitsOf;
  /** Without tensors, files and hashes. */
  manifest: Manifest;
  tokenizerJson: TokenizerJson;
  tokenizer: Tokenizer;
  template: ChatTemplate;
  /** Of the pack's weights. */
  bytes: number;
  /** What the model takes in memory when it runs, about. */
  memory: number;
}

/** @throws MezzotintError that names what can't be honoured; nothing has been written */
export function preflight(reader: CheckpointReader, options: PreflightOptions): Preflight {
  const family = familyOf(reader.identity, reader.path, options.families);
  const naming =
    family.namingOf?.((name) => reader.tensors.has(name)) ?? (family.naming[reader.identity.format] as Naming);
  const recipe = recipeFor(family, reader.repositories, options.recipe, reader.path);
  const shape = family.describe(reader.config);
  const recipeNamesIt = recipe !== null && (options.recipe !== undefined || !recipe.usual);
  const ownLength = family.blockLength?.(reader.config) ?? null;
  const keys = reader.config.unaccounted;
  if (keys.length > 0)
    throw reader.config.refused(
      keys.slice(0, 5).join(', '),
      reader.config.get(keys[0] as string),
      'this version does not know whether that changes what it computes',
    );

  const table = nameOf(naming, 'embed') as string;
  const rows = reader.tensors.get(table)?.shape[0];
  if (rows === undefined) throw missing(reader, [table]);
  const dimensions: Dimensions = { ...shape.dimensions, vocabulary: shape.vocabulary ?? rows };
  const present = presentIn(naming, (name) => reader.tensors.has(name), shape.experts?.firstDense ?? 0);
  if (present.tiedEmbedding && shape.tied === false) throw missing(reader, [nameOf(naming, 'head') as string]);
  if (present.tiedEmbedding && shape.tied === null && reader.identity.format === 'safetensors')
    throw missing(reader, [nameOf(naming, 'head') as string]);
  const optional = {
    ...(shape.experts ? { experts: shape.experts } : {}),
    ...(shape.windows ? { windows: shape.windows } : {}),
    ...(shape.logitCap === undefined ? {} : { logitCap: shape.logitCap }),
  };
  const plan = planFor(family, { dimensions, ...optional, ...present }, naming);
  checkTensors(reader, plan, naming);
  const rope = ropeFactors(reader, naming, shape.rope);

  const text = reader.text();
  const tokenizer = loadTokenizer(text.tokenizer);
  if (tokenizer.vocabularySize > dimensions.vocabulary)
    throw failure(
      'preflight.vocabulary',
      { tokens: tokenizer.vocabularySize, rows: dimensions.vocabulary },
      { file: reader.path },
    );
  const template = templateOf(reader, text, recipe, options);
  const tokens = tokensOf(text, tokenizer, template, family, recipe, dimensions.vocabulary);
  const mask = maskOf(reader, family, text, tokenizer, tokens.endOfTurn, dimensions.vocabulary);

  const blockLength =
    (recipeNamesIt ? recipe?.diffusion?.blockLength : undefined) ??
    ownLength ??
    recipe?.diffusion?.blockLength ??
    family.diffusion.blockLength;
  if (blockLength === null) throw failure('preflight.no-block-length', {}, { file: reader.path });
  const parameters = [...reader.tensors.values()].reduce(
    (sum, t) => sum + t.shape.reduce((product, n) => product * n, 1),
    0,
  );
  const bitsOf = bitsFor(options.bits ?? usualBits(parameters), options.bits !== undefined);
  const bytes = weightBytes(plan, bitsOf);
  const memory = memoryFor(bytes);
  checkRoom(options, bytes, memory);

  const causal = family.diffusion.causalHead && !family.trainedMask;
  const manifest: Manifest = {
    format: 2,
    id:
      reader.title
        .toLowerCase()
        .replace(/[^a-z0-9._-]+/g, '-')
        .replace(/^[._-]+/, '')
        .slice(0, 64) || 'model',
    name: reader.title,
    licence: { spdx: licences[reader.licence.spdx] ?? reader.licence.spdx, file: 'LICENCE.txt' },
    source: `imported from ${reader.name}`,
    checkpoint: {
      format: reader.identity.format,
      architecture: reader.identity.architecture,
      recipe: recipe?.id ?? null,
      files: [],
    },
    family: family.id,
    dimensions,
    norm: shape.norm,
    rope,
    bias: present.bias,
    qkNorm: present.qkNorm,
    ...optional,
    tiedEmbedding: present.tiedEmbedding,
    contextLength: Math.min(shape.contextLength, recipe?.contextLength ?? Infinity),
    parameters,
    diffusion: {
      ...family.diffusion,
      blockLengths: causal ? [4, 8, 16] : [blockLength],
      ...recipe?.diffusion,
      blockLength,
      maskToken: mask,
    },
    tokens:
      family.diffusion.noise === 'uniform'
        ? tokens // any of them may stand in the noise, and in a reply
        : { ...tokens, suppressed: [...new Set([...tokens.suppressed, mask])].sort((a, b) => a - b) },
    defaults: family.trainedMask
      ? asTheAuthors(
          { blockLength, ...recipe?.diffusion?.sampler?.params },
          recipe?.diffusion?.sampler?.id ?? 'threshold',
        )
      : defaultSettings,
    systemPrompt: null,
    adapter: null,
    graph: { file: 'model.onnx', builder: GRAPH_BUILDER, accuracyLevel: 4 },
    tokenizer: { file: 'tokenizer.json', chatTemplate: 'chat_template.jinja' },
    template: {
      bos: template.bos,
      eos: template.eos,
      variables: { ...template.variables },
      system: template.system,
      alternates: template.alternates,
    },
    tensors: {},
    files: {},
    selfTest: { file: 'self-test.json' },
  };
  return {
    family,
    recipe,
    naming,
    plan,
    bitsOf,
    manifest,
    tokenizerJson: text.tokenizer,
    tokenizer,
    template,
    bytes,
    memory,
  };
}

const licences: Record<string, string> = { 'apache-2.0': 'Apache-2.0', mit: 'MIT' };

/** Names that are shown of a longer list. */
const SHOWN = 5;
function missing(reader: CheckpointReader, names: readonly string[]): MezzotintError {
  const all = { name: reader.name, tensors: names.slice(0, SHOWN) };
  const more = names.length - SHOWN;
  return more > 0
    ? failure('preflight.more-tensors-missing', { ...all, more }, { file: reader.path })
    : failure('preflight.tensors-missing', all, { file: reader.path });
}

/** Every planned tensor is there in its shape; every other one is known to hold nothing. */
function checkTensors(reader: CheckpointReader, plan: TensorPlan, naming: Naming): void {
  const planned = new Map<string, number[]>();
  for (const { name, columns, parts } of plan.matrices) {
    if (columns % BLOCK !== 0) throw failure('preflight.rows', { name, columns, block: BLOCK }, { file: reader.path });
    for (const { source, rows, within } of parts) planned.set(source, within?.shape ?? [rows, columns]);
  }
  for (const { parts } of plan.vectors) for (const { source, shape } of parts) planned.set(source, shape);
  const absent = [...planned.keys()].filter((name) => !reader.tensors.has(name));
  if (absent.length > 0) throw missing(reader, absent);
  for (const [name, wanted] of planned) {
    const shape = reader.tensors.get(name)?.shape ?? [];
    if (shape.join() !== wanted.join())
      throw failure(
        'preflight.shape',
        { name, has: shape.map(String), needs: wanted.map(String) },
        { file: reader.path },
      );
  }
  const strange = [...planned.keys()].find((name) => !reader.types.includes(reader.tensors.get(name)?.type ?? ''));
  if (strange !== undefined) {
    throw failure(
      'preflight.tensor-type',
      { name: strange, type: reader.tensors.get(strange)?.type ?? '?', known: reader.types },
      { file: reader.path },
    );
  }
  const left = [...reader.tensors.keys()].filter(
    (name) => !planned.has(name) && !naming.unused?.test(name) && name !== naming.ropeFactors,
  );
  if (left.length > 0) {
    const tensors = left.slice(0, SHOWN);
    const more = left.length - SHOWN;
    throw more > 0
      ? failure('preflight.more-tensors-unused', { tensors, more }, { file: reader.path })
      : failure('preflight.tensors-unused', { tensors }, { file: reader.path });
  }
}

/** GGUF files may say pair by pair how far a frequency is divided. */
function ropeFactors(reader: CheckpointReader, naming: Naming, rope: Manifest['rope']): Manifest['rope'] {
  const name = naming.ropeFactors;
  if (name === undefined || !reader.tensors.has(name)) return rope;
  const factors = reader.floats(name, 0, 1);
  const half = rope.dimensions / 2;
  if (factors.length !== half)
    throw failure('preflight.factors', { name, has: factors.length, needs: half }, { file: reader.path });
  const plain = rope.frequencies ?? Array.from({ length: half }, (_, k) => rope.theta ** (-k / half));
  return { ...rope, frequencies: plain.map((frequency, k) => frequency / (factors[k] as number)) };
}

function templateOf(
  reader: CheckpointReader,
  text: CheckpointText,
  recipe: Recipe | null,
  options: PreflightOptions,
): ChatTemplate {
  const source = options.chatTemplate ?? text.chatTemplate ?? recipe?.chatTemplate;
  if (source === undefined) throw failure('preflight.no-template', { name: reader.name }, { file: reader.path });
  try {
    return probeTemplate(source, { bos: text.bos, eos: text.eos, variables: recipe?.variables ?? {} });
  } catch (thrown) {
    throw failure('preflight.template-fails', { reason: reasonOf(thrown) }, { file: reader.path, cause: thrown });
  }
}

function tokensOf(
  text: CheckpointText,
  tokenizer: Tokenizer,
  template: ChatTemplate,
  family: Family,
  recipe: Recipe | null,
  vocabulary: number,
): Manifest['tokens'] {
  const named = [endOfReply(template, tokenizer.specials), '<|endoftext|>', ...(recipe?.ends ?? [])].flatMap((name) =>
    name === null ? [] : [tokenizer.specialId(name)],
  );
  const endOfTurn = [...new Set([...text.ends, ...named.filter((id) => id !== undefined)])].filter(
    (id) => id < vocabulary,
  );
  if (endOfTurn.length === 0) throw failure('preflight.no-end');
  const known = tokenizer.vocabularySize;
  const holes = Array.from({ length: known }, (_, id) => id).filter((id) => !tokenizer.knows(id));
  // of a plain chat model no other special belongs in a reply; what diffusion models may draw is their authors' affair
  const specials = family.trainedMask
    ? []
    : tokenizer.specials
        .flatMap((special) => tokenizer.specialId(special) ?? [])
        .filter((id) => !endOfTurn.includes(id));
  return { endOfTurn, suppressed: [...holes, ...text.unused.filter((id) => id < known), ...specials], known };
}

/** The mask by the config, the tokenizer's settings, the family's texts or its id; plain causal models lend a special of theirs. */
function maskOf(
  reader: CheckpointReader,
  family: Family,
  text: CheckpointText,
  tokenizer: Tokenizer,
  ends: readonly number[],
  vocabulary: number,
): number {
  const byText = family.mask.texts.map((one) => tokenizer.specialId(one)).find((id) => id !== undefined);
  const mask =
    text.mask ?? byText ?? (family.mask.id !== undefined && family.mask.id < vocabulary ? family.mask.id : undefined);
  if (mask !== undefined) {
    if (mask >= vocabulary) throw failure('preflight.mask-outside', { mask, rows: vocabulary }, { file: reader.path });
    return mask;
  }
  const spare = family.trainedMask
    ? undefined
    : tokenizer.specials
        .map((special) => tokenizer.specialId(special) as number)
        .filter((id) => !ends.includes(id))
        .sort((a, b) => a - b)
        .at(-1);
  if (spare === undefined)
    throw failure(family.trainedMask ? 'preflight.mask-unknown' : 'preflight.no-mask-token', {}, { file: reader.path });
  return spare;
}

/** Diffusion models are sampled greedily, by their authors' sampler; what it leaves out is its default. */
function asTheAuthors(params: Readonly<Record<string, unknown>>, id: string): GenerationSettings {
  const given = Object.entries(params).filter(([, value]) => value !== undefined);
  return {
    ...defaultSettings,
    sampling: { ...defaultSettings.sampling, temperature: 0, topP: 1, repetitionPenalty: 1 },
    sampler: { id, params: Object.fromEntries(given) as GenerationSettings['sampler']['params'] },
  };
}

const defaultSettings: GenerationSettings = {
  sampling: { temperature: 0.2, topP: 0.9, topK: 64, repetitionPenalty: 1.05, seed: null },
  // without an adapter the canvas of a causal model is only noise
  sampler: { id: 'autoregressive', params: {} },
  ending: { maxTokens: 512, stop: [], loopGuard: true },
};
