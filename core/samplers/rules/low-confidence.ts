/**
 * Low-confidence remasking: each step keeps its share of the most confident slots (LLaDA), or every slot over a threshold where
 * there are more of those (SDAR's dynamic, LLaDA2); or simply the next ones in order, or any.
 */
import type { Param, ParamsOf } from '../../contract/samplers.ts';
import { byConfidence } from './draw.ts';
import { sampler, type Choice, type Slot, type Step } from './rule.ts';
import { evenly, linearly } from './schedules.ts';
import { bySteps, byThreshold } from './speeds.ts';

const params = [
  {
    id: 'schedule',
    kind: 'choice',
    label: 'Schedule',
    description:
      'How many slots a step unmasks: evenly over the masked ones, over the whole block, or by linear noise.',
    options: [
      { value: 'even', label: 'Even' },
      { value: 'block', label: 'Block' },
      { value: 'linear', label: 'Linear' },
    ],
    default: 'even',
    advanced: true,
  },
  {
    id: 'stepsPerBlock',
    kind: 'integer',
    label: 'Steps per block',
    description: 'Denoising steps of a block.',
    unit: 'steps',
    min: 1,
    max: 1024,
    default: null,
    none: 'one a slot',
  },
  {
    id: 'order',
    kind: 'choice',
    label: 'Order',
    description: 'Which slots come first.',
    options: [
      { value: 'confidence', label: 'Confidence' },
      { value: 'sequential', label: 'Sequential' },
      { value: 'random', label: 'Random' },
    ],
    default: 'confidence',
  },
  {
    id: 'threshold',
    kind: 'number',
    label: 'Threshold',
    description: 'All slots above it, where they are more than the step asks for.',
    unit: 'share',
    min: 0.01,
    max: 1,
    step: 0.01,
    default: null,
    none: 'as many as the step asks for',
  },
] as const satisfies readonly Param[];

type LowConfidence = ParamsOf<typeof params>;

function share(step: Step, { schedule, stepsPerBlock }: LowConfidence): number {
  const steps = stepsPerBlock ?? step.length;
  if (schedule === 'even') return evenly(step.masks, steps, step.index);
  if (schedule === 'block') return evenly(step.length, steps, step.index);
  return linearly(step.masks, steps)[step.index] ?? 1;
}

export const lowConfidence = sampler({
  id: 'low-confidence',
  name: 'Low confidence',
  description: 'Each step unmasks the slots that the model is surest of, as many as its schedule asks for.',
  guarantee: 'diffusion',
  params,
  supports: ({ attention }) => attention !== 'causal',
  speeds: ({ order, threshold, stepsPerBlock }, blockLength) =>
    // in order, no threshold counts; with fewer steps than slots, steps are what is traded
    order === 'sequential' || (threshold === null && stepsPerBlock !== null && stepsPerBlock < blockLength)
      ? bySteps('stepsPerBlock', stepsPerBlock, blockLength)
      : byThreshold(threshold),
  choose(slots, step, params) {
    const n = Math.max(0, Math.min(slots.length, share(step, params)));
    const guesses = slots.map((slot) => ({ slot, drawn: step.draw(slot), c: 0 }));
    for (const guess of guesses) guess.c = params.order === 'random' ? step.random(guess.slot.slot) : guess.drawn.p;
    const pick = ({ slot, drawn }: { slot: Slot; drawn: { id: number; p: number } }): Choice => ({
      slot: slot.slot,
      id: drawn.id,
      p: drawn.p,
    });
    if (params.order === 'sequential') return { unmask: guesses.slice(0, n).map(pick) };
    const { threshold } = params;
    const over = threshold === null ? [] : guesses.filter(({ drawn }) => drawn.p > threshold);
    return { unmask: (threshold !== null && over.length >= n ? over : byConfidence(guesses).slice(0, n)).map(pick) };
  },
});
