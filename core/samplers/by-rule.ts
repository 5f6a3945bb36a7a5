/**
 * Samplers of diffusion models, as rows of the registry: the rules of `rules/`, described for a model and a form. They have no
 * stepper of their own: one writes blocks for all of them (rules/blocks.ts).
 */
import { defaultsOf, fitParam, type Param } from '../contract/samplers.ts';
import { fits, samplers as rules } from './rules/index.ts';
import type { Sampler as Rule } from './rules/rule.ts';
import { numberOf, type ModelCapabilities, type Sampler } from './sampler.ts';

type Own = NonNullable<ModelCapabilities['own']>;

/** What the stepper itself can do for a model, whatever the rule. */
function canvasParams({ attention, shift, wholeRows }: Own): Param[] {
  const grows: Param = {
    id: 'canvas',
    kind: 'choice',
    label: 'Canvas',
    description: 'Grows until the model sees an end in it, or is as long as the reply may become from the start.',
    options: [
      { value: 'grows', label: 'Grows' },
      { value: 'fixed', label: 'Fixed' },
    ],
    default: 'grows',
  };
  const guidance: Param = {
    id: 'guidance',
    kind: 'number',
    label: 'Guidance',
    description: 'How much the question counts beyond its share; every forward is run twice. 0 is off.',
    min: 0,
    max: 4,
    step: 0.1,
    default: 0,
    advanced: true,
  };
  return [
    ...(attention === 'full' ? [grows] : []),
    ...(attention !== 'causal' && shift === 0 && wholeRows ? [guidance] : []),
  ];
}

const byRule = (rule: Rule): Sampler => ({
  id: rule.id,
  rule,
  describe({ own }) {
    if (!own || !fits(rule, own)) return null;
    const authors = own.sampler?.id === rule.id ? own.sampler.params : {};
    const rows = rule.params.map((param) => ({ ...param, default: fitParam(param, authors[param.id]) }) as Param);
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
        ...canvasParams(own),
        ...rows,
      ],
      ...(rule.speeds ? { speeds: [...rule.speeds(defaultsOf({ params: rows }), own.blockLength)] } : {}),
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
