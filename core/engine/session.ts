/** A pack's model in ONNX Runtime. `forward` is the only way it is run. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { COLUMNS, inputs, outputs, WHOLE_ROWS_FROM } from '../model/graph/contract.ts';
import type { Manifest } from '../model/manifest.ts';
import { KvCache, numbersOf, type CacheShape, type NewKeysValues, type PrefixCache } from './cache.ts';
import { DeviceCache } from './device-cache.ts';
import { ints, small } from './integers.ts';
import { paddingOf, Shared, Upkeep, type Traffic } from './upkeep.ts';

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
  /** Of models that condition a canvas on it: what the forward before said of its rows, float32 [rows, vocabulary], and what that is divided by. */
  prior?: { logits: Float32Array; temperature: number };
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
  /** By name: the further outputs that the session was asked for. */
  also?: Record<string, Float32Array>;
}

type CacheNames = [string, string, string, string];

const HIDDEN = -1e9;
/** Rows of a forward that writes a reply, at most; a prompt's come in longer ones. */
const FEW = 16;

/** A cache without tokens: what its bias says of a forward's own rows holds past every other. */
const ALONE = { length: 0, settled: 0, capacity: 0 };
const NONE = new Float32Array(0);

/**
 * Whether keys and values stay on the device between forwards. ONNX Runtime's binding knows buffers of WebGPU alone; layers
 * that differ in their heads or see a window are not laid out for it.
 */
const staysOnDevice = ({ windows }: Pick<Manifest, 'windows'>, options: InferenceSession.SessionOptions): boolean =>
  options.executionProviders?.[0] === 'webgpu' && !windows;

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
  readonly #also: readonly string[];
  /** What a run gives, but for whole rows of logits. */
  readonly #everything: Record<string, Tensor | null>;
  /** By a forward's rows: what `#fetches` gives. */
  readonly #places = new Map<number, Record<string, Tensor | null>>();
  /** The inputs of the forward under way, one at a time. Kept: to make an object of so many names takes a tenth of a millisecond. */
  readonly #feeds: Record<string, Tensor> = {};
  /** By layer: names of the cache's inputs, in the order of its tensors. */
  readonly #cached: CacheNames[];
  /** Where keys and values stay on a graphics device. */
  readonly #upkeep: Upkeep | null;
  /** Those of the last forward. */
  #last: Shared | null = null;

  private constructor(
    open: () => Promise<InferenceSession>,
    context: InferenceSession | null,
    manifest: Manifest,
    upkeep: Upkeep | null,
    also: readonly string[],
  ) {
    this.#open = open;
    this.#also = also;
    this.#context = context;
    this.#upkeep = upkeep;
    this.manifest = manifest;
    const d = manifest.dimensions;
    const { windows } = manifest;
    this.shape = {
      layers: d.layers,
      kvHeads: d.kvHeads,
      headDim: d.headDim,
      ...(windows ? { others: windows.whole } : {}),
    };
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
        ...also,
      ].map((name) => [name, null]),
    );
    this.#zeros = new Float32Array(COLUMNS * d.kvHeads * d.headDim);
  }

  static async create(
    { all, context }: Graphs,
    manifest: Manifest,
    options: InferenceSession.SessionOptions,
    /** Further outputs of its graph, float32. */
    also: readonly string[] = [],
  ): Promise<ModelSession> {
    const stays = staysOnDevice(manifest, options);
    const own = stays
      ? {
          ...options,
          preferredOutputLocation: { [outputs.keys]: 'gpu-buffer', [outputs.values]: 'gpu-buffer' } as const,
        }
      : options;
    const made = new ModelSession(
      () => InferenceSession.create(all, own),
      context === undefined ? null : await InferenceSession.create(context, own),
      manifest,
      stays ? await Upkeep.create(manifest.dimensions, manifest.contextLength, options) : null,
      also,
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

  newCache(): PrefixCache {
    return this.#upkeep ? new DeviceCache(this.shape, this.#upkeep) : new KvCache(this.shape);
  }

  /** What crossed to the device and back up to now, and what lies there; null where keys and values are kept in this process. */
  get traffic(): Readonly<Traffic> | null {
    return this.#upkeep?.traffic ?? null;
  }

  /** Context rows stand at the positions after the cache's end and must lie in one chunk (`cache.room`). */
  async forward(rows: ForwardRows, cache: PrefixCache): Promise<Predictions> {
    const T = rows.ids.length;
    const causal = rows.contextRows + (rows.branches ?? []).reduce((sum, branch) => sum + branch.rows, 0);
    if (T === 0 || rows.wanted.length === 0)
      throw new RangeError('a forward needs at least one row, and one wanted row');
    if (rows.contextRows > cache.room)
      throw new RangeError(`${rows.contextRows} context rows would cross the end of a chunk`);
    if (this.#upkeep) {
      this.#last?.drop();
      this.#last = null;
      await cache.ready();
    }
    const { kvHeads, headDim } = this.shape;
    const columns = Math.ceil((cache.length - cache.settled + T) / COLUMNS) * COLUMNS + cache.capacity;
    const padding = columns - cache.capacity - (cache.length - cache.settled) - T;
    const feeds = this.#feeds;
    feeds[inputs.ids] = ints(rows.ids);
    feeds[inputs.positions] = ints(rows.positions);
    feeds[inputs.kind] = ints(Array.from({ length: T }, (_, row) => (row < causal ? 0 : 1)));
    feeds[inputs.contextRows] = ints([causal]);
    if (this.#upkeep) {
      const own = new Tensor('float32', visibility(rows, ALONE, T + padding), [T, T + padding]);
      feeds[inputs.bias] = await this.#upkeep.bias(own, cache);
      feeds[inputs.padding] = paddingOf(this.#upkeep, padding);
    } else {
      feeds[inputs.bias] = new Tensor('float32', visibility(rows, cache, columns), [T, columns]);
      feeds[inputs.padding] = new Tensor('float32', this.#zeros.subarray(0, padding * kvHeads * headDim), [
        padding,
        kvHeads,
        headDim,
      ]);
    }
    feeds[inputs.wanted] = ints(rows.wanted);
    this.#feedCanvas(feeds, rows, cache, columns);
    for (let layer = 0; layer < this.#cached.length; layer++) {
      const [settledKey, settledValue, recentKey, recentValue] = this.#cached[layer] as CacheNames;
      [feeds[settledKey], feeds[settledValue], feeds[recentKey], feeds[recentValue]] = cache.tensors(layer);
    }
    const session = this.#context !== null && rows.canvases.length === 0 ? this.#context : await this.#forAll();
    if (rows.whole && !this.wholeRows) throw new RangeError('this graph gives the best candidates alone');
    const fetches = T > FEW || this.#upkeep ? this.#everything : this.#fetches(T);
    let made: Record<string, Tensor>;
    try {
      made = await session.run(feeds, rows.whole ? { ...fetches, [outputs.logits]: null } : fetches);
    } finally {
      if (this.#upkeep) feeds[inputs.bias]?.dispose();
    }
    const floats = (name: string): Float32Array => (made[name] as Tensor).data as Float32Array;
    return {
      ids: small((made[outputs.topIds] as Tensor).data as BigInt64Array),
      logits: floats(outputs.topLogits),
      lse: floats(outputs.lse),
      entropy: floats(outputs.entropy),
      ...(this.#upkeep
        ? { keys: NONE, values: NONE, held: this.#keep(this.#upkeep, feeds, made) }
        : { keys: floats(outputs.keys), values: floats(outputs.values) }),
      rows: T,
      ...(rows.whole ? { whole: floats(outputs.logits) } : {}),
      ...(this.manifest.drafter ? { auxiliary: floats(outputs.auxiliary) } : {}),
      ...(this.#also.length > 0 ? { also: Object.fromEntries(this.#also.map((name) => [name, floats(name)])) } : {}),
    };
  }

  /** Keys and values of a forward, which stay on the device until the next one unless a cache takes them. */
  #keep(upkeep: Upkeep, feeds: Record<string, Tensor>, made: Record<string, Tensor>): Shared {
    upkeep.count(feeds, made);
    this.#last = new Shared([made[outputs.keys] as Tensor, made[outputs.values] as Tensor], upkeep.traffic);
    return this.#last;
  }

  /** What models with windows, whose canvas is conditioned on the forward before, take besides. */
  #feedCanvas(feeds: Record<string, Tensor>, rows: ForwardRows, cache: PrefixCache, columns: number): void {
    const { windows, dimensions } = this.manifest;
    if (!windows) return;
    const T = rows.ids.length;
    feeds[inputs.windowBias] = new Tensor('float32', visibility(rows, cache, columns, windows.length), [T, columns]);
    const { logits, temperature } = rows.prior ?? { logits: new Float32Array(0), temperature: 1 };
    const { vocabulary } = dimensions;
    if (logits.length > 0 && logits.length !== (T - rows.contextRows) * vocabulary)
      throw new RangeError('a canvas is conditioned as a whole');
    feeds[inputs.prior] = new Tensor('float32', logits, [logits.length / vocabulary, vocabulary]);
    feeds[inputs.priorTemperature] = new Tensor('float32', Float32Array.of(temperature), [1]);
  }

  /** Whether forwards can give whole rows of logits. */
  get wholeRows(): boolean {
    return this.manifest.graph.builder >= WHOLE_ROWS_FROM;
  }

  /** What a run of a few rows gives: keys, values and auxiliary hidden states go where those of the last such forward were. New memory for each would be a hundredth of the time. */
  #fetches(rows: number): Record<string, Tensor | null> {
    const kept = this.#places.get(rows);
    if (kept) return kept;
    const { layers, kvHeads, headDim, others } = this.shape;
    const { drafter, dimensions } = this.manifest;
    const place = (...dims: number[]): Tensor =>
      new Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b)), dims);
    const stacked = (): Tensor =>
      others ? place(numbersOf(this.shape) * rows) : place(layers * rows, kvHeads, headDim);
    const fetches = {
      ...this.#everything,
      [outputs.keys]: stacked(),
      [outputs.values]: stacked(),
      ...(drafter ? { [outputs.auxiliary]: place(rows, drafter.taps.length * dimensions.hidden) } : {}),
    };
    this.#places.set(rows, fetches);
    return fetches;
  }

  async release(): Promise<void> {
    this.#last?.drop();
    this.#last = null;
    await this.#upkeep?.release();
    await this.#context?.release();
    await (await this.#all?.catch(() => null))?.release();
  }
}

/**
 * The attention bias, float32 [T, columns]: settled slots, recent ones, this forward's rows, padding.
 * @param window tokens that a row sees, itself included; a canvas row sees as many as if it stood right after the context
 */
export function visibility(
  rows: ForwardRows,
  cache: { length: number; settled: number; capacity: number },
  columns: number,
  window = Infinity,
): Float32Array {
  const T = rows.ids.length;
  const bias = new Float32Array(T * columns).fill(HIDDEN);
  const firstRow = cache.capacity + cache.length - cache.settled;
  const show = (row: number, from: number, count: number): void =>
    void bias.fill(0, row * columns + from, row * columns + from + count);
  /** Cached tokens, and of this forward's context rows the first `sees`, for a row that `own` others of its kind come before. */
  const showContext = (row: number, sees: number, own = 0): void => {
    const from = Math.max(0, cache.length + sees + own + 1 - window);
    if (from < cache.settled) show(row, from, cache.settled - from);
    const recent = Math.max(from, cache.settled);
    if (recent < cache.length) show(row, cache.capacity + recent - cache.settled, cache.length - recent);
    const fresh = Math.max(0, from - cache.length);
    if (fresh < sees) show(row, firstRow + fresh, sees - fresh);
  };
  for (let row = 0; row < rows.contextRows; row++) {
    showContext(row, row);
    show(row, firstRow + row, 1);
  }
  let first = rows.contextRows;
  for (const branch of rows.branches ?? []) {
    for (let row = 0; row < branch.rows; row++) {
      showContext(first + row, branch.sees, row);
      const hidden = Math.max(0, row + 1 - window);
      show(first + row, firstRow + first + hidden, row + 1 - hidden);
    }
    first += branch.rows;
  }
  const firstCanvas = first;
  for (const canvas of rows.canvases) {
    const from = canvas.follows ? firstCanvas : first;
    for (let row = first; row < first + canvas.rows; row++) {
      showContext(row, canvas.sees);
      show(row, firstRow + from, first + canvas.rows - from);
      if (canvas.without !== undefined) bias[row * columns + firstRow + canvas.without + row - first] = HIDDEN;
    }
    first += canvas.rows;
  }
  return bias;
}
