/** dInfer's hierarchy: the best slot of each run of neighbouring masks, where it is sure enough, besides all slots over the threshold. */
import type { Param } from '../../contract/samplers.ts';
import { byConfidence } from './draw.ts';
import { sampler, type Slot } from './rule.ts';
import { byThreshold } from './speeds.ts';

const params = [
  {
    id: 'threshold',
    kind: 'number',
    label: 'Threshold',
    description: 'Slots above it are always unmasked.',
    unit: 'share',
    min: 0,
    max: 1,
    step: 0.01,
    default: 0.9,
  },
  {
    id: 'low',
    kind: 'number',
    label: 'Low',
    description: 'The best slot of a run of masks is unmasked above this.',
    unit: 'share',
    min: 0,
    max: 1,
    step: 0.01,
    default: 0.4,
  },
] as const satisfies readonly Param[];

export const hierarchy = sampler({
  id: 'hierarchy',
  name: 'Hierarchy',
  description: 'Each step unmasks the best slot of every run of masks, and all slots over the threshold.',
  guarantee: 'diffusion',
  params,
  supports: () => true,
  speeds: ({ threshold, low }) =>
    byThreshold(threshold, 1).map(({ id, params }) => ({
      id,
      params: { ...params, low: id === 'one-slot' ? 1 : id === 'careful' ? Math.min(1, low * 1.5) : low },
    })),
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
