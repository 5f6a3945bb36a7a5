/** Which way to run a model is chosen, out of what was measured. */
import { describe, expect, it } from 'vitest';
import { parseKernels, type TimedKernels } from '../../../core/contract/kernels.ts';
import { candidates, fastest, inBlocks, rowsThatCount } from '../../../core/engine/tuning.ts';

const timed = (threads: number, ms: Record<number, number>, spinUs = 200): TimedKernels => ({
  threads,
  spinUs,
  rows: Object.entries(ms).map(([rows, one]) => ({ rows: Number(rows), ms: one })),
});

describe('the fastest candidate', () => {
  const usual = timed(8, { 1: 10, 8: 20, 32: 40 });

  it('is the usual one, unless another is clearly faster', () => {
    expect(fastest([usual, timed(4, { 1: 9.8, 8: 19.6, 32: 39 })], [1, 8])).toBe(usual);
    expect(fastest([usual, timed(4, { 1: 8, 8: 18, 32: 60 })], [1, 8])).toMatchObject({ threads: 4 });
  });

  it('is judged by the rows that the model’s replies have', () => {
    const few = timed(2, { 1: 5, 8: 15, 32: 70 });
    const many = timed(16, { 1: 20, 8: 25, 32: 25 });
    expect(fastest([usual, few, many], [1, 8])).toBe(few);
    expect(fastest([usual, few, many], [32])).toBe(many);
    expect(rowsThatCount({ diffusion: { causalHead: true, blockLength: 32 } as never })).toEqual([1, 8]);
    expect(rowsThatCount({ diffusion: { causalHead: false, blockLength: 32 } as never })).toEqual([32]);
    expect(rowsThatCount({ diffusion: { causalHead: false, blockLength: 4 } as never })).toEqual([8]);
  });

  it('multiplies integers where that saves a tenth, and is the best of the others where they are refused', () => {
    const integers = (ms: Record<number, number>): TimedKernels => ({ ...timed(8, ms), products: 'integers' });
    expect(fastest([usual, integers({ 1: 9.2, 8: 18.6, 32: 20 })], [1, 8])).toBe(usual);
    expect(fastest([usual, integers({ 1: 9.2, 8: 18.6, 32: 20 })], [32])).toMatchObject({ products: 'integers' });
    const four = timed(4, { 1: 8, 8: 16, 32: 33 });
    expect(fastest([usual, four, integers({ 1: 7.9, 8: 15.5, 32: 32 })], [1, 8])).toBe(four);
    const measured = [usual, four, integers({ 1: 5, 8: 9, 32: 12 })];
    const choice = { threads: 8, spinUs: 200, products: 'integers' as const, why: 'measured' as const, measured };
    expect(inBlocks(choice, 'room', [1, 8])).toEqual({
      threads: 4,
      spinUs: 200,
      why: 'measured',
      measured,
      integersRefused: 'room',
    });
  });

  it('is nobody where a time is missing', () => {
    expect(fastest([], [1])).toBeUndefined();
    expect(fastest([usual, timed(1, { 32: 1 })], [1])).toBe(usual);
  });
});

describe('candidates', () => {
  it('begin with the usual one, and never have more threads than the machine', () => {
    for (const logical of [1, 2, 4, 6, 12, 128]) {
      const usual = { threads: Math.min(8, Math.max(1, logical >> 1)), spinUs: 200 };
      const all = candidates(usual, logical);
      expect(all[0]).toEqual(usual);
      expect(all.every(({ threads }) => threads >= 1 && threads <= logical)).toBe(true);
      expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(all.length);
      expect(all.length).toBeLessThanOrEqual(7);
      expect(candidates(usual, logical, true)).toEqual([...all, { ...usual, products: 'integers' }]);
    }
  });
});

it('reads what a person types', () => {
  expect(parseKernels('auto')).toBe('auto');
  expect(parseKernels('usual')).toBe('usual');
  expect(parseKernels('threads=4')).toEqual({ threads: 4, spinUs: 200 });
  expect(parseKernels('threads=4,spin=0')).toEqual({ threads: 4, spinUs: 0 });
  expect(parseKernels('threads=4,products=integers')).toEqual({ threads: 4, spinUs: 200, products: 'integers' });
  expect(parseKernels('threads=2,spin=0,products=blocks')).toEqual({ threads: 2, spinUs: 0, products: 'blocks' });
  for (const wrong of [
    '',
    '4',
    'products=integers',
    'threads=2,products=floats',
    'threads=0',
    'threads=65',
    'threads=2,spin=-1',
    'threads=2, spin=1',
    'THREADS=2',
  ])
    expect(parseKernels(wrong)).toBeNull();
});
