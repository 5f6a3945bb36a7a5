/** dInfer's hierarchy: the best slot of each run of neighbouring masks, where it is sure enough, besides all slots over the threshold. */
import { byConfidence } from './draw.ts';
import { sampler, type Slot } from './rule.ts';

export type Hierarchy = { threshold: number; low: number };

export const hierarchy = sampler<Hierarchy, unknown>({
  id: 'hierarchy',
  name: 'Hierarchy',
  description: 'Each step unmasks the best slot of every run of masks, and all slots over the threshold.',
  guarantee: 'diffusion',
  params: {
    threshold: {
      type: 'number',
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.9,
      unit: 'probability',
      title: 'Slots above it are always unmasked',
    },
    low: {
      type: 'number',
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.4,
      unit: 'probability',
      title: 'The best slot of a run of masks is unmasked above this',
    },
  },
  supports: () => true,
  choose(slots, step, params) {
    const guesses = slots
      .map((slot) => ({ slot, drawn: step.draw(slot), c: 0 }))
      .map((guess) => ({ ...guess, c: guess.drawn.p }));
    const runs: (typeof guesses)[] = [];
    let before: Slot | undefined;
    for (const guess of guesses) {
      if (before !== undefined && guess.slot.slot === before.slot + 1) runs.at(-1)?.push(guess);
      else runs.push([guess]);
      before = guess.slot;
    }
    const best = byConfidence([...guesses])[0];
    const tops = new Set(
      runs.map((run) => byConfidence([...run])[0]).filter((top) => top !== undefined && top.c > params.low),
    );
    const taken = guesses.filter((guess) => guess === best || guess.c > params.threshold || tops.has(guess));
    return { unmask: taken.map(({ slot, drawn }) => ({ slot: slot.slot, id: drawn.id, p: drawn.p })) };
  },
});
