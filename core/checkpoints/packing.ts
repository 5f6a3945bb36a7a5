/** Rows of a checkpoint as a pack holds them: the arithmetic of an import, free of files, so that threads can share it. */
import { BLOCK, packFloats, packNibbles, type PackedBlocks } from '../model/quantisation.ts';
import { ggmlBlocks, ggmlFloats, keepsBlocks, repackBlocks, unreadable } from './gguf-blocks.ts';

export interface Window {
  /** Of the bytes: BF16, F32, Q4_K … */
  type: string;
  /** Whole rows as they lie in the checkpoint. */
  bytes: Uint8Array;
  /** Of a row. */
  columns: number;
  bits: 4 | 8;
  /** Rows of a head where llama.cpp interleaved its halves; null elsewhere. */
  headRows: number | null;
  /** The sum of the rows is wanted too. */
  sums: boolean;
}

export interface PackedWindow {
  /** As the pack's file has them: a weight to a byte, or two. */
  values: Uint8Array;
  /** float32 [blocks] */
  scales: Float32Array;
  /** uint8 [blocks], one to a byte whatever the bits */
  zeros: Uint8Array;
  /** float64 [columns] */
  sum: Float64Array | null;
}

/** Floats of a window; kept, as a new one for each costs more than filling it. */
let scratch = new Float32Array(0);

/** @throws MezzotintError `file-invalid` for a type that is not read here */
export function packWindow({ type, bytes, columns, bits, headRows, sums }: Window): PackedWindow {
  let packed: PackedBlocks;
  if (bits === 8 && keepsBlocks(type)) packed = repackBlocks(type, bytes);
  else {
    const size = ggmlBlocks[type];
    if (!size) throw unreadable(type);
    const numbers = (bytes.byteLength / size.bytes) * size.weights;
    if (scratch.length < numbers) scratch = new Float32Array(numbers);
    packed = {
      values: new Uint8Array(numbers),
      scales: new Float32Array(numbers / BLOCK),
      zeros: new Uint8Array(numbers / BLOCK),
    };
    packFloats(ggmlFloats(type, bytes, scratch), bits, packed);
  }
  const rows = packed.values.length / columns;
  if (headRows !== null) packed = toHalfSplit(packed, rows, columns, headRows);
  return {
    values: bits === 8 ? packed.values : packNibbles(packed.values, columns),
    scales: packed.scales,
    zeros: packed.zeros,
    sum: sums ? sumOf(packed, rows, columns) : null,
  };
}

/** Where row `row` of a head of `headRows` lies: llama.cpp interleaves the two halves, (2i, 2i+1) ← (i, i + D/2). */
export const interleaved = (within: number, headRows: number): number =>
  within < headRows / 2 ? 2 * within : 2 * (within - headRows / 2) + 1;

function toHalfSplit(packed: PackedBlocks, rows: number, columns: number, headRows: number): PackedBlocks {
  const blocks = columns / BLOCK;
  const out: PackedBlocks = {
    values: new Uint8Array(packed.values.length),
    scales: new Float32Array(packed.scales.length),
    zeros: new Uint8Array(packed.zeros.length),
  };
  for (let row = 0; row < rows; row++) {
    const within = row % headRows;
    const from = row - within + interleaved(within, headRows);
    out.values.set(packed.values.subarray(from * columns, (from + 1) * columns), row * columns);
    out.scales.set(packed.scales.subarray(from * blocks, (from + 1) * blocks), row * blocks);
    out.zeros.set(packed.zeros.subarray(from * blocks, (from + 1) * blocks), row * blocks);
  }
  return out;
}

function sumOf({ values, scales, zeros }: PackedBlocks, rows: number, columns: number): Float64Array {
  const sum = new Float64Array(columns);
  const blocks = columns / BLOCK;
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const scale = scales[row * blocks + block] as number;
      const zero = zeros[row * blocks + block] as number;
      const from = row * columns + block * BLOCK;
      for (let i = 0; i < BLOCK; i++) sum[block * BLOCK + i]! += scale * ((values[from + i] as number) - zero);
    }
  }
  return sum;
}
