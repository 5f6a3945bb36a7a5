/**
 * The prefix cache of a session whose keys and values stay on the graphics device. Tensors there are never written again:
 * a cache that grows takes new ones, one that is cut back takes a view of fewer rows, and a copy for another conversation
 * shares them. What is committed is noted at once, and done before the cache's next forward.
 */
import { append } from '../contract/lists.ts';
import { Tensor } from 'onnxruntime-node';
import { CHUNK, COLUMNS } from '../model/graph/contract.ts';
import { numbersOf, type CacheShape, type NewKeysValues, type PrefixCache } from './cache.ts';
import { firstRows, Shared, type Upkeep } from './upkeep.ts';

/** Rows of a forward that were committed and are not in the cache's own tensors yet. */
interface Waiting {
  /** Keys and values of the forward. */
  made: Shared;
  from: number;
  count: number;
}

interface Held {
  /** By layer keys, values: [H_kv, D, S], [H_kv, S, D]; null: the zeros that all caches share. */
  settled: Shared | null;
  /** By layer keys, values: [≥ R, H_kv, D]; null where there are none. */
  recent: Shared | null;
  waiting: Waiting[];
}

function letGo(held: Held): void {
  held.settled?.drop();
  held.recent?.drop();
  for (const { made } of held.waiting) made.drop();
  Object.assign(held, { settled: null, recent: null, waiting: [] } satisfies Held);
}

/** A cache that is forgotten without `dispose` gives its memory back when it is collected. */
const forgotten = new FinalizationRegistry(letGo);

export class DeviceCache implements PrefixCache {
  readonly shape: CacheShape;
  readonly ids: number[] = [];
  readonly #upkeep: Upkeep;
  readonly #held: Held = { settled: null, recent: null, waiting: [] };
  /** Slots of `held.settled`, and how many of them hold a token: fewer after a cut. */
  #slots = 0;
  #filled = 0;
  /** Tokens of this cache that `held.settled` and `held.recent` have; the rest wait. */
  #done = 0;

  constructor(shape: CacheShape, upkeep: Upkeep) {
    this.shape = shape;
    this.#upkeep = upkeep;
    forgotten.register(this, this.#held, this);
  }

  get length(): number {
    return this.ids.length;
  }
  get settled(): number {
    return this.length - (this.length % CHUNK);
  }
  /** Holds once the cache is `ready`. */
  get capacity(): number {
    return Math.max(COLUMNS, this.#slots);
  }
  get bytes(): number {
    return 2 * 4 * numbersOf(this.shape) * (Math.max(this.#slots, this.settled) + CHUNK);
  }
  get room(): number {
    return CHUNK - (this.length % CHUNK);
  }

  fresh(): DeviceCache {
    return new DeviceCache(this.shape, this.#upkeep);
  }

  tensors(layer: number): [Tensor, Tensor, Tensor, Tensor] {
    const { settled, recent } = this.#held;
    const [, zeroKeys, zeroValues] = this.#upkeep.zeros.tensors;
    const part = (n: number): Tensor => this.#recent(recent, 2 * layer + n, this.length - this.settled);
    return [
      settled?.tensors[2 * layer] ?? (zeroKeys as Tensor),
      settled?.tensors[2 * layer + 1] ?? (zeroValues as Tensor),
      part(0),
      part(1),
    ];
  }

  append(ids: readonly number[], made: NewKeysValues): void {
    if (ids.length > this.room) throw new RangeError(`${ids.length} rows would cross the end of a chunk`);
    this.#wait(ids, made, 0);
  }

  appendRows(ids: readonly number[], rows: readonly number[], made: NewKeysValues): void {
    for (let i = 0; i < rows.length;) {
      let run = 1;
      while (i + run < rows.length && run < this.room && rows[i + run] === (rows[i] as number) + run) run++;
      this.#wait(ids.slice(i, i + run), made, rows[i] as number);
      i += run;
    }
  }

  truncate(length: number): void {
    if (length >= this.length) return;
    const { waiting } = this.#held;
    for (let over = this.length - length; over > 0;) {
      const last = waiting.at(-1);
      if (!last) break;
      const cut = Math.min(over, last.count);
      last.count -= cut;
      over -= cut;
      if (last.count === 0) waiting.pop()?.made.drop();
    }
    this.ids.length = length;
    this.#done = Math.min(this.#done, length);
  }

  fork(length: number): DeviceCache {
    const copy = this.fresh();
    const { settled, recent, waiting } = this.#held;
    copy.#held.settled = settled?.hold() ?? null;
    copy.#held.recent = recent?.hold() ?? null;
    copy.#held.waiting = waiting.map((rows) => ({ ...rows, made: rows.made.hold() }));
    copy.#slots = this.#slots;
    copy.#filled = this.#filled;
    copy.#done = this.#done;
    append(copy.ids, this.ids);
    copy.truncate(length);
    return copy;
  }

  /** Brings what was committed or cut into the cache's tensors. */
  async ready(): Promise<void> {
    const held = this.#held;
    const settled = this.#done - (this.#done % CHUNK);
    // a cut into a settled chunk: its first tokens are recent ones again
    if (held.settled && this.#filled > settled) {
      const recent =
        this.#done > settled ? await this.#upkeep.unsettle(held.settled.tensors, settled, this.#done) : null;
      held.recent?.drop();
      held.recent = recent;
      this.#filled = settled;
      if (settled === 0) {
        held.settled.drop();
        held.settled = null;
        this.#slots = 0;
      }
    }
    for (let next = held.waiting[0]; next; next = held.waiting[0]) {
      const have = this.#done % CHUNK;
      const recent = Array.from({ length: 2 * this.shape.layers }, (_, n) => this.#recent(held.recent, n, have));
      const joined = await this.#upkeep.append(recent, next.made.tensors, next.from, next.from + next.count);
      held.recent?.drop();
      held.recent = joined;
      this.#done += next.count;
      held.waiting.shift()?.made.drop();
      if (this.#done % CHUNK === 0) await this.#settle();
    }
  }

  dispose(): void {
    forgotten.unregister(this);
    letGo(this.#held);
    this.ids.length = 0;
    this.#done = this.#slots = this.#filled = 0;
  }

  async #settle(): Promise<void> {
    const held = this.#held;
    if (!held.recent) return;
    const before = held.settled ? this.#filled : 0;
    const empty = Array.from({ length: 2 * this.shape.layers }, (_, n) => this.#upkeep.zeros.tensors[1 + (n % 2)]);
    const joined = await this.#upkeep.settle(held.settled?.tensors ?? (empty as Tensor[]), before, held.recent.tensors);
    held.settled?.drop();
    held.settled = joined;
    held.recent.drop();
    held.recent = null;
    this.#slots = this.#filled = before + CHUNK;
  }

  #recent(recent: Shared | null, n: number, rows: number): Tensor {
    const { kvHeads, headDim } = this.shape;
    const tensor = recent?.tensors[n];
    return tensor ? firstRows(tensor, rows) : new Tensor('float32', new Float32Array(0), [0, kvHeads, headDim]);
  }

  #wait(ids: readonly number[], made: NewKeysValues, from: number): void {
    if (ids.length === 0) return;
    this.#held.waiting.push({ made: this.#shared(made), from, count: ids.length });
    append(this.ids, ids);
  }

  /** Rows that a forward left on the device; others, of measurements, are sent there. */
  #shared({ keys, values, rows, held }: NewKeysValues): Shared {
    if (held) return held.hold();
    const { layers, kvHeads, headDim } = this.shape;
    const tensors = [keys, values].map(
      (data) =>
        new Tensor('float32', data.slice(0, layers * rows * kvHeads * headDim), [layers * rows, kvHeads, headDim]),
    );
    return new Shared(tensors, this.#upkeep.traffic);
  }
}
