/** Confidence threshold (Fast-dLLM): the most confident slot, and every other one that reaches the threshold. */
import { byConfidence } from './draw.ts';
import { sampler } from './rule.ts';

export type Threshold = { threshold: number | null; strict: boolean };

export const threshold = sampler<Threshold, unknown>({
  id: 'threshold',
  name: 'Confidence threshold',
  description: 'Each step unmasks every slot whose confidence reaches the threshold, at least the surest one.',
  guarantee: 'diffusion',
  params: {
    threshold: {
      type: 'number',
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.9,
      unit: 'probability',
      title: 'Slots from this confidence on are unmasked together',
      none: 'one slot a step',
    },
    strict: { type: 'switch', default: false, title: 'A slot must be above the threshold, not at it', advanced: true },
  },
  supports: () => true,
  choose(slots, step, { threshold: least, strict }) {
    const guesses = byConfidence(
      slots.map((slot) => ({ slot, drawn: step.draw(slot), c: 0 })).map((guess) => ({ ...guess, c: guess.drawn.p })),
    );
    const taken = guesses.filter(({ c }, rank) => rank === 0 || (least !== null && (strict ? c > least : c >= least)));
    return { unmask: taken.map(({ slot, drawn }) => ({ slot: slot.slot, id: drawn.id, p: drawn.p })) };
  },
});
