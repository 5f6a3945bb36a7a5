import { samplerFromFlat, type FlatSettings } from '../../../core/contract/settings.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { samplerOf } from '../../../core/samplers/index.ts';
import { Pace } from '../../../core/samplers/pace.ts';
import type { Row } from '../../../core/sampling/choose.ts';
import type { Stepper, StepperOptions } from '../../../core/samplers/stepper.ts';
import type { Mode } from '../../../core/contract/generation.ts';
import { END, MASK, runTable, trueRow, type Run, type TableModel } from '../../fixtures/table-model.ts';

const settings: FlatSettings = {
  mode: 'ar',
  temperature: 0,
  topP: 1,
  topK: 64,
  repetitionPenalty: 1,
  seed: null,
  maxTokens: 60,
  blockLength: 8,
  threshold: 0.9,
  draftLength: 1,
  stop: [],
  loopGuard: false,
};
const suppressed = new Set([MASK]);

/** A stepper of the sampler that flat settings stand for; with a drafter, fast blocks of any length are the drafter's. */
function createStepper(
  mode: Mode,
  {
    settings: flat,
    ...options
  }: Omit<StepperOptions, 'sampling' | 'params' | 'maxTokens'> & { settings: FlatSettings },
): Stepper {
  const { id, params } =
    mode === 'fast' && options.drafter
      ? { id: 'typical-acceptance', params: { blockLength: flat.blockLength, ratio: flat.threshold } }
      : mode === 'fast'
        ? { id: 'corrected-threshold', params: { blockLength: flat.blockLength, threshold: flat.threshold } }
        : samplerFromFlat({ ...flat, mode });
  return samplerOf(id).create({ ...options, sampling: flat, params, maxTokens: flat.maxTokens });
}
type FlatOptions = Parameters<typeof createStepper>[1];

function reply(
  model: TableModel,
  mode: Mode,
  over: Partial<FlatSettings>,
  prompt: number[],
  seed: number,
  chunk?: number,
  drafter = false,
): Run {
  const all = { ...settings, ...over, mode };
  const options: FlatOptions = {
    known: prompt,
    firstSlot: 0,
    cached: prompt.length - 1,
    settings: all,
    seed,
    maskToken: MASK,
    endOfTurn: new Set([END]),
    suppressed,
    drafter,
  };
  return runTable(model, createStepper(mode, options), prompt, { sampling: all, seed, suppressed }, 60, chunk);
}
const idsOf = (run: Run): number[] => run.tokens.slice(0, 60).map((t) => t.id);

const models = fc.record({
  salt: fc.nat(),
  skill: fc.constantFrom(0, 0.3, 0.7, 1),
  sharpness: fc.constantFrom(0.2, 0.6, 1.5),
});
const prompts = fc.array(fc.integer({ min: 4, max: 47 }), { minLength: 1, maxLength: 12 });

describe('Exact', () => {
  test('writes token for token what one token at a time writes', () => {
    fc.assert(
      fc.property(
        models,
        prompts,
        fc.nat(),
        fc.constantFrom(0, 0.5, 1, 1.6),
        fc.constantFrom(1, 1.3),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(0.7, 1),
        fc.constantFrom(5, 16, undefined),
        (model, prompt, seed, temperature, repetitionPenalty, draftLength, topP, chunk) => {
          const over = { temperature, repetitionPenalty, draftLength, topP };
          expect(idsOf(reply(model, 'exact', over, prompt, seed, chunk))).toEqual(
            idsOf(reply(model, 'ar', over, prompt, seed)),
          );
        },
      ),
      { numRuns: 200, seed: 20261123 },
    );
  });

  test('drafts that are right save forwards; useless drafts never cost one', () => {
    const model = { salt: 5, skill: 1, sharpness: 1 };
    const ar = reply(model, 'ar', {}, [9], 1);
    const right = reply(model, 'exact', { draftLength: 4 }, [9], 1);
    expect(right.forwards).toBeLessThanOrEqual(Math.ceil(ar.tokens.length / 5) + 2);
    const useless = reply({ ...model, skill: 0 }, 'exact', { draftLength: 2 }, [9], 1);
    expect(useless.forwards).toBeLessThanOrEqual(ar.forwards);
  });

  test('at most four rows a forward with one draft: one canvas for each outcome', () => {
    for (const plan of reply({ salt: 3, skill: 0.5, sharpness: 1 }, 'exact', { draftLength: 1 }, [9, 8], 4).plans) {
      expect(plan.context.length + plan.canvases.reduce((n, c) => n + c.ids.length, 0)).toBeLessThanOrEqual(4);
      expect(plan.canvases.map((c) => c.sees)).toEqual(plan.context.map((_, i) => i + 1));
    }
  });
});

describe('Exact with a drafter', () => {
  test('writes token for token what one token at a time writes, whatever is drafted, in context rows alone', () => {
    fc.assert(
      fc.property(
        models,
        prompts,
        fc.nat(),
        fc.constantFrom(0, 0.5, 1.6),
        fc.constantFrom(1, 1.3),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(2, 5, undefined),
        (model, prompt, seed, temperature, repetitionPenalty, draftLength, chunk) => {
          const over = { temperature, repetitionPenalty, draftLength };
          const run = reply(model, 'exact', over, prompt, seed, chunk, true);
          const ar = reply(model, 'ar', over, prompt, seed);
          expect(idsOf(run)).toEqual(idsOf(ar));
          expect(run.forwards).toBeLessThanOrEqual(ar.forwards);
          expect(run.plans.every((plan) => plan.canvases.length === 0)).toBe(true);
        },
      ),
      { numRuns: 150, seed: 20261124 },
    );
  });

  test('right drafts are all kept: a forward gives one token more than was drafted', () => {
    const model = { salt: 5, skill: 1, sharpness: 20 };
    const run = reply(model, 'exact', { draftLength: 3 }, [9], 1, undefined, true);
    expect(run.forwards).toBe(Math.ceil(run.tokens.length / 4));
    expect(run.plans.slice(0, -1).map((plan) => plan.context.length)).toEqual(
      Array.from({ length: run.forwards - 1 }, () => 4),
    );
  });

  const sure = (id: number): ReturnType<typeof trueRow> => ({
    ids: [id, 5],
    logits: [10, 0],
    lse: Math.log(Math.exp(10) + 1),
    entropy: 0,
  });
  const stepper = (
    over: Partial<FlatSettings> = {},
    prompt = [9, 8],
    pace?: Pace,
    canvas?: number,
  ): ReturnType<typeof createStepper> =>
    createStepper('exact', {
      known: prompt,
      firstSlot: 0,
      cached: prompt.length - 1,
      settings: { ...settings, mode: 'exact', draftLength: 3, ...over },
      seed: 1,
      maskToken: MASK,
      endOfTurn: new Set([END]),
      suppressed,
      drafter: true,
      ...(pace ? { pace } : {}),
      ...(canvas === undefined ? {} : { canvas }),
    });

  describe('with a block of eight slots that is seen forming', () => {
    /** Of its slot by itself: `p` for the likeliest word. */
    const guessed = (id: number, p: number): ReturnType<typeof trueRow> => ({
      ids: [id, 5],
      logits: [Math.log(p), Math.log(p) - 1],
      lse: 0,
      entropy: 1,
    });
    const seen = ({ changes }: { changes: readonly { slot: number; state: string; id: number | null }[] }): unknown[] =>
      changes.map(({ slot, state, id }) => [slot, state, id]);

    test('the rest of the block is guessed, each slot by itself; nothing of it is verified', () => {
      const exact = stepper({}, [9, 8], undefined, 8);
      expect(exact.opening().canvas).toEqual({ from: 0, length: 8 });
      expect(exact.wantsDrafts?.(128)).toEqual({ anchor: 8, count: 3, ahead: 5 });
      const alone: number[] = [];
      exact.draft?.(
        (index, previous) => {
          if (index >= 3 && previous === null) alone.push(index);
          return index < 3 ? sure(20 + index) : guessed(40 + index, index === 4 ? 0.01 : 0.6);
        },
        3,
        5,
      );
      expect(alone).toEqual([3, 4, 5, 6, 7]);
      const opening = exact.opening();
      expect(seen(opening)).toEqual([
        [0, 'draft', 20],
        [1, 'draft', 21],
        [2, 'draft', 22],
        [3, 'guess', 43],
        // slot 4 is too improbable to be shown: it stays grain
        [5, 'guess', 45],
        [6, 'guess', 46],
        [7, 'guess', 47],
      ]);
      expect(opening.changes.find(({ slot }) => slot === 5)?.p).toBeCloseTo(0.6);
      expect(exact.plan(128)).toEqual({ context: [8, 20, 21, 22], canvases: [], wanted: [0, 1, 2, 3] });
    });

    test('a frame holds what changed: guesses stay until there are newer ones, and the canvas ends with its block', () => {
      const exact = stepper({}, [9, 8], undefined, 8);
      exact.opening();
      exact.draft?.((index) => (index < 3 ? sure(20 + index) : guessed(40 + index, 0.6)), 3, 5);
      exact.opening();
      exact.plan(128);
      const step = exact.take([20, 21, 30, 50].map(sure));
      expect(step.rejected.map(({ slot }) => slot)).toEqual([2]);
      // three tokens are known; slots 3 to 7 are guessed as before
      expect([step.canvas, seen(step)]).toEqual([{ from: 3, length: 5 }, []]);
      expect(exact.wantsDrafts?.(128)).toEqual({ anchor: 30, count: 3, ahead: 2 });
      exact.draft?.((index) => (index < 3 ? sure(60 + index) : guessed(46 + index - 3, 0.6)), 3, 2);
      // of slots 6 and 7 the guesses are the same
      expect(seen(exact.opening())).toEqual([
        [3, 'draft', 60],
        [4, 'draft', 61],
        [5, 'draft', 62],
      ]);
      exact.plan(128);
      exact.take([60, 61, 62, 63].map(sure));
      // one slot is left of the block; drafts reach into the next one
      expect(exact.wantsDrafts?.(128)).toEqual({ anchor: 63, count: 3 });
      exact.draft?.((index) => sure(70 + index), 3);
      expect(exact.opening().canvas).toEqual({ from: 7, length: 3 });
    });

    test('of neighbours that expect the same word the surest one shows it', () => {
      const exact = stepper({}, [9, 8], undefined, 8);
      exact.opening();
      const sureness = [0.3, 0.5, 0.4, 0.2, 0.6];
      exact.draft?.(
        (index) => (index < 3 ? sure(20 + index) : guessed(index === 6 ? 41 : 40, sureness[index - 3] ?? 0)),
        3,
        5,
      );
      expect(seen(exact.opening()).slice(3)).toEqual([
        [4, 'guess', 40],
        [6, 'guess', 41],
        [7, 'guess', 40],
      ]);
    });

    test('the turn’s end is drafted, never guessed, and no guess goes past the longest reply', () => {
      const exact = stepper({ maxTokens: 6 }, [9, 8], undefined, 8);
      expect(exact.wantsDrafts?.(128)).toEqual({ anchor: 8, count: 3, ahead: 3 });
      exact.draft?.((index) => (index < 3 ? sure(20 + index) : guessed(END, 0.9)), 3, 3);
      expect(seen(exact.opening()).slice(3)).toEqual([
        [3, 'masked', null],
        [4, 'masked', null],
        [5, 'masked', null],
      ]);
    });
  });

  test('each draft is asked for after the one before it, shown, and struck where it does not hold', () => {
    const exact = stepper();
    expect(exact.wantsDrafts?.(128)).toEqual({ anchor: 8, count: 3 });
    const asked: unknown[] = [];
    exact.draft?.((index, previous) => (asked.push([index, previous]), sure(20 + index)), 3);
    expect(asked).toEqual([
      [0, null],
      [1, 20],
      [2, 21],
    ]);
    expect(exact.opening().changes.map((c) => [c.slot, c.state, c.id])).toEqual([
      [0, 'draft', 20],
      [1, 'draft', 21],
      [2, 'draft', 22],
    ]);
    expect(exact.plan(128)).toEqual({ context: [8, 20, 21, 22], canvases: [], wanted: [0, 1, 2, 3] });
    const step = exact.take([20, 30, 40, 50].map(sure));
    expect(step.tokens.map((t) => [t.id, t.via])).toEqual([
      [20, 'draft'],
      [30, 'context'],
    ]);
    expect(step.rejected.map((c) => [c.slot, c.id])).toEqual([
      [1, 21],
      [2, 22],
    ]);
    expect([step.cacheRows, step.accepted]).toEqual([2, 1]);
    expect(step.changes.every((c) => c.state === 'masked')).toBe(true);
    expect(exact.wantsDrafts?.(128)).toEqual({ anchor: 30, count: 3 });
  });

  test('a draft that will hardly hold with those before it is left out, but the first is always tried', () => {
    const unsure = (id: number): ReturnType<typeof trueRow> => ({
      ids: [id, 5],
      logits: [0.5, 0],
      lse: Math.log(Math.exp(0.5) + 1.5),
      entropy: 1,
    }); // p 0.52
    expect(stepper().draft?.((index) => (index === 0 ? sure(20) : unsure(20 + index)), 3)).toBe(3);
    const never = (id: number): ReturnType<typeof trueRow> => ({ ...unsure(id), lse: 4 });
    expect(stepper().draft?.((index) => (index === 0 ? sure(20) : never(20 + index)), 3)).toBe(1);
    const exact = stepper();
    expect(exact.draft?.((index) => never(20 + index), 3)).toBe(1);
    expect(exact.plan(128).context).toEqual([8, 20]);
  });

  test('more is drafted where rows are found to cost little, less where they cost much', () => {
    const half = (id: number): ReturnType<typeof trueRow> => ({
      ids: [id, 5],
      logits: [0, 0],
      lse: Math.log(2),
      entropy: 1,
    });
    const drafted = (pace: Pace): number | undefined =>
      stepper({}, [9, 8], pace).draft?.((index) => half(20 + index), 3);
    const [cheap, dear] = [new Pace(), new Pace()];
    for (let i = 0; i < 100; i++) {
      for (const rows of [1, 2, 3, 4]) {
        cheap.forward(rows, 10);
        dear.forward(rows, 10 * rows);
      }
    }
    expect([drafted(cheap), drafted(dear)]).toEqual([3, 1]);
  });

  test('nothing is drafted past an end of turn, the end of a chunk, or the longest reply', () => {
    const ends = stepper();
    expect(ends.draft?.((index) => sure(index === 1 ? END : 20), 3)).toBe(2);
    expect(ends.take([20, END].map(sure)).tokens.map((t) => t.id)).toEqual([20, END]);
    expect(stepper().wantsDrafts?.(3)?.count).toBe(2);
    expect(stepper().wantsDrafts?.(1)).toBeNull();
    expect(stepper({ maxTokens: 2 }).wantsDrafts?.(128)?.count).toBe(1);
    expect(stepper({ maxTokens: 1 }).wantsDrafts?.(128)).toBeNull();
  });

  /** What `rows` context rows cost, in rows of a forward, as learned. */
  const paced = (cost: (rows: number) => number): Pace => {
    const pace = new Pace();
    for (let i = 0; i < 200; i++) for (let rows = 1; rows <= 16; rows++) pace.forward(rows, 10 * cost(rows));
    return pace;
  };
  const cheap = (): Pace => paced((rows) => 1 + 0.01 * (rows - 1));

  test('what followed the same four tokens before is drafted first, and the drafter is not asked', () => {
    const exact = stepper({}, [9, 10, 11, 12, 13, 14, 15, 9, 10, 11], cheap());
    exact.plan(128);
    const first = exact.take([sure(12)]);
    expect(first.changes.map((c) => [c.state, c.id])).toEqual([13, 14, 15, 9, 10, 11, 12].map((id) => ['draft', id]));
    expect(first.drafted).toBe(7);
    expect(exact.wantsDrafts?.(128)).toBeNull();
    expect(exact.plan(128).context).toEqual([12, 13, 14, 15, 9, 10, 11, 12]);
    const second = exact.take([13, 14, 40, 41, 42, 43, 44, 45].map(sure));
    expect(second.tokens.map((t) => [t.id, t.via])).toEqual([
      [13, 'draft'],
      [14, 'draft'],
      [40, 'context'],
    ]);
    expect(second.drafted).toBe(0);
    expect(exact.wantsDrafts?.(128)).toEqual({ anchor: 40, count: 3 });
  });

  describe('a copy', () => {
    const text = Array.from({ length: 40 }, (_, i) => 10 + i);
    /** How many tokens are copied after `matched` tokens that stood before. */
    const copied = (matched: number, pace = new Pace(), over: Partial<FlatSettings> = {}, room = 128): number => {
      const exact = stepper(over, [...text, 9, ...text.slice(0, matched - 1)], pace);
      exact.plan(room);
      exact.take([sure(10 + matched - 1)]);
      return exact.plan(room).context.length - 1;
    };

    test('is longer after a longer match, up to fifteen tokens', () => {
      const counts = [4, 8, 16, 24].map((matched) => copied(matched));
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      expect(counts[0]).toBeLessThan(counts[3] as number);
      expect(copied(24, cheap())).toBe(15);
    });

    test('is shorter where rows cost more, and ends with the room and the longest reply', () => {
      expect(
        copied(
          6,
          paced((rows) => rows),
        ),
      ).toBeLessThan(copied(6, cheap()));
      expect(copied(24, cheap(), {}, 5)).toBe(4);
      expect(copied(24, cheap(), { maxTokens: 4 })).toBe(2);
    });

    test('is shorter where the one before broke, and longer where it held', () => {
      const after = (held: boolean): number => {
        const pace = paced((rows) => 1 + 0.12 * (rows - 1));
        const exact = stepper({}, [...text, 9, ...text.slice(0, 11)], pace);
        exact.plan(128);
        exact.take([sure(21)]);
        const { context } = exact.plan(128); // after a match of twelve tokens
        exact.take(context.map((id, i) => sure(held && i < context.length - 1 ? id + 1 : 60)));
        for (const id of [13, 14, 15, 16]) {
          expect(exact.plan(128).context).toHaveLength(1);
          exact.take([sure(id)]);
        }
        return exact.plan(128).context.length; // after a match of four
      };
      expect(after(true)).toBeGreaterThan(after(false));
    });

    test('goes no further than the end of a turn', () => {
      const exact = stepper({}, [9, 10, 11, 12, 13, END, 15, 9, 10, 11], cheap());
      exact.plan(128);
      exact.take([sure(12)]);
      expect(exact.plan(128).context).toEqual([12, 13, END]);
    });

    test('goes on where the block of the drafter ends', () => {
      const exact = stepper({}, [...text, 9, 10], cheap());
      exact.draft?.((index) => sure(11 + index), 3);
      expect(exact.plan(128).context).toEqual(Array.from({ length: 16 }, (_, i) => 10 + i));
    });
  });

  test('a match too short to copy from raises what followed it among the drafter’s candidates, and brings it in', () => {
    const torn = (...ids: number[]): ReturnType<typeof trueRow> => ({
      ids,
      logits: ids.map((_, i) => -0.1 * i),
      lse: Math.log(ids.reduce((sum, _, i) => sum + Math.exp(-0.1 * i), 0)),
      entropy: 1,
    });
    const drafted = (prompt: number[], ...candidates: number[]): number | undefined => {
      const exact = stepper({}, prompt);
      exact.draft?.(() => torn(...candidates), 1);
      return exact.plan(128).context[1];
    };
    expect(drafted([7, 8, 22, 9, 8], 20, 21, 22)).toBe(20);
    expect(drafted([9, 8, 22, 9, 8], 20, 21, 22)).toBe(22);
    expect(drafted([30, 31, 9, 8, 40, 30, 31, 9, 8], ...Array.from({ length: 12 }, (_, i) => 20 + i))).toBe(40);
  });
});

test('without a drafter, copied tokens are verified in a forward without a canvas', () => {
  const prompt = [9, 10, 11, 12, 13, 14, 15, 9, 10, 11];
  const exact = createStepper('exact', {
    known: prompt,
    firstSlot: 0,
    cached: prompt.length - 1,
    settings: { ...settings, mode: 'exact' },
    seed: 1,
    maskToken: MASK,
    endOfTurn: new Set([END]),
    suppressed,
  });
  const row = (id: number): ReturnType<typeof trueRow> => ({ ids: [id], logits: [10], lse: 10, entropy: 0 });
  expect(exact.plan(128).canvases).toHaveLength(1);
  exact.take([row(12), row(20)]);
  const { context, canvases, wanted } = exact.plan(128);
  expect(context.slice(0, 4)).toEqual([12, 13, 14, 15]);
  expect(canvases).toEqual([]);
  expect(wanted).toEqual(context.map((_, i) => i));
  exact.take([row(30)]); // nothing was copied after this: the canvas is back
  expect(exact.plan(128)).toMatchObject({ context: [30], canvases: [{ sees: 1 }] });
});

describe('Fast', () => {
  test('with a threshold nothing reaches it is one token at a time', () => {
    fc.assert(
      fc.property(
        models,
        prompts,
        fc.nat(),
        fc.constantFrom(0, 1),
        fc.integer({ min: 2, max: 16 }),
        (model, prompt, seed, temperature, blockLength) => {
          const over = { temperature, blockLength, threshold: 1 };
          const fast = idsOf(reply({ ...model, sharpness: 0.2 }, 'fast', over, prompt, seed));
          expect(fast).toEqual(
            idsOf(reply({ ...model, sharpness: 0.2 }, 'ar', over, prompt, seed)).slice(0, fast.length),
          );
        },
      ),
      { numRuns: 100, seed: 7 },
    );
  });

  test('never commits a token that the causal head finds implausible, and always makes progress', () => {
    fc.assert(
      fc.property(
        models,
        prompts,
        fc.nat(),
        fc.integer({ min: 2, max: 16 }),
        fc.constantFrom(0.05, 0.3, 0.8),
        fc.constantFrom(5, 16, undefined),
        (model, prompt, seed, blockLength, threshold, chunk) => {
          const run = reply(model, 'fast', { blockLength, threshold }, prompt, seed, chunk);
          const sequence = [...prompt];
          for (const token of run.tokens) {
            const row = trueRow(model, sequence);
            const at = Array.from(row.ids).indexOf(token.id);
            const best = row.logits[row.ids[0] === MASK ? 1 : 0] as number;
            const ratio = Math.exp((row.logits[at] as number) - best);
            expect(ratio).toBeGreaterThanOrEqual(token.via === 'revealed' ? 0.1 : 0.999);
            sequence.push(token.id);
          }
          expect(run.forwards).toBeLessThanOrEqual(2 * run.tokens.length + blockLength + 2);
        },
      ),
      { numRuns: 150, seed: 11 },
    );
  });

  test('a skilled canvas writes several tokens a forward, whole blocks at a time', () => {
    const run = reply({ salt: 5, skill: 1, sharpness: 1.5 }, 'fast', { blockLength: 8, threshold: 0.3 }, [9], 1);
    expect(run.tokens.length / run.forwards).toBeGreaterThan(1.5);
    expect(idsOf(run)).toEqual(
      idsOf(reply({ salt: 5, skill: 1, sharpness: 1.5 }, 'ar', {}, [9], 1)).slice(0, idsOf(run).length),
    );
  });

  test('a block shows all its slots from its first frame; a revealed token that is refused is seen to leave', () => {
    const options: FlatOptions = {
      known: [9],
      firstSlot: 0,
      cached: 0,
      settings: { ...settings, mode: 'fast', blockLength: 6, threshold: 0.05 },
      seed: 1,
      maskToken: MASK,
      endOfTurn: new Set([END]),
      suppressed,
    };
    const stepper = createStepper('fast', options);
    expect(stepper.opening()).toEqual({
      canvas: { from: 0, length: 6 },
      changes: Array.from({ length: 6 }, (_, slot) => ({ slot, state: 'masked', id: null, p: 0 })),
    });
    const plan = stepper.plan(128);
    const sure = (id: number): ReturnType<typeof trueRow> => ({
      ids: [id, 5],
      logits: [10, 0],
      lse: Math.log(Math.exp(10) + 1),
      entropy: 0,
    });
    const first = stepper.take(plan.wanted.map((_, i) => sure(10 + i)));
    expect(first.changes.map((c) => c.state)).toEqual(Array.from({ length: 6 }, () => 'revealed'));
    expect(first.tokens).toEqual([]);
    // the causal head wants 40 at slot 2
    const rows = stepper.plan(128).wanted.map((_, i) => sure(i === 2 ? 40 : 10 + i + 1));
    rows[0] = sure(10);
    rows[1] = sure(11);
    const second = stepper.take([sure(10 + 1), sure(40), ...rows.slice(2)]);
    expect(second.rejected.map((c) => c.slot)).toEqual([2, 3, 4, 5]);
    expect(second.changes.map((c) => [c.state, c.id])).toEqual([
      ['revealed', 10],
      ['revealed', 11],
      ['revealed', 40],
      ['masked', null],
      ['masked', null],
      ['masked', null],
    ]);
    expect(second.cacheRows).toBe(2);
  });
});

describe('Fast with a drafter', () => {
  test('copies more tokens after a copy that held whole, up to eleven, whatever rows cost; three after one that broke', () => {
    const text = Array.from({ length: 40 }, (_, i) => 10 + i);
    const prompt = [...text, 9, 10, 11, 12, 13];
    const pace = new Pace();
    for (let i = 0; i < 100; i++) for (let rows = 1; rows <= 12; rows++) pace.forward(rows, 10 * rows);
    const fast = createStepper('fast', {
      known: prompt,
      firstSlot: 0,
      cached: prompt.length - 1,
      settings: { ...settings, mode: 'fast', blockLength: 3, threshold: 0.9 },
      seed: 1,
      maskToken: MASK,
      endOfTurn: new Set([END]),
      suppressed,
      drafter: true,
      pace,
    });
    const sure = (id: number): Row => ({ ids: [id, 5], logits: [10, 0], lse: Math.log(Math.exp(10) + 1), entropy: 0 });
    fast.plan(128);
    const copied: number[] = [fast.take([sure(14)]).drafted];
    const copy = (holds: number): void => {
      const { context } = fast.plan(128);
      copied.push(fast.take(context.map((id, i) => sure(i < holds ? id + 1 : 99))).drafted);
    };
    copy(4);
    copy(8);
    copy(12);
    expect(copied).toEqual([3, 7, 11, 11]);
    copy(2);
    expect(copied.at(-1)).toBe(0);
  });

  const over = { blockLength: 4 };

  test('at a threshold of 1, greedy, it writes what one token at a time writes', () => {
    fc.assert(
      fc.property(models, prompts, fc.nat(), fc.constantFrom(2, 5, undefined), (model, prompt, seed, chunk) => {
        expect(idsOf(reply(model, 'fast', { ...over, threshold: 1 }, prompt, seed, chunk, true))).toEqual(
          idsOf(reply(model, 'ar', {}, prompt, seed)),
        );
      }),
      { numRuns: 100, seed: 20261125 },
    );
  });

  test('keeps only drafts that the causal head finds plausible, ends no turn on trust, and needs no canvas', () => {
    fc.assert(
      fc.property(
        models,
        prompts,
        fc.nat(),
        fc.constantFrom(0, 1),
        fc.constantFrom(0.05, 0.3, 0.8),
        (model, prompt, seed, temperature, threshold) => {
          const run = reply(model, 'fast', { ...over, temperature, threshold }, prompt, seed, undefined, true);
          const sequence = [...prompt];
          for (const token of run.tokens) {
            const row = trueRow(model, sequence);
            const ratio = Math.exp(
              (row.logits[Array.from(row.ids).indexOf(token.id)] as number) -
                (row.logits[row.ids[0] === MASK ? 1 : 0] as number),
            );
            if (token.via === 'revealed') {
              expect(ratio).toBeGreaterThanOrEqual(threshold);
              expect(token.id).not.toBe(END);
            }
            sequence.push(token.id);
          }
          expect(run.plans.every((plan) => plan.canvases.length === 0)).toBe(true);
          expect(run.forwards).toBeLessThanOrEqual(run.tokens.length);
        },
      ),
      { numRuns: 150, seed: 12 },
    );
  });

  test("a draft of nearly the best token's probability stays where Exact strikes it, and says so", () => {
    const options: FlatOptions = {
      known: [9],
      firstSlot: 0,
      cached: 0,
      settings: { ...settings, mode: 'fast', blockLength: 2, threshold: 0.5 },
      seed: 1,
      maskToken: MASK,
      endOfTurn: new Set([END]),
      suppressed,
      drafter: true,
    };
    const fast = createStepper('fast', options);
    const row = (best: number, other: number, ratio: number): ReturnType<typeof trueRow> => ({
      ids: [best, other],
      logits: [0, Math.log(ratio)],
      lse: Math.log(1 + ratio),
      entropy: 0.5,
    });
    expect(fast.wantsDrafts?.(128)).toEqual({ anchor: 9, count: 2 });
    fast.draft?.((index) => row(20 + index, 5, 0.01), 2);
    expect(fast.plan(128).context).toEqual([9, 20, 21]);
    const step = fast.take([row(30, 20, 0.6), row(31, 21, 0.4), row(32, 22, 0.4)]);
    expect(step.tokens.map((t) => [t.id, t.via])).toEqual([
      [20, 'revealed'],
      [31, 'context'],
    ]);
    expect(step.tokens[0]?.p).toBeCloseTo(0.6 / 1.6);
    expect(step.rejected.map((c) => c.id)).toEqual([21]);
  });
});

describe('drafts of rows that predict their own slots', () => {
  const stepper = (shift: 0 | 1): Stepper =>
    createStepper('exact', {
      known: [5, 6],
      firstSlot: 0,
      cached: 1,
      settings: { ...settings, draftLength: 2, temperature: 0 },
      seed: 1,
      maskToken: MASK,
      shift,
      endOfTurn: new Set([END]),
      suppressed,
    });
  test('take a canvas one row longer, and leave out the row of the token that is drawn anyway', () => {
    expect(stepper(1).plan(100)).toEqual({
      context: [6],
      canvases: [{ ids: [MASK, MASK], position: 2, sees: 1 }],
      wanted: [0, 1, 2],
    });
    expect(stepper(0).plan(100)).toEqual({
      context: [6],
      canvases: [{ ids: [MASK, MASK, MASK], position: 2, sees: 1 }],
      wanted: [0, 2, 3],
    });
  });
  test('are verified at the places they were drafted for', () => {
    const exact = stepper(0);
    const row = (id: number): Row => ({ ids: [id, 40], logits: [9, 1], lse: 9.01, entropy: 0.01 });
    exact.plan(100);
    exact.take([row(7), row(8), row(9)]); // draws 7, drafts 8 and 9 after it
    const { context, wanted, canvases } = exact.plan(100);
    expect(context).toEqual([7, 8, 9]);
    // one row for each of the three, then two of each canvas's three
    expect(wanted).toEqual([0, 1, 2, ...canvases.flatMap((_, i) => [3 + 3 * i + 1, 3 + 3 * i + 2])]);
  });
});
