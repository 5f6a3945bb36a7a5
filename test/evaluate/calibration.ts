/** Confidence against agreement: how often a token that the model gave p is what its causal head would have written there. */
import { modesOf } from '../../core/contract/samplers.ts';
import { settingsWith } from '../fixtures/settings.ts';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Mode } from '../../core/contract/generation.ts';
import { UNSURE } from '../../renderer/state/rewrite/unsure.ts';
import { EngineWriter } from './engine.ts';
import { Judge } from './likelihood.ts';
import type { Prompt } from './prompts/types.ts';

const BINS = 10;
const MAX_TOKENS = 96;
const NAMES: Record<Mode, string> = { exact: 'Exact', fast: 'Fast', ar: 'One by one' };
/** Warmer than the pack's own, so that unlikely tokens are met often enough to be counted. */
const TEMPERATURE = 0.7;

export interface Observation {
  p: number;
  agrees: boolean;
}
export interface Reliability {
  bins: { count: number; confidence: number; agreement: number }[];
  /** Mean distance of confidence and agreement over the bins, weighed by their tokens: expected calibration error. */
  ece: number;
  count: number;
  /** Of the tokens under the threshold of a weak spot, and of the others. */
  weak: { count: number; agreement: number };
  sure: { count: number; agreement: number };
}

const share = (list: readonly Observation[]): number =>
  list.length === 0 ? 0 : list.filter(({ agrees }) => agrees).length / list.length;
export function reliabilityOf(observations: readonly Observation[], threshold = UNSURE): Reliability {
  const bins = Array.from({ length: BINS }, (_, i) => {
    const inside = observations.filter(({ p }) => Math.min(BINS - 1, Math.floor(p * BINS)) === i);
    return {
      count: inside.length,
      confidence: inside.reduce((sum, { p }) => sum + p, 0) / Math.max(1, inside.length),
      agreement: share(inside),
    };
  });
  const weak = observations.filter(({ p }) => p < threshold);
  const sure = observations.filter(({ p }) => p >= threshold);
  const ece = bins.reduce(
    (sum, bin) => sum + (bin.count / Math.max(1, observations.length)) * Math.abs(bin.confidence - bin.agreement),
    0,
  );
  return {
    bins,
    ece,
    count: observations.length,
    weak: { count: weak.length, agreement: share(weak) },
    sure: { count: sure.length, agreement: share(sure) },
  };
}

const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

/** A reliability diagram: a panel a mode, bars from the diagonal's foot, the share of tokens under each. */
export function reliabilityPlot(modes: readonly { name: string; reliability: Reliability }[]): string {
  const [size, gap, top, left] = [200, 60, 34, 44];
  const width = left + modes.length * (size + gap);
  const panels = modes.map(({ name, reliability }, m) => {
    const x0 = left + m * (size + gap);
    const y = (value: number): number => top + size - value * size;
    const bars = reliability.bins.map(({ count, agreement }, i) =>
      count === 0
        ? ''
        : `<rect class="bar" x="${x0 + (i * size) / BINS + 1}" y="${y(agreement).toFixed(1)}" width="${size / BINS - 2}" height="${(agreement * size).toFixed(1)}" opacity="${(0.25 + 0.75 * Math.min(1, count / Math.max(1, reliability.count / BINS))).toFixed(2)}"/>`,
    );
    const axis = `<path class="axis" d="M${x0} ${top}V${top + size}H${x0 + size}"/><path class="even" d="M${x0} ${top + size}L${x0 + size} ${top}"/><path class="weak" d="M${x0 + UNSURE * size} ${top}V${top + size}"/>`;
    return `${bars.join('')}${axis}<text x="${x0}" y="${top - 14}">${name}: ECE ${reliability.ece.toFixed(3)}, ${reliability.count} tokens</text><text class="small" x="${x0}" y="${top + size + 16}">0</text><text class="small" x="${x0 + size}" y="${top + size + 16}" text-anchor="end">confidence 1</text><text class="small" x="${x0 - 6}" y="${top + size}" text-anchor="end">0</text><text class="small" x="${x0 - 6}" y="${top + 8}" text-anchor="end">1</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top + size + 30}" width="${width}" height="${top + size + 30}" role="img" aria-label="Confidence against agreement with the causal head">\n<style>text { font: 12px system-ui, sans-serif; fill: #333 } .small { font-size: 11px } .bar { fill: #a34700 } path { fill: none; stroke: #999 } .even { stroke-dasharray: 4 3 } .weak { stroke: #2a7d3f; stroke-dasharray: 2 3 } @media (prefers-color-scheme: dark) { text { fill: #ddd } .bar { fill: #ff9d5c } }</style>\n${panels.join('\n')}\n</svg>\n`;
}

export function calibrationDocument(
  pack: string,
  prompts: number,
  modes: readonly { name: string; reliability: Reliability }[],
): string {
  const rows = modes.map(
    ({ name, reliability: r }) =>
      `| ${name} | ${r.count} | ${r.ece.toFixed(3)} | ${r.weak.count} (${percent(r.weak.count / Math.max(1, r.count))}) | ${percent(r.weak.agreement)} | ${percent(r.sure.agreement)} |`,
  );
  const bins =
    modes[0]?.reliability.bins.map(
      (_, i) =>
        `| ${(i / BINS).toFixed(1)}–${((i + 1) / BINS).toFixed(1)} | ${modes.map(({ reliability }) => (reliability.bins[i]?.count ? `${percent(reliability.bins[i].agreement)} of ${reliability.bins[i].count}` : '–')).join(' | ')} |`,
    ) ?? [];
  return `# Calibration of confidence
Written by \`npm run evaluate -- --calibration\`. ${pack}, ${prompts} prompts, up to ${MAX_TOKENS} tokens each, temperature ${TEMPERATURE}, seed 7.

The confidence of a token is the probability its own row gave it at temperature 1. It agrees where the causal head, reading the reply up to there, has the same token as its likeliest. Confidence is no promise of that: a token of probability 0.4 may well be the likeliest, so agreement lies above the diagonal in the middle. What is asked of it is that it rises, and that few agree at its low end: these are the weak spots.

![Confidence against agreement](calibration.svg)

| mode | tokens | ECE | under ${UNSURE} | agreement there | agreement above |
|---|---|---|---|---|---|
${rows.join('\n')}

An unsure word is one with a token under ${UNSURE}. ECE is the mean distance of confidence and agreement over ten bins, weighed by tokens.

| confidence | ${modes.map(({ name }) => name).join(' | ')} |
|---|${modes.map(() => '---|').join('')}
${bins.join('\n')}
`;
}

export async function calibrate(options: {
  entry: string;
  packDir: string;
  prompts: readonly Prompt[];
  out: string;
  say: (line: string) => void;
}): Promise<void> {
  const { prompts, say } = options;
  const writer = new EngineWriter(options.entry, options.packDir);
  try {
    const { pack } = await writer.ready();
    const judge = await Judge.open(options.packDir);
    const modes: { name: string; reliability: Reliability }[] = [];
    for (const mode of modesOf(pack.samplers)) {
      const observations: Observation[] = [];
      for (const prompt of prompts) {
        const { ids, p } = await writer.reply(
          [...prompt.messages],
          settingsWith(pack.defaults, { mode, temperature: TEMPERATURE, maxTokens: MAX_TOKENS, seed: 7 }),
        );
        const agrees = await judge.agrees(prompt.messages, ids);
        agrees.forEach((same, i) => observations.push({ p: p[i] ?? 0, agrees: same }));
      }
      const reliability = reliabilityOf(observations);
      modes.push({ name: NAMES[mode], reliability });
      say(
        `${NAMES[mode]}: ECE ${reliability.ece.toFixed(3)} over ${reliability.count} tokens; under ${UNSURE} ${percent(reliability.weak.agreement)} agree, above ${percent(reliability.sure.agreement)}`,
      );
    }
    await judge.close();
    mkdirSync(options.out, { recursive: true });
    writeFileSync(path.join(options.out, 'calibration.svg'), reliabilityPlot(modes));
    writeFileSync(path.join(options.out, 'calibration.md'), calibrationDocument(pack.name, prompts.length, modes));
  } finally {
    await writer.close();
  }
}
