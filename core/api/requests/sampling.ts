/** The fields of a request that say how a token is drawn and when a reply ends, in the names that clients use. */
import * as v from 'valibot';
import type { PackInfo } from '../../contract/engine.ts';
import { modeOf, modeSchema, modesOf, type Param, type Params, type ParamValue } from '../../contract/samplers.ts';
import {
  MAX_REPLY_TOKENS,
  normalise,
  samplerOfMode,
  withoutGuesses,
  type GenerationSettings,
} from '../../contract/settings.ts';
import { speedOf } from '../../contract/speed-stops.ts';
import type { Api } from '../api.ts';
import { badRequest, unsupported } from '../errors.ts';
import { optional } from './optional.ts';

const number = (min: number, max: number) =>
  optional(
    v.pipe(
      v.number('a number is needed'),
      v.minValue(min, `${min} is the least`),
      v.maxValue(max, `${max} is the most`),
    ),
  );
const positive = optional(
  v.pipe(v.number('a number is needed'), v.integer('a whole number is needed'), v.minValue(1, '1 is the least')),
);
const stopText = v.pipe(
  v.string('text is needed'),
  v.minLength(1, 'it is empty'),
  v.maxLength(200, '200 characters are the most'),
);

export const samplingFields = {
  temperature: number(0, 2),
  top_p: number(0, 1),
  /** 0 and −1: all candidates. */
  top_k: optional(v.pipe(v.number(), v.integer(), v.minValue(-1), v.maxValue(64, '64 candidates are the most'))),
  repetition_penalty: number(1, 2),
  seed: optional(v.pipe(v.number('a number is needed'), v.integer('a whole number is needed'))),
  max_tokens: positive,
  max_completion_tokens: positive,
  stop: optional(v.union([stopText, v.pipe(v.array(stopText), v.maxLength(8, '8 are the most'))])),
} as const;
export type SamplingFields = { [K in keyof typeof samplingFields]?: v.InferOutput<(typeof samplingFields)[K]> };

const paramValue = v.union([v.number(), v.boolean(), v.string(), v.null()], 'a number, true, false or text is needed');
/** Of the `mezzotint` object; parameters of the sampler may stand in it under their own names too. */
export const knobFields = {
  /** A sampler by its name in the registry. */
  sampler: optional(v.string()),
  params: optional(v.record(v.string(), paramValue)),
  mode: optional(modeSchema),
  /** A point of the speed slider by its name, or of the sampler's own. */
  speed: optional(v.string()),
} as const;
export type Knobs = { [K in keyof typeof knobFields]?: v.InferOutput<(typeof knobFields)[K]> };

const spoken = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const written = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** @throws ApiError 400 for a parameter that is not there or out of its bounds */
function fitting(param: Param, value: ParamValue, path: string): ParamValue {
  if (param.kind === 'number' || param.kind === 'integer') {
    if (value === null && param.none !== undefined) return value;
    if (typeof value !== 'number' || value < param.min || value > param.max)
      throw badRequest(`${path}: a number from ${param.min} to ${param.max} is needed.`, path);
    if (param.kind === 'integer' && !Number.isInteger(value))
      throw badRequest(`${path}: a whole number is needed.`, path);
  } else if (param.kind === 'switch') {
    if (typeof value !== 'boolean') throw badRequest(`${path}: true or false is needed.`, path);
  } else if (!param.options.some((option) => option.value === value))
    throw badRequest(`${path}: one of ${param.options.map((option) => option.value).join(', ')} is needed.`, path);
  return value;
}

/** @throws ApiError 400 with the points there are */
function atSpeed(
  pack: Pick<PackInfo, 'samplers' | 'name' | 'defaults'>,
  speed: string,
  sampler: string | undefined,
  mode: Knobs['mode'],
): GenerationSettings['sampler'] {
  const found = speedOf(pack, speed, sampler);
  if (!found.sampler)
    throw badRequest(
      `mezzotint.speed: ${sampler ?? pack.name} has ${found.offered.join(', ') || 'no speeds'}.`,
      'mezzotint.speed',
    );
  if (mode !== undefined && modeOf(found.sampler.id, pack.samplers) !== mode)
    throw badRequest(`mezzotint.mode: the speed ${speed} has another mode.`, 'mezzotint.mode');
  return found.sampler;
}

/**
 * The sampler that the knobs choose. `others`: fields of the `mezzotint` object that are no names of its own: parameters.
 * @throws ApiError 400 with the path
 */
function samplerOf(
  pack: Pick<PackInfo, 'samplers' | 'name' | 'defaults'>,
  under: GenerationSettings['sampler'],
  { sampler, params, mode, speed }: Knobs,
  others: Readonly<Record<string, unknown>>,
): GenerationSettings['sampler'] {
  const { samplers, name } = pack;
  let chosen = under;
  if (sampler !== undefined && mode !== undefined && modeOf(sampler, samplers) !== mode)
    throw badRequest(`mezzotint.mode: the sampler ${sampler} has another mode.`, 'mezzotint.mode');
  if (sampler !== undefined) {
    if (!samplers.some(({ id }) => id === sampler))
      throw badRequest(
        `mezzotint.sampler: ${name} has ${samplers.map(({ id }) => id).join(', ')}.`,
        'mezzotint.sampler',
      );
    if (sampler !== under.id) chosen = { id: sampler, params: {} };
  } else if (mode !== undefined && modeOf(under.id, samplers) !== mode) {
    const found = samplerOfMode(mode, samplers);
    if (!found) throw badRequest(`mezzotint.mode: ${name} has ${modesOf(samplers).join(', ')}.`, 'mezzotint.mode');
    chosen = found;
  }
  if (speed !== undefined) chosen = atSpeed(pack, speed, sampler, mode);
  const known = samplers.find(({ id }) => id === chosen.id)?.params ?? [];
  const given: Params = {};
  const take = (key: string, value: unknown, path: string): void => {
    const param = known.find(({ id }) => id === spoken(key));
    if (!param)
      throw badRequest(
        `${path}: the sampler ${chosen.id} takes ${known.map(({ id }) => written(id)).join(', ') || 'no parameters'}.`,
        path,
      );
    given[param.id] = fitting(param, value as ParamValue, path);
  };
  for (const [key, value] of Object.entries(params ?? {})) take(key, value, `mezzotint.params.${key}`);
  for (const [key, value] of Object.entries(others)) if (value !== null) take(key, value, `mezzotint.${key}`);
  // nobody looks at the block as it forms, unless the request says so
  const shown = speed === undefined ? withoutGuesses(chosen, samplers) : chosen;
  return { id: chosen.id, params: { ...shown.params, ...given } };
}

/** @throws ApiError 400 with the path of what can't be had */
export function settingsOf(
  api: Api,
  pack: PackInfo,
  fields: SamplingFields,
  knobs: Knobs = {},
  others: Readonly<Record<string, unknown>> = {},
): { settings: GenerationSettings; seed: number } {
  const under = api.defaults(pack);
  const maxTokens = fields.max_completion_tokens ?? fields.max_tokens;
  const stop = fields.stop === undefined ? undefined : typeof fields.stop === 'string' ? [fields.stop] : fields.stop;
  // a negative seed means any, as other servers have it
  const seed =
    fields.seed !== undefined && fields.seed >= 0 ? fields.seed % 2 ** 32 : (under.sampling.seed ?? api.randomSeed());
  const sampling = {
    ...under.sampling,
    seed,
    ...(fields.temperature === undefined ? {} : { temperature: fields.temperature }),
    // nothing but the likeliest
    ...(fields.top_p === undefined ? {} : { topP: Math.max(fields.top_p, 1e-6) }),
    ...(fields.top_k === undefined ? {} : { topK: fields.top_k < 1 ? 64 : fields.top_k }),
    ...(fields.repetition_penalty === undefined ? {} : { repetitionPenalty: fields.repetition_penalty }),
  };
  const settings = normalise(
    {
      sampling,
      sampler: samplerOf(pack, under.sampler, knobs, others),
      ending: {
        ...under.ending,
        ...(maxTokens === undefined ? {} : { maxTokens: Math.min(maxTokens, MAX_REPLY_TOKENS) }),
        ...(stop === undefined ? {} : { stop }),
      },
    },
    pack.samplers,
  );
  return { settings, seed };
}

const nothing = (value: unknown): boolean =>
  value === false || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
/** Fields that change the answer and that nothing here does: what each may hold all the same. */
const refused: Readonly<Record<string, (value: unknown, body: Readonly<Record<string, unknown>>) => boolean>> = {
  n: (value) => value === 1,
  best_of: (value) => value === 1,
  logit_bias: nothing,
  frequency_penalty: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  min_p: (value) => value === 0,
  top_a: (value) => value === 0,
  typical_p: (value) => value === 1,
  tfs_z: (value) => value === 1,
  mirostat: (value) => value === 0,
  min_tokens: (value) => value === 0,
  ignore_eos: nothing,
  bad_words: nothing,
  grammar: nothing,
  guided_json: nothing,
  guided_regex: nothing,
  guided_choice: nothing,
  guided_grammar: nothing,
  structured_outputs: nothing,
  functions: nothing,
  function_call: (value) => nothing(value) || value === 'none',
  audio: nothing,
  modalities: (value) => Array.isArray(value) && value.every((one) => one === 'text'),
  web_search_options: nothing,
  prompt_logprobs: nothing,
  chat_template: nothing,
  continue_final_message: (value) => typeof value === 'boolean',
  // a reply that goes on has none
  add_generation_prompt: (value, body) => value === true || body['continue_final_message'] === true,
  store: nothing,
};
/** @throws ApiError 400 with the name of a field that would be left out to the answer's harm */
export function refuseOthers(body: Readonly<Record<string, unknown>>): void {
  for (const [name, allowed] of Object.entries(refused)) {
    const value = body[name];
    if (value !== undefined && value !== null && !allowed(value, body))
      throw unsupported(
        name,
        name === 'store'
          ? 'store: nothing is stored here. Leave it out, or send false.'
          : `${name}: this server can't do that, and leaving it out would change the answer.`,
      );
  }
}
