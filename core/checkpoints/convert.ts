/**
 * A checkpoint's tensors into a pack, in windows of rows: peak memory is a few of them, never the model in float32. What GGUF
 * holds in 8-bit or 4-bit blocks keeps its blocks in an 8-bit pack; everything else goes through floats.
 */
import { setImmediate } from 'node:timers/promises';
import { BLOCK, packFloats, packNibbles, rowBytes, zeroBytes, type PackedBlocks } from '../model/quantisation.ts';
import type { MatrixPart, MatrixPlan, VectorPlan } from '../model/families/plan.ts';
import { keepsBlocks, repackBlocks } from './gguf-blocks.ts';
import type { PackWriter } from './pack-writer.ts';
import type { Preflight } from './preflight.ts';
import type { CheckpointReader } from './reader.ts';

/** Weights in a window. */
const WINDOW = 2 * 1024 * 1024;

export interface Converted {
  /** Of every norm, in the order of the graph. */
  gains: Float32Array[];
}

/** @param onProgress weights done and in all, between matrices; the caller may throw to end the import */
export async function convertTensors(
  reader: CheckpointReader,
  { plan, bitsOf, family, manifest }: Preflight,
  writer: PackWriter,
  adapted: boolean,
  onProgress?: (done: number, total: number, what: string) => void,
): Promise<Converted> {
  const { hidden } = manifest.dimensions;
  const wantsMean = !family.trainedMask && !adapted;
  const total = plan.matrices.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  let done = 0;
  let mean: Float32Array | undefined;
  for (const matrix of plan.matrices) {
    const sum = matrix.name === 'embed' && wantsMean ? new Float64Array(hidden) : undefined;
    for (const count of writeMatrix(writer, reader, matrix, bitsOf(matrix.name), sum)) {
      onProgress?.((done += count), total, matrix.name);
      await setImmediate(); // signals and a cancelling caller get their turn
    }
    if (sum) mean = Float32Array.from(sum, (value) => value / matrix.rows);
  }
  const vectors = new Map<string, Float32Array>();
  for (const vector of plan.vectors) {
    const values = readVector(reader, vector);
    if (plan.gains.includes(vector.name)) vectors.set(vector.name, values);
    writer.add(vector.name, vector.shape, values);
  }
  if (mean) writer.add('mask_embedding', [hidden], mean);
  writer.closeShard();
  return { gains: plan.gains.map((name) => vectors.get(name) as Float32Array) };
}

/** Writes `.weight`, `.scales` and, unless all are in the middle, `.zeros`; gives the weights done after each window. */
function* writeMatrix(
  writer: PackWriter,
  reader: CheckpointReader,
  plan: MatrixPlan,
  bits: 4 | 8,
  mean?: Float64Array,
): Generator<number> {
  const { rows, columns, name } = plan;
  const blocks = columns / BLOCK;
  const scales = new Float32Array(rows * blocks);
  const zeros = new Uint8Array(rows * blocks);
  const write = writer.begin(`${name}.weight`, 'uint8', [rows, columns], rows * rowBytes(columns, bits), {
    bits,
    block: BLOCK,
  });
  let at = 0; // row in the stacked matrix
  for (const part of plan.parts) {
    const headRows = part.heads === undefined ? 1 : part.rows / part.heads;
    const step = Math.max(headRows, Math.floor(WINDOW / columns / headRows) * headRows);
    for (let row = 0; row < part.rows; row += step) {
      const count = Math.min(step, part.rows - row);
      const packed = readRows(reader, part, row, count, columns, bits, headRows);
      write(bits === 8 ? packed.values : packNibbles(packed.values, columns));
      scales.set(packed.scales, at * blocks);
      zeros.set(packed.zeros, at * blocks);
      if (mean) addRows(mean, packed, count, columns);
      at += count;
      yield count * columns;
    }
  }
  writer.add(`${name}.scales`, [rows, blocks], scales);
  const middle = 2 ** (bits - 1);
  if (zeros.some((zero) => zero !== middle))
    writer.add(`${name}.zeros`, [rows, zeroBytes(columns, bits)], bits === 8 ? zeros : packNibbles(zeros, blocks));
}

function readRows(
  reader: CheckpointReader,
  part: MatrixPart,
  row: number,
  count: number,
  columns: number,
  bits: 4 | 8,
  headRows: number,
): PackedBlocks {
  const type = reader.tensors.get(part.source)?.type ?? '';
  let packed: PackedBlocks;
  if (bits === 8 && keepsBlocks(type)) packed = repackBlocks(type, reader.rows(part.source, row, count));
  else {
    const numbers = count * columns;
    packed = {
      values: new Uint8Array(numbers),
      scales: new Float32Array(numbers / BLOCK),
      zeros: new Uint8Array(numbers / BLOCK),
    };
    packFloats(reader.floats(part.source, row, count), bits, packed);
  }
  return part.heads === undefined ? packed : toHalfSplit(packed, count, columns, headRows);
}

function readVector(reader: CheckpointReader, { shape, parts }: VectorPlan): Float32Array {
  const out = new Float32Array(shape.reduce((a, b) => a * b, 1));
  let at = 0;
  for (const part of parts) {
    const rows = part.shape.length < 2 ? 1 : (part.shape[0] as number);
    const values = reader.floats(part.source, 0, rows);
    out.set(part.heads === undefined ? values : vectorToHalfSplit(values, part.heads), at);
    at += values.length;
  }
  return out;
}

/** Where row `row` of a head of `headRows` lies: llama.cpp interleaves the two halves, (2i, 2i+1) ← (i, i + D/2). */
const interleaved = (within: number, headRows: number): number =>
  within < headRows / 2 ? 2 * within : 2 * (within - headRows / 2) + 1;

function vectorToHalfSplit(values: Float32Array, heads: number): Float32Array {
  const headRows = values.length / heads;
  return values.map((_, i) => values[i - (i % headRows) + interleaved(i % headRows, headRows)] as number);
}

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

function addRows(sum: Float64Array, { values, scales, zeros }: PackedBlocks, rows: number, columns: number): void {
  const blocks = columns / BLOCK;
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const scale = scales[row * blocks + block] as number;
      const zero = zeros[row * blocks + block] as number;
      const from = row * columns + block * BLOCK;
      for (let i = 0; i < BLOCK; i++) sum[block * BLOCK + i]! += scale * ((values[from + i] as number) - zero);
    }
  }
}
