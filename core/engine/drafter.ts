/**
 * The block drafter of a pack: one ONNX Runtime session beside the model's, and for each reply the context rows it has
 * read. Drafts only save forwards; a reply never depends on them.
 */
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Row } from '../sampling/choose.ts';
import type { DraftRow } from '../samplers/stepper.ts';
import { CANDIDATES, drafterInputs as inputs, drafterOutputs as outputs } from '../model/graph/contract.ts';
import { BLOCK } from '../model/quantisation.ts';
import type { Manifest } from '../model/manifest.ts';
import { openSafetensors, type SafetensorsReader } from '../model/safetensors.ts';
import { ints, small } from './integers.ts';

/** What a reply's loop needs of it. */
export interface Drafting {
  /** Reads rows that became part of the cache: the first `rows` of a forward's auxiliary hidden states, at `position` and after. */
  read(auxiliary: Float32Array, rows: number, position: number): void;
  /** The rows of `count` ≤ slots + lookahead tokens after `anchor`, the last known one; null while no row before it has been read. */
  draft(anchor: number, count: number): Promise<DraftRow | null>;
}

export class DrafterSession {
  readonly sizes: NonNullable<Manifest['drafter']>;
  /** Tokens that can be drafted, and their places in this list. */
  readonly words: Int32Array;
  readonly places: ReadonlyMap<number, number>;
  /** float32 [words, followers] each: the table that makes neighbouring drafts fit each other. */
  readonly #previous: Float32Array;
  readonly #next: Float32Array;
  readonly #session: InferenceSession;
  readonly #dims: Manifest['dimensions'];

  private constructor(
    session: InferenceSession,
    manifest: Pick<Manifest, 'dimensions'>,
    sizes: NonNullable<Manifest['drafter']>,
    file: SafetensorsReader,
  ) {
    this.#session = session;
    this.#dims = manifest.dimensions;
    this.sizes = sizes;
    this.words = file.ints('drafter.words');
    this.places = new Map(Array.from(this.words, (id, place) => [id, place]));
    this.#previous = dequantised(file, 'drafter.follow_previous');
    this.#next = dequantised(file, 'drafter.follow_next');
  }

  /** @returns null where the pack has no drafter */
  static async create(
    dir: string,
    manifest: Pick<Manifest, 'dimensions' | 'drafter'>,
    options: InferenceSession.SessionOptions,
  ): Promise<DrafterSession | null> {
    const sizes = manifest.drafter;
    if (!sizes) return null;
    const session = await InferenceSession.create(join(dir, sizes.graph), options);
    const file = openSafetensors(join(dir, sizes.file));
    try {
      return new DrafterSession(session, manifest, sizes, file);
    } finally {
      file.close();
    }
  }

  get slots(): number {
    return this.sizes.slots;
  }
  /** Slots after those that it guesses. */
  get lookahead(): number {
    return this.sizes.lookahead ?? 0;
  }

  /** For one reply. */
  begin(): Drafting {
    const { hidden, kvHeads, headDim } = this.#dims;
    const { layers, taps, window } = this.sizes;
    const heads = layers * kvHeads;
    const waiting = new Rows(taps.length * hidden, window);
    const keys = new Rows(heads * headDim, window);
    const values = new Rows(heads * headDim, window);
    let end = 0; // position after the last row that was read
    return {
      read: (made, rows, position) => {
        waiting.add(made, rows);
        end = position + rows;
      },
      draft: async (anchor, count) => {
        const fresh = waiting.length;
        if (fresh === 0) return null;
        const past = Math.min(keys.length, window - fresh);
        const cached = (rows: Rows): Tensor => new Tensor('float32', rows.last(past), [past, heads, headDim]);
        const made = await this.#session.run({
          [inputs.auxiliary]: new Tensor('float32', waiting.last(fresh), [fresh, taps.length * hidden]),
          [inputs.auxiliaryPositions]: ints(Array.from({ length: fresh }, (_, i) => end - fresh + i)),
          [inputs.pastKeys]: cached(keys),
          [inputs.pastValues]: cached(values),
          [inputs.anchor]: ints([anchor]),
          [inputs.positions]: ints(Array.from({ length: Math.max(this.slots, count) }, (_, i) => end + i)),
          [inputs.wanted]: ints([count]),
        });
        const floats = (name: string): Float32Array => (made[name] as Tensor).data as Float32Array;
        keys.add(floats(outputs.newKeys), fresh);
        values.add(floats(outputs.newValues), fresh);
        waiting.clear();
        const top = small((made[outputs.topWords] as Tensor).data as BigInt64Array);
        const logits = floats(outputs.topLogits);
        const gate = floats(outputs.gate);
        const { followers } = this.sizes;
        return (row, previous) => {
          const [from, end] = [row * CANDIDATES, (row + 1) * CANDIDATES];
          return this.#row(
            top.subarray(from, end),
            logits.subarray(from, end),
            gate.subarray(row * followers, (row + 1) * followers),
            previous,
          );
        };
      },
    };
  }

  /** Candidates of one slot, their logits raised by how well they follow `previous`. The sum covers the candidates alone. Called for every draft: no closures, no order. */
  #row(top: Int32Array, plain: Float32Array, gate: Float32Array, previous: number | null): Row {
    const place = previous === null ? undefined : this.places.get(previous);
    const raised = place === undefined ? plain : this.#followed(top, plain, gate, place);
    const count = raised.length;
    const ids = new Int32Array(count);
    let best = -Infinity;
    for (let c = 0; c < count; c++) {
      ids[c] = this.words[top[c] as number] as number;
      best = Math.max(best, raised[c] as number);
    }
    let total = 0;
    let mean = 0; // of the distances from the best, weighed
    for (let c = 0; c < count; c++) {
      const distance = (raised[c] as number) - best;
      const weight = Math.exp(distance);
      total += weight;
      mean += weight * distance;
    }
    return { ids, logits: raised, lse: best + Math.log(total), entropy: Math.log(total) - mean / total };
  }

  /** logit[c] + Σ_r silu(previous[r] + gate[r]) · next[c, r] */
  #followed(top: Int32Array, plain: Float32Array, gate: Float32Array, place: number): Float32Array {
    const n = gate.length;
    const [before, next] = [this.#previous, this.#next];
    const open = new Float32Array(n);
    for (let r = 0; r < n; r++) {
      const x = (gate[r] as number) + (before[place * n + r] as number);
      open[r] = x / (1 + Math.exp(-x));
    }
    const raised = new Float32Array(plain.length);
    for (let c = 0; c < raised.length; c++) {
      const at = (top[c] as number) * n;
      let sum = plain[c] as number;
      for (let r = 0; r < n; r++) sum += (open[r] as number) * (next[at + r] as number);
      raised[c] = sum;
    }
    return raised;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** The newest `most` rows of `width` numbers, side by side in memory. */
class Rows {
  readonly #width: number;
  readonly #most: number;
  readonly #numbers: Float32Array;
  #from = 0;
  #length = 0;

  constructor(width: number, most: number) {
    this.#width = width;
    this.#most = most;
    this.#numbers = new Float32Array(2 * most * width); // twice as many: moved together once in `most` rows
  }

  get length(): number {
    return this.#length;
  }

  /** Adds the first `rows` rows of `numbers`. */
  add(numbers: Float32Array, rows: number): void {
    const width = this.#width;
    const taken = Math.min(rows, this.#most);
    const kept = Math.min(this.#length, this.#most - taken);
    this.#from += this.#length - kept;
    if (this.#from + kept + taken > 2 * this.#most) {
      this.#numbers.copyWithin(0, this.#from * width, (this.#from + kept) * width);
      this.#from = 0;
    }
    this.#numbers.set(numbers.subarray((rows - taken) * width, rows * width), (this.#from + kept) * width);
    this.#length = kept + taken;
  }

  last(rows: number): Float32Array {
    const end = this.#from + this.#length;
    return this.#numbers.subarray((end - rows) * this.#width, end * this.#width);
  }

  clear(): void {
    this.#length = 0;
  }
}

/** A matrix of symmetric 8-bit blocks as float32. */
function dequantised(file: SafetensorsReader, name: string): Float32Array {
  const scales = file.floats(`${name}.scales`);
  return Float32Array.from(
    file.bytes(`${name}.weight`),
    (value, i) => (value - 128) * (scales[Math.floor(i / BLOCK)] as number),
  );
}
