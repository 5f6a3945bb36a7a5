/**
 * KLASS: slots that are sure, and whose whole distribution has stopped moving for some steps, are unmasked together; where there
 * are none, the most confident ones. It needs whole rows, of the masked slots behind the block too: their history goes on.
 */
import type { Param } from '../../contract/samplers.ts';
import { byConfidence } from './draw.ts';
import { sampler, type Row } from './rule.ts';
import { evenly } from './schedules.ts';
import { byThreshold } from './speeds.ts';

interface Held {
  p: Float64Array;
  /** Divergences of the newest steps, newest last. */
  moved: number[];
}
type Memory = Map<number, Held>;

const EPSILON = 1e-12;

function distribution(row: Row): Float64Array {
  const { whole, lse } = row;
  if (!whole) throw new RangeError('KLASS needs whole rows');
  return Float64Array.from(whole, (logit) => Math.exp(logit - lse));
}

/** Nats by which p has moved from what it was; from nothing, at first. */
function divergence(p: Float64Array, before: Float64Array | undefined): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++)
    sum += (p[i] as number) * (Math.log((p[i] as number) + EPSILON) - Math.log((before?.[i] ?? 0) + EPSILON));
  return sum;
}

const params = [
  {
    id: 'threshold',
    kind: 'number',
    label: 'Threshold',
    description: 'A slot must be surer than this.',
    unit: 'share',
    min: 0,
    max: 1,
    step: 0.01,
    default: 0.9,
  },
  {
    id: 'divergence',
    kind: 'number',
    label: 'Divergence',
    description: 'Its distribution may move less than this in a step.',
    unit: 'nats',
    min: 0,
    max: 10,
    step: 0.001,
    default: 0.01,
  },
  {
    id: 'history',
    kind: 'integer',
    label: 'History',
    description: 'In how many steps in a row.',
    unit: 'steps',
    min: 1,
    max: 16,
    default: 2,
  },
  {
    id: 'stepsPerBlock',
    kind: 'integer',
    label: 'Steps per block',
    description: 'Steps over which slots are spread where none is settled.',
    unit: 'steps',
    min: 1,
    max: 1024,
    default: null,
    none: 'one a slot',
  },
] as const satisfies readonly Param[];

export const klass = sampler({
  id: 'klass',
  name: 'KLASS',
  description: 'Unmasks slots that are sure and whose distribution has stopped moving.',
  guarantee: 'diffusion',
  params,
  supports: ({ attention, wholeRows }) => attention === 'full' && wholeRows,
  wholeRows: () => true,
  ahead: true,
  memory: (): Memory => new Map(),
  speeds: ({ threshold }) => byThreshold(threshold, 1),
  choose(slots, step, { threshold, divergence: most, history, stepsPerBlock }) {
    for (const { slot, row } of [...slots, ...step.ahead]) {
      const held = step.memory.get(slot);
      const p = distribution(row);
      step.memory.set(slot, { p, moved: [...(held?.moved ?? []), divergence(p, held?.p)].slice(-history) });
    }
    const guesses = slots
      .map((slot) => ({ slot, drawn: step.draw(slot), c: 0 }))
      .map((guess) => ({ ...guess, c: guess.drawn.p }));
    const settled = guesses.filter(({ slot, c }) => {
      const moved = step.memory.get(slot.slot)?.moved ?? [];
      return (
        step.index >= history - 1 && c > threshold && moved.length === history && moved.every((nats) => nats < most)
      );
    });
    const n = Math.min(guesses.length, Math.max(1, evenly(step.masks, stepsPerBlock ?? step.masks, step.index)));
    const taken = settled.length > 0 ? settled : byConfidence(guesses).slice(0, n);
    return { unmask: taken.map(({ slot, drawn }) => ({ slot: slot.slot, id: drawn.id, p: drawn.p })) };
  },
});
