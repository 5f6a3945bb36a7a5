/** Weights in blocks laid out as integers by output channel: see core/model/graph/integers.ts. */
import { APART, type IntegerMatrix } from './graph/integers.ts';
import { BLOCK, packFloats, type PackedBlocks } from './quantisation.ts';

/** A matrix as it lies in a pack: row by row, in blocks. */
export interface BlockedMatrix {
  rows: number;
  columns: number;
  bits: 4 | 8;
  /** One weight to a byte, or two. */
  values: Uint8Array;
  /** float32 [rows · columns / 32] */
  scales: Float32Array;
  /** As MatMulNBits has them; null: all in the middle. */
  zeros: Uint8Array | null;
}

export interface IntegerWeights extends IntegerMatrix {
  /** float32 [columns]; 0 for the channels apart. */
  factors: Float32Array;
  /** By group: int8 [columns / groups, rows] and float32 [rows]. */
  parts: { weight: Int8Array; scales: Float32Array }[];
  /** Channels apart, ascending. */
  apart: Int32Array;
  /** Their weights, [rows, 32] in blocks. */
  apartBlocks: PackedBlocks;
}

/** How much of the difference between channels moves from the activations into the weights; 0.5: the square root. */
const SMOOTHING = 0.5;
/** Rows that are read at a time: their bytes of a column lie side by side in the result. */
const STRIPE = 64;

/** float32 of one row. */
export function unpackRow(
  { columns, bits, values, scales, zeros }: BlockedMatrix,
  row: number,
  out: Float32Array,
): void {
  const blocks = columns / BLOCK;
  const width = (columns * bits) / 8;
  const zeroWidth = Math.ceil((blocks * bits) / 8);
  for (let b = 0; b < blocks; b++) {
    const scale = scales[row * blocks + b] as number;
    let zero = bits === 8 ? 128 : 8;
    if (zeros)
      zero =
        bits === 8
          ? (zeros[row * zeroWidth + b] as number)
          : ((zeros[row * zeroWidth + (b >> 1)] as number) >> (4 * (b & 1))) & 15;
    const at = b * BLOCK;
    if (bits === 8) for (let i = at; i < at + BLOCK; i++) out[i] = scale * ((values[row * width + i] as number) - zero);
    else
      for (let i = at; i < at + BLOCK; i++)
        out[i] = scale * ((((values[row * width + (i >> 1)] as number) >> (4 * (i & 1))) & 15) - zero);
  }
}

/** Channels by their largest activation ever. A few channels are huge at a text's first token alone, and would outweigh all others there. */
const EVER = 8;
const largest = (peaks: Float32Array, count: number): number[] =>
  [...peaks.keys()].sort((a, b) => (peaks[b] as number) - (peaks[a] as number)).slice(0, count);

/** What the activations of each input channel stay below, float32 [columns]. */
export interface Peaks {
  /** But for one row in a thousand. */
  usual: Float32Array;
  /** In all rows. */
  ever: Float32Array;
}

/** The channels to multiply apart, ascending: those of the largest activation ever, then those of the largest usual one. */
export function channelsApart({ usual, ever }: Peaks): Int32Array {
  const first = largest(ever, EVER);
  const rest = usual.slice();
  for (const channel of first) rest[channel] = -1;
  return Int32Array.from([...first, ...largest(rest, APART - EVER)]).sort();
}

/**
 * @param groups divides the columns
 */
export function integerWeights(matrix: BlockedMatrix, peaks: Peaks, groups: number): IntegerWeights {
  const { rows, columns } = matrix;
  const apart = channelsApart(peaks);
  const isApart = new Uint8Array(columns);
  for (const channel of apart) isApart[channel] = 1;
  const row = new Float32Array(columns);
  const most = new Float32Array(columns);
  const few = new Float32Array(rows * APART);
  for (let n = 0; n < rows; n++) {
    unpackRow(matrix, n, row);
    for (let k = 0; k < columns; k++) {
      const w = Math.abs(row[k] as number);
      if (w > (most[k] as number)) most[k] = w;
    }
    for (let i = 0; i < APART; i++) few[n * APART + i] = row[apart[i] as number] as number;
  }
  const factors = new Float32Array(columns);
  const grown = new Float32Array(columns);
  for (let k = 0; k < columns; k++) {
    if (isApart[k]) continue;
    const moved =
      Math.max(peaks.usual[k] as number, 1e-4) ** SMOOTHING / Math.max(most[k] as number, 1e-5) ** (1 - SMOOTHING);
    factors[k] = 1 / moved;
    grown[k] = 1 / (factors[k] as number);
  }
  const size = columns / groups;
  const parts = Array.from({ length: groups }, () => ({
    weight: new Int8Array(rows * size),
    scales: new Float32Array(rows),
  }));
  const stripe = new Float32Array(STRIPE * columns);
  const steps = new Float32Array(STRIPE);
  for (let first = 0; first < rows; first += STRIPE) {
    const count = Math.min(STRIPE, rows - first);
    for (let i = 0; i < count; i++) {
      const into = stripe.subarray(i * columns, (i + 1) * columns);
      unpackRow(matrix, first + i, into);
      for (let k = 0; k < columns; k++) into[k]! *= grown[k] as number;
    }
    parts.forEach(({ weight, scales }, group) => {
      for (let i = 0; i < count; i++) {
        let peak = 0;
        for (let k = group * size; k < (group + 1) * size; k++) {
          const w = Math.abs(stripe[i * columns + k] as number);
          if (w > peak) peak = w;
        }
        const scale = Math.fround(peak / 127) || 1;
        scales[first + i] = scale;
        steps[i] = 1 / scale;
      }
      for (let k = 0; k < size; k++) {
        const to = k * rows + first;
        for (let i = 0; i < count; i++)
          weight[to + i] = Math.round((stripe[i * columns + group * size + k] as number) * (steps[i] as number));
      }
    });
  }
  const apartBlocks: PackedBlocks = {
    values: new Uint8Array(rows * APART),
    scales: new Float32Array((rows * APART) / BLOCK),
    zeros: new Uint8Array((rows * APART) / BLOCK),
  };
  packFloats(few, 8, apartBlocks);
  return { rows, columns, groups, factors, parts, apart, apartBlocks };
}
