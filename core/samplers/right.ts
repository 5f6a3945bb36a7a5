/**
 * What the right context changes: masked canvas rows that see the fixed tokens behind the hole, against the same rows
 * without them. The log of the ratio tells which words the right context calls for; it steers the search for a span, and
 * the causal head then weighs what was found. Row i of a canvas predicts the token of slot i + 1.
 */
import type { Row } from '../sampling/choose.ts';
import { logOf } from './infill.ts';

/** Runs canvases after the last known token; null = mask. Gives the rows of slots 0 … masks − 2 of each. */
export type RunCanvases = (canvases: readonly (readonly (number | null)[])[]) => Promise<Row[][]>;

/** Fixed tokens put on the canvas: the canvas was trained on blocks of up to 8. */
const SEEN = 8;
/** Lengths tried where the hole leaves the choice. */
const LENGTHS = 3;
const [LEAST, MOST] = [-2, 4];

/** @returns what a token at a place of the span gains in nats: 0 where nothing is known */
export async function lookRight(
  run: RunCanvases,
  hole: { min: number; max: number; suffix: readonly number[] },
): Promise<(at: number, id: number) => number> {
  const fixed = hole.suffix.slice(0, SEEN);
  const lengths = [
    ...new Set(
      Array.from({ length: LENGTHS }, (_, i) => Math.round(hole.min + ((hole.max - hole.min) * i) / (LENGTHS - 1))),
    ),
  ].filter((length) => length > 1);
  if (fixed.length === 0 || lengths.length === 0) return () => 0;
  const masks = (length: number): null[] => Array.from({ length }, () => null);
  const rows = await run(lengths.flatMap((length) => [[...masks(length), ...fixed], masks(length)]));
  return (at, id) => {
    let best: number | null = null;
    lengths.forEach((length, i) => {
      const [withFixed, without] = [rows[2 * i]?.[at - 1], rows[2 * i + 1]?.[at - 1]];
      if (at < 1 || at >= length || !withFixed || !without) return;
      best = Math.max(best ?? LEAST, logOf(withFixed, id) - logOf(without, id));
    });
    return best === null ? 0 : Math.min(MOST, Math.max(LEAST, best));
  };
}
