/** Weights laid out as integers give nearly the products that their blocks give, whatever single channels hold. */
import { expect, it } from 'vitest';
import { APART } from '../../../core/model/graph/integers.ts';
import { channelsApart, integerWeights, unpackRow, type BlockedMatrix } from '../../../core/model/integer-weights.ts';
import { packFloats, packNibbles } from '../../../core/model/quantisation.ts';
import { numbers } from '../../fixtures/checkpoints/gguf.ts';

const rows = 48;
const columns = 256;
function matrix(bits: 4 | 8): BlockedMatrix {
  const out = {
    values: new Uint8Array(rows * columns),
    scales: new Float32Array((rows * columns) / 32),
    zeros: new Uint8Array((rows * columns) / 32),
  };
  packFloats(numbers(rows * columns, 7, 0.2), bits, out);
  return {
    rows,
    columns,
    bits,
    scales: out.scales,
    values: bits === 8 ? out.values : packNibbles(out.values, columns),
    zeros: bits === 8 ? out.zeros : packNibbles(out.zeros, columns / 32),
  };
}
/** Activations with three channels a hundred times as large as the others. */
const activations = (seed: number): Float32Array =>
  numbers(columns, seed, 1).map((x, channel) => ([5, 77, 200].includes(channel) ? 100 * x : x));

/** What the graph computes, in doubles but for the rounding of activations. */
function product(made: ReturnType<typeof integerWeights>, x: Float32Array): number[] {
  const size = columns / made.groups;
  return Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    made.parts.forEach(({ weight, scales }, group) => {
      let most = 1e-30;
      for (let k = 0; k < size; k++)
        most = Math.max(most, Math.abs((x[group * size + k] as number) * (made.factors[group * size + k] as number)));
      let whole = 0;
      for (let k = 0; k < size; k++) {
        const channel = group * size + k;
        const value = ((x[channel] as number) * (made.factors[channel] as number)) / most;
        whole += Math.round(127 * value) * (weight[k * rows + row] as number);
      }
      sum += (whole * most * (scales[row] as number)) / 127;
    });
    for (let i = 0; i < APART; i++) {
      const { values, scales, zeros } = made.apartBlocks;
      sum +=
        (x[made.apart[i] as number] as number) *
        (scales[row] as number) *
        ((values[row * APART + i] as number) - (zeros[row] as number));
    }
    return sum;
  });
}

it.each([
  [8, 1],
  [8, 4],
  [4, 1],
  [4, 4],
] as const)('of %i bits, in %i groups', (bits, groups) => {
  const blocks = matrix(bits);
  const seen = Array.from({ length: 40 }, (_, i) => activations(100 + i));
  const peak = Float32Array.from({ length: columns }, (_, k) => Math.max(...seen.map((x) => Math.abs(x[k] as number))));
  const made = integerWeights(blocks, { usual: peak, ever: peak }, groups);
  expect([...made.apart]).toEqual(expect.arrayContaining([5, 77, 200]));
  expect(made.factors.filter((factor) => factor === 0)).toHaveLength(APART);
  const row = new Float32Array(columns);
  for (let i = 0; i < 8; i++) {
    const x = activations(900 + i);
    const found = product(made, x);
    let difference = 0;
    let size = 0;
    for (let n = 0; n < rows; n++) {
      unpackRow(blocks, n, row);
      const truth = row.reduce((sum, w, k) => sum + w * (x[k] as number), 0);
      difference += ((found[n] as number) - truth) ** 2;
      size += truth ** 2;
    }
    expect(Math.sqrt(difference / size)).toBeLessThan(0.01);
  }
});

it('a channel that is huge in one row alone is apart, though its usual size is small', () => {
  const usual = numbers(columns, 3, 1).map(Math.abs);
  usual[42] = 0.001;
  const ever = usual.slice();
  ever[42] = 5000;
  expect([...channelsApart({ usual, ever })]).toContain(42);
  expect([...channelsApart({ usual, ever: usual })]).not.toContain(42);
});

it('rows and columns of zeros stay zeros', () => {
  const blocks = matrix(8);
  blocks.scales.fill(0);
  const made = integerWeights(blocks, { usual: new Float32Array(columns), ever: new Float32Array(columns) }, 1);
  expect(product(made, activations(1)).every((sum) => sum === 0)).toBe(true);
  expect(made.factors.every(Number.isFinite)).toBe(true);
});
