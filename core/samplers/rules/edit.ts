/** LLaDA2.1: masked slots by threshold, and in the same forward tokens of the block that the model has come to doubt are replaced. */
import { byConfidence } from './draw.ts';
import { sampler, type Choice } from './rule.ts';

export type Edit = { threshold: number; editThreshold: number | null; postSteps: number };

export const edit = sampler<Edit, unknown>({
  id: 'edit',
  name: 'Threshold with edits',
  description: 'A threshold for masked slots, and tokens of the block that the model has come to doubt are replaced.',
  guarantee: 'diffusion',
  params: {
    threshold: {
      type: 'number',
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.95,
      unit: 'probability',
      title: 'Masked slots above it are unmasked, at least one a step',
    },
    editThreshold: {
      type: 'number',
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.9,
      unit: 'probability',
      title: 'A token is replaced by one that is more likely than this',
      none: 'nothing is replaced',
    },
    postSteps: {
      type: 'integer',
      min: 0,
      max: 64,
      default: 16,
      unit: 'forwards a block',
      title: 'How long a block without masks may go on being edited',
    },
  },
  supports: ({ attention }) => attention === 'block',
  revisits: true,
  choose(slots, step, { threshold, editThreshold, postSteps }) {
    const masked = slots.filter(({ current }) => current === null);
    const guesses = masked
      .map((slot) => ({ slot, drawn: step.draw(slot), c: 0 }))
      .map((guess) => ({ ...guess, c: guess.drawn.p }));
    const over = guesses.filter(({ c }) => c > threshold);
    const taken = over.length > 0 ? over : byConfidence(guesses).slice(0, 1);
    const changes = slots.flatMap((slot): Choice[] => {
      if (slot.current === null || editThreshold === null) return [];
      const { id, p } = step.draw(slot);
      return id !== slot.current && p > editThreshold ? [{ slot: slot.slot, id, p }] : [];
    });
    const settled = masked.length === 0;
    return {
      unmask: taken.map(({ slot, drawn }) => ({ slot: slot.slot, id: drawn.id, p: drawn.p })),
      edit: changes,
      done: (settled && changes.length === 0) || (taken.length === masked.length && step.settled >= postSteps),
    };
  },
});
