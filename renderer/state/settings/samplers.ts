/** The samplers of the loaded model, as the window chooses among them. */
import type { AppSettings } from '../../../core/contract/app.ts';
import type { EngineStatus } from '../../../core/contract/engine.ts';
import {
  canvasLengthOf,
  defaultsOf,
  modeOf,
  modeSchema,
  modesOf,
  type Mode,
  type Param,
  type Params,
  type SamplerInfo,
} from '../../../core/contract/samplers.ts';
import { samplerOfMode, type GenerationSettings, type SamplerChoice } from '../../../core/contract/settings.ts';
import { t } from '../../strings.ts';

/** What a mode stands for while no model is loaded; the service fits it to the model before it is stored. */
const usual: Record<Mode, string> = { exact: 'speculative', fast: 'typical-acceptance', ar: 'autoregressive' };

/** Those of the loaded model; none while there is no model. */
export const samplersOf = (engine: EngineStatus): readonly SamplerInfo[] =>
  engine.state === 'ready' ? engine.pack.samplers : [];
/** The modes of the loaded model; all while there is no model. */
export const modesOffered = (engine: EngineStatus): readonly Mode[] =>
  engine.state === 'ready' ? modesOf(engine.pack.samplers) : modeSchema.options;

/** A sampler with the parameters it was last used with. */
export function choiceOf(id: string, settings: AppSettings, samplers: readonly SamplerInfo[]): SamplerChoice {
  if (settings.generation.sampler.id === id) return settings.generation.sampler;
  const info = samplers.find((one) => one.id === id);
  return { id, params: settings.samplerParams[id] ?? (info ? defaultsOf(info) : {}) };
}
/** The sampler of a mode: the one that is set where it has that mode, else the one used last, else the model's first. */
export function choiceOfMode(mode: Mode, settings: AppSettings, samplers: readonly SamplerInfo[]): SamplerChoice {
  if (modeOf(settings.generation.sampler.id, samplers) === mode) return settings.generation.sampler;
  const known = Object.keys(settings.samplerParams).find(
    (id) => samplers.some((one) => one.id === id) && modeOf(id, samplers) === mode,
  );
  return choiceOf(known ?? samplerOfMode(mode, samplers)?.id ?? usual[mode], settings, samplers);
}

export type NumericParam = Extract<Param, { kind: 'number' | 'integer' }>;
export const numericParams = (info: SamplerInfo | undefined): NumericParam[] =>
  (info?.params ?? []).filter((param) => param.kind === 'number' || param.kind === 'integer');

/** The window's words for a parameter; its own where the window has none. */
export function paramWords(samplerId: string, param: Param): { label: string; hint: string } {
  return t.samplers[samplerId]?.params[param.id] ?? { label: param.label, hint: param.description };
}
export const samplerName = ({ id, name }: Pick<SamplerInfo, 'id' | 'name'>): string => t.samplers[id]?.name ?? name;

/** What a number that is left open means, as the start of a line; '' where it may not be left open. */
export const openWords = (param: Param): string =>
  'none' in param && param.none !== undefined ? param.none.charAt(0).toUpperCase() + param.none.slice(1) : '';
/** Where a number that was left open starts once it is not. */
export const startOf = (param: NumericParam): number =>
  param.default ?? (param.kind === 'integer' ? Math.min(param.max, 32) : (param.min + param.max) / 2);

/** A value's text: a number in the steps of its parameter, an open one in its words. */
export function paramValue(param: Param, value: unknown): string {
  if (value === null) return openWords(param);
  if (param.kind !== 'number' || typeof value !== 'number') return String(value);
  return value.toFixed(Math.max(2, Math.ceil(-Math.log10(param.step))));
}

/** What an empty field of a form stands for: the value that the sampler has. */
export function placeholderOf(params: Params, param: NumericParam): string {
  const value = params[param.id] === undefined ? param.default : params[param.id];
  return value === null ? openWords(param) : String(value);
}

/** A sampler's parameters in one phrase, for example "block length 4, threshold 0.9". Without a model the ids stand for the names. */
export function paramsPhrase({ id, params }: SamplerChoice, samplers: readonly SamplerInfo[]): string {
  const info = samplers.find((one) => one.id === id);
  return Object.entries(params)
    .map(([name, value]) => {
      const param = info?.params.find((one) => one.id === name);
      return `${(param ? paramWords(id, param).label : (t.samplers[id]?.params[name]?.label ?? name)).toLowerCase()} ${value === null && param ? openWords(param).toLowerCase() : String(value)}`;
    })
    .join(', ');
}

/** Slots of a block before the first frame tells. */
export function blockLengthOf({ sampler: { params }, layout }: Pick<GenerationSettings, 'sampler' | 'layout'>): number {
  const canvas = layout ? 0 : canvasLengthOf(params);
  const length = params['blockLength'] ?? (canvas || params['draftLength']);
  return typeof length === 'number' ? length : 1;
}
/** A number that a sampler has, by name; null where it has none of that name. */
export const paramNumber = (params: Params, ...names: string[]): number | null =>
  names.map((name) => params[name]).find((value): value is number => typeof value === 'number') ?? null;
