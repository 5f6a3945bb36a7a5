/**
 * Samplers of diffusion models, as rows of the registry: the rules of `rules/`, described for a model and a form. They have no
 * stepper of their own: one writes blocks for all of them (rules/blocks.ts).
 */
import type { Param, Params } from '../contract/samplers.ts';
import { samplers as rules } from './rules/index.ts';
import { normaliseParams, type ParamSpec, type Params as RuleParams } from './rules/params.ts';
import type { Sampler as Rule } from './rules/rule.ts';
import { numberOf, type Sampler } from './sampler.ts';

/** In settings a number has no null: where leaving it out means something, 0 does. */
const NONE = 0;

const units: Readonly<Record<string, 'share' | 'slots' | 'steps' | 'nats'>> = {
  probability: 'share',
  slots: 'slots',
  nats: 'nats',
  forwards: 'steps',
  'forwards a block': 'steps',
};
/** `stepsPerBlock` → `Steps per block`. */
const labelOf = (id: string): string =>
  id
    .replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .replace(/^./, (first) => first.toUpperCase());

function paramOf(id: string, spec: ParamSpec, own: RuleParams[string] | undefined): Param {
  const base = {
    id,
    label: labelOf(id),
    description: `${spec.title}${'none' in spec && spec.none !== undefined ? ` (0: ${spec.none})` : ''}.`,
    ...(spec.advanced ? { advanced: true } : {}),
  };
  if (spec.type === 'choice')
    return {
      ...base,
      kind: 'choice',
      options: spec.choices.map((value) => ({ value, label: labelOf(value.replace(/[_-]/g, ' ')) })),
      default: typeof own === 'string' ? own : spec.default,
    };
  if (spec.type === 'switch')
    return { ...base, kind: 'switch', default: typeof own === 'boolean' ? own : spec.default };
  const min = spec.none === undefined ? spec.min : Math.min(NONE, spec.min);
  const value = own === undefined ? spec.default : own;
  const chosen = typeof value === 'number' ? value : NONE;
  const unit = units[spec.unit ?? ''];
  const numeric = { ...base, ...(unit ? { unit } : {}), min, max: spec.max, default: chosen };
  return spec.type === 'integer'
    ? { ...numeric, kind: 'integer' }
    : { ...numeric, kind: 'number', step: spec.step ?? (spec.max - min) / 100 };
}

/** A reply's parameters as the rule takes them. @throws MezzotintError for one out of bounds */
export function ruleParams(rule: Rule, params: Params): RuleParams {
  const given = Object.entries(rule.params).flatMap(([id, spec]) => {
    const value = params[id];
    if (value === undefined) return [];
    return [[id, 'none' in spec && spec.none !== undefined && value === NONE ? null : value] as const];
  });
  return normaliseParams(rule.params, Object.fromEntries(given), rule.name);
}

const byRule = (rule: Rule): Sampler => ({
  id: rule.id,
  rule,
  describe({ own }) {
    if (!own || !rule.supports(own)) return null;
    const authors = own.sampler?.id === rule.id ? own.sampler.params : {};
    const lengths = [...new Set([own.blockLength, ...own.blockLengths])].sort((a, b) => a - b);
    return {
      id: rule.id,
      name: rule.name,
      description: rule.description,
      guarantee: rule.guarantee,
      params: [
        {
          kind: 'integer',
          id: 'blockLength',
          label: 'Block length',
          description: 'Slots that are denoised together.',
          unit: 'slots',
          min: lengths[0] as number,
          max: lengths.at(-1) as number,
          default: own.blockLength,
          offered: lengths,
        },
        ...Object.entries(rule.params).map(([id, spec]) => paramOf(id, spec, authors[id])),
      ],
    };
  },
  blockLength: (params) => numberOf(params, 'blockLength'),
  drafts: false,
  paced: false,
  create: () => {
    throw new RangeError(`${rule.id} is written by blocks, not by a stepper of its own`);
  },
});

export const ruleSamplers: readonly Sampler[] = rules.map(byRule);
