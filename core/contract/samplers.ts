/**
 * Samplers, as every part of the app sees them: what they promise, and which parameters they take. The settings panel, the
 * command line's flags and the API's fields are drawn from these descriptions; core/samplers holds the algorithms.
 */
import * as v from 'valibot';
import { failure, type MezzotintError } from './result.ts';

/** 1 to 40 of a-z, 0-9 and -, for example `typical-acceptance`. */
export const samplerIdSchema = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,39}$/));

/**
 * lossless: the text equals that of decoding one token at a time with the same seed · diffusion: several tokens at once,
 * the text may differ · autoregressive: one token a forward, by the causal head.
 */
export const guaranteeSchema = v.picklist(['lossless', 'diffusion', 'autoregressive']);
export type Guarantee = v.InferOutput<typeof guaranteeSchema>;

export const modeSchema = v.picklist(['exact', 'fast', 'ar']);
/** A guarantee's short name, as it is stored with a reply and shown in the window: exact = lossless, fast = diffusion, ar = autoregressive. */
export type Mode = v.InferOutput<typeof modeSchema>;

const name = v.pipe(v.string(), v.regex(/^[a-zA-Z][a-zA-Z0-9]{0,39}$/));
const text = v.pipe(v.string(), v.maxLength(400));
const base = {
  id: name,
  label: text,
  /** One sentence. */ description: text,
  /** Shown only where a person asks for everything. */ advanced: v.optional(v.boolean()),
};

/** A number's unit, where it has one. share: 0 … 1. */
export const unitSchema = v.picklist(['share', 'tokens', 'slots', 'steps', 'nats']);

/** What null means for a number that may be left open, for example "one a slot". Without it a number is needed. */
const none = v.optional(text);

/** A sampler's parameter: its bounds, its default, and how a form shows it. A default of null needs `none`. */
export const paramSchema = v.variant('kind', [
  v.object({
    ...base,
    kind: v.literal('number'),
    unit: v.optional(unitSchema),
    min: v.number(),
    max: v.number(),
    step: v.number(),
    default: v.nullable(v.number()),
    none,
  }),
  v.object({
    ...base,
    kind: v.literal('integer'),
    unit: v.optional(unitSchema),
    min: v.number(),
    max: v.number(),
    default: v.nullable(v.number()),
    none,
    /** The values a form offers; others within the bounds are taken too. */
    offered: v.optional(v.pipe(v.array(v.number()), v.readonly())),
  }),
  v.object({
    ...base,
    kind: v.literal('choice'),
    options: v.pipe(v.array(v.object({ value: v.string(), label: text })), v.readonly()),
    default: v.string(),
  }),
  v.object({ ...base, kind: v.literal('switch'), default: v.boolean() }),
]);
export type Param = v.InferOutput<typeof paramSchema>;

/** null: a number that is left open. */
export const paramValueSchema = v.union([
  v.null(),
  v.pipe(v.number(), v.finite()),
  v.boolean(),
  v.pipe(v.string(), v.maxLength(100)),
]);
export type ParamValue = v.InferOutput<typeof paramValueSchema>;
export const paramsSchema = v.pipe(
  v.record(name, paramValueSchema),
  v.check((params) => Object.keys(params).length <= 32, 'at most 32 parameters'),
);
export type Params = v.InferOutput<typeof paramsSchema>;
/** Slots of the blocks that a lossless sampler shows forming; 0: its drafts alone. */
export const canvasLengthOf = ({ canvasLength }: Params): number =>
  typeof canvasLength === 'number' ? canvasLength : 0;

/**
 * Settings of one sampler, from the slowest to the quickest. one-slot: one slot a step, to be watched · recommended: as its
 * authors run it · careful: between the two · bold, bolder, boldest: quicker, and rougher.
 */
export const speedIdSchema = v.picklist(['one-slot', 'careful', 'recommended', 'bold', 'bolder', 'boldest']);
export type SpeedId = v.InferOutput<typeof speedIdSchema>;

export const samplerInfoSchema = v.object({
  id: samplerIdSchema,
  /** The field's name for it, in English. */
  name: text,
  description: text,
  guarantee: guaranteeSchema,
  /** In the order a form shows them. */
  params: v.array(paramSchema),
  /** What trades quality for speed, each laid over the defaults; absent where nothing is named. */
  speeds: v.optional(v.array(v.object({ id: speedIdSchema, params: paramsSchema }))),
});
export type SamplerInfo = v.InferOutput<typeof samplerInfoSchema>;

/** The values of parameters by their ids, as exactly as the parameters are declared (`as const`). */
export type ParamsOf<D extends readonly Param[]> = string extends D[number]['id']
  ? Params
  : { [P in D[number] as P['id']]: ValueOf<P> };
type ValueOf<P extends Param> = P extends { kind: 'switch' }
  ? boolean
  : P extends { kind: 'choice'; options: readonly { value: infer V }[] }
    ? V
    : P extends { none: string }
      ? number | null
      : number;

const modes: Record<Guarantee, Mode> = { lossless: 'exact', diffusion: 'fast', autoregressive: 'ar' };
export const modeOfGuarantee = (guarantee: Guarantee): Mode => modes[guarantee];

/** The mode of a sampler. `samplers`: those of the loaded model; without them two built-in names tell, and every other sampler counts as diffusion. */
export function modeOf(samplerId: string, samplers: readonly Pick<SamplerInfo, 'id' | 'guarantee'>[] = []): Mode {
  const info = samplers.find(({ id }) => id === samplerId);
  if (info) return modes[info.guarantee];
  return samplerId === 'speculative' ? 'exact' : samplerId === 'autoregressive' ? 'ar' : 'fast';
}

/** The modes that some samplers offer, from lossless to the reference. */
export function modesOf(samplers: readonly Pick<SamplerInfo, 'guarantee'>[]): Mode[] {
  return modeSchema.options.filter((mode) => samplers.some(({ guarantee }) => modes[guarantee] === mode));
}

export const defaultsOf = ({ params }: Pick<SamplerInfo, 'params'>): Params =>
  Object.fromEntries(params.map((param) => [param.id, param.default]));

const isNumeric = (param: Param): param is Extract<Param, { kind: 'number' | 'integer' }> =>
  param.kind === 'number' || param.kind === 'integer';
/** Before numbers could be left open, 0 stood for null in stored settings, where 0 is out of bounds. */
const isOpen = (param: Param, value: unknown): boolean =>
  isNumeric(param) && param.none !== undefined && (value === null || (value === 0 && param.min > 0));

/** A value brought into a parameter's bounds; its default where it is of another kind. */
export function fitParam(param: Param, value: ParamValue | undefined): ParamValue {
  if (isOpen(param, value)) return null;
  switch (param.kind) {
    case 'number':
      return typeof value === 'number' ? Math.min(param.max, Math.max(param.min, value)) : param.default;
    case 'integer':
      return typeof value === 'number' ? Math.round(Math.min(param.max, Math.max(param.min, value))) : param.default;
    case 'choice':
      return param.options.some((option) => option.value === value) ? (value as string) : param.default;
    case 'switch':
      return typeof value === 'boolean' ? value : param.default;
  }
}

/** Exactly a sampler's parameters: those given within their bounds, the others at their defaults, unknown ones left out. */
export const fitParams = ({ params }: Pick<SamplerInfo, 'params'>, given: Params): Params =>
  Object.fromEntries(params.map((param) => [param.id, fitParam(param, given[param.id])]));

/** A value that a parameter can't take, and what it may be. */
function misfit(sampler: string, param: Param, value: unknown): MezzotintError {
  const said = { sampler, param: param.id, given: JSON.stringify(value) ?? 'undefined' };
  if (param.kind === 'switch') return failure('param.not-switch', said);
  if (param.kind === 'choice')
    return failure('param.not-choice', { ...said, choices: param.options.map((option) => option.value) });
  const { kind, min, max, none } = param;
  return none === undefined
    ? failure(`param.not-${kind}`, { ...said, min, max })
    : failure(`param.not-${kind}-or-null`, { ...said, min, max, none });
}
function accepts(param: Param, value: unknown): value is ParamValue {
  if (param.kind === 'switch') return typeof value === 'boolean';
  if (param.kind === 'choice') return param.options.some((option) => option.value === value);
  if (value === null) return param.none !== undefined;
  if (typeof value !== 'number' || (param.kind === 'integer' && !Number.isInteger(value))) return false;
  return value >= param.min && value <= param.max;
}

/**
 * A sampler's parameters: those given as they are, the others at their defaults.
 * @throws MezzotintError `bad-request` that names the first unknown one, or the first that is out of bounds
 */
export function checkParams(
  { name: sampler, params }: { name: string; params: readonly Param[] },
  given: Readonly<Record<string, unknown>>,
): Params {
  const unknown = Object.keys(given).find((id) => !params.some((param) => param.id === id));
  if (unknown !== undefined)
    throw params.length > 0
      ? failure('param.unknown', { sampler, param: unknown, known: params.map(({ id }) => id) })
      : failure('param.none-known', { sampler, param: unknown });
  return Object.fromEntries(
    params.map((param) => {
      const value = given[param.id] === undefined ? param.default : given[param.id];
      if (!accepts(param, value)) throw misfit(sampler, param, value);
      return [param.id, value];
    }),
  );
}

/** A parameter's value as it is typed; `none` leaves a number open. A text that is none stays one, for `checkParams` to refuse. */
export function paramFromText(param: Param, typed: string): ParamValue {
  if (param.kind === 'switch' && (typed === 'true' || typed === 'false')) return typed === 'true';
  if (!isNumeric(param)) return typed;
  if (typed === 'none' && param.none !== undefined) return null;
  return typed.trim() !== '' && Number.isFinite(Number(typed)) ? Number(typed) : typed;
}
