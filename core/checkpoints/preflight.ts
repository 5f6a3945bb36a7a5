/**
 * Everything that can be known of an import before a byte is written: which family and recipe, every tensor and its shape, every
 * key that changes numbers, tokenizer, chat template, size. What can't be honoured is refused by name.
 */
import { MezzotintError } from '../contract/result.ts';
import type { GenerationSettings } from '../contract/generation.ts';
import { GRAPH_BUILDER } from '../model/graph/contract.ts';
import type { Dimensions, Manifest } from '../model/manifest.ts';
import { familyOf } from '../model/families/index.ts';
import type { Family, Naming } from '../model/families/family.ts';
import { nameOf, planTensors, presentIn, type TensorPlan } from '../model/families/plan.ts';
import { BLOCK } from '../model/quantisation.ts';
import { recipeFor, type Recipe } from '../model/recipes.ts';
import { endOfReply, probeTemplate, type ChatTemplate } from '../text/template.ts';
import { loadTokenizer, type Tokenizer, type TokenizerJson } from '../text/tokenizer.ts';
import type { CheckpointReader, CheckpointText } from './reader.ts';
import { bitsFor, checkRoom, memoryFor, weightBytes, type BitsOf } from './room.ts';

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

/** Models above so many weights get 4-bit ones unless told otherwise. */
const FOUR_BITS_FROM = 3e9;
/** @throws MezzotintError that names what can't be honoured; nothing has been written */
export function preflight(reader: CheckpointReader, options: PreflightOptions): Preflight {
  const family = familyOf(reader.identity, reader.path, options.families);
  const naming = family.naming[reader.identity.format] as Naming;
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
  const experts = shape.experts ? { experts: shape.experts } : {};
  const plan = planTensors({ dimensions, ...experts, ...present }, naming);
  checkTensors(reader, plan, naming);
  const rope = ropeFactors(reader, naming, shape.rope);

  const text = reader.text();
  const tokenizer = loadTokenizer(text.tokenizer);
  if (tokenizer.vocabularySize > dimensions.vocabulary)
    throw new MezzotintError(
      'file-invalid',
      `The tokenizer knows ${tokenizer.vocabularySize} tokens, but the model's table has ${dimensions.vocabulary} rows. Nothing was written.`,
      { file: reader.path, action: 'Get the tokenizer files of this very model.' },
    );
  const template = templateOf(reader, text, recipe, options);
  const tokens = tokensOf(text, tokenizer, template, family, recipe, dimensions.vocabulary);
  const mask = maskOf(reader, family, text, tokenizer, tokens.endOfTurn, dimensions.vocabulary);

  const blockLength =
    (recipeNamesIt ? recipe?.diffusion?.blockLength : undefined) ??
    ownLength ??
    recipe?.diffusion?.blockLength ??
    family.diffusion.blockLength;
  if (blockLength === null)
    throw new MezzotintError('bad-request', `Nothing in this checkpoint tells its block length. Nothing was written.`, {
      file: reader.path,
      action: 'Say which recipe it is with --recipe.',
    });
  const parameters = [...reader.tensors.values()].reduce(
    (sum, t) => sum + t.shape.reduce((product, n) => product * n, 1),
    0,
  );
  const bitsOf = bitsFor(options.bits ?? (parameters > FOUR_BITS_FROM ? 4 : 8), options.bits !== undefined);
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
    ...experts,
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
    tokens: { ...tokens, suppressed: [...new Set([...tokens.suppressed, mask])].sort((a, b) => a - b) },
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

function missing(reader: CheckpointReader, names: readonly string[]): MezzotintError {
  const shown = names.slice(0, 5).join(', ');
  return new MezzotintError(
    'file-invalid',
    `The checkpoint ${reader.name} has no tensor ${shown}${names.length > 5 ? ` and ${names.length - 5} more` : ''}. Nothing was written.`,
    { file: reader.path, action: 'Use a complete checkpoint of a supported family.' },
  );
}

/** Every planned tensor is there in its shape; every other one is known to hold nothing. */
function checkTensors(reader: CheckpointReader, plan: TensorPlan, naming: Naming): void {
  const planned = new Map<string, number[]>();
  for (const { name, columns, parts } of plan.matrices) {
    if (columns % BLOCK !== 0)
      throw new MezzotintError(
        'pack-unsupported',
        `${name} has rows of ${columns} numbers, not a multiple of ${BLOCK}. Nothing was written.`,
        { file: reader.path },
      );
    for (const { source, rows } of parts) planned.set(source, [rows, columns]);
  }
  for (const { parts } of plan.vectors) for (const { source, shape } of parts) planned.set(source, shape);
  const absent = [...planned.keys()].filter((name) => !reader.tensors.has(name));
  if (absent.length > 0) throw missing(reader, absent);
  for (const [name, wanted] of planned) {
    const shape = reader.tensors.get(name)?.shape ?? [];
    if (shape.join() !== wanted.join())
      throw new MezzotintError(
        'file-invalid',
        `Tensor ${name} is [${shape.join(', ')}]; the config calls for [${wanted.join(', ')}]. Nothing was written.`,
        { file: reader.path, action: 'Get the checkpoint again, config and weights of one and the same model.' },
      );
  }
  const strange = [...planned.keys()].find((name) => !reader.types.includes(reader.tensors.get(name)?.type ?? ''));
  if (strange !== undefined) {
    throw new MezzotintError(
      'file-invalid',
      `Tensor ${strange} is of type ${reader.tensors.get(strange)?.type}, which can't be imported. Nothing was written.`,
      { file: reader.path, action: `Use a checkpoint in one of: ${reader.types.join(', ')}.` },
    );
  }
  const left = [...reader.tensors.keys()].filter(
    (name) => !planned.has(name) && !naming.unused?.test(name) && name !== naming.ropeFactors,
  );
  if (left.length > 0) {
    throw new MezzotintError(
      'pack-unsupported',
      `The checkpoint has tensors that this version has no use for, so it would compute something else: ${left.slice(0, 5).join(', ')}${left.length > 5 ? ` and ${left.length - 5} more` : ''}. Nothing was written.`,
      { file: reader.path, action: 'Use another model, or a newer version of the app.' },
    );
  }
}

/** GGUF files may say pair by pair how far a frequency is divided. */
function ropeFactors(reader: CheckpointReader, naming: Naming, rope: Manifest['rope']): Manifest['rope'] {
  const name = naming.ropeFactors;
  if (name === undefined || !reader.tensors.has(name)) return rope;
  const factors = reader.floats(name, 0, 1);
  const half = rope.dimensions / 2;
  if (factors.length !== half)
    throw new MezzotintError(
      'file-invalid',
      `Tensor ${name} has ${factors.length} factors; ${half} were expected. Nothing was written.`,
      { file: reader.path },
    );
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
  if (source === undefined)
    throw new MezzotintError(
      'pack-unsupported',
      `${reader.name} has no chat template: it may be a base model, which continues text and can't chat. Nothing was written.`,
      {
        file: reader.path,
        action: 'Use the instruct or chat version of the model, or give a template with --chat-template.',
      },
    );
  try {
    return probeTemplate(source, { bos: text.bos, eos: text.eos, variables: recipe?.variables ?? {} });
  } catch (thrown) {
    throw new MezzotintError(
      'pack-unsupported',
      `The chat template can't be rendered: ${thrown instanceof Error ? thrown.message.slice(0, 200) : String(thrown)}. Nothing was written.`,
      {
        file: reader.path,
        cause: thrown,
        action: 'Use a model with another chat template, or give one with --chat-template.',
      },
    );
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
  if (endOfTurn.length === 0)
    throw new MezzotintError(
      'pack-unsupported',
      'Nothing in this checkpoint tells by which token a reply ends. Nothing was written.',
      { action: 'Use a checkpoint with its generation_config.json or tokenizer_config.json.' },
    );
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
    if (mask >= vocabulary)
      throw new MezzotintError(
        'file-invalid',
        `The mask token is ${mask}, but the model's table has ${vocabulary} rows. Nothing was written.`,
        { file: reader.path },
      );
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
    throw new MezzotintError(
      'pack-unsupported',
      family.trainedMask
        ? 'Nothing in this checkpoint tells which token is its mask. Nothing was written.'
        : 'The vocabulary has no special token that could serve as the mask. Nothing was written.',
      { file: reader.path },
    );
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
