/**
 * A checkpoint's tensors into a pack, in windows of rows: peak memory is a few of them, never the model in float32. What GGUF
 * holds in 8-bit or 4-bit blocks keeps its blocks in an 8-bit pack; everything else goes through floats.
 */
import { setImmediate } from 'node:timers/promises';
import { BLOCK, packNibbles, rowBytes, zeroBytes } from '../model/quantisation.ts';
import type { MatrixPart, MatrixPlan, VectorPlan } from '../model/families/plan.ts';
import { openPacking, type Packing } from './packing-pool.ts';
import { interleaved, type PackedWindow } from './packing.ts';
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
  const packing = await openPacking(total);
  try {
    const matrices = plan.matrices.map(
      (matrix) => new OpenMatrix(writer, matrix, bitsOf(matrix.name), wantsMean && matrix.name === 'embed'),
    );
    for await (const { piece, packed } of inOrder(packing, reader, matrices)) {
      piece.matrix.take(packed);
      onProgress?.((done += piece.count * piece.matrix.plan.columns), total, piece.matrix.plan.name);
      mean ??= piece.matrix.mean;
      await setImmediate(); // signals and a cancelling caller get their turn
    }
  } finally {
    await packing.close();
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

interface Piece {
  matrix: OpenMatrix;
  part: MatrixPart;
  row: number;
  count: number;
}

function* piecesOf(matrices: readonly OpenMatrix[]): Generator<Piece> {
  for (const matrix of matrices) {
    for (const part of matrix.plan.parts) {
      const headRows = part.heads === undefined ? 1 : part.rows / part.heads;
      const step = Math.max(headRows, Math.floor(WINDOW / matrix.plan.columns / headRows) * headRows);
      for (let row = 0; row < part.rows; row += step)
        yield { matrix, part, row, count: Math.min(step, part.rows - row) };
    }
  }
}

/** Packs pieces side by side, across the borders of matrices, and gives them back in their order. */
async function* inOrder(
  packing: Packing,
  reader: CheckpointReader,
  matrices: readonly OpenMatrix[],
): AsyncGenerator<{ piece: Piece; packed: PackedWindow }> {
  const under: { piece: Piece; packed: Promise<PackedWindow> }[] = [];
  const first = async (): Promise<{ piece: Piece; packed: PackedWindow }> => {
    const { piece, packed } = under.shift() as (typeof under)[number];
    return { piece, packed: await packed };
  };
  for (const piece of piecesOf(matrices)) {
    const { matrix, part, row, count } = piece;
    const packed = packing.pack({
      type: reader.tensors.get(part.source)?.type ?? '',
      bytes: reader.rows(part.source, (part.within?.from ?? 0) + row, count),
      columns: matrix.plan.columns,
      bits: matrix.bits,
      headRows: part.heads === undefined ? null : part.rows / part.heads,
      sums: matrix.wantsMean,
    });
    packed.catch(() => undefined); // an earlier one may end the import before this is awaited
    under.push({ piece, packed });
    if (under.length >= packing.depth) yield await first();
  }
  while (under.length > 0) yield await first();
}

/** A matrix while its rows come in: `.weight` is written as they do, then `.scales` and, unless all are in the middle, `.zeros`. */
class OpenMatrix {
  readonly plan: MatrixPlan;
  readonly bits: 4 | 8;
  readonly wantsMean: boolean;
  readonly #writer: PackWriter;
  /** Made with the first rows: a model's scales together would be too many. */
  #open: { write: (chunk: Uint8Array) => void; scales: Float32Array; zeros: Uint8Array; at: number } | undefined;
  readonly #sum: Float64Array | undefined;
  #mean: Float32Array | undefined;

  constructor(writer: PackWriter, plan: MatrixPlan, bits: 4 | 8, wantsMean: boolean) {
    this.#writer = writer;
    this.plan = plan;
    this.bits = bits;
    this.wantsMean = wantsMean;
    if (wantsMean) this.#sum = new Float64Array(plan.columns);
  }

  /** Of its rows, once all are there, where it is wanted. */
  get mean(): Float32Array | undefined {
    return this.#mean;
  }

  take({ values, scales, zeros, sum }: PackedWindow): void {
    const { rows, columns, name } = this.plan;
    const blocks = (rows * columns) / BLOCK;
    this.#open ??= {
      write: this.#writer.begin(`${name}.weight`, 'uint8', [rows, columns], rows * rowBytes(columns, this.bits), {
        bits: this.bits,
        block: BLOCK,
      }),
      scales: new Float32Array(blocks),
      zeros: new Uint8Array(blocks),
      at: 0,
    };
    const open = this.#open;
    open.write(values);
    open.scales.set(scales, open.at);
    open.zeros.set(zeros, open.at);
    open.at += scales.length;
    const total = this.#sum;
    if (sum && total) for (let i = 0; i < total.length; i++) total[i]! += sum[i] as number;
    if (open.at === blocks) this.#finish(open.scales, open.zeros);
  }

  #finish(scales: Float32Array, zeros: Uint8Array): void {
    const { rows, columns, name } = this.plan;
    const blocks = columns / BLOCK;
    this.#writer.add(`${name}.scales`, [rows, blocks], scales);
    const middle = 2 ** (this.bits - 1);
    if (zeros.some((zero) => zero !== middle))
      this.#writer.add(
        `${name}.zeros`,
        [rows, zeroBytes(columns, this.bits)],
        this.bits === 8 ? zeros : packNibbles(zeros, blocks),
      );
    if (this.#sum) this.#mean = Float32Array.from(this.#sum, (value) => value / rows);
    this.#open = undefined;
  }
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

function vectorToHalfSplit(values: Float32Array, heads: number): Float32Array {
  const headRows = values.length / heads;
  return values.map((_, i) => values[i - (i % headRows) + interleaved(i % headRows, headRows)] as number);
}
