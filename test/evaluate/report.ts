/** From finished replies to figures: by setting, and by setting and task, each beside one token at a time on the same prompts. */
import { runProgram } from './sandbox.ts';
import { repeatedTrigrams, score, type RunCode } from './score.ts';
import { lengthsOf, type Lengths } from './lengths.ts';
import { bootstrap, groupMean, mean, median, type Interval } from './statistics.ts';
import { TASKS, type Task } from './prompts/types.ts';
import type { Finished } from './runner.ts';

export interface Figures {
  prompts: number;
  /** Mean score, each task counting the same; null where nothing could be scored. */
  score: Interval | null;
  /** Score over that of `ar`, on the same prompts drawn together. */
  score_to_ar: Interval | null;
  /** Nats a token, mean over replies. An upper bound by the few tokens counted in `unlisted`. */
  likelihood: number | null;
  unlisted: number | null;
  repeated_trigrams: number | null;
  ended_by_itself: number | null;
  length: Lengths;
  /** Share of replies shorter than half, and longer than twice, of `ar`'s on the same prompt. */
  much_shorter: number | null;
  much_longer: number | null;
  same_text_as_ar: number | null;
  /** Tokens a forward after prefill, commit forwards counted; median of replies. */
  tpf: number | null;
  tok_s: number | null;
  /** Tokens a second over those of `ar` on the same prompt; median of prompts. */
  speed_to_ar: number | null;
}
export interface Report {
  settings: { name: string; all: Figures; tasks: Partial<Record<Task, Figures>> }[];
  prompts: number;
  prompts_known: number;
  sampling: string;
  /** The setting that is the pack's default, by name. */
  default_setting: string;
  pack: { name: string; hash: string; adapter: string | null };
  machine: Record<string, string | number>;
  /** Replies written by this run; the others were kept from an earlier one. */
  written: number;
  missing: Record<string, string>;
}

export interface Scored extends Finished {
  score: number | null;
}

/** Equal programs run once. */
export function cachedRuns(): RunCode {
  const known = new Map<string, ReturnType<RunCode>>();
  return (code, check) => {
    const key = JSON.stringify([code, check]);
    const run = known.get(key) ?? runProgram({ language: check.language, code, name: check.name, calls: check.calls });
    known.set(key, run);
    return run;
  };
}

export async function scoreAll(finished: readonly Finished[], run: RunCode): Promise<Scored[]> {
  const scored: Scored[] = [];
  for (const one of finished) scored.push({ ...one, score: await score(one.prompt.check, one.reply.text, run) });
  return scored;
}

const perSecond = (one: Finished): number | null =>
  one.reply.counts.tokens > 0 && one.reply.counts.msDecode > 0
    ? (one.reply.counts.tokens * 1000) / one.reply.counts.msDecode
    : null;
const numbers = (values: readonly (number | null | undefined)[]): number[] =>
  values.filter((value) => typeof value === 'number');

/** @param mine replies of one setting @param ar replies of `ar` to the same prompts, by prompt id */
export function figures(mine: readonly Scored[], ar: ReadonlyMap<string, Scored>): Figures {
  const pairs = mine.map((one) => ({ one, ar: ar.get(one.prompt.id) }));
  const groups = TASKS.map((task) => pairs.filter(({ one }) => one.prompt.task === task && one.score !== null));
  const length = ({ reply }: Scored): { tokens: number; ended: boolean } => ({
    tokens: reply.ids.length,
    ended: reply.reason === 'end',
  });
  const share = (test: (pair: (typeof pairs)[number] & { ar: Scored }) => boolean): number | null =>
    mean(pairs.flatMap((pair) => (pair.ar ? [Number(test({ one: pair.one, ar: pair.ar }))] : [])));
  const scores =
    (of: (pair: (typeof pairs)[number]) => number | null | undefined) =>
    (drawn: readonly (readonly (typeof pairs)[number][])[]) =>
      groupMean(drawn.map((group) => numbers(group.map(of))));
  const own = scores((pair) => pair.one.score);
  const reference = scores((pair) => pair.ar?.score);
  return {
    prompts: mine.length,
    score: bootstrap(groups, own),
    score_to_ar: bootstrap(groups, (drawn) => {
      const [a, b] = [own(drawn), reference(drawn)];
      return a === null || b === null || b === 0 ? null : a / b;
    }),
    likelihood: mean(numbers(mine.map((one) => one.reply.likelihood))),
    unlisted: mean(mine.map((one) => one.reply.unlisted)),
    repeated_trigrams: mean(mine.map((one) => repeatedTrigrams(one.reply.ids))),
    ended_by_itself: mean(mine.map((one) => Number(one.reply.reason === 'end'))),
    length: lengthsOf(
      mine.map(length),
      pairs.flatMap((pair) => (pair.ar ? [{ own: length(pair.one), ar: length(pair.ar) }] : [])),
    ),
    much_shorter: share(({ one, ar: other }) => one.reply.ids.length < other.reply.ids.length / 2),
    much_longer: share(({ one, ar: other }) => one.reply.ids.length > other.reply.ids.length * 2),
    same_text_as_ar: share(({ one, ar: other }) => one.reply.text === other.reply.text),
    tpf: median(
      mine
        .filter((one) => one.reply.counts.forwards > 0)
        .map((one) => one.reply.counts.tokens / one.reply.counts.forwards),
    ),
    tok_s: median(numbers(mine.map(perSecond))),
    speed_to_ar: median(
      pairs.flatMap(({ one, ar: other }) => {
        const [a, b] = [perSecond(one), other ? perSecond(other) : null];
        return a === null || b === null ? [] : [a / b];
      }),
    ),
  };
}

export function summarize(scored: readonly Scored[], order: readonly string[]): Report['settings'] {
  const ar = new Map(scored.filter((one) => one.setting === 'ar').map((one) => [one.prompt.id, one]));
  return order.map((name) => {
    const mine = scored.filter((one) => one.setting === name);
    const tasks: Partial<Record<Task, Figures>> = {};
    for (const task of TASKS) {
      const of = mine.filter((one) => one.prompt.task === task);
      if (of.length > 0) tasks[task] = figures(of, ar);
    }
    return { name, all: figures(mine, ar), tasks };
  });
}

/** A setting keeps its quality when its mean score is at least this share of `ar`'s. */
export const KEPT = 0.95;

/** The fastest setting that keeps `KEPT` of ar's score, in general and among Fast ones; null where none does. */
export function fastest(
  report: Pick<Report, 'settings'>,
  among: (name: string) => boolean = () => true,
): Report['settings'][number] | null {
  const good = report.settings.filter(
    ({ name, all }) => among(name) && (name === 'ar' || (all.score_to_ar?.mean ?? 0) >= KEPT),
  );
  return good.reduce<Report['settings'][number] | null>(
    (best, one) => (best === null || (one.all.speed_to_ar ?? 0) > (best.all.speed_to_ar ?? 0) ? one : best),
    null,
  );
}
