/**
 * WINO: a draft that is wide and may be taken back. Each forward runs a second set of masks at the block's positions, which
 * see all of the canvas but the token at their own place: a token that the model would not write there again is masked again.
 */
import type { Param } from '../../contract/samplers.ts';
import { probabilityOf } from '../../sampling/choose.ts';
import { byConfidence } from './draw.ts';
import { sampler } from './rule.ts';
import { byThreshold } from './speeds.ts';

/** Of a block's masks at most this share is unmasked at once, but at least `LEAST` and at most `MOST`. */
const SHARE = 0.7;
const LEAST = 5;
const MOST = 20;
/** As if so many had been unmasked before a block's first step. */
const BEFORE = 30;

interface Memory {
  /** Slots that the last step unmasked. */
  accepted: number;
}

const params = [
  {
    id: 'threshold',
    kind: 'number',
    label: 'Threshold',
    description: 'Slots above this confidence are unmasked together.',
    unit: 'share',
    min: 0,
    max: 1,
    step: 0.01,
    default: 0.6,
  },
  {
    id: 'keep',
    kind: 'number',
    label: 'Keep',
    description: 'A token that is less probable than this, without being seen, is masked again.',
    unit: 'share',
    min: 0,
    max: 1,
    step: 0.01,
    default: 0.9,
  },
] as const satisfies readonly Param[];

export const wino = sampler({
  id: 'wino',
  name: 'WINO',
  description: 'Unmasks many slots at once, and masks again those that the rest of the canvas does not bear out.',
  guarantee: 'diffusion',
  params,
  supports: ({ attention, shift }) => attention === 'full' && shift === 0,
  revisits: true,
  shadows: true,
  memory: (): Memory => ({ accepted: BEFORE }),
  speeds: ({ threshold }) => byThreshold(threshold, 1),
  choose(slots, step, { threshold, keep }) {
    const { memory } = step;
    if (step.index === 0) memory.accepted = BEFORE;
    const masked = slots.filter(({ current }) => current === null);
    if (masked.length === 0) return { unmask: [], done: true };
    const guesses = byConfidence(
      masked.map((slot) => ({ slot, drawn: step.draw(slot), c: 0 })).map((guess) => ({ ...guess, c: guess.drawn.p })),
    );
    const most = Math.min(Math.max(Math.floor(masked.length * SHARE), LEAST), MOST);
    const over = guesses.filter(({ c }) => c > threshold).slice(0, most);
    const taken = over.length > 0 ? over : guesses.slice(0, 1);
    // seen with the canvas as this forward saw it: what is unmasked now is judged by the next
    const doubted =
      taken.length > 1
        ? slots
            .flatMap(({ slot, current, shadow }) =>
              current !== null && shadow ? [{ slot, p: probabilityOf(shadow, current) }] : [],
            )
            .filter(({ p }) => p < keep)
            .sort((a, b) => a.p - b.p || a.slot - b.slot)
        : [];
    const remask = doubted.length >= memory.accepted ? doubted.slice(0, memory.accepted - 1) : doubted;
    memory.accepted = taken.length;
    return {
      unmask: taken.map(({ slot, drawn }) => ({ slot: slot.slot, id: drawn.id, p: drawn.p })),
      remask: remask.map(({ slot }) => slot),
      done: taken.length === masked.length && remask.length === 0,
    };
  },
});
