/** LLaDA2.1: masked slots by threshold, and in the same forward tokens of the block that the model has come to doubt are replaced. */
import type { Param } from '../../contract/samplers.ts';
import { byConfidence } from './draw.ts';
import { sampler, type Choice } from './rule.ts';
import { byThreshold, distinct } from './speeds.ts';

/** The threshold of the authors' speed mode. */
const FASTEST = 0.5;

const params = [
  {
    id: 'threshold',
    kind: 'number',
    label: 'Threshold',
    description: 'Masked slots above it are unmasked, at least one a step.',
    unit: 'share',
    min: 0,
    max: 1,
    step: 0.01,
    default: 0.95,
  },
  {
    id: 'editThreshold',
    kind: 'number',
    label: 'Edit threshold',
    description: 'A token is replaced by one that is more likely than this.',
    unit: 'share',
    min: 0,
    max: 1,
    step: 0.01,
    default: 0.9,
    none: 'nothing is replaced',
  },
  {
    id: 'postSteps',
    kind: 'integer',
    label: 'Post steps',
    description: 'How long a block without masks may go on being edited.',
    unit: 'steps',
    min: 0,
    max: 64,
    default: 16,
  },
] as const satisfies readonly Param[];

export const edit = sampler({
  id: 'edit',
  name: 'Threshold with edits',
  description: 'A threshold for masked slots, and tokens of the block that the model has come to doubt are replaced.',
  guarantee: 'diffusion',
  params,
  supports: ({ attention }) => attention === 'block',
  revisits: true,
  // the quickest one is what the authors publish as their speed mode: nothing is replaced
  speeds: ({ threshold, editThreshold }) =>
    distinct(
      byThreshold(threshold, 1).map(({ id, params }) => {
        const bold = id !== 'recommended' && Number(params['threshold']) < FASTEST;
        return { id, params: bold ? { threshold: FASTEST, editThreshold: null } : { ...params, editThreshold } };
      }),
    ),
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
