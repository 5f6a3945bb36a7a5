/** Whether a setting ends its replies where one by one does: too early, or too late, would show here before it shows in a score. */
import { bootstrap, kolmogorov, mean, median, quantile, swapTest, type Interval } from './statistics.ts';

/** A reply's tokens, and whether the model ended its turn before the limit; `ar`: the same of one by one's to the same prompt. */
export interface Length {
  tokens: number;
  ended: boolean;
}
export interface Pair {
  own: Length;
  ar: Length;
}

export interface Lengths {
  /** Tokens. */
  p10: number | null;
  p25: number | null;
  median: number | null;
  p75: number | null;
  p90: number | null;
  /** Share of replies that ended by themselves, less that of one by one on the same prompts. */
  ended_less_ar: Interval | null;
  /** Geometric mean of a reply's length over that of one by one's to the same prompt: below 1 it stops earlier. */
  ratio_to_ar: Interval | null;
  /** Greatest distance between both distributions of lengths (Kolmogorov–Smirnov), and how often chance alone, by swapping within pairs, makes one as great. */
  distance: { value: number; p: number } | null;
}

export function lengthsOf(own: readonly Length[], pairs: readonly Pair[]): Lengths {
  const tokens = own.map((one) => one.tokens);
  const drawn = [pairs];
  const over = (of: (pair: Pair) => number) => (groups: readonly (readonly Pair[])[]) =>
    mean(groups.flatMap((group) => group.map(of)));
  const logRatio = bootstrap(
    drawn,
    over(({ own: a, ar: b }) => Math.log(Math.max(1, a.tokens) / Math.max(1, b.tokens))),
  );
  return {
    p10: quantile(tokens, 0.1),
    p25: quantile(tokens, 0.25),
    median: median(tokens),
    p75: quantile(tokens, 0.75),
    p90: quantile(tokens, 0.9),
    ended_less_ar: bootstrap(
      drawn,
      over(({ own: a, ar: b }) => Number(a.ended) - Number(b.ended)),
    ),
    ratio_to_ar: logRatio && {
      mean: Math.exp(logRatio.mean),
      low: Math.exp(logRatio.low),
      high: Math.exp(logRatio.high),
    },
    distance:
      pairs.length === 0
        ? null
        : swapTest(
            pairs.map(({ own: a, ar: b }) => [a.tokens, b.tokens]),
            kolmogorov,
          ),
  };
}

/** Chance makes a distance as great less often than this, or an interval leaves out what one by one does: then it is said to differ. */
const UNLIKELY = 0.05;
/** A mean length that is off by less is not worth a word, however sure. */
const WORTH_SAYING = 0.02;

/** In which way a setting's lengths differ from one by one's; empty where they don't, as far as so many prompts tell. */
export function difference({ ended_less_ar: ended, ratio_to_ar: ratio, distance }: Lengths): string[] {
  const said: string[] = [];
  if (ratio && ratio.high < 1 && ratio.mean < 1 - WORTH_SAYING) said.push('stops earlier');
  if (ratio && ratio.low > 1 && ratio.mean > 1 + WORTH_SAYING) said.push('runs on');
  if (ended && ended.high < 0) said.push('ends by itself less often');
  if (ended && ended.low > 0) said.push('ends by itself more often');
  if (said.length === 0 && distance && distance.p < UNLIKELY) said.push('spreads otherwise');
  return said;
}
