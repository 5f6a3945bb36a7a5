/**
 * The prefix cache: keys and values of committed tokens. Whole chunks are settled in the layout the graph reads in
 * place; the incomplete last chunk lies in token order, so that appending is a copy of the new rows alone.
 */
import { append } from '../contract/lists.ts';
import { Tensor } from 'onnxruntime-node';
import { CHUNK, COLUMNS } from '../model/graph/contract.ts';
import type { Shared } from './upkeep.ts';

export interface CacheShape {
  layers: number;
  kvHeads: number;
  headDim: number;
  /** Layers whose heads differ. */
  others?: { layers: readonly number[]; kvHeads: number; headDim: number };
}

/** Of one layer. */
export const headsOf = (shape: CacheShape, layer: number): { kvHeads: number; headDim: number } =>
  shape.others?.layers.includes(layer) ? shape.others : shape;

/** Numbers of a token's keys in all layers; of its values as many. */
export const numbersOf = (shape: CacheShape): number =>
  Array.from({ length: shape.layers }, (_, n) => headsOf(shape, n)).reduce((sum, h) => sum + h.kvHeads * h.headDim, 0);

/** Keys and values of one forward, float32 [L, T, H_kv, D], layer by layer. */
export interface NewKeysValues {
  keys: Float32Array;
  values: Float32Array;
  rows: number;
  /** Where they stay on a graphics device: both, as the device has them; `keys` and `values` are then empty. */
  held?: Shared;
}

/** Keys and values of the tokens of a sequence, wherever they lie. */
export interface PrefixCache {
  readonly shape: CacheShape;
  /** Ids of the cached tokens; their number is the cache's length. */
  readonly ids: readonly number[];
  readonly length: number;
  /** Tokens in whole chunks. */
  readonly settled: number;
  /** Settled slots the graph sees, a multiple of 64; those past `settled` are hidden by the bias. */
  readonly capacity: number;
  readonly bytes: number;
  /** Rows that still fit the current chunk: context rows of one forward may not cross its end. */
  readonly room: number;
  /** An empty one of the same kind. */
  fresh(): PrefixCache;
  /** To be awaited before `capacity` and `tensors` are read; null where nothing has to be done. */
  ready(): Promise<void> | null;
  /** The layer's four inputs: settled keys and values, recent keys and values. */
  tensors(layer: number): [Tensor, Tensor, Tensor, Tensor];
  /** Appends a forward's first `ids.length` rows; at most `room` of them. */
  append(ids: readonly number[], made: NewKeysValues): void;
  /** Appends rows of a forward by their numbers, in this order, `ids` one for each: as many as one likes, over the ends of chunks. */
  appendRows(ids: readonly number[], rows: readonly number[], made: NewKeysValues): void;
  /** Forgets what lies past `length`. */
  truncate(length: number): void;
  /** A copy of the first `length` tokens: another conversation that shares the prefix writes on without disturbing this one. */
  fork(length: number): PrefixCache;
  /** Gives its memory back; it holds nothing afterwards. */
  dispose(): void;
}

interface Layer {
  readonly kvHeads: number;
  readonly headDim: number;
  /** H_kv · D */
  readonly width: number;
  /** [H_kv, D, capacity] and [H_kv, capacity, D] */
  settledKeys: Float32Array;
  settledValues: Float32Array;
  /** [CHUNK, H_kv, D] */
  recentKeys: Float32Array;
  recentValues: Float32Array;
  settledTensors: [Tensor, Tensor];
}

/** In this process's memory. */
export class KvCache implements PrefixCache {
  readonly shape: CacheShape;
  readonly ids: number[] = [];
  readonly #layers: Layer[];
  #capacity = 0;

  constructor(shape: CacheShape) {
    this.shape = shape;
    this.#layers = Array.from({ length: shape.layers }, (_, n) => {
      const { kvHeads, headDim } = headsOf(shape, n);
      const width = kvHeads * headDim;
      return {
        kvHeads,
        headDim,
        width,
        settledKeys: new Float32Array(0),
        settledValues: new Float32Array(0),
        recentKeys: new Float32Array(CHUNK * width),
        recentValues: new Float32Array(CHUNK * width),
        settledTensors: [] as unknown as [Tensor, Tensor],
      };
    });
    this.#reserve(COLUMNS, 0);
  }

  get length(): number {
    return this.ids.length;
  }
  get settled(): number {
    return this.length - (this.length % CHUNK);
  }
  get capacity(): number {
    return this.#capacity;
  }
  get bytes(): number {
    return 2 * 4 * numbersOf(this.shape) * (this.#capacity + CHUNK);
  }
  get room(): number {
    return CHUNK - (this.length % CHUNK);
  }

  fresh(): KvCache {
    return new KvCache(this.shape);
  }

  ready(): null {
    return null;
  }

  dispose(): void {
    this.ids.length = 0; // its arrays go when it is collected
  }

  tensors(layer: number): [Tensor, Tensor, Tensor, Tensor] {
    const { settledTensors, recentKeys, recentValues, kvHeads, headDim, width } = this.#layers[layer] as Layer;
    const recent = this.length % CHUNK;
    const dims = [recent, kvHeads, headDim];
    const numbers = recent * width;
    return [
      ...settledTensors,
      new Tensor('float32', recentKeys.subarray(0, numbers), dims),
      new Tensor('float32', recentValues.subarray(0, numbers), dims),
    ];
  }

  append(ids: readonly number[], made: NewKeysValues): void {
    if (ids.length > this.room) throw new RangeError(`${ids.length} rows would cross the end of a chunk`);
    this.#appendRun(ids, made, 0);
  }

  appendRows(ids: readonly number[], rows: readonly number[], made: NewKeysValues): void {
    for (let i = 0; i < rows.length;) {
      let run = 1;
      while (i + run < rows.length && run < this.room && rows[i + run] === (rows[i] as number) + run) run++;
      this.#appendRun(ids.slice(i, i + run), made, rows[i] as number);
      i += run;
    }
  }

  #appendRun(ids: readonly number[], made: NewKeysValues, first: number): void {
    const slot = this.length % CHUNK;
    let begin = 0; // of the layer's rows
    for (const { recentKeys, recentValues, width } of this.#layers) {
      const from = begin + first * width;
      const to = from + ids.length * width;
      recentKeys.set(made.keys.subarray(from, to), slot * width);
      recentValues.set(made.values.subarray(from, to), slot * width);
      begin += made.rows * width;
    }
    append(this.ids, ids);
    if (ids.length > 0 && this.length % CHUNK === 0) this.#settle();
  }

  truncate(length: number): void {
    if (length >= this.length) return;
    const before = this.settled;
    this.ids.length = length;
    if (this.settled < before) this.#unsettle();
  }

  fork(length: number): KvCache {
    const copy = new KvCache(this.shape);
    const settled = this.settled;
    copy.#reserve(Math.max(COLUMNS, settled), 0);
    copy.#layers.forEach((layer, n) => {
      const own = this.#layers[n] as Layer;
      this.#copySettled(own, this.#capacity, layer, copy.#capacity, settled);
      layer.recentKeys.set(own.recentKeys);
      layer.recentValues.set(own.recentValues);
    });
    append(copy.ids, this.ids);
    copy.truncate(length);
    return copy;
  }

  /** Moves the full recent chunk, tokens `length − CHUNK` … `length`, to the settled ones. */
  #settle(): void {
    const first = this.length - CHUNK;
    this.#reserve(this.length, first);
    const capacity = this.#capacity;
    for (const layer of this.#layers) {
      const { kvHeads, headDim, width } = layer;
      for (let line = 0; line < width; line++) {
        for (let token = 0; token < CHUNK; token++)
          layer.settledKeys[line * capacity + first + token] = layer.recentKeys[token * width + line] as number;
      }
      for (let head = 0; head < kvHeads; head++) {
        for (let token = 0; token < CHUNK; token++) {
          const from = token * width + head * headDim;
          layer.settledValues.set(
            layer.recentValues.subarray(from, from + headDim),
            (head * capacity + first + token) * headDim,
          );
        }
      }
    }
  }

  /** After a cut into settled chunks: the tokens past the last whole chunk go back to the recent one. */
  #unsettle(): void {
    const first = this.settled;
    const capacity = this.#capacity;
    const count = this.length - first;
    for (const layer of this.#layers) {
      const { kvHeads, headDim, width } = layer;
      for (let line = 0; line < width; line++) {
        for (let token = 0; token < count; token++)
          layer.recentKeys[token * width + line] = layer.settledKeys[line * capacity + first + token] as number;
      }
      for (let head = 0; head < kvHeads; head++) {
        for (let token = 0; token < count; token++) {
          const from = (head * capacity + first + token) * headDim;
          layer.recentValues.set(layer.settledValues.subarray(from, from + headDim), token * width + head * headDim);
        }
      }
    }
  }

  /** Room for `slots` settled ones, of which `used` are kept; grows by an eighth so that long conversations move rarely. */
  #reserve(slots: number, used: number): void {
    if (slots <= this.#capacity) return;
    const capacity = slots <= COLUMNS ? COLUMNS : Math.ceil((slots * 1.125) / CHUNK) * CHUNK;
    for (const layer of this.#layers) {
      const { kvHeads, headDim, width } = layer;
      const larger = {
        ...layer,
        settledKeys: new Float32Array(width * capacity),
        settledValues: new Float32Array(width * capacity),
      };
      this.#copySettled(layer, this.#capacity, larger, capacity, used);
      layer.settledKeys = larger.settledKeys;
      layer.settledValues = larger.settledValues;
      layer.settledTensors = [
        new Tensor('float32', layer.settledKeys, [kvHeads, headDim, capacity]),
        new Tensor('float32', layer.settledValues, [kvHeads, capacity, headDim]),
      ];
    }
    this.#capacity = capacity;
  }

  #copySettled(from: Layer, fromCapacity: number, to: Layer, toCapacity: number, tokens: number): void {
    const { kvHeads, headDim, width } = from;
    for (let line = 0; line < width; line++)
      to.settledKeys.set(
        from.settledKeys.subarray(line * fromCapacity, line * fromCapacity + tokens),
        line * toCapacity,
      );
    for (let head = 0; head < kvHeads; head++) {
      to.settledValues.set(
        from.settledValues.subarray(head * fromCapacity * headDim, (head * fromCapacity + tokens) * headDim),
        head * toCapacity * headDim,
      );
    }
  }
}
