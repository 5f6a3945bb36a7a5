/** Slots between fixed tokens: what may stand in them, and how much of what is fixed behind a block is seen with it. */
import { draw, type Sampling } from './draw.ts';
import type { Drawn, Row } from './rule.ts';

/** What may stand in a slot between fixed tokens. */
export interface SlotRule {
  /** In place of the reply's own. */
  banned: ReadonlySet<number>;
  /** Taken where all of the best candidates are banned; else the reply's own list holds. */
  otherwise?: number;
}

/** Fixed tokens behind a block that its forwards run too, so that the block is filled with them in sight. */
const SEEN_BEHIND = 32;

/** The end of the fixed tokens that follow position `to`, as far as they are run with a block. */
export function fixedBehind(fixed: ReadonlyMap<number, number> | undefined, to: number): number {
  let behind = to;
  while (behind < to + SEEN_BEHIND && (fixed?.has(behind) ?? false)) behind++;
  return behind;
}

/** A draw by a slot's own rule, where it has one. @param banned of the reply */
export function drawBy(
  rule: SlotRule | undefined,
  banned: ReadonlySet<number>,
  row: Row,
  sampling: Sampling,
  noise: { seed: number; slot: number },
): Drawn {
  if (!rule) return draw(row, sampling, banned, noise);
  try {
    return draw(row, sampling, rule.banned, noise);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    if (rule.otherwise === undefined) return draw(row, sampling, banned, noise);
    return { id: rule.otherwise, p: 0, confidence: 0, entropy: row.entropy, margin: 0 };
  }
}
