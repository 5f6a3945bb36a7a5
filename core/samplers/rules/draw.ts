/** From a row to a token with its confidence: temperature, top-p and top-k over the candidates, or over the whole row. */
import { gumbel } from '../../sampling/noise.ts';
import type { Drawn, Row } from './rule.ts';

export interface Sampling {
  /** 0 = the likeliest token. */
  temperature: number;
  /** Nucleus: smallest set with at least this mass; 1 = off. */
  topP: number;
  /** Among so many likeliest; 0 = off. */
  topK: number;
}
export const greedy: Sampling = { temperature: 0, topP: 1, topK: 0 };

/** Whether 64 candidates may be too few: then rows must be whole to be exact. */
export const wantsWhole = ({ temperature, topP, topK }: Sampling): boolean =>
  (temperature !== 0 && temperature !== 1) || topP < 1 || topK > 64 || (temperature === 1 && topK === 0);

interface Distribution {
  /** Likeliest first. */
  ids: ArrayLike<number>;
  p: ArrayLike<number>;
  entropy: number;
}

/** All ids of a whole row, likeliest first. */
function ranked(whole: Float32Array): { ids: ArrayLike<number>; logits: ArrayLike<number> } {
  const ids = Uint32Array.from(whole, (_, id) => id).sort(
    (a, b) => (whole[b] as number) - (whole[a] as number) || a - b,
  );
  return { ids, logits: Float32Array.from(ids, (id) => whole[id] as number) };
}

/** What is left of a row after temperature, top-p and top-k, in that order, made to sum to one. */
export function filtered(row: Row, { temperature, topP, topK }: Sampling): Distribution {
  const scale = temperature === 0 ? 1 : temperature;
  const best = (row.logits[0] as number) / scale;
  const sum = (logits: ArrayLike<number>): number => {
    let total = 0;
    for (let i = 0; i < logits.length; i++) total += Math.exp((logits[i] as number) / scale - best);
    return total;
  };
  const total = scale === 1 ? Math.exp(row.lse - best) : sum(row.whole ?? row.logits);
  const cut = (
    ids: ArrayLike<number>,
    logits: ArrayLike<number>,
  ): { ids: ArrayLike<number>; p: number[]; mass: number; done: boolean } => {
    const p: number[] = [];
    let mass = 0;
    let done = false;
    for (let i = 0; i < logits.length && !done; i++) {
      const chance = Math.exp((logits[i] as number) / scale - best) / total;
      p.push(chance);
      mass += chance;
      done = (topP < 1 && mass > topP) || i + 1 === topK;
    }
    return { ids, p, mass, done };
  };
  let kept = cut(row.ids, row.logits);
  if (!kept.done && row.whole) {
    const all = ranked(row.whole);
    kept = cut(all.ids, all.logits);
  }
  let entropy = 0;
  const p = kept.p.map((chance) => chance / kept.mass);
  for (const chance of p) entropy -= chance * Math.log(chance + 1e-10);
  return { ids: kept.ids, p, entropy };
}

/**
 * @param banned ids that are never drawn @param noise seed and slot of the draw; the same give the same token
 * @throws RangeError where every candidate is banned
 */
export function draw(
  row: Row,
  sampling: Sampling,
  banned: ReadonlySet<number>,
  noise: { seed: number; slot: number },
): Drawn {
  const model = (i: number): number => Math.min(1, Math.exp((row.logits[i] as number) - row.lse));
  const { temperature, topP, topK } = sampling;
  if (temperature === 0 && topP >= 1 && topK === 0) {
    const first = allowed(row.ids, banned, 0);
    const p = model(first);
    const second = first + 1 < row.ids.length ? model(first + 1) : 0;
    return { id: row.ids[first] as number, p, confidence: p, entropy: row.entropy, margin: p - second };
  }
  const kept = filtered(row, sampling);
  let at = -1;
  let best = -Infinity;
  for (let i = 0; i < kept.p.length; i++) {
    const id = kept.ids[i] as number;
    if (banned.has(id)) continue;
    const score = temperature === 0 ? -i : Math.log(kept.p[i] as number) + gumbel(noise.seed, noise.slot, id);
    if (score > best) [best, at] = [score, i];
  }
  if (at < 0) return draw(row, greedy, banned, noise); // all that was left of it is banned
  const id = kept.ids[at] as number;
  const logit = row.whole ? (row.whole[id] as number) : (row.logits[at] as number);
  return {
    id,
    p: Math.min(1, Math.exp(logit - row.lse)),
    confidence: kept.p[at] as number,
    entropy: kept.entropy,
    margin: (kept.p[0] as number) - (kept.p[1] ?? 0),
  };
}

function allowed(ids: ArrayLike<number>, banned: ReadonlySet<number>, from: number): number {
  for (let i = from; i < ids.length; i++) if (!banned.has(ids[i] as number)) return i;
  throw new RangeError('every candidate of a row is banned');
}

/** Candidates that a row of the graph has. */
const CANDIDATES = 64;

/** The `count` ids of the largest logits, largest first, by insertion: most logits are below the smallest kept. */
function likeliest(whole: Float32Array, count: number): Uint32Array {
  const ids: number[] = [];
  for (let id = 0; id < whole.length; id++) {
    const logit = whole[id] as number;
    if (ids.length === count && logit <= (whole[ids[count - 1] as number] as number)) continue;
    let at = Math.min(ids.length, count - 1);
    for (; at > 0 && (whole[ids[at - 1] as number] as number) < logit; at--) ids[at] = ids[at - 1] as number;
    ids[at] = id;
  }
  return Uint32Array.from(ids);
}

/** A row made of whole logits. */
export function rowOf(whole: Float32Array): Row {
  const ids = likeliest(whole, CANDIDATES);
  const best = whole[ids[0] as number] as number;
  let total = 0;
  let mean = 0;
  for (const logit of whole) {
    const weight = Math.exp(logit - best);
    total += weight;
    mean += weight * (logit - best);
  }
  return {
    ids,
    logits: Float32Array.from(ids, (id) => whole[id] as number),
    lse: best + Math.log(total),
    entropy: Math.log(total) - mean / total,
    whole,
  };
}

/**
 * Classifier-free guidance: how much further than without the prompt. @param scale 0 changes nothing
 * @throws RangeError where the rows are not whole
 */
export function guided(row: Row, unprompted: Row, scale: number): Row {
  const { whole } = row;
  const { whole: bare } = unprompted;
  if (!whole || !bare) throw new RangeError('guidance needs whole rows');
  return rowOf(whole.map((logit, i) => (bare[i] as number) + (scale + 1) * (logit - (bare[i] as number))));
}

/** Slots with their draws, the most confident first; slots of equal confidence in order. */
export function byConfidence<T extends { slot: { slot: number }; c: number }>(list: T[]): T[] {
  return list.sort((a, b) => b.c - a.c || a.slot.slot - b.slot.slot);
}
