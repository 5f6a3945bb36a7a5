/**
 * Work on a graphics device around a model's forwards: tensors that stay there, what crosses to and from it, and the small
 * sessions that append to a prefix cache, settle its chunks and make the attention bias.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { COLUMNS, inputs, outputs } from '../model/graph/contract.ts';
import {
  buildAppend,
  buildBias,
  buildSettle,
  buildUnsettle,
  buildZeros,
  upkeep as names,
  type UpkeepShape,
} from '../model/graph/upkeep.ts';
import { ints } from './integers.ts';

/** Bytes that crossed between this process and the device, and what lies there. */
export interface Traffic {
  sent: number;
  received: number;
  /** Bytes of tensors that stay on the device. */
  held: number;
  /** How many of them there are. */
  tensors: number;
}

const SIZES: Partial<Record<Tensor.Type, number>> = { float32: 4, int64: 8 };
const bytesOf = (tensor: Tensor): number => tensor.size * (SIZES[tensor.type] ?? 1);

/** Tensors on the device that several holders share. They are disposed when the last one lets go. */
export class Shared {
  readonly tensors: readonly Tensor[];
  readonly bytes: number;
  readonly #traffic: Traffic;
  #holders = 1;

  constructor(tensors: readonly Tensor[], traffic: Traffic) {
    this.tensors = tensors;
    this.bytes = tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    this.#traffic = traffic;
    traffic.held += this.bytes;
    traffic.tensors += tensors.length;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  drop(): void {
    if (--this.#holders !== 0) return;
    this.#traffic.held -= this.bytes;
    this.#traffic.tensors -= this.tensors.length;
    for (const tensor of this.tensors) tensor.dispose();
  }
}

/** The first `rows` rows of a tensor: a view, which holds as long as the tensor. Nothing of no rows lies on the device. */
export function firstRows(tensor: Tensor, rows: number): Tensor {
  const dims = [rows, ...tensor.dims.slice(1)];
  return rows === 0
    ? new Tensor('float32', new Float32Array(0), dims)
    : Tensor.fromGpuBuffer(tensor.gpuBuffer as never, { dataType: 'float32', dims });
}

type Feeds = Record<string, Tensor>;
type Task = 'zeros' | 'bias' | 'append' | 'settle' | 'unsettle';

export class Upkeep {
  readonly shape: UpkeepShape;
  readonly traffic: Traffic = { sent: 0, received: 0, held: 0, tensors: 0 };
  readonly #options: InferenceSession.SessionOptions;
  readonly #graphs: Record<Task, () => Uint8Array>;
  readonly #sessions = new Map<Task, InferenceSession>();
  #zeros: Shared | null = null;

  private constructor(shape: UpkeepShape, contextLength: number, options: InferenceSession.SessionOptions) {
    this.shape = shape;
    this.#options = { ...options, preferredOutputLocation: 'gpu-buffer' };
    this.#graphs = {
      zeros: () => buildZeros(shape),
      bias: () => buildBias(contextLength),
      append: () => buildAppend(shape),
      settle: () => buildSettle(shape),
      unsettle: () => buildUnsettle(shape),
    };
  }

  static async create(
    shape: UpkeepShape,
    contextLength: number,
    options: InferenceSession.SessionOptions,
  ): Promise<Upkeep> {
    const made = new Upkeep(shape, contextLength, options);
    const { zeroRows, zeroKeys, zeroValues } = names;
    const zeros = await made.#run('zeros', { [names.zero]: new Tensor('float32', Float32Array.of(0), [1]) });
    made.#zeros = new Shared(
      [zeroRows, zeroKeys, zeroValues].map((name) => zeros[name] as Tensor),
      made.traffic,
    );
    return made;
  }

  /** `COLUMNS` rows of zeros, and the settled keys and values of a cache that has none. */
  get zeros(): Shared {
    if (!this.#zeros) throw new Error('the session on the device was released');
    return this.#zeros;
  }

  /** The bias of one forward. @param own float32 [T, T + Z]; see `upkeep` */
  async bias(own: Tensor, cache: { length: number; settled: number; capacity: number }): Promise<Tensor> {
    const recent = cache.length - cache.settled;
    const made = await this.#run('bias', {
      [names.own]: own,
      [names.slots]: ints([cache.capacity]),
      [names.filled]: new Tensor('float32', Float32Array.of(cache.settled), [1]),
      [names.recent]: ints([recent]),
      [names.cached]: ints([own.dims[0] as number, cache.capacity + recent]),
    });
    return made[names.bias] as Tensor;
  }

  /** Recent slots with rows `from` … `to` of a forward behind them. @param made keys and values, float32 [L·T, H_kv, D] each */
  async append(recent: readonly Tensor[], made: readonly Tensor[], from: number, to: number): Promise<Shared> {
    const { layers, kvHeads, headDim } = this.shape;
    const [keys, values] = made as [Tensor, Tensor];
    const feeds: Feeds = {
      [names.rows]: ints([layers, (keys.dims[0] as number) / layers, kvHeads, headDim]),
      [names.from]: ints([from]),
      [names.to]: ints([to]),
      [outputs.keys]: keys,
      [outputs.values]: values,
    };
    this.#feed(feeds, recent, inputs.recentKey, inputs.recentValue);
    return this.#joined(await this.#run('append', feeds));
  }

  /** The first `keep` settled slots with a whole recent chunk behind them. */
  async settle(settled: readonly Tensor[], keep: number, recent: readonly Tensor[]): Promise<Shared> {
    const feeds: Feeds = { [names.to]: ints([keep]) };
    this.#feed(feeds, settled, inputs.settledKey, inputs.settledValue);
    this.#feed(feeds, recent, inputs.recentKey, inputs.recentValue);
    return this.#joined(await this.#run('settle', feeds));
  }

  /** Settled slots `from` … `to` as recent ones. */
  async unsettle(settled: readonly Tensor[], from: number, to: number): Promise<Shared> {
    const feeds: Feeds = { [names.from]: ints([from]), [names.to]: ints([to]) };
    this.#feed(feeds, settled, inputs.settledKey, inputs.settledValue);
    return this.#joined(await this.#run('unsettle', feeds));
  }

  /** Counts what a run takes to the device, and what it brings back. */
  count(feeds: Feeds, made: Record<string, Tensor>): void {
    for (const tensor of Object.values(feeds)) if (tensor.location === 'cpu') this.traffic.sent += bytesOf(tensor);
    for (const tensor of Object.values(made)) if (tensor.location === 'cpu') this.traffic.received += bytesOf(tensor);
  }

  async release(): Promise<void> {
    this.#zeros?.drop();
    this.#zeros = null;
    for (const session of this.#sessions.values()) await session.release();
    this.#sessions.clear();
  }

  /** By layer: key, value. */
  #feed(feeds: Feeds, tensors: readonly Tensor[], key: (n: number) => string, value: (n: number) => string): void {
    for (let n = 0; n < this.shape.layers; n++) {
      feeds[key(n)] = tensors[2 * n] as Tensor;
      feeds[value(n)] = tensors[2 * n + 1] as Tensor;
    }
  }

  #joined(made: Record<string, Tensor>): Shared {
    const tensors: Tensor[] = [];
    for (let n = 0; n < this.shape.layers; n++)
      tensors.push(made[names.joinedKey(n)] as Tensor, made[names.joinedValue(n)] as Tensor);
    return new Shared(tensors, this.traffic);
  }

  async #run(task: Task, feeds: Feeds): Promise<Record<string, Tensor>> {
    let session = this.#sessions.get(task);
    if (!session) {
      session = await InferenceSession.create(this.#graphs[task](), this.#options);
      this.#sessions.set(task, session);
    }
    const made = await session.run(feeds);
    this.count(feeds, made);
    return made;
  }
}

/** Rows of zeros that pad a forward's columns to a multiple of 64. */
export const paddingOf = (upkeep: Upkeep, rows: number): Tensor =>
  firstRows(upkeep.zeros.tensors[0] as Tensor, Math.min(rows, COLUMNS));
