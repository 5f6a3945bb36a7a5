/** Entropy bound: the surest slots together, as long as what they leave open between them stays under a bound. */
import type { Param } from '../../contract/samplers.ts';
import { sampler } from './rule.ts';
import { byScale } from './speeds.ts';

const params = [
  {
    id: 'bound',
    kind: 'number',
    label: 'Bound',
    description: 'Entropy of the slots unmasked together, the last one not counted.',
    unit: 'nats',
    min: 0,
    max: 10,
    step: 0.01,
    default: 0.15,
  },
] as const satisfies readonly Param[];

export const entropyBound = sampler({
  id: 'entropy-bound',
  name: 'Entropy bound',
  description: 'Each step unmasks the surest slots while what they leave open stays under a bound.',
  guarantee: 'diffusion',
  params,
  supports: () => true,
  speeds: ({ bound }) => byScale({ bound }, { bound: 0 }, { careful: 0.33, bolder: [2.5, 6] }),
  choose(slots, step, { bound }) {
    const guesses = slots
      .map((slot) => ({ slot, drawn: step.draw(slot) }))
      .sort((a, b) => a.drawn.entropy - b.drawn.entropy || a.slot.slot - b.slot.slot);
    let before = 0;
    const taken = guesses.filter(({ drawn }, rank) => {
      const within = rank === 0 || before <= bound;
      before += drawn.entropy;
      return within;
    });
    return { unmask: taken.map(({ slot, drawn }) => ({ slot: slot.slot, id: drawn.id, p: drawn.p })) };
  },
});
