/** Sums of a measurement's runs, and what they come to. Pure. */
import type { StopMeasure } from '../contract/speed-profile.ts';
import type { Counts } from '../contract/generation.ts';

/** Twins whose rates lie further apart, as a share of the quicker one, were disturbed. */
export const DISTURBED = 0.15;

/** One reply of a stop. Runs of one stop and question with one seed are twins: they write the same tokens. */
export interface RunResult {
  /** Committed tokens. */
  ids: readonly number[];
  /** It ended by itself: neither cut at the length nor by the clock. */
  whole: boolean;
  /** `tokens`: committed ones, and of a reply that was cut those that stood on its canvas. */
  counts: Pick<Counts, 'tokens' | 'forwards' | 'msDecode'>;
  /** How many tokens the causal head draws in their own prefix; null: not asked, as a twin was, or there is no such head. */
  equal: number | null;
  /** The question asked, and the turn in which every stop was asked it. */
  question: number;
  turn: number;
}

/** Whether two replies are one, as far as both were written. */
export function sameReply(a: Pick<RunResult, 'ids' | 'whole'>, b: Pick<RunResult, 'ids' | 'whole'>): boolean {
  const shared = Math.min(a.ids.length, b.ids.length);
  for (let i = 0; i < shared; i++) if (a.ids[i] !== b.ids[i]) return false;
  const shorter = a.ids.length < b.ids.length ? a : b;
  return a.ids.length === b.ids.length || !shorter.whole;
}

/** Tokens a second of writing; 0 where nothing was written. */
const rateOf = ({ counts }: RunResult): number => (counts.msDecode > 0 ? (counts.tokens * 1000) / counts.msDecode : 0);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const most = (values: readonly number[]): number => values.reduce((best, value) => Math.max(best, value), 0);
const least = (values: readonly number[]): number => values.reduce((best, value) => Math.min(best, value), Infinity);
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
function byQuestion(runs: readonly RunResult[]): RunResult[][] {
  const groups = new Map<number, RunResult[]>();
  for (const run of runs) groups.set(run.question, [...(groups.get(run.question) ?? []), run]);
  return [...groups.values()];
}

/** How far the rates of twins lie apart, as a share of the quickest; 0 for a single run. */
export function apart(twins: readonly RunResult[]): number {
  const rates = twins.map(rateOf);
  return most(rates) > 0 ? 1 - least(rates) / most(rates) : 0;
}
/** Twins without those that were disturbed: something else can only make a run slower. */
export function undisturbed(twins: readonly RunResult[]): RunResult[] {
  const best = most(twins.map(rateOf));
  return twins.filter((run) => rateOf(run) >= best * (1 - DISTURBED));
}

/** How many times as fast as the reference, question by question; from runs of one turn where both were undisturbed. */
function ratios(runs: readonly RunResult[], reference: readonly RunResult[]): number[] {
  return byQuestion(runs).flatMap((twins) => {
    const kept = undisturbed(twins);
    const marks = undisturbed(reference.filter(({ question }) => question === twins[0]?.question));
    const pairs = kept.flatMap((run) =>
      marks.filter(({ turn }) => turn === run.turn).map((mark) => rateOf(run) / rateOf(mark)),
    );
    const any = kept.length > 0 && marks.length > 0 ? [median(kept.map(rateOf)) / median(marks.map(rateOf))] : [];
    const found = (pairs.length > 0 ? pairs : any).filter(Number.isFinite);
    return found.length > 0 ? [median(found)] : [];
  });
}

/** @param runs of one stop @param model those of the stop whose replies all are compared with @param reference those of the stop that ratios compare with. Null where nothing was written. */
export function measureOf(
  runs: readonly RunResult[],
  model: readonly RunResult[],
  reference: readonly RunResult[],
): StopMeasure | null {
  const kept = byQuestion(runs).flatMap(undisturbed);
  const tokens = sum(kept.map(({ counts }) => counts.tokens));
  const ms = sum(kept.map(({ counts }) => counts.msDecode));
  const forwards = sum(kept.map(({ counts }) => counts.forwards));
  if (tokens === 0 || ms <= 0 || forwards === 0) return null;
  const judged = runs.filter(({ equal }) => equal !== null);
  const written = sum(judged.map(({ ids }) => ids.length));
  const firstOf = (list: readonly RunResult[]): RunResult[] => list.filter(({ turn }) => turn === 0);
  const compared = firstOf(runs).flatMap((run) => {
    const other = firstOf(model).find(({ question }) => question === run.question);
    // of replies that were cut before anything was committed nothing can be said
    return other && run.ids.length > 0 && other.ids.length > 0 ? [sameReply(run, other)] : [];
  });
  const twins = byQuestion(runs).filter((group) => group.length > 1);
  const compare = ratios(runs, reference);
  return {
    rate: (tokens * 1000) / ms,
    tpf: tokens / forwards,
    agreement:
      judged.length === 0 ? null : written > 0 ? Math.min(1, sum(judged.map(({ equal }) => equal ?? 0)) / written) : 0,
    tokens: judged.length === 0 ? tokens : written,
    same: compared.filter(Boolean).length,
    texts: compared.length,
    ...(compare.length > 0
      ? { ratio: median(compare), ratioRange: [least(compare), most(compare)] as [number, number] }
      : {}),
    ...(twins.length > 0 ? { spread: median(twins.map(apart)) } : {}),
    runs: runs.length,
    discarded: runs.length - kept.length,
  };
}
