/** Sums of a calibration's runs, and what they come to. Pure. */
import type { StopMeasure } from '../contract/calibration.ts';
import type { Counts } from '../contract/generation.ts';

/** One reply of a stop: its tokens, and how many of them the causal head draws in their own prefix. */
export interface RunResult {
  ids: readonly number[];
  /** It ended by itself: neither cut at the length nor by the clock. */
  whole: boolean;
  counts: Pick<Counts, 'tokens' | 'forwards' | 'msDecode'>;
  equal: number;
}

/** Whether two replies are one, as far as both were written. */
export function sameReply(a: Pick<RunResult, 'ids' | 'whole'>, b: Pick<RunResult, 'ids' | 'whole'>): boolean {
  const shared = Math.min(a.ids.length, b.ids.length);
  for (let i = 0; i < shared; i++) if (a.ids[i] !== b.ids[i]) return false;
  const shorter = a.ids.length < b.ids.length ? a : b;
  return a.ids.length === b.ids.length || !shorter.whole;
}

/** @param runs of one stop; @param exact the replies of Exact to the same prompts, in the same order. Null where nothing was written. */
export function measureOf(runs: readonly RunResult[], exact: readonly RunResult[]): StopMeasure | null {
  const sum = (of: (run: RunResult) => number): number => runs.reduce((total, run) => total + of(run), 0);
  const tokens = sum(({ ids }) => ids.length);
  const ms = sum(({ counts }) => counts.msDecode);
  const forwards = sum(({ counts }) => counts.forwards);
  if (tokens === 0 || ms <= 0 || forwards === 0) return null;
  const compared = runs.flatMap((run, i) => (exact[i] ? [sameReply(run, exact[i])] : []));
  return { rate: (tokens * 1000) / ms, tpf: tokens / forwards, agreement: sum(({ equal }) => equal) / tokens, tokens, same: compared.filter(Boolean).length, texts: compared.length };
}
