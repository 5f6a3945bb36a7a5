/**
 * Entropy bound over uniform noise (DiffusionGemma): each step draws every slot of the canvas at a falling temperature and accepts
 * the surest together, as long as what they leave open stays under a bound. All other slots are noise anew; what was accepted before
 * may be noise again.
 */
import type { Param } from '../../contract/samplers.ts';
import { sampler } from './rule.ts';
import { around } from './speeds.ts';

const params = [
  {
    id: 'steps',
    kind: 'integer',
    label: 'Steps',
    description: 'Denoising steps of a canvas at most.',
    unit: 'steps',
    min: 1,
    max: 256,
    default: 48,
  },
  {
    id: 'bound',
    kind: 'number',
    label: 'Bound',
    description: 'Entropy of the slots accepted together, the last one not counted.',
    unit: 'nats',
    min: 0,
    max: 1000,
    step: 0.01,
    default: 0.1,
  },
  {
    id: 'hottest',
    kind: 'number',
    label: 'First temperature',
    description: 'Temperature of the draws in the first step; it falls evenly from step to step.',
    min: 0.01,
    max: 2,
    step: 0.01,
    default: 0.8,
    advanced: true,
  },
  {
    id: 'coldest',
    kind: 'number',
    label: 'Last temperature',
    description: 'Temperature that the draws would have after the last step.',
    min: 0.01,
    max: 2,
    step: 0.01,
    default: 0.4,
    advanced: true,
  },
  {
    id: 'stable',
    kind: 'integer',
    label: 'Stable steps',
    description: 'The canvas is done once its likeliest tokens have stayed the same for so many steps.',
    unit: 'steps',
    min: 0,
    max: 16,
    default: 1,
    advanced: true,
  },
  {
    id: 'doubt',
    kind: 'number',
    label: 'Doubt',
    description: 'The canvas is done only while the mean entropy of its slots is below this.',
    unit: 'nats',
    min: 0,
    max: 10,
    step: 0.001,
    default: 0.005,
    advanced: true,
  },
] as const satisfies readonly Param[];

interface Memory {
  /** The likeliest tokens of the steps before, the newest last. */
  before: number[][];
}

export const renoise = sampler({
  id: 'renoise',
  name: 'Entropy bound over noise',
  description: 'Each step accepts the surest slots of the canvas and fills all others with random tokens.',
  guarantee: 'diffusion',
  params,
  noise: 'uniform',
  supports: ({ wholeRows }) => wholeRows,
  wholeRows: () => true,
  temperature: (index, { steps, hottest, coldest }) => coldest + (hottest - coldest) * ((steps - index) / steps),
  // fewer steps, of which each accepts more
  speeds: ({ steps, bound }) =>
    around(
      null,
      null,
      { steps, bound },
      [2, 4].map((times) => ({ steps: Math.max(1, Math.round(steps / times)), bound: bound * times })),
    ),
  memory: (): Memory => ({ before: [] }),
  choose(slots, step, { steps, bound, stable, doubt }) {
    const { memory } = step;
    if (step.index === 0) memory.before = [];
    const drawn = slots.map((slot) => ({ slot: slot.slot, ...step.draw(slot) }));
    const ranked = [...drawn].sort((a, b) => a.entropy - b.entropy || a.slot - b.slot);
    let open = 0;
    const accepted = ranked.filter(({ entropy }) => {
      const within = open <= bound;
      open += entropy;
      return within;
    });
    const likeliest = slots.map(({ row }) => row.ids[0] as number);
    const settled =
      memory.before.length >= stable &&
      memory.before.slice(memory.before.length - stable).every((one) => one.every((id, i) => id === likeliest[i]));
    memory.before = [...memory.before, likeliest].slice(-Math.max(1, stable));
    return {
      unmask: accepted.map(({ slot, id, p }) => ({ slot, id, p })),
      done: (settled && open / slots.length < doubt) || step.index + 1 >= steps,
    };
  },
});
