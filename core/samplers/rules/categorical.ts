/** A draw from a whole row at a temperature, in two passes over the vocabulary: nothing is sorted. */
import type { Drawn, Row } from './rule.ts';

export type Categorical = Drawn;

/**
 * @param banned ids that are never drawn; they count in the sums all the same @param at uniform in (0, 1)
 * @throws RangeError where the row is not whole, or everything is banned
 */
export function drawAt(row: Row, temperature: number, banned: ReadonlySet<number>, at: number): Categorical {
  const { whole } = row;
  if (!whole) throw new RangeError('a draw at a temperature needs a whole row');
  const best = row.logits[0] as number;
  let total = 0;
  let mean = 0;
  let allowed = 0;
  for (let id = 0; id < whole.length; id++) {
    const below = ((whole[id] as number) - best) / temperature;
    const weight = Math.exp(below);
    total += weight;
    mean += weight * below;
    if (!banned.has(id)) allowed += weight;
  }
  const weightOf = (id: number): number => Math.exp(((whole[id] as number) - best) / temperature);
  let left = at * allowed;
  let drawn = -1;
  for (let id = 0; id < whole.length; id++) {
    if (banned.has(id)) continue;
    drawn = id;
    left -= weightOf(id);
    if (left <= 0) break;
  }
  if (drawn < 0) throw new RangeError('every id of a row is banned');
  return describeAt(row, drawn, weightOf(drawn) / total, Math.log(total) - mean / total, temperature, total);
}

function describeAt(
  row: Row,
  id: number,
  confidence: number,
  entropy: number,
  temperature: number,
  total: number,
): Categorical {
  const [first, second] = [row.logits[0] as number, row.logits[1] ?? -Infinity];
  return {
    id,
    p: Math.min(1, Math.exp(((row.whole as Float32Array)[id] as number) - row.lse)),
    confidence,
    entropy: Math.max(0, entropy),
    margin: (1 - Math.exp((second - first) / temperature)) / total,
  };
}
