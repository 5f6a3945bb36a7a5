/**
 * The Llama family (SmolLM2, Llama): no biases, no norm of queries and keys, RMS norm, rotary positions, grouped queries,
 * gated SiLU feed-forward. One graph serves prefill, one-token decoding, verification and denoising: canvas rows differ
 * from context rows only by what the attention bias lets them see and by the adapter, which is computed on them alone.
 */
import { CANDIDATES, inputs, outputs } from '../graph/contract.ts';
import { GraphBuilder, types } from '../graph/builder.ts';
import { packedMatmul, packedRows, packTensor } from '../graph/packed.ts';
import type { Manifest } from '../manifest.ts';

/** Projections the adapter updates, with the sizes of their low-rank factors. */
export const projections = ['qkv', 'o', 'gate_up', 'down'] as const;
export type Projection = (typeof projections)[number];

export interface MatrixPlan {
  name: string;
  rows: number;
  columns: number;
  /** Row blocks stacked in this order. `heads`: rows lie permuted for interleaved RoPE in the GGUF and are put back to half-split. */
  parts: { gguf: string; rows: number; heads?: number }[];
}
export interface VectorPlan {
  name: string;
  length: number;
  gguf: string;
}

/** What the importer writes for this family, in pack order. */
export function tensorPlan(m: Pick<Manifest, 'dimensions' | 'tiedEmbedding'>): { matrices: MatrixPlan[]; vectors: VectorPlan[] } {
  const d = m.dimensions;
  const q = d.heads * d.headDim;
  const kv = d.kvHeads * d.headDim;
  const matrices: MatrixPlan[] = [{ name: 'embed', rows: d.vocabulary, columns: d.hidden, parts: [{ gguf: 'token_embd.weight', rows: d.vocabulary }] }];
  if (!m.tiedEmbedding) matrices.push({ name: 'head', rows: d.vocabulary, columns: d.hidden, parts: [{ gguf: 'output.weight', rows: d.vocabulary }] });
  const vectors: VectorPlan[] = [];
  for (let n = 0; n < d.layers; n++) {
    const gguf = `blk.${n}`;
    const name = `layers.${n}`;
    matrices.push(
      {
        name: `${name}.qkv`,
        rows: q + 2 * kv,
        columns: d.hidden,
        parts: [
          { gguf: `${gguf}.attn_q.weight`, rows: q, heads: d.heads },
          { gguf: `${gguf}.attn_k.weight`, rows: kv, heads: d.kvHeads },
          { gguf: `${gguf}.attn_v.weight`, rows: kv },
        ],
      },
      { name: `${name}.o`, rows: d.hidden, columns: q, parts: [{ gguf: `${gguf}.attn_output.weight`, rows: d.hidden }] },
      {
        name: `${name}.gate_up`,
        rows: 2 * d.feedForward,
        columns: d.hidden,
        parts: [
          { gguf: `${gguf}.ffn_gate.weight`, rows: d.feedForward },
          { gguf: `${gguf}.ffn_up.weight`, rows: d.feedForward },
        ],
      },
      { name: `${name}.down`, rows: d.hidden, columns: d.feedForward, parts: [{ gguf: `${gguf}.ffn_down.weight`, rows: d.hidden }] },
    );
    vectors.push({ name: `${name}.norm1`, length: d.hidden, gguf: `${gguf}.attn_norm.weight` }, { name: `${name}.norm2`, length: d.hidden, gguf: `${gguf}.ffn_norm.weight` });
  }
  vectors.push({ name: 'final_norm', length: d.hidden, gguf: 'output_norm.weight' });
  return { matrices, vectors };
}

export interface GraphOptions {
  /** nbits: MatMulNBits on the pack's own 8-bit blocks. float32: the same weights dequantised at load, for parity tests. */
  arithmetic: 'nbits' | 'float32';
  /** Activations in MatMulNBits: 4 = int8 by blocks (fast on CPU), 0 = float (WebGPU, reference). */
  accuracyLevel: number;
}

export function buildLlamaGraph(m: Manifest, options: GraphOptions): Uint8Array {
  return new LlamaGraph(m, options).build();
}

interface Rotary {
  /** int64 [1, T]: row numbers, the indices into the tables. */
  rows: string;
  cos: string;
  sin: string;
  qCos: string;
  qSin: string;
}

class LlamaGraph {
  readonly g = new GraphBuilder();
  readonly m: Manifest;
  readonly options: GraphOptions;
  /** Pads of the adapter's rows: [context rows, 0, 0, 0]. */
  #pads = '';
  /** Per norm: the gain of each row [T, hidden], where the adapter has its own gains for canvas rows. */
  #gains: string[] = [];
  /** The scores' settled and live columns. */
  #parts = '';

  constructor(m: Manifest, options: GraphOptions) {
    this.m = m;
    this.options = options;
  }

  build(): Uint8Array {
    const { g, m } = this;
    const d = m.dimensions;
    g.input(inputs.ids, types.int64, ['T']);
    g.input(inputs.positions, types.int64, ['T']);
    g.input(inputs.kind, types.int64, ['T']);
    g.input(inputs.contextRows, types.int64, [1]);
    g.input(inputs.bias, types.float, ['T', 'columns']);
    g.input(inputs.padding, types.float, ['Z', d.kvHeads, d.headDim]);
    g.input(inputs.wanted, types.int64, ['W']);
    for (let n = 0; n < d.layers; n++) {
      g.input(inputs.settledKey(n), types.float, [d.kvHeads, d.headDim, 'S']);
      g.input(inputs.settledValue(n), types.float, [d.kvHeads, 'S', d.headDim]);
      g.input(inputs.recentKey(n), types.float, ['R', d.kvHeads, d.headDim]);
      g.input(inputs.recentValue(n), types.float, ['R', d.kvHeads, d.headDim]);
    }
    if (m.adapter) this.#prepareAdapter();
    const rotary = this.#rotary();
    const bias = this.#shapes();
    const keys: string[] = [];
    const values: string[] = [];
    let x = this.#embed();
    let branch = ''; // the sub-layer's output still to be added to the residual stream
    const streams: string[] = []; // by the number of layers done
    for (let n = 0; n < d.layers; n++) {
      const first = this.#norm(x, branch, `layers.${n}.norm1`, 2 * n);
      streams.push(first.sum);
      const attended = this.#attention(n, first.out, rotary, bias, keys, values);
      const second = this.#norm(first.sum, attended, `layers.${n}.norm2`, 2 * n + 1);
      x = second.sum;
      branch = this.#feedForward(n, second.out);
    }
    const last = g.op('Add', [x, branch]);
    this.#head(last);
    const stack = (list: string[], name: string): void => void g.op('Concat', list, { axis: 0 }, name);
    stack(keys, outputs.keys);
    stack(values, outputs.values);
    g.output(outputs.keys, types.float, ['layers · T', d.kvHeads, d.headDim]);
    g.output(outputs.values, types.float, ['layers · T', d.kvHeads, d.headDim]);
    if (m.drafter) {
      g.op('Concat', m.drafter.taps.map((layers) => [...streams, last][layers] as string), { axis: 1 }, outputs.taps);
      g.output(outputs.taps, types.float, ['T', m.drafter.taps.length * d.hidden]);
    }
    return g.encode({ name: 'mezzotint', version: String(m.graph.builder) });
  }

  #tensor(name: string): Manifest['tensors'][string] {
    return packTensor(this.m, name);
  }

  #vector(name: string): string {
    return this.g.weight(name, this.#tensor(name));
  }

  /** x [T, columns] → [T, rows] by a packed matrix. */
  #matmul(x: string, name: string): string {
    const { g, m } = this;
    if (this.options.arithmetic === 'float32') return g.op('Gemm', [x, this.#dequantised(name)], { transB: 1 });
    return packedMatmul(g, m, x, name, this.options.accuracyLevel);
  }

  #dequantised(name: string): string {
    const { g } = this;
    const scales = this.#tensor(`${name}.scales`);
    const zeros = this.m.tensors[`${name}.zeros`];
    const scale = g.weight(`${name}.scales`, scales);
    const zero = zeros ? g.weight(`${name}.zeros`, zeros) : g.op('ConstantOfShape', [g.ints(scales.shape)], {}, undefined);
    const weight = g.weight(`${name}.weight`, this.#tensor(`${name}.weight`));
    if (zeros) return g.op('DequantizeLinear', [weight, scale, zero], { axis: 1, block_size: this.m.quantization.block });
    const centre = g.op('Cast', [g.op('Add', [zero, g.floats([128], [])])], { to: types.uint8 });
    return g.op('DequantizeLinear', [weight, scale, centre], { axis: 1, block_size: this.m.quantization.block });
  }

  /** A projection with the adapter's low-rank update on canvas rows, where it has one: y = W·x + B·(A·x). */
  #linear(x: string, name: string): string {
    const { g } = this;
    const y = this.#matmul(x, name);
    if (!this.m.adapter || !this.m.tensors[`adapter.${name}.A.weight`]) return y;
    const canvas = g.op('Slice', [x, inputs.contextRows, g.ints([2 ** 31 - 1]), g.ints([0])]);
    const low = this.#matmul(canvas, `adapter.${name}.A`);
    const update = g.op('Pad', [this.#matmul(low, `adapter.${name}.B`), this.#pads]);
    return g.op('Add', [y, update]);
  }

  #prepareAdapter(): void {
    const { g, m } = this;
    const norms = 2 * m.dimensions.layers + 1;
    this.#pads = g.op('Concat', [inputs.contextRows, g.ints([0, 0, 0])], { axis: 0 });
    const rows = g.op('Gather', [this.#vector('adapter.gains'), inputs.kind], { axis: 0 }); // [T, norms · hidden]
    const hidden = m.dimensions.hidden;
    // slices, not one Split: WebGPU binds at most a dozen buffers to a shader
    this.#gains = Array.from({ length: norms }, (_, n) => g.op('Slice', [rows, g.ints([n * hidden]), g.ints([(n + 1) * hidden]), g.ints([1])]));
  }

  /** Sets the split of the scores; returns the bias of each query, [T·G, columns]: the queries of a group share a row's. */
  #shapes(): string {
    const { g } = this;
    const { kvHeads, heads } = this.m.dimensions;
    const columns = g.op('Shape', [inputs.bias], { start: 1, end: 2 });
    const settled = g.op('Shape', [inputs.settledValue(0)], { start: 1, end: 2 });
    this.#parts = g.op('Concat', [settled, g.op('Sub', [columns, settled])], { axis: 0 });
    const repeated = g.op('Expand', [g.op('Unsqueeze', [inputs.bias, g.ints([1])]), g.ints([1, heads / kvHeads, 1])]);
    return g.op('Reshape', [repeated, g.op('Concat', [g.ints([-1]), columns], { axis: 0 })]);
  }

  /** [T, hidden]: the table's rows; masked slots take the mask embedding. */
  #embed(): string {
    const { g, m } = this;
    const d = m.dimensions;
    const rows = this.options.arithmetic === 'float32' ? g.op('Gather', [this.#dequantised('embed'), inputs.ids], { axis: 0 }) : packedRows(g, m, inputs.ids, 'embed');
    const masked = g.op('Unsqueeze', [g.op('Equal', [inputs.ids, g.ints([m.diffusion.maskToken])]), g.ints([1])]);
    const mask = g.op('Reshape', [this.#vector('mask_embedding'), g.ints([1, d.hidden])]);
    return g.op('Where', [masked, mask, rows]);
  }

  /** cos and sin [T, rope/2] of this forward's positions; query's carry the attention scale. */
  #rotary(): Rotary {
    const { g, m } = this;
    const half = m.rope.dimensions / 2;
    const frequencies = Array.from({ length: half }, (_, k) => m.rope.theta ** (-k / half));
    const angle = g.op('Mul', [g.op('Unsqueeze', [g.op('Cast', [inputs.positions], { to: types.float }), g.ints([1])]), g.floats(frequencies, [1, half])]);
    const cos = g.op('Cos', [angle]);
    const sin = g.op('Sin', [angle]);
    const scale = g.floats([1 / Math.sqrt(m.dimensions.headDim)], []);
    const count = g.op('Squeeze', [g.op('Shape', [inputs.positions]), g.ints([0])]);
    const rows = g.op('Unsqueeze', [g.op('Range', [g.ints([0], true), count, g.ints([1], true)]), g.ints([0])]);
    return { rows, cos, sin, qCos: g.op('Mul', [cos, scale]), qSin: g.op('Mul', [sin, scale]) };
  }

  /** Adds `branch` to the residual stream x and normalises. The sum is the new stream. */
  #norm(x: string, branch: string, name: string, index: number): { out: string; sum: string } {
    const { g, m } = this;
    const rowGain = this.#gains[index];
    const gain = rowGain === undefined ? this.#vector(name) : g.floats(Array.from({ length: m.dimensions.hidden }, () => 1));
    const epsilon = { float: m.norm.epsilon };
    let sum = x;
    let out: string;
    if (branch === '') out = g.op('SimplifiedLayerNormalization', [x, gain], { axis: -1, epsilon, stash_type: 1 });
    else [out, , , sum] = g.ops('SkipSimplifiedLayerNormalization', [x, branch, gain], { epsilon }, [`n${index}`, '', '', `r${index}`], 'com.microsoft') as [string, string, string, string];
    return { out: rowGain === undefined ? out : g.op('Mul', [out, rowGain]), sum };
  }

  /**
   * Grouped-query attention over settled and live slots: scores of both parts are joined, softmaxed, and split again.
   * Queries of one group fold into the rows.
   */
  #attention(n: number, x: string, rotary: Rotary, bias: string, keys: string[], values: string[]): string {
    const { g, m } = this;
    const d = m.dimensions;
    const groups = d.heads / d.kvHeads;
    const q = d.heads * d.headDim;
    const kv = d.kvHeads * d.headDim;
    const qkv = this.#linear(x, `layers.${n}.qkv`);
    const [query, key, value] = g.ops('Split', [g.op('Unsqueeze', [qkv, g.ints([0])]), g.ints([q, kv, kv])], { axis: 2 }, 3) as [string, string, string];
    const turn = (rows: string, heads: number, cos: string, sin: string): string =>
      g.ms('RotaryEmbedding', [rows, rotary.rows, cos, sin], { num_heads: heads, rotary_embedding_dim: m.rope.dimensions === d.headDim ? 0 : m.rope.dimensions });
    const fold = g.op('Reshape', [turn(query, d.heads, rotary.qCos, rotary.qSin), g.ints([-1, d.kvHeads, groups, d.headDim])]); // [T, kv, G, D]
    const queries = g.op('Reshape', [g.op('Transpose', [fold], { perm: [1, 0, 2, 3] }), g.ints([d.kvHeads, -1, d.headDim])]); // [kv, T·G, D]
    const newKeys = g.op('Reshape', [turn(key, d.kvHeads, rotary.cos, rotary.sin), g.ints([-1, d.kvHeads, d.headDim])]); // [T, kv, D]
    const newValues = g.op('Reshape', [value, g.ints([-1, d.kvHeads, d.headDim])]);
    keys.push(newKeys);
    values.push(newValues);
    const joined = (recent: string, rows: string, perm: number[]): string => g.op('Transpose', [g.op('Concat', [recent, rows, inputs.padding], { axis: 0 })], { perm });
    const liveKeys = joined(inputs.recentKey(n), newKeys, [1, 2, 0]); // [kv, D, R + T + Z]
    const liveValues = joined(inputs.recentValue(n), newValues, [1, 0, 2]); // [kv, R + T + Z, D]
    const scores = g.op('Concat', [g.op('MatMul', [queries, inputs.settledKey(n)]), g.op('MatMul', [queries, liveKeys])], { axis: 2 }); // [kv, T·G, columns]
    const weights = g.op('Softmax', [g.op('Add', [scores, bias])], { axis: -1 });
    const [onSettled, onLive] = g.ops('Split', [weights, this.#parts], { axis: 2 }, 2) as [string, string];
    const mixed = g.op('Add', [g.op('MatMul', [onSettled, inputs.settledValue(n)]), g.op('MatMul', [onLive, liveValues])]); // [kv, T·G, D]
    const unfolded = g.op('Transpose', [g.op('Reshape', [mixed, g.ints([d.kvHeads, -1, groups, d.headDim])])], { perm: [1, 0, 2, 3] });
    return this.#linear(g.op('Reshape', [unfolded, g.ints([-1, q])]), `layers.${n}.o`);
  }

  #feedForward(n: number, x: string): string {
    const { g, m } = this;
    const ff = m.dimensions.feedForward;
    const [gate, up] = g.ops('Split', [this.#linear(x, `layers.${n}.gate_up`), g.ints([ff, ff])], { axis: 1 }, 2) as [string, string];
    const activated = g.op('Mul', [g.ms('QuickGelu', [gate], { alpha: { float: 1 } }), up]); // x·sigmoid(1·x) is SiLU
    return this.#linear(activated, `layers.${n}.down`);
  }

  /** Final norm and vocabulary head on the wanted rows alone; only candidates and two sums leave the graph. */
  #head(x: string): void {
    const { g, m } = this;
    const wantedX = g.op('Gather', [x, inputs.wanted], { axis: 0 });
    const index = 2 * m.dimensions.layers;
    const rowGain = this.#gains[index];
    if (rowGain !== undefined) this.#gains[index] = g.op('Gather', [rowGain, inputs.wanted], { axis: 0 });
    const { out } = this.#norm(wantedX, '', 'final_norm', index);
    const logits = this.#matmul(out, m.tiedEmbedding ? 'embed' : 'head');
    const [top, ids] = g.ops('TopK', [logits, g.ints([CANDIDATES])], { axis: 1, largest: 1, sorted: 1 }, [outputs.topLogits, outputs.topIds]) as [string, string];
    // by hand: the best logit is known, and ReduceLogSumExp took longer than all of this
    const best = g.op('Slice', [top, g.ints([0]), g.ints([1]), g.ints([1])]); // [W, 1]
    const below = g.op('Sub', [logits, best]);
    const weight = g.op('Exp', [below]);
    const total = g.op('ReduceSum', [weight, g.ints([1])], { keepdims: 0 });
    const logTotal = g.op('Log', [total]);
    g.op('Add', [g.op('Squeeze', [best, g.ints([1])]), logTotal], {}, outputs.lse);
    const mean = g.op('Div', [g.op('ReduceSum', [g.op('Mul', [weight, below]), g.ints([1])], { keepdims: 0 }), total]);
    g.op('Sub', [logTotal, mean], {}, outputs.entropy);
    g.output(top, types.float, ['W', CANDIDATES]);
    g.output(ids, types.int64, ['W', CANDIDATES]);
    g.output(outputs.lse, types.float, ['W']);
    g.output(outputs.entropy, types.float, ['W']);
  }
}
