/**
 * The transformer that all families here share: RMS norm, rotary positions, grouped queries, gated SiLU feed-forward. What a
 * family has more than that (biases, norms of queries and keys, routed experts, partly rotated heads) the manifest says.
 * One graph serves prefill, one-token decoding, verification and denoising: canvas rows differ from context rows only by
 * what the attention bias lets them see and by the adapter, which is computed on them alone.
 */
import type { Manifest } from '../manifest.ts';
import { GraphBuilder, types } from './builder.ts';
import { attend, foldedBias, foldQueries, scoreColumns } from './attention.ts';
import { candidates } from './candidates.ts';
import { inputs, outputs, WHOLE_ROWS_FROM } from './contract.ts';
import { routedExperts } from './experts.ts';
import { integerMatmul, type IntegerLayout } from './integers.ts';
import { packedMatmul, packedRows, packedWeight, packTensor } from './packed.ts';
import { rotary, type Rotary } from './rotary.ts';

export interface GraphOptions {
  /** nbits: MatMulNBits on the pack's own 8-bit blocks. float32: the same weights dequantised at load, for parity tests. */
  arithmetic: 'nbits' | 'float32';
  /** Activations in MatMulNBits: 4 = int8 by blocks (fast on CPU), 0 = float (WebGPU, reference). */
  accuracyLevel: number;
  /** See `Product`: MatMulNBits without prepacking unpacks a whole matrix into float32. */
  partWeights?: number;
  /** Matrices that are multiplied as integers; the others as `arithmetic` says. */
  integers?: IntegerLayout;
  /** Also gives `observed(matrix)` for these matrices. */
  observe?: ReadonlySet<string>;
}

/** Rows at a text's beginning that have outliers of their own. */
const FIRST = 4;
/**
 * Output of a graph that observes, float32 [2, columns]: the largest activation of each input channel of a matrix, over the
 * forward's rows but for the first four, and over all of them.
 */
export const observed = (matrix: string): string => `observed.${matrix}`;

export function buildTransformer(m: Manifest, options: GraphOptions): Uint8Array {
  return new TransformerGraph(m, options).build();
}

class TransformerGraph {
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
    const turns = rotary(g, m);
    const bias = this.#shapes();
    const keys: string[] = [];
    const values: string[] = [];
    let x = this.#embed();
    let branch = ''; // the sub-layer's output still to be added to the residual stream
    const streams: string[] = []; // by the number of layers done
    for (let n = 0; n < d.layers; n++) {
      const first = this.#norm(x, branch, `layers.${n}.norm1`, 2 * n);
      streams.push(first.sum);
      const attended = this.#attention(n, first.out, turns, bias, keys, values);
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
      g.op(
        'Concat',
        m.drafter.taps.map((layers) => [...streams, last][layers] as string),
        { axis: 1 },
        outputs.auxiliary,
      );
      g.output(outputs.auxiliary, types.float, ['T', m.drafter.taps.length * d.hidden]);
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
  #matmul(x: string, name: string, output?: string): string {
    const { g, m } = this;
    if (this.options.observe?.has(name)) {
      const sizes = g.op('Abs', [x]);
      const most = (rows: string): string => g.op('ReduceMax', [rows, g.ints([0])], { keepdims: 1 });
      const later = g.op('Slice', [sizes, g.ints([FIRST]), g.ints([2 ** 31 - 1]), g.ints([0])]);
      g.op('Concat', [most(later), most(sizes)], { axis: 0 }, observed(name));
      g.output(observed(name), types.float, [2, packedWeight(m, name).shape[1] as number]);
    }
    if (this.options.integers?.matrices[name]) return integerMatmul(g, this.options.integers, x, name, output);
    if (this.options.arithmetic === 'float32') return g.op('Gemm', [x, this.#dequantised(name)], { transB: 1 }, output);
    return packedMatmul(g, m, x, name, this.options, output);
  }

  #dequantised(name: string): string {
    const { g } = this;
    const scales = this.#tensor(`${name}.scales`);
    const zeros = this.m.tensors[`${name}.zeros`];
    const scale = g.weight(`${name}.scales`, scales);
    const zero = zeros
      ? g.weight(`${name}.zeros`, zeros)
      : g.op('ConstantOfShape', [g.ints(scales.shape)], {}, undefined);
    const { bits, block } = packedWeight(this.m, name);
    if (bits !== 8) throw new Error(`${name} has ${bits} bits a weight: float32 arithmetic is for 8-bit packs`);
    const weight = g.weight(`${name}.weight`, this.#tensor(`${name}.weight`));
    if (zeros) return g.op('DequantizeLinear', [weight, scale, zero], { axis: 1, block_size: block });
    const centre = g.op('Cast', [g.op('Add', [zero, g.floats([128], [])])], { to: types.uint8 });
    return g.op('DequantizeLinear', [weight, scale, centre], { axis: 1, block_size: block });
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
    this.#gains = Array.from({ length: norms }, (_, n) =>
      g.op('Slice', [rows, g.ints([n * hidden]), g.ints([(n + 1) * hidden]), g.ints([1])]),
    );
  }

  /** Sets the split of the scores; returns the bias of each query, [T·G, columns]: the queries of a group share a row's. */
  #shapes(): string {
    const { heads, kvHeads } = this.m.dimensions;
    const { columns, parts } = scoreColumns(this.g);
    this.#parts = parts;
    return foldedBias(this.g, inputs.bias, columns, heads / kvHeads);
  }

  /** [T, hidden]: the table's rows; masked slots take the mask embedding, where the pack has one. */
  #embed(): string {
    const { g, m } = this;
    const d = m.dimensions;
    const rows =
      this.options.arithmetic === 'float32'
        ? g.op('Gather', [this.#dequantised('embed'), inputs.ids], { axis: 0 })
        : packedRows(g, m, inputs.ids, 'embed');
    // a model trained with masks has its own row for them
    if (!m.tensors['mask_embedding']) return rows;
    const masked = g.op('Unsqueeze', [g.op('Equal', [inputs.ids, g.ints([m.diffusion.maskToken])]), g.ints([1])]);
    const mask = g.op('Reshape', [this.#vector('mask_embedding'), g.ints([1, d.hidden])]);
    return g.op('Where', [masked, mask, rows]);
  }

  /** Adds `branch` to the residual stream x and normalises. The sum is the new stream. */
  #norm(x: string, branch: string, name: string, index: number): { out: string; sum: string } {
    const { g, m } = this;
    const rowGain = this.#gains[index];
    const gain =
      rowGain === undefined ? this.#vector(name) : g.floats(Array.from({ length: m.dimensions.hidden }, () => 1));
    const epsilon = { float: m.norm.epsilon };
    let sum = x;
    let out: string;
    if (branch === '') out = g.op('SimplifiedLayerNormalization', [x, gain], { axis: -1, epsilon, stash_type: 1 });
    else
      [out, , , sum] = g.ops(
        'SkipSimplifiedLayerNormalization',
        [x, branch, gain],
        { epsilon },
        [`n${index}`, '', '', `r${index}`],
        'com.microsoft',
      ) as [string, string, string, string];
    return { out: rowGain === undefined ? out : g.op('Mul', [out, rowGain]), sum };
  }

  /**
   * Grouped-query attention over settled and live slots: scores of both parts are joined, softmaxed, and split again.
   * Queries of one group fold into the rows.
   */
  #attention(n: number, x: string, turns: Rotary, bias: string, keys: string[], values: string[]): string {
    const { g, m } = this;
    const d = m.dimensions;
    const groups = d.heads / d.kvHeads;
    const q = d.heads * d.headDim;
    const kv = d.kvHeads * d.headDim;
    const product = this.#linear(x, `layers.${n}.qkv`);
    const qkv = m.bias.qkv ? g.op('Add', [product, this.#vector(`layers.${n}.qkv.bias`)]) : product;
    const [query, key, value] = g.ops(
      'Split',
      [g.op('Unsqueeze', [qkv, g.ints([0])]), g.ints([q, kv, kv])],
      { axis: 2 },
      3,
    ) as [string, string, string];
    const turn = (rows: string, heads: number, cos: string, sin: string): string =>
      g.ms('RotaryEmbedding', [rows, turns.rows, cos, sin], {
        num_heads: heads,
        rotary_embedding_dim: m.rope.dimensions === d.headDim ? 0 : m.rope.dimensions,
      });
    const turned = g.op('Reshape', [
      turn(this.#perHead(query, d.heads, `layers.${n}.q_norm`), d.heads, turns.qCos, turns.qSin),
      g.ints([-1, d.kvHeads, groups, d.headDim]),
    ]); // [T, kv, G, D]
    const fold = turns.qScale === undefined ? turned : g.op('Mul', [turned, turns.qScale]);
    const queries = foldQueries(g, fold, d);
    const newKeys = g.op('Reshape', [
      turn(this.#perHead(key, d.kvHeads, `layers.${n}.k_norm`), d.kvHeads, turns.cos, turns.sin),
      g.ints([-1, d.kvHeads, d.headDim]),
    ]); // [T, kv, D]
    const newValues = g.op('Reshape', [value, g.ints([-1, d.kvHeads, d.headDim])]);
    keys.push(newKeys);
    values.push(newValues);
    const mixed = attend(
      g,
      n,
      { queries, keys: newKeys, values: newValues, bias, padding: inputs.padding, parts: this.#parts },
      d,
    );
    return this.#linear(g.op('Reshape', [mixed, g.ints([-1, q])]), `layers.${n}.o`);
  }

  /** Rows [1, T, heads · D], each head normalised on its own, where the family does so. */
  #perHead(rows: string, heads: number, gain: string): string {
    const { g, m } = this;
    if (!m.qkNorm) return rows;
    const { headDim } = m.dimensions;
    const split = g.op('Reshape', [rows, g.ints([1, -1, heads, headDim])]);
    const normed = g.op('SimplifiedLayerNormalization', [split, this.#vector(gain)], {
      axis: -1,
      epsilon: { float: m.norm.epsilon },
      stash_type: 1,
    });
    return g.op('Reshape', [normed, g.ints([1, -1, heads * headDim])]);
  }

  #feedForward(n: number, x: string): string {
    const { m } = this;
    if (m.experts && n >= m.experts.firstDense) {
      const gated = (rows: string, name: string, width: number): string =>
        this.#gated(rows, name, width, (input, matrix) => this.#matmul(input, matrix));
      return routedExperts(this.g, m, m.experts, `layers.${n}`, x, gated);
    }
    return this.#gated(x, `layers.${n}`, m.dimensions.feedForward, (input, matrix) => this.#linear(input, matrix));
  }

  /** down · (SiLU(gate · x) ⊙ up · x) */
  #gated(x: string, name: string, width: number, product: (x: string, matrix: string) => string): string {
    const { g } = this;
    const [gate, up] = g.ops('Split', [product(x, `${name}.gate_up`), g.ints([width, width])], { axis: 1 }, 2) as [
      string,
      string,
    ];
    const activated = g.op('Mul', [g.ms('QuickGelu', [gate], { alpha: { float: 1 } }), up]); // x·sigmoid(1·x) is SiLU
    return product(activated, `${name}.down`);
  }

  /** Final norm and vocabulary head on the wanted rows alone; only candidates and two sums leave the graph. */
  #head(x: string): void {
    const { g, m } = this;
    const wantedX = g.op('Gather', [x, inputs.wanted], { axis: 0 });
    const index = 2 * m.dimensions.layers;
    const rowGain = this.#gains[index];
    if (rowGain !== undefined) this.#gains[index] = g.op('Gather', [rowGain, inputs.wanted], { axis: 0 });
    const { out } = this.#norm(wantedX, '', 'final_norm', index);
    const head = m.tiedEmbedding ? 'embed' : 'head';
    const whole = m.graph.builder >= WHOLE_ROWS_FROM;
    const logits = this.#matmul(out, head, whole ? outputs.logits : undefined);
    if (whole) g.output(outputs.logits, types.float, ['W', m.dimensions.vocabulary]);
    candidates(g, m, logits);
  }
}
