/** From one row's candidates to a token: penalties, temperature, top-k, top-p, seeded noise. The same function in every sampler. */
import type { Alternative } from '../contract/generation.ts';
import type { Sampling as SamplingSettings } from '../contract/settings.ts';
import { gumbel } from './noise.ts';

/** One wanted row of a forward. Logits are the model's own; `lse` covers the whole vocabulary. Candidates come best first. */
export interface Row {
  ids: ArrayLike<number>;
  logits: ArrayLike<number>;
  lse: number;
  entropy: number;
}

export interface Choice {
  id: number;
  /** The token's probability under the model at temperature 1, no penalties. */
  p: number;
}

export type Sampling = Pick<SamplingSettings, 'temperature' | 'topP' | 'topK' | 'repetitionPenalty'>;

/** How far back the repetition penalty looks, in tokens. */
export const PENALTY_WINDOW = 256;

export interface ChooseOptions {
  sampling: Sampling;
  seed: number;
  /** Index of the token within the reply: the noise depends on it. */
  slot: number;
  /** The tokens before the slot, newest last; only the last 256 count. */
  history: readonly number[];
  /** Ids that are never chosen: the mask token and unused specials. */
  suppressed: ReadonlySet<number>;
}

export function choose(row: Row, { sampling, seed, slot, history, suppressed }: ChooseOptions): Choice {
  const seen = sampling.repetitionPenalty > 1 ? new Set(history.slice(-PENALTY_WINDOW)) : undefined;
  if (sampling.temperature === 0) return likeliest(row, sampling.repetitionPenalty, seen, suppressed);
  const scored = score(row, sampling.repetitionPenalty, seen, suppressed);
  let chosen = scored[0];
  let top = -Infinity;
  for (const candidate of nucleus(scored.slice(0, sampling.topK), sampling)) {
    const value = candidate.score / sampling.temperature + gumbel(seed, slot, candidate.id);
    if (value > top) {
      top = value;
      chosen = candidate;
    }
  }
  if (!chosen) throw noCandidate();
  return { id: chosen.id, p: probability(row, chosen.logit) };
}

export const probability = (row: Row, logit: number): number => Math.min(1, Math.exp(logit - row.lse));

/** A token's probability under the row; 0 where it is not among the candidates. */
export function probabilityOf(row: Row, id: number): number {
  for (let i = 0; i < row.ids.length; i++) if (row.ids[i] === id) return probability(row, row.logits[i] as number);
  return 0;
}

/** How probable a token is beside the row's best one that may be chosen, 0 … 1; 0 where it is not among the candidates. */
export function plausibility(row: Row, id: number, suppressed: ReadonlySet<number>): number {
  let best = 0;
  for (let i = 0; i < row.ids.length; i++)
    if (!suppressed.has(row.ids[i] as number)) best = Math.max(best, probability(row, row.logits[i] as number));
  return best === 0 ? 0 : Math.min(1, probabilityOf(row, id) / best);
}

/** The row's best tokens other than the chosen one, for the inspector. `text` gives a token's piece. */
export function alternatives(row: Row, chosen: number, count: number, text: (id: number) => string): Alternative[] {
  const out: Alternative[] = [];
  for (let i = 0; i < row.ids.length && out.length < count; i++) {
    const id = row.ids[i] as number;
    if (id !== chosen) out.push([id, text(id), probability(row, row.logits[i] as number)]);
  }
  return out;
}

interface Scored {
  id: number;
  logit: number;
  /** The logit after the penalty. */
  score: number;
}

const noCandidate = (): RangeError => new RangeError('a row has no candidate that may be chosen');

/** A candidate's logit after the penalty; −∞ where it may not be chosen. */
function scoreAt(
  row: Row,
  i: number,
  penalty: number,
  seen: ReadonlySet<number> | undefined,
  suppressed: ReadonlySet<number>,
): number {
  const id = row.ids[i] as number;
  const logit = row.logits[i] as number;
  if (suppressed.has(id) || !Number.isFinite(logit)) return -Infinity;
  if (!seen?.has(id)) return logit;
  return logit > 0 ? logit / penalty : logit * penalty;
}

/** The first of `score`'s candidates, without the others: what temperature 0 chooses. */
function likeliest(
  row: Row,
  penalty: number,
  seen: ReadonlySet<number> | undefined,
  suppressed: ReadonlySet<number>,
): Choice {
  let at = -1;
  let best = -Infinity;
  for (let i = 0; i < row.ids.length; i++) {
    const value = scoreAt(row, i, penalty, seen, suppressed);
    if (value > best || (value === best && at >= 0 && (row.ids[i] as number) < (row.ids[at] as number)))
      [best, at] = [value, i];
  }
  if (at < 0) throw noCandidate();
  return { id: row.ids[at] as number, p: probability(row, row.logits[at] as number) };
}

/** Candidates that may be chosen, best first; equal scores by lower id, so that ties never depend on order of arrival. */
function score(
  row: Row,
  penalty: number,
  seen: ReadonlySet<number> | undefined,
  suppressed: ReadonlySet<number>,
): Scored[] {
  const scored: Scored[] = [];
  for (let i = 0; i < row.ids.length; i++) {
    const value = scoreAt(row, i, penalty, seen, suppressed);
    if (value > -Infinity) scored.push({ id: row.ids[i] as number, logit: row.logits[i] as number, score: value });
  }
  return scored.sort((a, b) => b.score - a.score || a.id - b.id);
}

/** The smallest leading set whose mass (at the temperature, among the candidates) reaches top-p. */
function nucleus(scored: Scored[], { temperature, topP }: Sampling): Scored[] {
  if (topP >= 1) return scored;
  const top = scored[0]?.score ?? 0;
  const weights = scored.map((candidate) => Math.exp((candidate.score - top) / temperature));
  const total = weights.reduce((sum, w) => sum + w, 0);
  let mass = 0;
  for (let i = 0; i < scored.length; i++) {
    mass += (weights[i] as number) / total;
    if (mass >= topP) return scored.slice(0, i + 1);
  }
  return scored;
}
