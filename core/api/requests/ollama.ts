/** What Ollama's clients send. */
import * as v from 'valibot';
import { refuseOthers, samplingFields, type SamplingFields } from './sampling.ts';
import { badRequest } from '../errors.ts';
import { anyObject, readSchema, type Node } from '../structured/schema.ts';
import { optional } from './optional.ts';

const { temperature, top_p, top_k, seed, stop } = samplingFields;
export const optionsSchema = v.looseObject({
  temperature,
  top_p,
  top_k,
  seed,
  stop,
  repeat_penalty: samplingFields.repetition_penalty,
  /** −1 and −2: as long as the model goes on. */
  num_predict: optional(v.pipe(v.number(), v.integer(), v.minValue(-2))),
  num_ctx: optional(v.pipe(v.number(), v.integer())),
});
export const ollamaFields = {
  model: v.string('the name of a model is needed'),
  stream: optional(v.boolean()),
  options: optional(optionsSchema),
  /** `json`, or a schema of it. */
  format: optional(v.union([v.string(), v.record(v.string(), v.unknown())])),
  think: optional(v.union([v.boolean(), v.string()])),
} as const;

/** @throws ApiError 400 */
export function samplingOf(
  options: v.InferOutput<typeof optionsSchema> | undefined,
  contextLength: number,
): SamplingFields {
  if (!options) return {};
  refuseOthers(options);
  const { repeat_penalty: repetition, num_predict: length, num_ctx: context, ...rest } = options;
  if (context !== undefined && context > contextLength)
    throw badRequest(`options.num_ctx: this model reads ${contextLength} tokens.`, 'options.num_ctx');
  return {
    temperature: rest.temperature,
    top_p: rest.top_p,
    top_k: rest.top_k,
    seed: rest.seed,
    stop: Array.isArray(rest.stop) && rest.stop.length === 0 ? undefined : rest.stop,
    repetition_penalty: repetition,
    max_tokens: length === undefined ? undefined : length < 0 ? contextLength : Math.max(1, length),
  };
}

/** @throws ApiError 400 */
export function ollamaFormat(format: string | Record<string, unknown> | undefined): Node | null {
  if (format === undefined || format === '') return null;
  if (format === 'json') return anyObject();
  if (typeof format === 'string') throw badRequest('format: json or a schema is needed.', 'format');
  return readSchema(format, 'format');
}
