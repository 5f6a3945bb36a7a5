/** A canvas that finds its own length, over a model that says plainly where its reply ends. */
import { describe, expect, test } from 'vitest';
import { writeBlocks, type Layout, type Written } from '../../../core/samplers/rules/blocks.ts';
import { greedy, rowOf } from '../../../core/samplers/rules/draw.ts';
import { endChance, endsFrom, resized, seesEnd } from '../../../core/samplers/rules/extent.ts';
import { samplerWith } from '../../../core/samplers/rules/index.ts';
import type { Passes, Wanted } from '../../../core/samplers/rules/passes.ts';
import type { Row } from '../../../core/samplers/rules/rule.ts';

const [END, MASK, WORD, V] = [1, 2, 9, 80];
const ends = new Set([END]);
const row = (p: number): Row => {
  const whole = new Float32Array(V).fill(Math.log(1e-6));
  whole[END] = Math.log(p);
  whole[WORD] = Math.log(1 - p);
  return rowOf(whole);
};
const list = (...chances: number[]): { slot: number; row: Row }[] =>
  chances.map((p, i) => ({ slot: 10 + i, row: row(p) }));

test('the chance of an end is that of all tokens that end', () => {
  expect(endChance(row(0.3), ends)).toBeCloseTo(0.3, 3);
  expect(endChance(row(0.3), new Set([END, WORD]))).toBeCloseTo(1, 3);
});

test('an end is seen where the last eight slots are likelier behind it than not', () => {
  const rows = (...chances: number[]): Row[] => chances.map(row);
  expect(seesEnd(rows(0.1, 0.1, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9), ends)).toBe(true);
  expect(seesEnd(rows(0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1), ends)).toBe(false);
  expect(seesEnd([], ends)).toBe(false);
});

test('a reply ends with the first slot behind which there is nothing but ends', () => {
  expect(endsFrom(list(0.1, 0.9, 0.2, 0.9, 0.8), ends)).toBe(13);
  expect(endsFrom(list(0.9, 0.1), ends)).toBeNull();
});

describe('after a forward a canvas', () => {
  const at = { until: 18, most: 40, block: [10, 14] } as const;
  test('is a block longer where no end is seen, up to the budget', () => {
    expect(resized(list(0, 0, 0, 0, 0, 0, 0, 0), at, ends)).toBe(22);
    expect(resized(list(0, 0, 0, 0, 0, 0, 0, 0), { ...at, most: 20 }, ends)).toBe(20);
  });
  test('ends with the block in which the end is seen, never within the one under way', () => {
    expect(resized(list(0, 1, 1, 1, 1, 1, 1, 1), at, ends)).toBe(14);
    const longer = { ...at, until: 22 };
    expect(resized(list(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1), longer, ends)).toBe(18);
  });
});

/** A model whose reply has so many words, and ends in every slot behind them; it may see no end in short canvases. */
class Model implements Passes {
  readonly lengths: number[] = [];
  readonly cached = 0;
  readonly #words: (canvas: number) => number;
  constructor(words: (canvas: number) => number) {
    this.#words = words;
  }
  glance(ids: readonly number[], at: number, { rows }: Wanted): Promise<Row[]> {
    this.lengths.push(ids.length);
    return Promise.resolve(rows.map((slot) => row(at + slot - PROMPT.length < this.#words(ids.length) ? 0.01 : 0.99)));
  }
  read(): Promise<Row[]> {
    throw new Error('nothing is cached');
  }
  keep(): void {
    throw new Error('nothing is cached');
  }
  cut(): void {}
  beside(): Passes {
    return this;
  }
}
const PROMPT = [5, 6, 7, 8];
const layout: Layout = {
  attention: 'full',
  shift: 0,
  grid: 'prompt-end',
  blockLength: 8,
  maskToken: MASK,
  firstSlot: 'own',
  cache: 'none',
};
const write = async (words: (canvas: number) => number, start = 16): Promise<Written & { lengths: number[] }> => {
  const { sampler, params } = samplerWith(
    'threshold',
    { threshold: 0.9 },
    { attention: 'full', causalHead: false, shift: 0, wholeRows: true },
  );
  const model = new Model(words);
  const written = await writeBlocks(model, {
    layout,
    prompt: PROMPT,
    until: PROMPT.length + 64,
    extent: { start, ends },
    sampler,
    params,
    sampling: greedy,
    seed: 1,
    banned: new Set([MASK]),
    ends,
  });
  return { ...written, lengths: model.lengths.map((length) => length - PROMPT.length) };
};
const wordsIn = ({ sequence }: Written): number => sequence.filter((id) => id === WORD).length;

describe('a canvas that finds its length', () => {
  test('is cut after the block of the end', async () => {
    const made = await write(() => 5, 32);
    expect(made.lengths).toEqual([32, 32]);
    expect(made.sequence).toHaveLength(PROMPT.length + 8);
    expect([wordsIn(made), made.ended]).toEqual([5, true]);
  });
  test('is doubled until an end is seen, and written no further than that', async () => {
    const made = await write(() => 27, 8);
    expect(made.lengths.slice(0, 3)).toEqual([8, 16, 32]);
    expect(Math.max(...made.lengths)).toBe(32);
    expect([wordsIn(made), made.ended]).toEqual([27, true]);
  });
  test('is as long as the reply may become where no end is seen', async () => {
    const made = await write(() => Infinity);
    expect(made.lengths.at(-1)).toBe(64);
    expect([wordsIn(made), made.ended]).toEqual([64, false]);
  });
  test('goes on where the end that it was cut for does not come', async () => {
    // in a canvas of one block the model has no end any more
    const made = await write((canvas) => (canvas - PROMPT.length <= 8 ? Infinity : 20), 32);
    expect([wordsIn(made), made.ended]).toEqual([20, true]);
    const short = await write((canvas) => (canvas - PROMPT.length < 16 ? 12 : 4), 16);
    expect(short.ended).toBe(true);
  });
  test('is refused where something of it is cached', async () => {
    const made = writeBlocks(new Model(() => 1), {
      layout: { ...layout, cache: 'dual' },
      prompt: PROMPT,
      until: 20,
      extent: { start: 8, ends },
      ...samplerWith('threshold', {}, { attention: 'full', causalHead: false, shift: 0, wholeRows: true }),
      sampling: greedy,
      seed: 1,
      banned: new Set(),
      ends,
    });
    await expect(made).rejects.toThrow('one length');
  });
});
