/** dInfer's credit: a token that keeps being a slot's likeliest gathers credit, which is added to its logit; then the threshold decides. */
import type { Param } from '../../contract/samplers.ts';
import { byConfidence } from './draw.ts';
import { sampler, type Row } from './rule.ts';
import { byThreshold } from './speeds.ts';

/** By slot: credit of ids. */
type Memory = Map<number, Map<number, number>>;

/** The likeliest id and its probability once credit is added to its logits; the sums change by what the credited ids gain. */
function fused(row: Row, credit: ReadonlyMap<number, number>, alpha: number): { id: number; p: number } {
  let gained = 0;
  let best = { id: row.ids[0] as number, logit: -Infinity };
  for (let i = 0; i < row.ids.length; i++) {
    const id = row.ids[i] as number;
    const plain = row.logits[i] as number;
    const held = credit.get(id) ?? 0;
    const logit = held === 0 ? plain : plain + alpha * Math.log(held + 1);
    if (held !== 0) gained += Math.exp(logit - row.lse) - Math.exp(plain - row.lse);
    if (logit > best.logit) best = { id, logit };
  }
  return { id: best.id, p: Math.exp(best.logit - row.lse) / (1 + gained) };
}

const params = [
  {
    id: 'threshold',
    kind: 'number',
    label: 'Threshold',
    description: 'Slots from this confidence on are unmasked, credit included.',
    unit: 'share',
    min: 0,
    max: 1,
    step: 0.01,
    default: 0.9,
  },
  {
    id: 'alpha',
    kind: 'number',
    label: 'Alpha',
    description: 'How much credit counts.',
    min: 0,
    max: 10,
    step: 0.05,
    default: 0.7,
    advanced: true,
  },
  {
    id: 'beta',
    kind: 'number',
    label: 'Beta',
    description: 'How much of it is left after a step.',
    min: 0,
    max: 1,
    step: 0.05,
    default: 0.8,
    advanced: true,
  },
  {
    id: 'gamma',
    kind: 'number',
    label: 'Gamma',
    description: 'How probability becomes credit: its power.',
    min: 0,
    max: 2,
    step: 0.05,
    default: 0.2,
    advanced: true,
  },
] as const satisfies readonly Param[];

export const credit = sampler({
  id: 'credit',
  name: 'Credit',
  description: "A threshold that a token passes earlier when it has been a slot's likeliest for some steps.",
  guarantee: 'diffusion',
  params,
  supports: () => true,
  memory: (): Memory => new Map(),
  speeds: ({ threshold }) => byThreshold(threshold, 1),
  choose(slots, step, { threshold, alpha, beta, gamma }) {
    if (step.index === 0) step.memory.clear(); // every block starts with none
    const guesses = slots.map((slot) => {
      const held = step.memory.get(slot.slot) ?? new Map<number, number>();
      step.memory.set(slot.slot, held);
      for (const [id, value] of held) held.set(id, value * beta);
      const top = step.draw(slot);
      held.set(top.id, (held.get(top.id) ?? 0) + top.p ** gamma);
      const { id, p } = fused(slot.row, held, alpha);
      return { slot, id, c: p };
    });
    const taken = byConfidence(guesses).filter(({ c }, rank) => rank === 0 || c >= threshold);
    return { unmask: taken.map(({ slot, id, c }) => ({ slot: slot.slot, id, p: c })) };
  },
});
