/** docs/quality.md: what the figures are, and what they say. Every number comes from the report. */
import { largest } from '../../core/contract/lists.ts';
import { difference } from './lengths.ts';
import { TASKS, type Task } from './prompts/types.ts';
import { fastest, KEPT, type Report } from './report.ts';

const shown = (value: number | null | undefined, digits = 2): string =>
  value === null || value === undefined ? '–' : value.toFixed(digits);
const percent = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : `${Math.round(value * 100)} %`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

type Row = Report['settings'][number];
const isFast = (name: string): boolean => name.startsWith('fast-');

/** The task in which a setting keeps least of one by one's score. */
function weakest({ tasks }: Row): { task: Task; share: number } | null {
  const shares = TASKS.flatMap((task) =>
    tasks[task]?.score_to_ar ? [{ task, share: tasks[task].score_to_ar.mean }] : [],
  );
  return shares.reduce<{ task: Task; share: number } | null>(
    (least, one) => (least === null || one.share < least.share ? one : least),
    null,
  );
}

/** Fewer prompts than this give no interval worth a sentence. */
const FEW = 30;

function certainty({ all }: Row): string {
  const share = all.score_to_ar;
  if (!share || all.prompts < FEW) return '';
  return share.low >= KEPT
    ? ` Its interval (${percent(share.low)} to ${percent(share.high)}) lies above that bound.`
    : ` Its interval (${percent(share.low)} to ${percent(share.high)}) reaches below that bound: so many prompts do not settle it.`;
}

/** What the table suggests, in sentences. */
export function suggestion(report: Report): string {
  const best = fastest(report);
  const fast = fastest(report, isFast);
  const now = report.settings.find((s) => s.name === report.default_setting);
  const said: string[] = [];
  if (best?.name === 'ar')
    said.push(
      `No setting that keeps ${percent(KEPT)} of one by one's score is faster than one by one on this machine. For speed alone the table suggests \`ar\`.`,
    );
  else if (best)
    said.push(
      `The fastest setting that keeps ${percent(KEPT)} of one by one's score is \`${best.name}\`, at ${shown(best.all.speed_to_ar)} times its tokens a second.${certainty(best)}`,
    );
  if (!fast && report.settings.some((s) => isFast(s.name)))
    said.push(`No measured Fast setting keeps ${percent(KEPT)} of the score.`);
  if (fast && fast.name !== best?.name)
    said.push(
      `Among Fast settings it is \`${fast.name}\`: ${percent(fast.all.score_to_ar?.mean)} of the score, ${shown(fast.all.speed_to_ar)} times the speed, ${shown(fast.all.tpf)} tokens a forward.${certainty(fast)}`,
    );
  if (now) {
    const weak = weakest(now);
    said.push(
      `The pack's default, \`${now.name}\`, keeps ${percent(now.all.score_to_ar?.mean)} of the score at ${shown(now.all.speed_to_ar)} times the speed${weak && now.name !== 'ar' ? `; it keeps least in ${weak.task} (${percent(weak.share)})` : ''}.`,
    );
  } else said.push(`The pack's default, \`${report.default_setting}\`, is not among the settings measured here.`);
  const exact = report.settings.find((s) => s.name === 'exact');
  if (exact) said.push(`Exact gave the text of one by one in ${percent(exact.all.same_text_as_ar)} of replies.`);
  said.push('The command changes no default.');
  return said.join(' ');
}

const points = (found: { mean: number; low: number; high: number } | null): string => {
  const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(Math.round(value * 100))}`;
  return found ? `${signed(found.mean)} (${signed(found.low)} … ${signed(found.high)})` : '–';
};

/** Which settings end their replies elsewhere than one by one does. */
export function lengthSentence({ settings }: Pick<Report, 'settings'>): string {
  const others = settings.filter(({ name }) => name !== 'ar');
  const found = others.flatMap(({ name, all }) =>
    difference(all.length).length > 0 ? [`\`${name}\` ${difference(all.length).join(' and ')}`] : [],
  );
  if (others.length === 0) return '';
  if (found.length === 0)
    return 'No setting stops earlier or runs on longer than one by one, as far as so many prompts tell.';
  return `Than one by one, ${found.join('; ')}.${found.length < others.length ? ' The other settings end where it does, as far as so many prompts tell.' : ''}`;
}

export function qualityDocument(report: Report): string {
  const { settings } = report;
  const tasks = TASKS.filter((task) => settings.some((s) => s.tasks[task]));
  const counted = tasks
    .map((task) => `${task} ${largest(settings.map((s) => s.tasks[task]?.prompts ?? 0))}`)
    .join(', ');
  const interval = (found: { mean: number; low: number; high: number } | null | undefined): string =>
    found ? `${shown(found.mean)} (${shown(found.low)}–${shown(found.high)})` : '–';
  const plain =
    report.sampling === 'greedy' ? 'greedy, without penalty or loop guard' : "with the pack's own sampling, seed 0";
  const missing = Object.entries(report.missing).map(([what, why]) => `\nNot measured: ${what} (${why}).`);
  return `# Quality
Written by \`npm run evaluate\`; not edited by hand. ${report.prompts} of ${report.prompts_known} prompts (${counted}), ${plain}; ${report.pack.name}, adapter ${report.pack.adapter ?? 'none'}, pack ${report.pack.hash.slice(0, 12)}; ${String(report.machine['cpu'])}, ${report.machine['threads']} threads${report.written === 0 ? '' : `, load ${report.machine['load_before']} at the start`}.
${missing.join('\n')}
## What it suggests
${suggestion(report)}

![Mean score against speed](quality-speed.svg)

## By setting
${table(
  [
    'setting',
    'score (95 % interval)',
    'of one by one',
    'speed',
    'tokens/s',
    'tokens/forward',
    'nats a token',
    'repeated trigrams',
    'same text',
  ],
  settings.map(({ name, all }) => [
    `\`${name}\``,
    interval(all.score),
    percent(all.score_to_ar?.mean),
    `${shown(all.speed_to_ar)}×`,
    shown(all.tok_s, 0),
    shown(all.tpf),
    shown(all.likelihood),
    percent(all.repeated_trigrams),
    percent(all.same_text_as_ar),
  ]),
)}

\`ar\`: one token at a time. \`fast-0.8x16\`: threshold 0.8, blocks of 16.

## Score by task
${table(
  ['setting', ...tasks],
  settings.map((s) => [`\`${s.name}\``, ...tasks.map((task) => interval(s.tasks[task]?.score))]),
)}

![Score by task](quality-tasks.svg)

## Tokens a forward by task
${table(
  ['setting', ...tasks],
  settings.map((s) => [`\`${s.name}\``, ...tasks.map((task) => shown(s.tasks[task]?.tpf))]),
)}

## Lengths
${table(
  [
    'setting',
    'ended by itself',
    'less one by one',
    '10 %',
    '25 %',
    'median',
    '75 %',
    '90 %',
    'length to one by one',
    'distance (p)',
    'under half',
    'over twice',
  ],
  settings.map(({ name, all }) => [
    `\`${name}\``,
    percent(all.ended_by_itself),
    name === 'ar' ? '–' : points(all.length.ended_less_ar),
    ...[all.length.p10, all.length.p25, all.length.median, all.length.p75, all.length.p90].map((tokens) =>
      shown(tokens, 0),
    ),
    ...(name === 'ar'
      ? ['–', '–']
      : [
          interval(all.length.ratio_to_ar),
          all.length.distance ? `${shown(all.length.distance.value)} (${shown(all.length.distance.p)})` : '–',
        ]),
    percent(all.much_shorter),
    percent(all.much_longer),
  ]),
)}

${lengthSentence(report)}

![Reply lengths](quality-lengths.svg)

## What is measured
- **Score**: 0 to 1 by a rule for each prompt (test/evaluate/score.ts): an accepted answer as whole words; the last number; the pieces asked for, and none that were not; the number of list items; rules of form; words kept in a rewrite; function calls that give the right value in a sandbox. Tasks count the same. Intervals: bootstrap over prompts within tasks, 1,000 draws, seeded.
- **Open chat is scored by proxies**: on topic by its words, at least twenty words, little repetition, whole sentences. It says whether a reply is readable, not whether it is good.
- **Speed**: median over prompts of tokens a second over those of \`ar\` on the same prompt, decoding alone. The machine may have been busy: read speeds as ratios of one run. Replies kept from an earlier run keep their times.${report.written === 0 ? ' All replies were kept ones here.' : ''}
- **Tokens a forward**: commit forwards counted, and the forward that finds the end of the turn, which writes no token; median of replies.
- **Nats a token**: mean log-likelihood of the reply's tokens under the base's own causal head; nearer 0 is likelier. A token outside the head's 64 best counts as the 64th (${shown(largest(settings.map((s) => (s.all.unlisted ?? 0) * 100)), 2)} % of tokens at most), so the figure is an upper bound. Dull repetition is likely too: read it beside the repeated trigrams.
- **Lengths**: replies have a limit of 48 to 144 tokens by task; "ended by itself" is the end of turn before it, "less one by one" the difference of that rate in percentage points. "Length to one by one" is the geometric mean of a reply's length over that of one by one's to the same prompt: below 1 it stops earlier. "Distance" is the greatest gap between both distributions of lengths (Kolmogorov–Smirnov); p says how often swapping replies within prompts makes one as great. Intervals: bootstrap over prompts. "Under half" and "over twice": of one by one's on the same prompt.

## Limits
Short English prompts, one reply each. A rule can be met by accident and missed by a good reply; it is the same for every setting. Few prompts a task give wide intervals: a difference inside them is none.
`;
}
