/** The stops of the slider and what their figures mean. */
import { expect, test } from 'vitest';
import { speedPrompts } from '../../../core/chat/speed-profile-prompts.ts';
import { stopsOf } from '../../../core/contract/speed-stops.ts';
import { measureOf, sameReply, type RunResult } from '../../../core/chat/speed-profile-tally.ts';
import { Turns } from '../../../core/chat/speed-profile-turns.ts';
import { checkParams, defaultsOf, fitParams, type SamplerInfo } from '../../../core/contract/samplers.ts';
import { familyById } from '../../../core/model/families/index.ts';
import type { Diffusion } from '../../../core/model/manifest.ts';
import { recipes } from '../../../core/model/recipes.ts';
import { samplersFor, type ModelCapabilities } from '../../../core/samplers/index.ts';
import { fakePack } from '../../fixtures/fake-engine.ts';

const run = (ids: number[], equal: number, more: Partial<RunResult> = {}): RunResult => ({
  ids,
  whole: true,
  counts: { tokens: ids.length, forwards: 2, msDecode: 100 },
  equal,
  question: 0,
  turn: 0,
  ...more,
});

test('stops go from a block that forms in sight over the reference and Exact to ever lower thresholds, in block lengths the model has', () => {
  const stops = stopsOf(fakePack);
  expect(stops.map(({ sampler }) => sampler.id)).toEqual([
    'corrected-threshold',
    'autoregressive',
    'speculative',
    'corrected-threshold',
    'corrected-threshold',
    'corrected-threshold',
    'corrected-threshold',
  ]);
  expect(stops[0]).toMatchObject({ id: 'form', sampler: { params: { blockLength: 16 } } });
  const fast = stops.slice(3).map(({ sampler }) => sampler.params);
  expect(fast.map(({ threshold }) => threshold)).toEqual([0.9, 0.6, 0.3, 0.15]);
  for (const { blockLength } of fast) expect([8, 16, 32]).toContain(blockLength);
  const offered = (model: Partial<ModelCapabilities>): string[] =>
    stopsOf({
      ...fakePack,
      samplers: samplersFor({ causalHead: true, canvas: true, shift: 1, drafterSlots: 0, blockLengths: [], ...model }),
    }).map(({ sampler: { id, params } }) => `${id} ${params['blockLength'] ?? ''}`.trim());
  expect(offered({ drafterSlots: 5, blockLengths: [4, 8] }).slice(3)).toEqual(
    Array.from({ length: 4 }, () => 'typical-acceptance 4'),
  );
  expect(offered({ drafterSlots: 5, lookahead: 11 }).filter((stop) => stop === 'speculative')).toHaveLength(2);
  expect(offered({ canvas: false })).toEqual(['autoregressive', 'speculative']);
});

/** The stops of a model of this family, written as this entry of the recipes says. */
function stopsBy(recipe: string): { id: string; at: string }[] {
  const { family, diffusion } = recipes.find(({ id }) => id === recipe) ?? {};
  const facts = { ...familyById(family ?? '')?.diffusion, ...diffusion } as Diffusion;
  const { attention, causalHead, shift, noise, blockLengths = [32], sampler } = facts;
  const blockLength = facts.blockLength ?? 32;
  const samplers = samplersFor({
    causalHead,
    canvas: true,
    shift,
    drafterSlots: 0,
    blockLengths,
    own: {
      attention,
      causalHead,
      shift,
      wholeRows: true,
      blockLength,
      blockLengths,
      sampler,
      ...(noise === undefined ? {} : { noise }),
    },
  });
  const defaults = { ...fakePack.defaults, sampler: sampler ?? fakePack.defaults.sampler };
  return stopsOf({ samplers, defaults }).map(({ id, sampler: chosen }) => {
    expect(checkParams(samplers.find((one) => one.id === chosen.id) as SamplerInfo, chosen.params)).toEqual(
      chosen.params,
    );
    const traded = ['threshold', 'stepsPerBlock', 'steps', 'editThreshold'].filter((name) => name in chosen.params);
    return {
      id,
      at: `${chosen.id} ${traded.map((name) => `${name}=${String(chosen.params[name])}`).join(' ')}`.trim(),
    };
  });
}

test('a diffusion model has stops around what its authors recommend, in the parameter that their sampler trades with', () => {
  const threshold = (of: { at: string }[]): (string | undefined)[] =>
    of.map(({ at }) => / threshold=(\S+)/.exec(at)?.[1]);
  expect(stopsBy('sdar').map(({ id }) => id)).toEqual(['one-slot', 'careful', 'recommended', 'bold', 'bolder']);
  expect(threshold(stopsBy('sdar'))).toEqual(['null', '0.95', '0.9', '0.8', '0.6']);
  expect(threshold(stopsBy('llada2.0-mini'))).toEqual(['null', '0.98', '0.95', '0.9', '0.8']);
  // one slot a step is what LLaDA's authors do: there is nothing slower
  expect(stopsBy('llada-8b-instruct').map(({ id }) => id)).toEqual(['recommended', 'bold', 'bolder', 'boldest']);
  expect(threshold(stopsBy('llada-8b-instruct'))).toEqual(['null', '0.95', '0.9', '0.8']);
  expect(stopsBy('dream-7b').map(({ at }) => at)).toEqual(
    ['null', '16', '8', '4'].map((steps) => `dream steps=${steps}`),
  );
  expect(stopsBy('llada2.1-mini')).toEqual([
    { id: 'one-slot', at: 'edit threshold=1 editThreshold=0.5' },
    { id: 'careful', at: 'edit threshold=0.85 editThreshold=0.5' },
    { id: 'recommended', at: 'edit threshold=0.7 editThreshold=0.5' },
    { id: 'bold', at: 'edit threshold=0.5 editThreshold=null' },
  ]);
  // a causal head beside the canvas: the reference and Exact stand where they do for other models
  expect(stopsBy('nemotron-labs-diffusion').map(({ id }) => id)).toEqual([
    'one-slot',
    'ar',
    'exact',
    'careful',
    'recommended',
    'bold',
    'bolder',
  ]);
  for (const { id } of recipes) {
    const stops = stopsBy(id);
    expect(stops.length).toBeGreaterThan(2);
    expect(new Set(stops.map(({ at }) => at)).size).toBe(stops.length);
  }
});

test('every sampler of a diffusion model says what trades quality for speed, and the recommended point is its default', () => {
  const own = {
    attention: 'full',
    causalHead: false,
    shift: 0,
    wholeRows: true,
    blockLength: 32,
    blockLengths: [32],
  } as const;
  const block = { ...own, attention: 'block' } as const;
  for (const one of [own, block]) {
    const model = { causalHead: false, canvas: true, shift: 0, drafterSlots: 0, blockLengths: [32] } as const;
    for (const info of samplersFor({ ...model, own: { ...one, sampler: undefined } })) {
      const points = (info.speeds ?? []).map(({ params }) => fitParams(info, params));
      expect(points.length).toBeGreaterThan(2);
      expect(points[(info.speeds ?? []).findIndex(({ id }) => id === 'recommended')]).toEqual(defaultsOf(info));
    }
  }
});

/** A run of 10 tokens of a question that takes so many milliseconds. */
const timed = (msDecode: number, question: number, turn: number, equal: number | null = null): RunResult =>
  run([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], equal ?? 0, {
    counts: { tokens: 10, forwards: 5, msDecode },
    equal,
    question,
    turn,
  });

test('rate, tokens a forward and agreement are sums over all questions, not means of means', () => {
  const runs = [
    run([1, 2, 3, 4], 4),
    run([5, 6], 1, { question: 1, counts: { tokens: 2, forwards: 1, msDecode: 20 } }),
  ];
  const exact = [run([1, 2, 3, 4], 4), run([5, 9], 2, { question: 1 })];
  expect(measureOf(runs, exact, runs)).toMatchObject({
    rate: 50,
    tpf: 2,
    agreement: 5 / 6,
    tokens: 6,
    same: 1,
    texts: 2,
    ratio: 1,
    runs: 2,
    discarded: 0,
  });
  // nothing was written twice, so nothing is known of the noise
  expect(measureOf(runs, exact, runs)).not.toHaveProperty('spread');
  expect(measureOf([], [], [])).toBeNull();
  expect(measureOf([run([], 0)], [], [])).toBeNull();
});

test('a twin says nothing of agreement, and is not compared with Exact a second time', () => {
  const runs = [timed(100, 0, 0, 9), timed(100, 0, 1)];
  expect(measureOf(runs, [timed(100, 0, 0, 10), timed(100, 0, 1)], runs)).toMatchObject({
    agreement: 0.9,
    tokens: 10,
    texts: 1,
  });
});

test('without a causal head nothing is agreed with; a reply that was cut counts what stood on its canvas, and is not compared', () => {
  const cut = (tokens: number): RunResult =>
    run([], 0, { whole: false, equal: null, counts: { tokens, forwards: 4, msDecode: 2000 } });
  expect(measureOf([cut(8)], [cut(4)], [cut(4)])).toEqual({
    rate: 4,
    tpf: 2,
    agreement: null,
    tokens: 8,
    same: 0,
    texts: 0,
    ratio: 2,
    ratioRange: [2, 2],
    runs: 1,
    discarded: 0,
  });
});

test('runs that were disturbed are left out: the figures are those of a quiet machine', () => {
  const quiet = [0, 1, 2, 3].flatMap((question) => [timed(100, question, 0, 10), timed(100, question, 1)]);
  const reference = [0, 1, 2, 3].flatMap((question) => [timed(200, question, 0, 10), timed(200, question, 1)]);
  const noisy = quiet.map((twin, i) => (i % 3 === 0 ? { ...twin, counts: { ...twin.counts, msDecode: 400 } } : twin));
  const noisyReference = reference.map((twin, i) =>
    i % 3 === 1 ? { ...twin, counts: { ...twin.counts, msDecode: 500 } } : twin,
  );
  const without = measureOf(quiet, quiet, reference);
  const measured = measureOf(noisy, quiet, noisyReference);
  expect(measured).toMatchObject({ rate: without?.rate, ratio: 2, ratioRange: [2, 2], runs: 8, discarded: 3 });
  expect(measured?.spread).toBeGreaterThan(0.15);
  expect(without).toMatchObject({ rate: 100, ratio: 2, spread: 0, discarded: 0 });
});

test('a machine that slows down all the while gives the ratio of a quiet one', () => {
  let load = 1;
  const turns = new Turns(['ar', 'exact', 'fast'], 'ar');
  const cost = { ar: 300, exact: 200, fast: 100 };
  for (let next = turns.next; next; next = turns.next) {
    turns.took(timed(cost[next.stop as keyof typeof cost] * (load += 0.02), next.question, next.turn), false);
  }
  for (const stop of ['exact', 'fast'] as const) {
    const { ratio = 0, ratioRange } = measureOf(turns.results.get(stop) ?? [], [], turns.results.get('ar') ?? []) ?? {};
    expect(Math.abs(ratio / (cost.ar / cost[stop]) - 1)).toBeLessThan(0.05);
    expect(ratioRange?.[0]).toBeLessThanOrEqual(ratio);
  }
});

test('stops take turns, there and back, and those that were disturbed come once more beside the reference', () => {
  const order: string[] = [];
  const turns = new Turns(['ar', 'exact', 'fast'], 'ar');
  for (let next = turns.next; next && next.question === 0; next = turns.next) {
    order.push(next.stop);
    turns.took(timed(next.stop === 'fast' && next.turn === 1 ? 300 : 100, next.question, next.turn), true);
  }
  expect(order).toEqual(['ar', 'exact', 'fast', 'fast', 'exact', 'ar', 'ar', 'fast']);
  expect(turns.done).toBe(8);
  expect(turns.of).toBe(3 * speedPrompts.length * 2 + 2);
});

test('two replies are the same as far as both were written: one that was cut may be shorter, one that ended may not', () => {
  expect(sameReply(run([1, 2], 2), run([1, 2], 2))).toBe(true);
  expect(sameReply(run([1, 2], 2, { whole: false }), run([1, 2, 3], 3))).toBe(true);
  expect(sameReply(run([1, 2], 2), run([1, 2, 3], 3))).toBe(false);
  expect(sameReply(run([1, 4], 2, { whole: false }), run([1, 2, 3], 3))).toBe(false);
});
