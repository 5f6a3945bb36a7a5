/** The models on this machine: which there are, which one answers, and how another one is imported. Sizes are bytes; paths are absolute. */
import * as v from 'valibot';
import { channel, nothing, timeSchema } from './channel.ts';
import { folderChangeSchema, folderChoiceSchema, folderMoveSchema, folderPlanSchema } from './model-folder.ts';
import { errorSchema } from './result.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Of a pack: the name of its folder. */
export const modelIdSchema = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/));
/** A path as the system takes it: no system has one with a zero character. */
const pathSchema = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(4000),
  v.check((path) => !path.includes('\0'), 'a path without a zero character was expected'),
);
export const bitsSchema = v.picklist([4, 8]);
export const recipeIdSchema = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/));

/** What the window can offer with a model. */
export const modelSkillsSchema = v.object({
  /** Lossless decoding: the text of one token at a time, in fewer forwards. */
  exact: v.boolean(),
  /** Passages of a finished reply can be rewritten, and parts of a reply fixed beforehand. */
  rewrite: v.boolean(),
  /**
   * How a reply's length comes about. tokens, blocks: it grows until the model ends it, a token or a block at a time ·
   * canvas: all of it is denoised at once, within the limit that a person sets.
   */
  length: v.picklist(['tokens', 'blocks', 'canvas']),
});
export type ModelSkills = v.InferOutput<typeof modelSkillsSchema>;

export const modelSchema = v.object({
  id: modelIdSchema,
  name: v.string(),
  family: v.string(),
  /** SPDX identifier, or what the checkpoint calls its licence. */
  licence: v.string(),
  parameters: count,
  /** On the disk. */
  bytes: count,
  /** Of most weights. */
  bits: bitsSchema,
  contextLength: count,
  skills: modelSkillsSchema,
  /** The one that comes with the app, or that was named at its start: it can't be removed. */
  builtIn: v.boolean(),
  addedAt: timeSchema,
  /** The repository that it was fetched from; null: it was imported from the disk, or comes with the app. */
  repository: v.nullable(v.string()),
  /** When it last wrote a reply here; null: never. */
  usedAt: v.nullable(timeSchema),
  /** Of its last replies, measured here; null: it wrote none. */
  tokensPerSecond: v.nullable(v.pipe(v.number(), v.minValue(0))),
  /** Why it can't be used; null: nothing is known against it. */
  error: v.nullable(errorSchema),
});
export type Model = v.InferOutput<typeof modelSchema>;

/** An import under way, or how the last one came out. `done` of `total` weights are converted; then the pack is tried. */
export const importJobSchema = v.variant('stage', [
  v.object({ stage: v.literal('converting'), name: v.string(), done: count, total: count }),
  v.object({ stage: v.literal('testing'), name: v.string() }),
  v.object({ stage: v.literal('done'), name: v.string(), id: modelIdSchema }),
  v.object({ stage: v.literal('failed'), name: v.string(), error: errorSchema }),
]);
export type ImportJob = v.InferOutput<typeof importJobSchema>;

export const libraryStateSchema = v.object({
  /** Where imported models lie. */
  folder: v.string(),
  /** It is the one in the data folder: nobody chose another. */
  usualFolder: v.boolean(),
  /** Why the folder can't be used now: its disk is not connected. null: it is there. */
  away: v.nullable(errorSchema),
  move: v.nullable(folderMoveSchema),
  models: v.array(modelSchema),
  /** The one that answers where a conversation chose none. */
  current: modelIdSchema,
  /** The one in memory, or on its way there. */
  loaded: modelIdSchema,
  /** The one that answers again where the load under way is ended; null: none is under way, or there is no other model. */
  back: v.nullable(modelIdSchema),
  job: v.nullable(importJobSchema),
  /** Deleted models go to the system's trash. */
  trash: v.boolean(),
  /** The folder can be shown by the system. */
  folders: v.boolean(),
});
export type LibraryState = v.InferOutput<typeof libraryStateSchema>;

const sizeSchema = v.object({
  bits: bitsSchema,
  bytes: count,
  /** What running it takes, about. */
  memory: count,
});

/** What an import would make of a checkpoint. Nothing has been written. */
export const importPlanSchema = v.object({
  name: v.string(),
  family: v.string(),
  /** As the checkpoint names its architecture. */
  architecture: v.string(),
  format: v.picklist(['gguf', 'safetensors']),
  licence: v.string(),
  /** Whether the licence's text lies beside the weights and comes along. */
  licenceText: v.boolean(),
  parameters: count,
  contextLength: count,
  /** Of the checkpoint's files. */
  sourceBytes: count,
  /** The choices, 4 bits first. */
  sizes: v.array(sizeSchema),
  /** The bits taken where nobody says. */
  bits: bitsSchema,
  machineMemory: count,
  /** null: the file system does not say. */
  freeDisk: v.nullable(count),
  skills: modelSkillsSchema,
  /** Name of the sampler that its authors recommend. */
  sampler: v.string(),
  recipe: v.nullable(recipeIdSchema),
});
export type ImportPlan = v.InferOutput<typeof importPlanSchema>;

export const recipeChoiceSchema = v.object({ id: recipeIdSchema, repository: v.string() });
export type RecipeChoice = v.InferOutput<typeof recipeChoiceSchema>;

/** `choose`: the files fit several recipes, and a person has to say which. */
export const preflightSchema = v.variant('state', [
  v.object({ state: v.literal('ready'), plan: importPlanSchema }),
  v.object({ state: v.literal('choose'), family: v.string(), recipes: v.array(recipeChoiceSchema) }),
]);
export type PreflightResult = v.InferOutput<typeof preflightSchema>;

export const importChoiceSchema = v.object({
  /** A folder with config.json and safetensors, or a GGUF file. */
  path: pathSchema,
  recipe: v.optional(recipeIdSchema),
  bits: v.optional(bitsSchema),
  /** In place of the checkpoint's own: its text. */
  chatTemplate: v.optional(v.pipe(v.string(), v.maxLength(1_000_000))),
});
export type ImportChoice = v.InferOutput<typeof importChoiceSchema>;

export const listModels = channel('models.list', nothing, libraryStateSchema);
/** Judges a checkpoint. Fails with what can't be honoured, in words. */
export const preflightModel = channel('models.preflight', importChoiceSchema, preflightSchema);
/**
 * What a model would cost here, by a probe of a few layers of its shape without contents. `rows`: of a step, the block or, where
 * nothing is kept between steps, a prompt and a reply of 64 tokens each. `forwardMs`: of a step. `tokensPerSecond`: with one slot
 * a step, the slowest way.
 */
export const modelCostSchema = v.object({ rows: count, forwardMs: v.number(), tokensPerSecond: v.number() });
export type ModelCost = v.InferOutput<typeof modelCostSchema>;
/** Tokens a second from which a reply is about as fast as a reader. */
export const READING_SPEED = 5;
/** stopped: by a person, or by another probe · too-long: it would have taken more than ten seconds. */
export const costResultSchema = v.variant('state', [
  v.object({ state: v.literal('measured'), cost: modelCostSchema }),
  v.object({ state: v.literal('stopped') }),
  v.object({ state: v.literal('too-long') }),
]);
export type CostResult = v.InferOutput<typeof costResultSchema>;
/** Takes ten seconds at most; a shape that was measured on this machine is answered at once. @throws as a preflight does */
export const modelCost = channel('models.cost', importChoiceSchema, costResultSchema);
/** Ends a probe. */
export const stopModelCost = channel('models.stopCost', nothing, nothing);
/** Begins an import; its course comes by the push `models`. @throws conflict while another one runs */
export const importModel = channel('models.import', importChoiceSchema, libraryStateSchema);
/** Ends a running import, of which nothing is left; forgets the outcome of one that has ended. */
export const cancelModelImport = channel('models.cancel', nothing, libraryStateSchema);
/**
 * Loads the model that a conversation chose, where nothing is being written: a question that is being typed need not wait for it.
 * What answers elsewhere stays.
 */
export const prepareModel = channel('models.prepare', v.strictObject({ id: modelIdSchema }), nothing);
/** Answers with another model from now on where a conversation chose none, also after the next start. The engine's status says how far it has loaded. */
export const useModel = channel('models.use', v.strictObject({ id: modelIdSchema }), libraryStateSchema);
/**
 * Deletes an imported model's folder: into the system's trash where there is one, unless `forever`. The built-in one answers
 * afterwards if it was in use. Replies stay.
 */
export const removeModel = channel(
  'models.remove',
  v.strictObject({ id: modelIdSchema, forever: v.optional(v.boolean()) }),
  libraryStateSchema,
);
/** Compares every file of a model with its hash. `error`: what is wrong; null: nothing is. */
export const verifyModel = channel(
  'models.verify',
  v.strictObject({ id: modelIdSchema }),
  v.object({ error: v.nullable(errorSchema) }),
);
/** Shows a model's folder in the system's file manager. The desktop app alone can. */
export const showModel = channel('models.reveal', v.strictObject({ id: modelIdSchema }), nothing);
/** Copies a model's folder into another one, to be taken elsewhere. */
export const exportModel = channel(
  'models.export',
  v.strictObject({ id: modelIdSchema, folder: pathSchema }),
  v.object({ path: v.string() }),
);
/** Asks for a checkpoint by the system's own dialog; null where none was chosen. The desktop app alone can. */
export const chooseModel = channel(
  'models.choose',
  v.strictObject({ kind: v.picklist(['folder', 'file']) }),
  v.object({ path: v.nullable(v.string()) }),
);

/**
 * Ends the load of a model and the reply that waits for it: the model from before answers again, which also takes its load. Does
 * nothing where it has ended. `alone`: one conversation asked for the load; the model of all others stays the one that it is.
 */
export const stopModelLoad = channel(
  'models.stopLoad',
  v.strictObject({ alone: v.optional(v.boolean()) }),
  libraryStateSchema,
);
/** What a change of the models' folder would mean. @throws what speaks against that folder */
export const planModelFolder = channel('models.planFolder', folderChoiceSchema, folderPlanSchema);
/**
 * Changes the folder that models lie in. A move goes on after the answer; its course comes by the push `models`.
 * @throws as `models.planFolder`, and conflict while models are imported, fetched or moved
 */
export const changeModelFolder = channel('models.changeFolder', folderChangeSchema, libraryStateSchema);
/** Ends a move, of which nothing is left; forgets the outcome of one that has ended. */
export const stopModelMove = channel('models.stopMove', nothing, libraryStateSchema);

export const modelChannels = {
  [listModels.name]: listModels,
  [preflightModel.name]: preflightModel,
  [modelCost.name]: modelCost,
  [stopModelCost.name]: stopModelCost,
  [importModel.name]: importModel,
  [cancelModelImport.name]: cancelModelImport,
  [prepareModel.name]: prepareModel,
  [useModel.name]: useModel,
  [removeModel.name]: removeModel,
  [verifyModel.name]: verifyModel,
  [showModel.name]: showModel,
  [exportModel.name]: exportModel,
  [chooseModel.name]: chooseModel,
  [stopModelLoad.name]: stopModelLoad,
  [planModelFolder.name]: planModelFolder,
  [changeModelFolder.name]: changeModelFolder,
  [stopModelMove.name]: stopModelMove,
} as const;

/** What a model's memory and work follow from, as core/model knows it. */
const shapeSchema = v.object({
  dimensions: v.object({
    layers: count,
    hidden: count,
    heads: count,
    kvHeads: count,
    headDim: count,
    feedForward: count,
    vocabulary: count,
  }),
  qkvBias: v.boolean(),
  qkNorm: v.boolean(),
  tiedEmbedding: v.boolean(),
  experts: v.optional(v.record(v.string(), v.unknown())),
});

/** What a process beside the engine is asked: checkpoints are read and converted there, so that a window never waits for it. */
export const importerRequestSchema = v.variant('kind', [
  v.object({ kind: v.literal('preflight'), ...importChoiceSchema.entries, out: pathSchema }),
  v.object({
    kind: v.literal('import'),
    ...importChoiceSchema.entries,
    out: pathSchema,
    id: modelIdSchema,
    name: v.string(),
  }),
  /** What the model would cost; `kept`: shapes of which it is known. */
  v.object({ kind: v.literal('cost'), ...importChoiceSchema.entries, out: pathSchema, kept: v.array(v.string()) }),
  /** Compares a pack's files with their hashes. */
  v.object({ kind: v.literal('verify'), path: pathSchema }),
  /** How fast a model of a shape would be here: a few layers of it are run without contents. */
  v.object({
    kind: v.literal('forecast'),
    bits: bitsSchema,
    blockLength: count,
    family: v.string(),
    shape: shapeSchema,
  }),
]);
export type ImporterRequest = v.InferOutput<typeof importerRequestSchema>;
export const importerAnswerSchema = v.variant('kind', [
  v.object({ kind: v.literal('preflight'), result: preflightSchema, id: v.nullable(modelIdSchema) }),
  v.object({ kind: v.literal('progress'), done: count, total: count }),
  /** `cost` null: this shape is one of those that are known. */
  v.object({ kind: v.literal('cost'), shape: v.string(), cost: v.nullable(modelCostSchema) }),
  v.object({ kind: v.literal('imported') }),
  v.object({ kind: v.literal('verified') }),
  v.object({ kind: v.literal('forecast'), tokensPerSecond: v.number() }),
  v.object({ kind: v.literal('failed'), error: errorSchema }),
]);
export type ImporterAnswer = v.InferOutput<typeof importerAnswerSchema>;
