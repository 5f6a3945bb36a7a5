import { settingsMode } from '../../../core/contract/settings.ts';
import { settingsFromFlat } from '../../../core/contract/settings.ts';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Counts, GenerationSettings } from '../../../core/contract/generation.ts';
import { qualityDocument, suggestion } from '../../evaluate/document.ts';
import { lengthPlot, speedPlot, taskPlot } from '../../evaluate/plots.ts';
import { prompts, stratified } from '../../evaluate/prompts/index.ts';
import { fastest, scoreAll, summarize, type Report } from '../../evaluate/report.ts';
import { runAll, type RunOptions } from '../../evaluate/runner.ts';
import { chosenSettings } from '../../evaluate/settings.ts';
import { bootstrap, groupMean, quantile } from '../../evaluate/statistics.ts';
import { ReplyStore } from '../../evaluate/store.ts';

const defaults: GenerationSettings = settingsFromFlat({
  mode: 'fast',
  temperature: 0.2,
  topP: 0.9,
  topK: 64,
  repetitionPenalty: 1.05,
  seed: null,
  maxTokens: 512,
  blockLength: 8,
  threshold: 0.3,
  draftLength: 1,
  stop: [],
  loopGuard: true,
});
const counts = (tokens: number, forwards: number, msDecode: number): Counts => ({
  tokens,
  forwards,
  prefillForwards: 1,
  promptTokens: 9,
  cachedTokens: 0,
  drafted: 0,
  accepted: 0,
  msPrefill: 1,
  msDecode,
  msForward: 1,
});

let dir: string;
beforeEach(() => (dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-evaluate-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const file = (): string => path.join(dir, 'deep', 'replies.jsonl');

/** An engine that answers every question alike: Fast with half the forwards and half the time. */
function stage(changes: Partial<RunOptions> = {}, limit = Infinity) {
  const asked: string[] = [];
  const options: RunOptions = {
    prompts: stratified(prompts, 2),
    settings: chosenSettings(['fast-0.9x4']),
    sampling: 'greedy',
    defaults,
    versions: { pack: 'p', engine: 'e' },
    store: new ReplyStore(file()),
    writer: {
      reply: (messages, settings) => {
        if (asked.length >= limit) return Promise.reject(new Error('stopped'));
        asked.push(`${settingsMode(settings)} ${messages.at(-1)?.content}`);
        const fast = settingsMode(settings) === 'fast' ? 2 : 1;
        return Promise.resolve({
          text: 'It is 7.',
          ids: [5, 6, 7, 8],
          reason: 'end' as const,
          counts: counts(4, 4 / fast, 100 / fast),
        });
      },
    },
    judge: { of: () => Promise.resolve({ mean: -0.5, unlisted: 0 }) },
    ...changes,
  };
  return { options, asked };
}

describe('a run that was stopped', () => {
  it('goes on where it was, and gives what a whole one gives', async () => {
    const first = stage({}, 11);
    await expect(runAll(first.options)).rejects.toThrow('stopped');
    appendFileSync(file(), '{"key":"cut o'); // stopped in mid-line
    const second = stage();
    const { finished, written } = await runAll(second.options);
    expect([written, finished.length]).toEqual([36 - 11, 36]);
    expect(new Set([...first.asked, ...second.asked]).size).toBe(36);
    const third = stage();
    expect((await runAll(third.options)).finished).toEqual(finished);
    expect(third.asked).toEqual([]);
  });
  it.each<[string, () => Partial<RunOptions>, number]>([
    ['pack', () => ({ versions: { pack: 'other', engine: 'e' } }), 36],
    ['engine', () => ({ versions: { pack: 'p', engine: 'other' } }), 36],
    ['sampling', () => ({ sampling: 'pack' }), 36],
    ['setting', () => ({ settings: chosenSettings(['fast-0.8x4']) }), 18],
    [
      'prompt',
      () => ({
        prompts: stratified(prompts, 2).map((p, n) =>
          n === 3 ? { ...p, messages: [{ role: 'user', content: 'Another?' }] } : p,
        ),
      }),
      2,
    ],
    [
      'length limit',
      () => ({ prompts: stratified(prompts, 2).map((p, n) => (n < 2 ? { ...p, maxTokens: 5 } : p)) }),
      4,
    ],
  ])('writes anew what another %s changes, and nothing else', async (_, changes, expected) => {
    await runAll(stage().options);
    expect((await runAll(stage(changes()).options)).written).toBe(expected);
  });
});

describe('intervals', () => {
  const groups = [
    [0, 1, 1, 0, 1],
    [1, 1, 1, 1, 0, 1],
  ];
  it('are the same each time, hold the mean, and move with the seed', () => {
    const fine = [Array.from({ length: 30 }, (_, i) => Math.sin(i * i))];
    expect(bootstrap(fine, groupMean, 5)).toEqual(bootstrap(fine, groupMean, 5));
    expect(bootstrap(fine, groupMean, 6)).not.toEqual(bootstrap(fine, groupMean, 5));
    const found = bootstrap(groups, groupMean);
    expect(found?.mean).toBeCloseTo((0.6 + 5 / 6) / 2, 12);
    expect(found && found.low < found.mean && found.mean < found.high).toBe(true);
  });
  it('are as wide as theory says', () => {
    // 400 values, half of them 1: the mean's standard error is 0.025
    const found = bootstrap([Array.from({ length: 400 }, (_, i) => i % 2)], groupMean);
    expect(((found?.high ?? 0) - (found?.low ?? 0)) / (2 * 1.96)).toBeCloseTo(0.025, 2);
  });
  it('are null of nothing, and quantiles lie between neighbours', () => {
    expect([
      bootstrap([], groupMean),
      bootstrap([[]], groupMean),
      quantile([], 0.5),
      quantile([1, 2, 3, 4], 0.5),
      quantile([1, 3], 0.75),
    ]).toEqual([null, null, null, 2.5, 2.5]);
  });
});

describe('the report', () => {
  const report = async (): Promise<Report> => {
    const { finished, written } = await runAll(stage().options);
    const settings = summarize(await scoreAll(finished, () => Promise.resolve(null)), ['ar', 'fast-0.9x4']);
    return {
      settings,
      prompts: 18,
      prompts_known: prompts.length,
      sampling: 'greedy',
      default_setting: 'fast-0.3x8',
      pack: { name: 'Toy', hash: 'a'.repeat(64), adapter: null },
      machine: { cpu: 'c', threads: 2, load_before: 0 },
      written,
      missing: { 'code in Python': 'no Python' },
    };
  };
  it('sets each setting beside one by one on the same prompts', async () => {
    const [ar, fast] = (await report()).settings;
    expect(ar?.all).toMatchObject({
      prompts: 18,
      tpf: 1,
      tok_s: 40,
      speed_to_ar: 1,
      ended_by_itself: 1,
      likelihood: -0.5,
      same_text_as_ar: 1,
    });
    expect(fast?.all).toMatchObject({
      tpf: 2,
      tok_s: 80,
      speed_to_ar: 2,
      much_shorter: 0,
      much_longer: 0,
      score_to_ar: { mean: 1, low: 1, high: 1 },
    });
    expect(fast?.tasks.code?.score).toBeNull();
    expect(Object.keys(fast?.tasks ?? {})).toHaveLength(9);
  });
  it('suggests the fastest setting that keeps the score, and no faster one that does not', async () => {
    const made = await report();
    expect(fastest(made)?.name).toBe('fast-0.9x4');
    expect(suggestion(made)).toContain('`fast-0.9x4`, at 2.00 times');
    const [ar, fast] = made.settings as [Report['settings'][number], Report['settings'][number]];
    const worse = {
      ...made,
      settings: [ar, { ...fast, all: { ...fast.all, score_to_ar: { mean: 0.9, low: 0.8, high: 1 } } }],
    };
    expect(fastest(worse)?.name).toBe('ar');
    expect(suggestion(worse)).toMatch(/No setting.*No measured Fast setting/s);
  });
  it('is written with its limits, and plots that are XML without loose numbers', async () => {
    const made = await report();
    const text = qualityDocument(made);
    for (const said of [
      'No setting stops earlier or runs on',
      '+0 (+0 … +0)',
      '18 of',
      'proxies',
      'ratios of one run',
      'Not measured: code in Python (no Python)',
      '| `fast-0.9x4` |',
    ])
      expect(text).toContain(said);
    for (const plot of [speedPlot(made), taskPlot(made, ['ar', 'fast-0.9x4']), lengthPlot(made)]) {
      expect(plot).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
      expect(plot).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(text).not.toMatch(/NaN|undefined/);
  });
});
