/**
 * How long a canvas is, where nobody knows how long the reply will be: a model that sees the whole canvas says of slots it has
 * not written yet whether the reply is over by then. Pure: rows in, numbers out.
 */
import { probability } from '../../sampling/choose.ts';
import type { Row } from './rule.ts';

export interface Extent {
  /** Slots of a canvas at first. It is doubled until an end is seen in it, or the reply's budget is reached. */
  start: number;
  /** Ids that end a reply, or fill what is behind its end. */
  ends: ReadonlySet<number>;
}

/** From this probability on a slot counts as behind the end. */
const SURE = 0.5;
/** The last slots of a canvas that say whether the reply is over in it. */
export const TAIL = 8;

export function endChance({ ids, logits, lse }: Row, ends: ReadonlySet<number>): number {
  let sum = 0;
  for (let i = 0; i < ids.length; i++)
    if (ends.has(ids[i] as number)) sum += probability({ ids, logits, lse, entropy: 0 }, logits[i] as number);
  return Math.min(1, sum);
}

/** Whether an end is seen in a canvas. @param tail its last slots, at most `TAIL` of which count */
export function seesEnd(tail: readonly Row[], ends: ReadonlySet<number>): boolean {
  const last = tail.slice(-TAIL);
  return last.length > 0 && last.reduce((sum, row) => sum + endChance(row, ends), 0) / last.length >= SURE;
}

/** The first of the slots that are all behind the end, up to the canvas's last one; null where that one is not. */
export function endsFrom(slots: readonly { slot: number; row: Row }[], ends: ReadonlySet<number>): number | null {
  let first: number | null = null;
  for (const { slot, row } of slots.toReversed()) {
    if (endChance(row, ends) < SURE) break;
    first = slot;
  }
  return first;
}

/**
 * Where a canvas ends after a forward over it: a block further where no end is seen, after the block of the first end where one
 * is. @param slots masked ones up to the canvas's end, in order @param block its first and last position, exclusive
 */
export function resized(
  slots: readonly { slot: number; row: Row }[],
  { until, most, block: [from, to] }: { until: number; most: number; block: readonly [number, number] },
  ends: ReadonlySet<number>,
): number {
  if (slots.length === 0) return until;
  const rows = slots.map(({ row }) => row);
  if (!seesEnd(rows, ends)) return Math.min(most, until + to - from);
  const end = endsFrom(slots, ends);
  if (end === null) return until;
  const blocks = Math.floor((Math.max(end, to - 1) - from) / (to - from)) + 1;
  return Math.min(until, from + blocks * (to - from));
}
