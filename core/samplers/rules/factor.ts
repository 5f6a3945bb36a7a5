/** Fast-dLLM's factor rule: the more slots are unmasked together, the surer each of them must be. */
import type { Param } from '../../contract/samplers.ts';
import { byConfidence } from './draw.ts';
import { sampler } from './rule.ts';
import { byScale } from './speeds.ts';

const params = [
  {
    id: 'factor',
    kind: 'number',
    label: 'Factor',
    description: 'The n-th slot of a step must be surer than 1 − factor / (n + 1).',
    min: 0.05,
    max: 10,
    step: 0.05,
    default: 1,
  },
] as const satisfies readonly Param[];

export const factor = sampler({
  id: 'factor',
  name: 'Factor',
  description: 'Each step unmasks the surest slots together; the more of them, the surer each must be.',
  guarantee: 'diffusion',
  params,
  supports: () => true,
  speeds: ({ factor }) => byScale({ factor }, { factor: 0.05 }, { careful: 0.5, bolder: [2, 4] }),
  choose(slots, step, params) {
    const guesses = byConfidence(
      slots.map((slot) => ({ slot, drawn: step.draw(slot), c: 0 })).map((guess) => ({ ...guess, c: guess.drawn.p })),
    );
    const passes = (rank: number): boolean =>
      rank === 0 || (guesses[rank]?.c as number) >= 1 - params.factor / (rank + 2);
    const last = guesses.length - 1;
    let stop = 0;
    while (stop < last && passes(stop)) stop++;
    // as the authors' code counts: the slot at which the scan stops is taken too where it is the first or the last one
    const count = stop === 0 || stop === last ? stop + 1 : stop;
    return {
      unmask: guesses.slice(0, count).map(({ slot, drawn }) => ({ slot: slot.slot, id: drawn.id, p: drawn.p })),
    };
  },
});
