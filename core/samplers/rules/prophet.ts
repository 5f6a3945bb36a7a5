/**
 * Prophet: a reply is often decided long before its last step. Once the likeliest token leads the second by a wide margin on
 * all masked slots taken together, they are all filled at once. The authors look at the slots of a known answer; a chat has
 * none, so all slots that the forward ran count.
 */
import type { Param } from '../../contract/samplers.ts';
import { byConfidence } from './draw.ts';
import { sampler, type Choice, type Slot } from './rule.ts';
import { evenly } from './schedules.ts';
import { byScale } from './speeds.ts';

const params = [
  {
    id: 'stepsPerBlock',
    kind: 'integer',
    label: 'Steps per block',
    description: 'Denoising steps of a block, where nothing ends it before.',
    unit: 'steps',
    min: 1,
    max: 1024,
    default: null,
    none: 'one a slot',
  },
  {
    id: 'early',
    kind: 'number',
    label: 'Early gap',
    description: 'Mean lead of the likeliest token, in logits, that fills the rest in the first third.',
    min: 0,
    max: 100,
    step: 0.5,
    default: 7.5,
    advanced: true,
  },
  {
    id: 'middle',
    kind: 'number',
    label: 'Middle gap',
    description: 'The lead that fills the rest in the second third.',
    min: 0,
    max: 100,
    step: 0.5,
    default: 5,
    advanced: true,
  },
  {
    id: 'late',
    kind: 'number',
    label: 'Late gap',
    description: 'The lead that fills the rest in the last third.',
    min: 0,
    max: 100,
    step: 0.5,
    default: 2.5,
    advanced: true,
  },
] as const satisfies readonly Param[];

export const prophet = sampler({
  id: 'prophet',
  name: 'Prophet',
  description: 'Unmasks the surest slots step by step, and all that are left once the model is sure of them together.',
  guarantee: 'diffusion',
  params,
  supports: ({ attention }) => attention === 'full',
  ahead: true,
  speeds: ({ early, middle, late }) =>
    byScale({ early, middle, late }, { early: 100, middle: 100, late: 100 }, { careful: 1.5, bolder: [0.66, 0.4] }),
  choose(slots, step, { stepsPerBlock, early, middle, late }) {
    const open = [...slots, ...step.ahead];
    const lead = open.reduce((sum, { row: { logits } }) => sum + ((logits[0] as number) - (logits[1] as number)), 0);
    const enough = step.filled < 0.33 ? early : step.filled < 0.67 ? middle : late;
    const pick = (slot: Slot): Choice => {
      const { id, p } = step.draw(slot);
      return { slot: slot.slot, id, p };
    };
    if (open.length > 0 && lead / open.length >= enough) return { unmask: open.map(pick), done: true };
    const n = Math.max(0, Math.min(slots.length, evenly(step.masks, stepsPerBlock ?? step.length, step.index)));
    const surest = byConfidence(slots.map((slot) => ({ slot, c: step.draw(slot).p }))).slice(0, n);
    return { unmask: surest.map(({ slot }) => pick(slot)) };
  },
});
