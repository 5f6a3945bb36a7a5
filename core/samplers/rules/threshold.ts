/** Confidence threshold (Fast-dLLM): the most confident slot, and every other one that reaches the threshold. */
import type { Param } from '../../contract/samplers.ts';
import { byConfidence } from './draw.ts';
import { sampler } from './rule.ts';
import { byThreshold } from './speeds.ts';

const params = [
  {
    id: 'threshold',
    kind: 'number',
    label: 'Threshold',
    description: 'Slots from this confidence on are unmasked together.',
    unit: 'share',
    min: 0.01,
    max: 1,
    step: 0.01,
    default: 0.9,
    none: 'one slot a step',
  },
  {
    id: 'strict',
    kind: 'switch',
    label: 'Strict',
    description: 'A slot must be above the threshold, not at it.',
    default: false,
    advanced: true,
  },
] as const satisfies readonly Param[];

export const threshold = sampler({
  id: 'threshold',
  name: 'Confidence threshold',
  description: 'Each step unmasks every slot whose confidence reaches the threshold, at least the surest one.',
  guarantee: 'diffusion',
  params,
  supports: () => true,
  speeds: ({ threshold }) => byThreshold(threshold),
  choose(slots, step, { threshold: least, strict }) {
    const guesses = byConfidence(
      slots.map((slot) => ({ slot, drawn: step.draw(slot), c: 0 })).map((guess) => ({ ...guess, c: guess.drawn.p })),
    );
    const taken = guesses.filter(({ c }, rank) => rank === 0 || (least !== null && (strict ? c > least : c >= least)));
    return { unmask: taken.map(({ slot, drawn }) => ({ slot: slot.slot, id: drawn.id, p: drawn.p })) };
  },
});
