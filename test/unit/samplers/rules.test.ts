/** Each rule on slots whose distributions are written out: what it takes is counted by hand. */
import { describe, expect, it } from 'vitest';
import { draw, filtered, greedy, guided, rowOf } from '../../../core/samplers/rules/draw.ts';
import { bannedOf, samplers, samplersFor, samplerWith } from '../../../core/samplers/rules/index.ts';
import { checkParams } from '../../../core/contract/samplers.ts';
import { noiseOf } from '../../../core/samplers/rules/remdm.ts';
import type { Capabilities, Decision, Row, Sampler, Slot, Step } from '../../../core/samplers/rules/rule.ts';
import { byTime, evenly, linearly, times } from '../../../core/samplers/rules/schedules.ts';

const V = 100;
/** A row whose id `id` has probability p; the rest is spread evenly. */
function sure(id: number, p: number): Row {
  const whole = new Float32Array(V).fill(Math.log((1 - p) / (V - 1)));
  whole[id] = Math.log(p);
  return rowOf(whole);
}
const slots = (...confidences: number[]): Slot[] =>
  confidences.map((p, i) => ({ slot: 10 + i, row: sure(i + 1, p), current: null }));
const full: Capabilities = { attention: 'full', causalHead: false, shift: 0, wholeRows: true };
const block: Capabilities = { ...full, attention: 'block' };

function choose(
  id: string,
  given: Record<string, unknown>,
  list: Slot[],
  over: Partial<Step> = {},
  capabilities = full,
): Decision {
  const { sampler, params } = samplerWith(id, given, capabilities);
  const step: Step = {
    index: 0,
    masks: list.length,
    length: list.length,
    settled: 0,
    progress: 0,
    filled: 0,
    ahead: [],
    draw: ({ slot, row }) => draw(row, greedy, new Set(), { seed: 0, slot }),
    random: () => 0.5,
    memory: sampler.memory?.(),
    ...over,
  };
  return sampler.choose(list, step, params);
}
const taken = ({ unmask }: Decision): number[] => unmask.map(({ slot }) => slot).sort((a, b) => a - b);

describe('low confidence', () => {
  it('takes the surest slots, as many as its schedule asks for', () => {
    expect(taken(choose('low-confidence', { stepsPerBlock: 2 }, slots(0.5, 0.9, 0.3, 0.8)))).toEqual([11, 13]);
    expect(taken(choose('low-confidence', { stepsPerBlock: 3 }, slots(0.5, 0.9, 0.3, 0.8)))).toEqual([11, 13]); // what is left over comes first
    expect(taken(choose('low-confidence', { stepsPerBlock: 3 }, slots(0.5, 0.9, 0.3, 0.8), { index: 1 }))).toEqual([
      11,
    ]);
  });
  it('takes all over a threshold, where they are more than the schedule asks for', () => {
    const given = { schedule: 'block', stepsPerBlock: 4, threshold: 0.7 };
    expect(taken(choose('low-confidence', given, slots(0.5, 0.9, 0.3, 0.8)))).toEqual([11, 13]);
    expect(taken(choose('low-confidence', given, slots(0.5, 0.6, 0.3, 0.2)))).toEqual([11]);
  });
  it('goes in order, where it is told to', () => {
    expect(
      taken(choose('low-confidence', { order: 'sequential', stepsPerBlock: 2 }, slots(0.1, 0.2, 0.9, 0.8))),
    ).toEqual([10, 11]);
  });
});

describe('threshold', () => {
  it('takes the surest slot always, and every other one that reaches it', () => {
    expect(taken(choose('threshold', { threshold: 0.7 }, slots(0.5, 0.9, 0.3, 0.8)))).toEqual([11, 13]);
    expect(taken(choose('threshold', { threshold: 0.95 }, slots(0.5, 0.9, 0.3)))).toEqual([11]);
    expect(taken(choose('threshold', { threshold: null }, slots(0.5, 0.9, 0.99)))).toEqual([12]);
  });
  it('strictly above it, where it is told to', () => {
    const list = slots(0.9, 0.75, 0.25);
    const exactly = draw((list[1] as Slot).row, greedy, new Set(), { seed: 0, slot: 11 }).p;
    expect(taken(choose('threshold', { threshold: exactly, strict: false }, list))).toEqual([10, 11]);
    expect(taken(choose('threshold', { threshold: exactly, strict: true }, list))).toEqual([10]);
  });
});

describe('factor', () => {
  // thresholds by rank for factor 1: none, 2/3, 3/4, 4/5
  it.each([
    [[0.9, 0.5, 0.4, 0.3], 1],
    [[0.9, 0.7, 0.5, 0.3], 2],
    [[0.9, 0.8, 0.76, 0.3], 4], // the scan stops at the last slot, which is taken too, as in the authors' code
    [[0.9, 0.85, 0.8, 0.81], 4],
    [[0.4], 1],
  ])('of %j takes %i', (confidences, count) => {
    expect(taken(choose('factor', { factor: 1 }, slots(...confidences)))).toHaveLength(count);
  });
});

describe('entropy bound', () => {
  it('takes the surest slots while what those before leave open stays within it', () => {
    const list = slots(0.99, 0.9, 0.5);
    const entropies = list.map(({ row }) => row.entropy);
    expect(taken(choose('entropy-bound', { bound: 0 }, list))).toEqual([10]);
    expect(taken(choose('entropy-bound', { bound: (entropies[0] as number) + 1e-6 }, list))).toEqual([10, 11]);
    expect(
      taken(choose('entropy-bound', { bound: (entropies[0] as number) + (entropies[1] as number) + 1e-6 }, list)),
    ).toEqual([10, 11, 12]);
  });
});

describe('hierarchy', () => {
  it('takes the best of each run of masks above the low bound, the best of all, and all above the threshold', () => {
    const list = slots(0.5, 0.6, 0.3, 0.2, 0.95).filter(({ slot }) => slot !== 12); // a token stands in between
    expect(taken(choose('hierarchy', { threshold: 0.9, low: 0.4 }, list))).toEqual([11, 14]);
    expect(taken(choose('hierarchy', { threshold: 0.9, low: 0.7 }, slots(0.5, 0.6)))).toEqual([11]);
  });
});

describe('credit', () => {
  it('lets a token that stays likeliest pass a threshold that it would not pass alone', () => {
    const memory = new Map();
    const given = { threshold: 0.75, alpha: 2 };
    const list = slots(0.7, 0.2);
    list.push({ slot: 12, row: sure(3, 0.99), current: null });
    expect(taken(choose('credit', given, list, { memory }))).toContain(10);
    expect(taken(choose('credit', { ...given, alpha: 0 }, list))).toEqual([12]);
  });
});

describe('KLASS', () => {
  it('waits until a sure slot has stopped moving for some steps', () => {
    const memory = new Map();
    const given = { threshold: 0.6, divergence: 0.01, history: 2 };
    const at = (index: number, ...list: Slot[]): number[] =>
      taken(choose('klass', given, list, { index, memory, masks: 3 }));
    const [steady, moving] = slots(0.8, 0.9) as [Slot, Slot];
    expect(at(0, steady, moving)).toEqual([11]); // none is settled: the surest one
    expect(at(1, steady, { ...moving, row: sure(5, 0.9) })).toEqual([11]); // the first divergence is from nothing
    expect(at(2, steady, { ...moving, row: sure(6, 0.9) })).toEqual([10]);
  });
  it('is offered where whole rows can be had', () => {
    expect(samplersFor(full).map(({ id }) => id)).toContain('klass');
    expect(samplersFor({ ...full, wholeRows: false }).map(({ id }) => id)).not.toContain('klass');
  });
});

describe('Dream', () => {
  it('takes its share of the time grid: nothing at first, two at the end, where there is a step for each slot', () => {
    const grid = times(16, 1e-3);
    expect([grid[0], grid[16]]).toEqual([1, Math.fround(1e-3)]);
    let left = 16;
    const counts = Array.from({ length: 16 }, (_, step) => {
      const count = byTime(left, grid, step);
      left -= count;
      return count;
    });
    expect([counts[0], counts.at(-1), left]).toEqual([0, 2, 0]);
  });
  it('goes by entropy, lead or probability', () => {
    const two = (p: number, q: number): Row => {
      const whole = new Float32Array(V).fill(Math.log((1 - p - q) / (V - 2)));
      whole[1] = Math.log(p);
      whole[2] = Math.log(q);
      return rowOf(whole);
    };
    const list: Slot[] = [
      { slot: 0, row: two(0.5, 0.48), current: null },
      { slot: 1, row: two(0.48, 0.01), current: null },
      { slot: 2, row: two(0.3, 0.29), current: null },
    ];
    const best = (algorithm: string): number[] => taken(choose('dream', { algorithm, steps: 2, eps: 1e-6 }, list));
    expect([best('entropy'), best('topk_margin'), best('maskgit_plus')]).toEqual([[0], [1], [0]]);
  });
  it('by chance (origin) unmasks each slot with the share of the step, and all at the end', () => {
    const list = slots(0.2, 0.3);
    expect(
      taken(choose('dream', { algorithm: 'origin', steps: 4 }, list, { random: (slot) => (slot === 10 ? 0.1 : 0.9) })),
    ).toEqual([10]);
    expect(taken(choose('dream', { algorithm: 'origin', steps: 4 }, list, { index: 3, random: () => 0.99 }))).toEqual([
      10, 11,
    ]);
  });
});

describe('edit', () => {
  const list: Slot[] = [
    { slot: 0, row: sure(1, 0.96), current: null },
    { slot: 1, row: sure(2, 0.7), current: null },
    { slot: 2, row: sure(3, 0.92), current: 9 },
    { slot: 3, row: sure(4, 0.8), current: 9 },
    { slot: 4, row: sure(5, 0.99), current: 5 },
  ];
  it('unmasks above one threshold and replaces above another, in one step', () => {
    const decision = choose('edit', { threshold: 0.9, editThreshold: 0.9 }, list, {}, block);
    expect(taken(decision)).toEqual([0]);
    expect(decision.edit?.map(({ slot, id }) => [slot, id])).toEqual([[2, 3]]);
    expect(decision.done).toBe(false);
  });
  it('ends when nothing is masked and nothing changed, or after so many steps', () => {
    const still = list.slice(4);
    expect(choose('edit', {}, still, { settled: 1 }, block).done).toBe(true);
    const restless = list.slice(2);
    expect(choose('edit', { postSteps: 3 }, restless, { settled: 2 }, block).done).toBe(false);
    expect(choose('edit', { postSteps: 3 }, restless, { settled: 3 }, block).done).toBe(true);
  });
});

describe('ReMDM', () => {
  it('masks again with the capped chance, and never in the last step', () => {
    const list: Slot[] = [{ slot: 0, row: sure(1, 0.9), current: 1 }];
    expect(choose('remdm', { eta: 0.6, steps: 4 }, list, { index: 2 }).remask).toEqual([]);
    expect(choose('remdm', { eta: 0.6, steps: 4 }, list, { index: 1, random: () => 0.1 }).remask).toEqual([0]);
    expect(choose('remdm', { eta: 0.6, steps: 4 }, list, { index: 3, random: () => 0 })).toMatchObject({
      remask: [],
      done: true,
    });
  });
  it('keeps to the bounds of its schedules', () => {
    const base = { steps: null, loopFrom: 0.55, loopTo: 0.05, loopAlpha: 0.9 };
    for (const schedule of ['cap', 'rescale', 'loop'] as const) {
      for (let step = 0; step < 20; step++) {
        const { before, after, sigma } = noiseOf(step, 20, { ...base, schedule, eta: 0.02 });
        expect(after).toBeGreaterThanOrEqual(before - 1e-9);
        expect(sigma).toBeGreaterThanOrEqual(0);
        expect(sigma).toBeLessThanOrEqual(0.02);
      }
    }
  });
});

describe('WINO', () => {
  /** Slots with a token of their own; `shadow`: its probability where it is not seen. */
  const written = (...shadows: number[]): Slot[] =>
    shadows.map((p, i) => ({ slot: 30 + i, row: sure(7, 0.99), current: 7, shadow: sure(7, p) }));
  const run = (list: Slot[], accepted = 30, given = {}): Decision =>
    choose('wino', { threshold: 0.6, keep: 0.9, ...given }, list, { index: 1, memory: { accepted } });

  it('takes what is over the threshold, or the surest slot alone', () => {
    expect(taken(run(slots(0.5, 0.9, 0.3, 0.8)))).toEqual([11, 13]);
    expect(taken(run(slots(0.5, 0.3)))).toEqual([10]);
  });
  it('takes seven tenths of the masks at most, but up to five and never over twenty', () => {
    expect(taken(run(slots(...Array.from({ length: 6 }, (_, i) => 0.9 - i / 100))))).toEqual([10, 11, 12, 13, 14]);
    expect(taken(run(slots(...Array.from({ length: 10 }, (_, i) => 0.9 - i / 100))))).toHaveLength(7);
    expect(taken(run(slots(...Array.from({ length: 60 }, () => 0.9))))).toHaveLength(20);
  });
  it('masks again what it would not write without seeing it, where it takes more than one', () => {
    const list = [...slots(0.8, 0.9), ...written(0.95, 0.2, 0.89)];
    expect(run(list).remask).toEqual([31, 32]);
    expect(run([...slots(0.5, 0.3), ...written(0.2)]).remask).toEqual([]);
    expect(run(list, 30, { keep: 0 }).remask).toEqual([]);
  });
  it('masks fewer again than the step before has unmasked, the least probable first', () => {
    expect(run([...slots(0.8, 0.9), ...written(0.5, 0.2, 0.3)], 3).remask).toEqual([31, 32]);
    expect(run([...slots(0.8, 0.9), ...written(0.5, 0.2, 0.3)], 1).remask).toEqual([]);
  });
  it('is done when nothing is masked, and begins each block as if much had been unmasked', () => {
    expect(run([...slots(0.8, 0.9), ...written(0.95)]).done).toBe(true);
    expect(run([...slots(0.8, 0.9), ...written(0.1)]).done).toBe(false);
    expect(run(written(0.1)).done).toBe(true);
    const memory = { accepted: 1 };
    choose('wino', {}, slots(0.8, 0.9), { index: 0, memory });
    expect(memory.accepted).toBe(2);
  });
  it('is for full attention in which a row predicts its own slot', () => {
    expect(() => choose('wino', {}, slots(0.5), {}, block)).toThrow('wino');
    expect(() => choose('wino', {}, slots(0.5), {}, { ...full, shift: 1 })).toThrow('wino');
  });
});

describe('Prophet', () => {
  /** A row whose best logit leads the second by `lead`. */
  const leads = (lead: number, slot: number): Slot => {
    const whole = new Float32Array(V);
    whole[3] = lead;
    return { slot, row: rowOf(whole), current: null };
  };
  const run = (gaps: number[], filled: number, ahead: number[] = []): Decision =>
    choose(
      'prophet',
      { stepsPerBlock: gaps.length },
      gaps.map((gap, i) => leads(gap, 10 + i)),
      { filled, ahead: ahead.map((gap, i) => leads(gap, 20 + i)) },
    );

  it.each([
    [0.1, 7.4, 7.6],
    [0.5, 4.9, 5.1],
    [0.9, 2.4, 2.6],
  ])('at %f of the reply goes on step by step below its gap, and fills everything above', (filled, below, above) => {
    expect(taken(run([below, below, below], filled))).toHaveLength(1);
    expect(taken(run([above, above, above], filled))).toEqual([10, 11, 12]);
  });
  it('judges all masked slots together, also those behind the block, and fills them too', () => {
    expect(taken(run([9, 9], 0.1, [5, 5]))).toHaveLength(1);
    expect(taken(run([9, 9], 0.1, [7, 7]))).toEqual([10, 11, 20, 21]);
    expect(run([9, 9], 0.1, [7, 7]).done).toBe(true);
  });
});

describe('a draw', () => {
  it('keeps the smallest set with the mass of top-p, past the 64 candidates where the row is whole', () => {
    const whole = new Float32Array(1000); // all alike
    const { p, entropy } = filtered(rowOf(whole), { temperature: 0, topP: 0.5, topK: 0 });
    expect(p.length).toBeGreaterThanOrEqual(500);
    expect(p.length).toBeLessThanOrEqual(502);
    expect(entropy).toBeCloseTo(Math.log(p.length), 3);
    expect(filtered(rowOf(whole), { temperature: 0, topP: 1, topK: 100 }).p).toHaveLength(100);
  });
  it('never gives a banned id, even where nothing else is left of the filtered row', () => {
    const row = sure(7, 0.9);
    expect(draw(row, greedy, new Set([7]), { seed: 1, slot: 0 }).id).not.toBe(7);
    expect(draw(row, { temperature: 1, topP: 0.5, topK: 1 }, new Set([7]), { seed: 1, slot: 0 }).id).not.toBe(7);
  });
  it('follows the distribution at a temperature', () => {
    const row = sure(7, 0.6);
    const hits = Array.from(
      { length: 2000 },
      (_, seed) => draw(row, { temperature: 1, topP: 1, topK: 0 }, new Set(), { seed, slot: 3 }).id,
    ).filter((id) => id === 7).length;
    expect(hits / 2000).toBeGreaterThan(0.55);
    expect(hits / 2000).toBeLessThan(0.65);
  });
  it('guided goes further from what is likely without the prompt', () => {
    const row = guided(sure(1, 0.5), sure(1, 0.2), 1);
    expect(draw(row, greedy, new Set(), { seed: 0, slot: 0 })).toMatchObject({ id: 1 });
    expect(draw(row, greedy, new Set(), { seed: 0, slot: 0 }).p).toBeGreaterThan(0.5);
    expect(guided(sure(1, 0.5), sure(1, 0.2), 0).lse).toBeCloseTo(sure(1, 0.5).lse, 5);
  });
});

describe('schedules', () => {
  it('sum to the masks', () => {
    for (const [masks, steps] of [
      [16, 5],
      [7, 7],
      [32, 3],
      [3, 8],
    ] as const) {
      expect(Array.from({ length: steps }, (_, step) => evenly(masks, steps, step)).reduce((a, b) => a + b)).toBe(
        masks,
      );
      expect(linearly(masks, steps).reduce((a, b) => a + b)).toBe(masks);
      expect(linearly(masks, steps).every((count) => count > 0)).toBe(true);
    }
  });
});

describe('the registry', () => {
  it('has ids that differ, defaults that its own schemas accept, and parameters with titles', () => {
    expect(new Set(samplers.map(({ id }) => id)).size).toBe(samplers.length);
    for (const rule of samplers) {
      expect(Object.keys(checkParams(rule, {}))).toEqual(rule.params.map(({ id }) => id));
      for (const { description } of rule.params) expect(description).toMatch(/^[A-Z].{10,}\.$/);
    }
  });
  it('refuses an unknown sampler, one that does not fit, and a parameter that is none or out of bounds, by name', () => {
    expect(() => samplerWith('tea-leaves', {}, full)).toThrow('no sampler tea-leaves');
    expect(() => samplerWith('edit', {}, full)).toThrow("can't be written");
    expect(() => samplerWith('threshold', { treshold: 0.5 }, full)).toThrow('treshold');
    expect(() => samplerWith('threshold', { threshold: 1.5 }, full)).toThrow('threshold is 1.5');
    expect(() => samplerWith('edit', { threshold: null }, block)).toThrow('threshold is null');
    expect(() => samplerWith('low-confidence', { order: 'upwards' }, full)).toThrow('order');
  });
  it('takes another one by one row', () => {
    const coin: Sampler = {
      id: 'coin',
      name: 'Coin',
      description: 'Takes slots by the toss of a coin.',
      guarantee: 'diffusion',
      params: [
        {
          id: 'share',
          kind: 'number',
          label: 'Share',
          description: 'How many slots a step takes.',
          min: 0,
          max: 1,
          step: 0.1,
          default: 0.5,
        },
      ],
      supports: () => true,
      choose: (list, step, params) => ({
        unmask: list
          .filter(({ slot }, i) => i === 0 || step.random(slot) < Number(params['share']))
          .map((slot) => ({ slot: slot.slot, id: step.draw(slot).id, p: step.draw(slot).p })),
      }),
    };
    const { sampler, params } = samplerWith('coin', {}, full, [...samplers, coin]);
    expect(params).toEqual({ share: 0.5 });
    expect(sampler.name).toBe('Coin');
  });
  it('bans what the tokenizer has no text for', () => {
    const banned = bannedOf({
      tokens: { endOfTurn: [1], suppressed: [5], known: 8 },
      dimensions: { layers: 1, hidden: 1, heads: 1, kvHeads: 1, headDim: 1, feedForward: 1, vocabulary: 10 },
    });
    expect([...banned].sort()).toEqual([5, 8, 9]);
  });
});
