/**
 * Matrix products in 8-bit integers: a scale for each row of activations, and one for each output channel of the weights.
 * Their cost grows less with the number of rows than that of products in blocks, and their sums are exact, so that a row's bits
 * do not depend on the rows beside it.
 *
 * A few input channels hold activations far larger than the others, and would leave the others no precision. Those channels
 * are multiplied apart, in blocks. The others are divided by a constant of the channel first, which the weights make up for
 * (smoothing). Long inputs are cut into groups with a scale each.
 */
import type { GraphBuilder, Weight } from './builder.ts';

/** Input channels of a matrix that are multiplied apart: one block. */
export const APART = 32;
/** A row whose largest number is below this counts as zeros. */
const LEAST = 1e-30;

export interface IntegerMatrix {
  /** Weights of the matrix: rows are output channels, columns input channels. */
  rows: number;
  columns: number;
  /** Groups of input channels, of the same size, with a scale of activations each. */
  groups: number;
}

/** What of a pack is laid out as integers, in files that lie beside the graph. */
export interface IntegerLayout {
  matrices: Readonly<Record<string, IntegerMatrix>>;
  /** By `integerTensors`' names. */
  tensors: Readonly<Record<string, Weight>>;
}

export const integerTensors = {
  /** float32 [columns]: what each channel is multiplied by; 0 for the channels apart. */
  factors: (name: string): string => `${name}.factors`,
  /** int8 [columns / groups, rows] and float32 [rows] of each group. */
  weight: (name: string, group: number): string => `${name}.integers.${group}`,
  scales: (name: string, group: number): string => `${name}.integers.${group}.scales`,
  /** int32 [32]: the channels apart. */
  apart: (name: string): string => `${name}.apart`,
  /** uint8 [rows, 32], float32 [rows, 1], uint8 [rows, 1]: their weights, a block a row. */
  apartWeight: (name: string): string => `${name}.apart.weight`,
  apartScales: (name: string): string => `${name}.apart.scales`,
  apartZeros: (name: string): string => `${name}.apart.zeros`,
} as const;

/** x [T, columns] → [T, rows]. @throws Error where the layout lacks a tensor */
export function integerMatmul(
  g: GraphBuilder,
  layout: IntegerLayout,
  x: string,
  name: string,
  output?: string,
): string {
  const matrix = layout.matrices[name];
  if (!matrix) throw new Error(`${name} is not laid out as integers`);
  const { rows, columns, groups } = matrix;
  const tensor = (key: string, shape?: number[]): string => {
    const found = layout.tensors[key];
    if (!found) throw new Error(`the layout has no tensor ${key}`);
    return g.weight(key, found, shape);
  };
  const zero = g.byte(128);
  const step = g.floats([1 / 127], []);
  const smooth = g.op('Mul', [x, tensor(integerTensors.factors(name))]);
  const grouped = groups === 1 ? smooth : g.op('Reshape', [smooth, g.ints([-1, groups, columns / groups])]);
  const largest = g.op('ReduceMax', [g.op('Abs', [grouped]), g.ints([-1])], { keepdims: 1 });
  const most = g.op('Add', [largest, g.floats([LEAST], [])]);
  const whole = g.op('QuantizeLinear', [g.op('Div', [grouped, most]), step, zero]);
  const split = (value: string): string[] =>
    groups === 1 ? [value] : g.ops('Split', [value], { axis: 1, num_outputs: groups }, groups);
  const scales = split(most);
  const sums = split(whole).map((part, group) =>
    g.op('Mul', [
      g.ms('MatMulIntegerToFloat', [
        part,
        tensor(integerTensors.weight(name, group)),
        step,
        tensor(integerTensors.scales(name, group)),
        zero,
      ]),
      scales[group] as string,
    ]),
  );
  const sum = sums.length === 1 ? (sums[0] as string) : g.op('Reshape', [g.op('Sum', sums), g.ints([-1, rows])]);
  const large = g.op('Gather', [x, tensor(integerTensors.apart(name))], { axis: 1 });
  const apart = g.ms(
    'MatMulNBits',
    [
      large,
      tensor(integerTensors.apartWeight(name), [rows, 1, APART]),
      tensor(integerTensors.apartScales(name)),
      tensor(integerTensors.apartZeros(name)),
    ],
    { K: APART, N: rows, bits: 8, block_size: APART, accuracy_level: 4 },
  );
  return g.op('Add', [sum, apart], {}, output);
}
