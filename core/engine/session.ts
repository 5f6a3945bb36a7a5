/** A pack's model in ONNX Runtime. `forward` is the only way it is run. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { COLUMNS, inputs, outputs, WHOLE_ROWS_FROM } from '../model/graph/contract.ts';
import type { Manifest } from '../model/manifest.ts';
import { KvCache, type CacheShape, type NewKeysValues } from './cache.ts';
import { ints, small } from './integers.ts';

/**
 * Rows of one forward. Context rows first, each seeing those before it; then branches, also by the model's own weights:
 * sequences tried beside one another, each seeing itself, causally, and the first `sees` context rows; then canvas rows,
 * in groups that see themselves, in both directions, and the first `sees` context rows; one that `follows` sees the canvases
 * before it too, as blocks of a prompt do. Positions are absolute. `wanted`: rows that go through the vocabulary head.
 */
export interface ForwardRows {
  ids: number[];
  positions: number[];
  contextRows: number;
  branches?: { rows: number; sees: number }[];
  /** `without`: its row r does not see row `without` + r of this forward. */
  canvases: { rows: number; sees: number; follows?: boolean; without?: number }[];
  wanted: number[];
  /** Wants the logits of the whole vocabulary for each wanted row. */
  whole?: boolean;
}

/** Candidates of the wanted rows, in `wanted`'s order. Keys, values and auxiliary hidden states hold until the session's next forward. */
export interface Predictions extends NewKeysValues {
  /** [W · 64], best first. */
  ids: Int32Array;
  /** float32 [W · 64] */
  logits: Float32Array;
  /** float32 [W] */
  lse: Float32Array;
  /** float32 [W], nats */
  entropy: Float32Array;
  /** float32 [W, vocabulary], where the forward wanted whole rows. */
  whole?: Float32Array;
  /** float32 [T, layers read · hidden]: the auxiliary hidden states that the pack's drafter reads; absent in packs without one. */
  auxiliary?: Float32Array;
}

type CacheNames = [string, string, string, string];

const HIDDEN = -1e9;
/** Rows of a forward that writes a reply, at most; a prompt's come in longer ones. */
const FEW = 16;

export interface Graphs {
  /** Path of the .onnx file for every kind of row, lying beside the pack's weight files. */
  all: string;
  /** Of the one for context rows alone: the other is then opened when canvas rows first come, and memory for its weights is only taken then. */
  context?: string | undefined;
}

export class ModelSession {
  readonly manifest: Manifest;
  readonly shape: CacheShape;
  readonly #open: () => Promise<InferenceSession>;
  /** For every kind of row. */
  #all: Promise<InferenceSession> | null = null;
  readonly #context: InferenceSession | null;
  readonly #zeros: Float32Array;
  /** What a run gives, but for whole rows of logits. */
  readonly #everything: Record<string, Tensor | null>;
  /** By a forward's rows: what `#fetches` gives. */
  readonly #places = new Map<number, Record<string, Tensor | null>>();
  /** The inputs of the forward under way, one at a time. Kept: to make an object of so many names takes a tenth of a millisecond. */
  readonly #feeds: Record<string, Tensor> = {};
  /** By layer: names of the cache's inputs, in the order of its tensors. */
  readonly #cached: CacheNames[];

  private constructor(open: () => Promise<InferenceSession>, context: InferenceSession | null, manifest: Manifest) {
    this.#open = open;
    this.#context = context;
    this.manifest = manifest;
    const d = manifest.dimensions;
    this.shape = { layers: d.layers, kvHeads: d.kvHeads, headDim: d.headDim };
    this.#cached = Array.from({ length: d.layers }, (_, layer): CacheNames => [
      inputs.settledKey(layer),
      inputs.settledValue(layer),
      inputs.recentKey(layer),
      inputs.recentValue(layer),
    ]);
    this.#everything = Object.fromEntries(
      [
        outputs.topIds,
        outputs.topLogits,
        outputs.lse,
        outputs.entropy,
        outputs.keys,
        outputs.values,
        ...(manifest.drafter ? [outputs.auxiliary] : []),
      ].map((name) => [name, null]),
    );
    this.#zeros = new Float32Array(COLUMNS * d.kvHeads * d.headDim);
  }

  static async create(
    { all, context }: Graphs,
    manifest: Manifest,
    options: InferenceSession.SessionOptions,
  ): Promise<ModelSession> {
    const made = new ModelSession(
      () => InferenceSession.create(all, options),
      context === undefined ? null : await InferenceSession.create(context, options),
      manifest,
    );
    if (context === undefined) await made.#forAll();
    return made;
  }

  #forAll(): Promise<InferenceSession> {
    this.#all ??= this.#open().catch((thrown: unknown) => {
      this.#all = null; // memory may be there next time
      throw thrown;
    });
    return this.#all;
  }

  newCache(): KvCache {
    return new KvCache(this.shape);
  }

  /** Context rows stand at the positions after the cache's end and must lie in one chunk (`cache.room`). */
  async forward(rows: ForwardRows, cache: KvCache): Promise<Predictions> {
    const T = rows.ids.length;
    const causal = rows.contextRows + (rows.branches ?? []).reduce((sum, branch) => sum + branch.rows, 0);
    if (T === 0 || rows.wanted.length === 0)
      throw new RangeError('a forward needs at least one row, and one wanted row');
    if (rows.contextRows > cache.room)
      throw new RangeError(`${rows.contextRows} context rows would cross the end of a chunk`);
    const { kvHeads, headDim } = this.shape;
    const columns = Math.ceil((cache.length - cache.settled + T) / COLUMNS) * COLUMNS + cache.capacity;
    const padding = columns - cache.capacity - (cache.length - cache.settled) - T;
    const feeds = this.#feeds;
    feeds[inputs.ids] = ints(rows.ids);
    feeds[inputs.positions] = ints(rows.positions);
    feeds[inputs.kind] = ints(Array.from({ length: T }, (_, row) => (row < causal ? 0 : 1)));
    feeds[inputs.contextRows] = ints([causal]);
    feeds[inputs.bias] = new Tensor('float32', visibility(rows, cache, columns), [T, columns]);
    feeds[inputs.padding] = new Tensor('float32', this.#zeros.subarray(0, padding * kvHeads * headDim), [
      padding,
      kvHeads,
      headDim,
    ]);
    feeds[inputs.wanted] = ints(rows.wanted);
    for (let layer = 0; layer < this.#cached.length; layer++) {
      const [settledKey, settledValue, recentKey, recentValue] = this.#cached[layer] as CacheNames;
      [feeds[settledKey], feeds[settledValue], feeds[recentKey], feeds[recentValue]] = cache.tensors(layer);
    }
    const session = this.#context !== null && rows.canvases.length === 0 ? this.#context : await this.#forAll();
    if (rows.whole && !this.wholeRows) throw new RangeError('this graph gives the best candidates alone');
    const fetches = T > FEW ? this.#everything : this.#fetches(T);
    const made = await session.run(feeds, rows.whole ? { ...fetches, [outputs.logits]: null } : fetches);
    const floats = (name: string): Float32Array => (made[name] as Tensor).data as Float32Array;
    return {
      ids: small((made[outputs.topIds] as Tensor).data as BigInt64Array),
      logits: floats(outputs.topLogits),
      lse: floats(outputs.lse),
      entropy: floats(outputs.entropy),
      keys: floats(outputs.keys),
      values: floats(outputs.values),
      rows: T,
      ...(rows.whole ? { whole: floats(outputs.logits) } : {}),
      ...(this.manifest.drafter ? { auxiliary: floats(outputs.auxiliary) } : {}),
    };
  }

  /** Whether forwards can give whole rows of logits. */
  get wholeRows(): boolean {
    return this.manifest.graph.builder >= WHOLE_ROWS_FROM;
  }

  /** What a run of a few rows gives: keys, values and auxiliary hidden states go where those of the last such forward were. New memory for each would be a hundredth of the time. */
  #fetches(rows: number): Record<string, Tensor | null> {
    const kept = this.#places.get(rows);
    if (kept) return kept;
    const { layers, kvHeads, headDim } = this.shape;
    const { drafter, dimensions } = this.manifest;
    const place = (...dims: number[]): Tensor =>
      new Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b)), dims);
    const fetches = {
      ...this.#everything,
      [outputs.keys]: place(layers * rows, kvHeads, headDim),
      [outputs.values]: place(layers * rows, kvHeads, headDim),
      ...(drafter ? { [outputs.auxiliary]: place(rows, drafter.taps.length * dimensions.hidden) } : {}),
    };
    this.#places.set(rows, fetches);
    return fetches;
  }

  async release(): Promise<void> {
    await this.#context?.release();
    await (await this.#all?.catch(() => null))?.release();
  }
}

/** The attention bias, float32 [T, columns]: settled slots, recent ones, this forward's rows, padding. */
export function visibility(
  rows: ForwardRows,
  cache: { length: number; settled: number; capacity: number },
  columns: number,
): Float32Array {
  const T = rows.ids.length;
  const bias = new Float32Array(T * columns).fill(HIDDEN);
  const firstRow = cache.capacity + cache.length - cache.settled;
  const show = (row: number, from: number, count: number): void =>
    void bias.fill(0, row * columns + from, row * columns + from + count);
  for (let row = 0; row < T; row++) {
    show(row, 0, cache.settled);
    show(row, cache.capacity, cache.length - cache.settled);
  }
  for (let row = 0; row < rows.contextRows; row++) show(row, firstRow, row + 1);
  let first = rows.contextRows;
  for (const branch of rows.branches ?? []) {
    for (let row = 0; row < branch.rows; row++) {
      show(first + row, firstRow, branch.sees);
      show(first + row, firstRow + first, row + 1);
    }
    first += branch.rows;
  }
  const firstCanvas = first;
  for (const canvas of rows.canvases) {
    const from = canvas.follows ? firstCanvas : first;
    for (let row = first; row < first + canvas.rows; row++) {
      show(row, firstRow, canvas.sees);
      show(row, firstRow + from, first + canvas.rows - from);
      if (canvas.without !== undefined) bias[row * columns + firstRow + canvas.without + row - first] = HIDDEN;
    }
    first += canvas.rows;
  }
  return bias;
}
