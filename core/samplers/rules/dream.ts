/** Dream's own sampler: each step of a time grid takes its share of the masked slots, by entropy, margin, confidence or chance. */
import type { Param } from '../../contract/samplers.ts';
import { byConfidence } from './draw.ts';
import { sampler, type Slot } from './rule.ts';
import { byTime, times } from './schedules.ts';
import { bySteps } from './speeds.ts';

const params = [
  {
    id: 'algorithm',
    kind: 'choice',
    label: 'Algorithm',
    description: 'What makes a slot sure: low entropy, a clear lead, high probability, or nothing (chance).',
    options: [
      { value: 'entropy', label: 'Entropy' },
      { value: 'topk_margin', label: 'Topk margin' },
      { value: 'maskgit_plus', label: 'Maskgit plus' },
      { value: 'origin', label: 'Origin' },
    ],
    default: 'entropy',
  },
  {
    id: 'steps',
    kind: 'integer',
    label: 'Steps',
    description: 'Denoising steps.',
    unit: 'steps',
    min: 1,
    max: 2048,
    default: null,
    none: 'one a slot',
  },
  {
    id: 'algTemp',
    kind: 'number',
    label: 'Temperature of the choice',
    description: 'Chance in the choice of slots; 0 takes the surest.',
    min: 0,
    max: 10,
    step: 0.05,
    default: 0,
    advanced: true,
  },
  {
    id: 'eps',
    kind: 'number',
    label: 'End of the time grid',
    description: 'Where the time grid ends.',
    min: 1e-6,
    max: 0.5,
    step: 0.0001,
    default: 1e-3,
    advanced: true,
  },
] as const satisfies readonly Param[];

export const dream = sampler({
  id: 'dream',
  name: 'Dream',
  description: 'Each step of a time grid unmasks its share of the slots, by entropy, lead or probability.',
  guarantee: 'diffusion',
  params,
  supports: ({ attention }) => attention !== 'causal',
  speeds: ({ steps }, blockLength) => bySteps('steps', steps, blockLength),
  choose(slots, step, { algorithm, steps, algTemp, eps }) {
    const grid = times(steps ?? step.length, eps);
    const last = step.index >= grid.length - 2;
    const drawn = new Map(slots.map((slot) => [slot, step.draw(slot)]));
    const pick = (slot: Slot) => ({
      slot: slot.slot,
      id: drawn.get(slot)?.id as number,
      p: drawn.get(slot)?.p as number,
    });
    if (algorithm === 'origin') {
      const share = last ? 1 : 1 - (grid[step.index + 1] as number) / (grid[step.index] as number);
      return { unmask: slots.filter(({ slot }) => last || step.random(slot) < share).map(pick) };
    }
    const sureness = (slot: Slot): number => {
      const one = drawn.get(slot) as NonNullable<ReturnType<typeof drawn.get>>;
      return algorithm === 'entropy' ? -one.entropy : algorithm === 'topk_margin' ? one.margin : one.confidence;
    };
    // by the Gumbel trick the best of noisy scores are a draw without replacement from softmax(c / algTemp)
    const noisy = (slot: Slot): number =>
      algTemp === 0 ? sureness(slot) : sureness(slot) / algTemp - Math.log(-Math.log(step.random(slot.slot)));
    const order = byConfidence(slots.map((slot) => ({ slot, c: noisy(slot) })));
    return { unmask: order.slice(0, byTime(slots.length, grid, step.index)).map(({ slot }) => pick(slot)) };
  },
});
