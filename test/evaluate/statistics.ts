/** Means, quantiles and seeded bootstrap intervals. */
import { largest } from '../../core/contract/lists.ts';
import { Random } from './random.ts';

export interface Interval {
  mean: number;
  /** Bounds of the 95 % percentile interval. */
  low: number;
  high: number;
}

export const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Linear between neighbours; null of nothing. */
export function quantile(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  return below + ((sorted[Math.ceil(at)] as number) - below) * (at - Math.floor(at));
}
export const median = (values: readonly number[]): number | null => quantile(values, 0.5);

const RESAMPLES = 1000;

/**
 * Percentile bootstrap, 95 %, of `statistic` over groups drawn anew within themselves (tasks: each keeps its size).
 * The same seed gives the same bounds. Null where there is nothing, or the statistic of the data is null.
 */
export function bootstrap<T>(
  groups: readonly (readonly T[])[],
  statistic: (groups: readonly (readonly T[])[]) => number | null,
  seed = 1,
): Interval | null {
  const full = groups.filter((group) => group.length > 0);
  const whole = full.length === 0 ? null : statistic(full);
  if (whole === null) return null;
  const random = new Random(seed);
  const found: number[] = [];
  for (let n = 0; n < RESAMPLES; n++) {
    const value = statistic(full.map((group) => group.map(() => random.pick(group))));
    if (value !== null) found.push(value);
  }
  return { mean: whole, low: quantile(found, 0.025) as number, high: quantile(found, 0.975) as number };
}

/** Mean over groups of the groups' means: each task counts the same, whatever its number of prompts. */
export const groupMean = (groups: readonly (readonly number[])[]): number | null =>
  mean(groups.map((group) => mean(group)).filter((value) => value !== null));

/** The two-sample Kolmogorov–Smirnov distance: the greatest gap between the shares that lie at or below a value, 0 … 1. */
export function kolmogorov(a: readonly number[], b: readonly number[]): number {
  const below = (sorted: readonly number[], value: number): number => {
    let low = 0;
    for (let high = sorted.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] as number) <= value) low = middle + 1;
      else high = middle;
    }
    return low / sorted.length;
  };
  if (a.length === 0 || b.length === 0) return 0;
  const [x, y] = [[...a].sort((p, q) => p - q), [...b].sort((p, q) => p - q)];
  return largest([...new Set([...x, ...y])].map((value) => Math.abs(below(x, value) - below(y, value))));
}

/** `statistic` of paired samples, and the share of random swaps within pairs (the data itself counted) that give as much or more. */
export function swapTest(
  pairs: readonly (readonly [number, number])[],
  statistic: (a: readonly number[], b: readonly number[]) => number,
  seed = 1,
): { value: number; p: number } {
  const value = statistic(
    pairs.map(([a]) => a),
    pairs.map(([, b]) => b),
  );
  const random = new Random(seed);
  let asGreat = 1;
  for (let n = 0; n < RESAMPLES; n++) {
    const drawn = pairs.map(([a, b]) => (random.next() < 0.5 ? [a, b] : [b, a]));
    if (
      statistic(
        drawn.map(([a]) => a as number),
        drawn.map(([, b]) => b as number),
      ) >=
      value - 1e-12
    )
      asGreat++;
  }
  return { value, p: asGreat / (RESAMPLES + 1) };
}
