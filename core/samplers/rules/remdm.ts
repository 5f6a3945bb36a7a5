/**
 * ReMDM: each step also masks some tokens again, so that early mistakes can be mended. Noise falls evenly, alpha = 1 − t; how
 * often a token is masked again is capped, scaled down, or held for a while in the middle (loop). Built for models without
 * blocks: a block is its whole canvas.
 */
import type { Param, ParamsOf } from '../../contract/samplers.ts';
import { sampler, type Choice } from './rule.ts';
import { bySteps } from './speeds.ts';

const params = [
  {
    id: 'schedule',
    kind: 'choice',
    label: 'Schedule',
    description: 'How the chance of masking again goes over the steps.',
    options: [
      { value: 'cap', label: 'Cap' },
      { value: 'rescale', label: 'Rescale' },
      { value: 'loop', label: 'Loop' },
    ],
    default: 'cap',
  },
  {
    id: 'eta',
    kind: 'number',
    label: 'Remasking',
    description: 'Chance that a token is masked again in a step, at most.',
    unit: 'share',
    min: 0,
    max: 1,
    step: 0.001,
    default: 0.008,
  },
  {
    id: 'steps',
    kind: 'integer',
    label: 'Steps',
    description: 'Denoising steps.',
    unit: 'steps',
    min: 1,
    max: 4096,
    default: null,
    none: 'one a slot',
  },
  {
    id: 'loopFrom',
    kind: 'number',
    label: 'Loop from',
    description: 'Loop: noise level at which it begins.',
    min: 0.01,
    max: 1,
    step: 0.01,
    default: 0.55,
    advanced: true,
  },
  {
    id: 'loopTo',
    kind: 'number',
    label: 'Loop to',
    description: 'Loop: noise level at which it ends.',
    min: 0.01,
    max: 0.99,
    step: 0.01,
    default: 0.05,
    advanced: true,
  },
  {
    id: 'loopAlpha',
    kind: 'number',
    label: 'Loop alpha',
    description: 'Loop: share of slots that have a token meanwhile.',
    min: 0,
    max: 1,
    step: 0.01,
    default: 0.9,
    advanced: true,
  },
] as const satisfies readonly Param[];

export type ReMdm = ParamsOf<typeof params>;

/** alpha before and after a step, and the chance that a token is masked again. */
export function noiseOf(
  step: number,
  steps: number,
  { schedule, eta, loopFrom, loopTo, loopAlpha }: ReMdm,
): { before: number; after: number; sigma: number } {
  const [t, s] = [1 - step / steps, 1 - (step + 1) / steps];
  if (schedule === 'loop') {
    const alpha = (time: number): number =>
      time > loopFrom
        ? ((1 - time) / (1 - loopFrom)) * loopAlpha
        : time > loopTo
          ? loopAlpha
          : loopAlpha + ((loopTo - time) / loopTo) * (1 - loopAlpha);
    const middle = t <= loopFrom && s >= loopTo;
    return {
      before: alpha(t),
      after: alpha(s),
      sigma: middle ? Math.min(eta, (1 - alpha(s)) / Math.max(alpha(t), 1e-9)) : 0,
    };
  }
  const [before, after] = [1 - t, 1 - s];
  const most = before <= 0 ? 1 : Math.min(1, (1 - after) / before);
  return { before, after, sigma: schedule === 'cap' ? Math.min(eta, most) : eta * most };
}

export const remdm = sampler({
  id: 'remdm',
  name: 'Remasking (ReMDM)',
  description: 'Each step also masks some tokens again, so that early mistakes can be mended.',
  guarantee: 'diffusion',
  params,
  supports: ({ attention }) => attention === 'full',
  revisits: true,
  speeds: ({ steps }, blockLength) => bySteps('steps', steps, blockLength),
  choose(slots, step, params) {
    const steps = params.steps ?? step.length;
    const last = step.index >= steps - 1;
    const { before, after, sigma } = noiseOf(Math.min(step.index, steps - 1), steps, params);
    const unmask: Choice[] = [];
    const remask: number[] = [];
    const chance = before >= 1 ? 1 : (after - (1 - sigma) * before) / (1 - before);
    for (const slot of slots) {
      const dice = step.random(slot.slot);
      if (slot.current !== null) {
        if (!last && dice < sigma) remask.push(slot.slot);
      } else if (last || dice < chance) {
        const { id, p } = step.draw(slot);
        unmask.push({ slot: slot.slot, id, p });
      }
    }
    return { unmask, remask, done: last };
  },
});
