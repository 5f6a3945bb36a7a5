/** The settings of one reply, in three parts: how a token is drawn, which sampler fills the canvas, and when the reply ends. */
import * as v from 'valibot';
import { templateSchema } from './layout.ts';
import {
  modeOf,
  modeSchema,
  paramsSchema,
  samplerIdSchema,
  fitParams,
  defaultsOf,
  type Mode,
  type SamplerInfo,
} from './samplers.ts';
import { failure } from './result.ts';

/** The longest reply that can be asked for, in tokens. */
export const MAX_REPLY_TOKENS = 8192;

/** From logits to a token; the same in every sampler. */
export const samplingSchema = v.object({
  /** 0 = greedy. */
  temperature: v.pipe(v.number(), v.minValue(0), v.maxValue(2)),
  /** Nucleus: smallest set with at least this mass; 1 = off. */
  topP: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
  /** Of the engine's top 64 candidates; 64 = all of them. */
  topK: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)),
  /** Logits of tokens seen in the last 256 are divided (if positive) or multiplied (if negative) by this; 1 = off. */
  repetitionPenalty: v.pipe(v.number(), v.minValue(1), v.maxValue(2)),
  /** null: the chat service draws one and stores it. */
  seed: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff))),
});
export type Sampling = v.InferOutput<typeof samplingSchema>;

/** A sampler of the registry with its parameters. What a model does not offer is settled by `normalise`. */
export const samplerChoiceSchema = v.object({ id: samplerIdSchema, params: paramsSchema });
export type SamplerChoice = v.InferOutput<typeof samplerChoiceSchema>;

export const endingSchema = v.object({
  /** Reply length limit in tokens. */
  maxTokens: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_REPLY_TOKENS)),
  /** The reply ends before the first of these. */
  stop: v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(200))), v.maxLength(8)),
  /** Ends a reply that only repeats itself. */
  loopGuard: v.boolean(),
});
export type Ending = v.InferOutput<typeof endingSchema>;

const layout = v.optional(templateSchema);

/** The settings as they were stored up to version 0.1, and as the command line's `--mode` still gives them. */
const { temperature, topP, topK, repetitionPenalty, seed } = samplingSchema.entries;
const { maxTokens, stop, loopGuard } = endingSchema.entries;
export const flatSettingsSchema = v.object({
  mode: modeSchema,
  temperature,
  topP,
  topK,
  repetitionPenalty,
  seed,
  maxTokens,
  /** Fast mode: slots in a block. */
  blockLength: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(64)),
  /** Fast mode: the confidence that unmasks a slot; in blocks that the drafter writes, the share of its best token's probability that a draft needs. */
  threshold: v.pipe(v.number(), v.minValue(0.05), v.maxValue(1)),
  /** Exact mode: draft tokens a forward. */
  draftLength: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8)),
  stop,
  loopGuard,
  layout,
});
export type FlatSettings = v.InferOutput<typeof flatSettingsSchema>;

/** Blocks up to so many slots were written by the drafter that shipped with version 0.1. */
const DRAFTED_BLOCK = 5;

type FlatSampler = Pick<FlatSettings, 'mode' | 'blockLength' | 'threshold' | 'draftLength'>;
/** The sampler that a mode of version 0.1 stood for. */
export function samplerFromFlat({ mode, blockLength, threshold, draftLength }: FlatSampler): SamplerChoice {
  if (mode === 'exact') return { id: 'speculative', params: { draftLength } };
  if (mode === 'ar') return { id: 'autoregressive', params: {} };
  return blockLength <= DRAFTED_BLOCK
    ? { id: 'typical-acceptance', params: { blockLength, ratio: threshold } }
    : { id: 'corrected-threshold', params: { blockLength, threshold } };
}

/** The same sampler without guesses past its drafts, where the model makes any: they are for eyes alone, and cost a little. */
export function withoutGuesses({ id, params }: SamplerChoice, samplers: readonly SamplerInfo[]): SamplerChoice {
  const guesses = samplers.find((one) => one.id === id)?.params.some((param) => param.id === 'canvasLength');
  return { id, params: guesses === true ? { ...params, canvasLength: 0 } : params };
}

export function settingsFromFlat(flat: FlatSettings): GenerationSettings {
  const { temperature, topP, topK, repetitionPenalty, seed, maxTokens, stop, loopGuard, layout } = flat;
  return {
    sampling: { temperature, topP, topK, repetitionPenalty, seed },
    sampler: samplerFromFlat(flat),
    ending: { maxTokens, stop, loopGuard },
    ...(layout ? { layout } : {}),
  };
}

const currentSettingsSchema = v.object({
  sampling: samplingSchema,
  sampler: samplerChoiceSchema,
  ending: endingSchema,
  /** What is fixed of the reply, and where it is free; absent: all of it is. */
  layout,
});
export type GenerationSettings = v.InferOutput<typeof currentSettingsSchema>;

/** Settings of one reply. The same object is stored with the generation and reproduces the reply. The flat form of version 0.1 is read too. */
export const generationSettingsSchema: v.GenericSchema<unknown, GenerationSettings> = v.union([
  currentSettingsSchema,
  v.pipe(flatSettingsSchema, v.transform(settingsFromFlat)),
]);

const currentChosenSchema = v.strictObject({
  sampling: v.optional(v.partial(samplingSchema)),
  sampler: v.optional(samplerChoiceSchema),
  ending: v.optional(v.partial(endingSchema)),
  layout,
});
/** Settings of which some are chosen; the others follow those below them. */
export type ChosenSettings = v.InferOutput<typeof currentChosenSchema>;

function chosenFromFlat(flat: Partial<{ [K in keyof FlatSettings]: FlatSettings[K] | undefined }>): ChosenSettings {
  const some = <T extends object>(part: { [K in keyof T]: T[K] | undefined }): Partial<T> | undefined => {
    const given = Object.entries(part).filter(([, value]) => value !== undefined);
    return given.length > 0 ? (Object.fromEntries(given) as Partial<T>) : undefined;
  };
  const {
    temperature,
    topP,
    topK,
    repetitionPenalty,
    seed,
    maxTokens,
    stop,
    loopGuard,
    mode,
    blockLength = DRAFTED_BLOCK,
    threshold = 0.7,
    draftLength = DRAFTED_BLOCK,
    layout,
  } = flat;
  const sampling = some<Sampling>({ temperature, topP, topK, repetitionPenalty, seed });
  const ending = some<Ending>({ maxTokens, stop, loopGuard });
  return {
    ...(sampling ? { sampling } : {}),
    ...(mode ? { sampler: samplerFromFlat({ mode, blockLength, threshold, draftLength }) } : {}),
    ...(ending ? { ending } : {}),
    ...(layout ? { layout } : {}),
  };
}
const flatKeys = [
  'mode',
  'temperature',
  'topP',
  'topK',
  'repetitionPenalty',
  'seed',
  'maxTokens',
  'blockLength',
  'threshold',
  'draftLength',
  'stop',
  'loopGuard',
];
const hasFlatKeys = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && flatKeys.some((key) => key in value);
export const chosenSettingsSchema: v.GenericSchema<unknown, ChosenSettings> = v.union([
  v.pipe(v.unknown(), v.check(hasFlatKeys), v.partial(flatSettingsSchema), v.transform(chosenFromFlat)),
  currentChosenSchema,
]);

/** Settings with others laid over them. Chosen parameters replace those of the same sampler one by one; another sampler brings its own. */
export function mergeSettings(under: GenerationSettings, over: ChosenSettings): GenerationSettings {
  const sampler =
    over.sampler === undefined
      ? under.sampler
      : over.sampler.id === under.sampler.id
        ? { id: under.sampler.id, params: { ...under.sampler.params, ...over.sampler.params } }
        : over.sampler;
  const layout = over.layout ?? under.layout;
  return {
    sampling: laid(under.sampling, over.sampling),
    sampler,
    ending: laid(under.ending, over.ending),
    ...(layout ? { layout } : {}),
  };
}
const laid = <T extends object>(under: T, over: { [K in keyof T]?: T[K] | undefined } | undefined): T => ({
  ...under,
  ...Object.fromEntries(Object.entries(over ?? {}).filter(([, value]) => value !== undefined)),
});

export const settingsMode = (
  { sampler }: Pick<GenerationSettings, 'sampler'>,
  samplers: readonly SamplerInfo[] = [],
): Mode => modeOf(sampler.id, samplers);

/** The first sampler of a mode, at its defaults; undefined where the model offers none. */
export function samplerOfMode(mode: Mode, samplers: readonly SamplerInfo[]): SamplerChoice | undefined {
  const info = samplers.find(({ id }) => modeOf(id, samplers) === mode);
  return info && { id: info.id, params: defaultsOf(info) };
}

/**
 * The settings as a model that offers `samplers` runs them: every parameter there and within its bounds. A sampler that it
 * lacks becomes its first one with the same guarantee, which takes over parameters of the same name.
 * @throws MezzotintError `bad-request` where the model has none with that guarantee
 */
export function normalise(settings: GenerationSettings, samplers: readonly SamplerInfo[]): GenerationSettings {
  const { id, params } = settings.sampler;
  const mode = modeOf(id, samplers);
  const info = samplers.find((one) => one.id === id) ?? samplers.find((one) => modeOf(one.id, samplers) === mode);
  if (!info) throw failure('settings.no-sampler', { sampler: id, offered: samplers.map((one) => one.id) });
  // the two samplers that shared one number in version 0.1
  const given =
    info.id === 'corrected-threshold' && id === 'typical-acceptance' && params['ratio'] !== undefined
      ? { ...params, threshold: params['ratio'] }
      : params;
  return { ...settings, sampler: { id: info.id, params: fitParams(info, given) } };
}
