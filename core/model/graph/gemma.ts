/**
 * DiffusionGemma's graph. Context rows are its encoder's, canvas rows its decoder's: the weights are the same, but for a scalar
 * of each layer. A canvas row's input is conditioned on what the forward before said of its slot, and normalised. Each layer has a
 * dense and a routed feed-forward side by side, norms before and after, and in some a window.
 */
import type { Manifest, Windows } from '../manifest.ts';
import { attend, foldedBias, foldQueries, scoreColumns, type Heads } from './attention.ts';
import { GraphBuilder, types } from './builder.ts';
import { candidates } from './candidates.ts';
import { inputs, outputs } from './contract.ts';
import { sentToExperts, type Routes } from './experts.ts';
import { packedMatmul, packedRows, packTensor } from './packed.ts';
import { rotary, type Rotary } from './rotary.ts';
import type { GraphOptions } from './transformer.ts';

/** Rows of the table that are unpacked at a time, where a canvas is conditioned on all of it. */
const TABLE_ROWS = 8192;

export const buildGemma = (m: Manifest, options: GraphOptions): Uint8Array => new GemmaGraph(m, options).build();

/** What layers of one kind share. */
interface Kind {
  heads: Heads;
  turns: Rotary;
  /** [T·G, columns] */
  bias: string;
  /** [Z, kv, D] */
  padding: string;
}

class GemmaGraph {
  readonly g = new GraphBuilder();
  readonly m: Manifest;
  readonly options: GraphOptions;
  readonly #windows: Windows;
  #columns = '';
  #parts = '';

  constructor(m: Manifest, options: GraphOptions) {
    if (!m.windows || !m.experts) throw new RangeError('DiffusionGemma has windows and experts');
    this.m = m;
    this.options = options;
    this.#windows = m.windows;
  }

  build(): Uint8Array {
    const { g, m } = this;
    const d = m.dimensions;
    const { whole } = this.#windows;
    const own = { heads: d.heads, kvHeads: d.kvHeads, headDim: d.headDim };
    const wide = { heads: d.heads, kvHeads: whole.kvHeads, headDim: whole.headDim };
    g.input(inputs.ids, types.int64, ['T']);
    g.input(inputs.positions, types.int64, ['T']);
    g.input(inputs.kind, types.int64, ['T']);
    g.input(inputs.contextRows, types.int64, [1]);
    g.input(inputs.bias, types.float, ['T', 'columns']);
    g.input(inputs.windowBias, types.float, ['T', 'columns']);
    g.input(inputs.padding, types.float, ['Z', d.kvHeads, d.headDim]);
    g.input(inputs.wanted, types.int64, ['W']);
    g.input(inputs.prior, types.float, ['C', d.vocabulary]);
    g.input(inputs.priorTemperature, types.float, [1]);
    for (let n = 0; n < d.layers; n++) {
      const { kvHeads, headDim } = whole.layers.includes(n) ? wide : own;
      g.input(inputs.settledKey(n), types.float, [kvHeads, headDim, 'S']);
      g.input(inputs.settledValue(n), types.float, [kvHeads, 'S', headDim]);
      g.input(inputs.recentKey(n), types.float, ['R', kvHeads, headDim]);
      g.input(inputs.recentValue(n), types.float, ['R', kvHeads, headDim]);
    }
    const { columns, parts } = scoreColumns(g);
    this.#columns = columns;
    this.#parts = parts;
    const windowed = this.#kind(own, m.rope, inputs.windowBias);
    const open = this.#kind(wide, whole.rope, inputs.bias);
    const canvas = g.op('Unsqueeze', [g.op('Equal', [inputs.kind, g.ints([1])]), g.ints([1])]); // bool [T, 1]
    let x = this.#input(canvas);
    const keys: string[] = [];
    const values: string[] = [];
    for (let n = 0; n < d.layers; n++) x = this.#layer(n, x, whole.layers.includes(n) ? open : windowed, keys, values);
    this.#head(x);
    const stack = (list: string[], name: string): void => {
      const flat = list.map((one) => g.op('Reshape', [one, g.ints([-1])]));
      g.op('Concat', flat, { axis: 0 }, name);
      g.output(name, types.float, ['numbers']);
    };
    stack(keys, outputs.keys);
    stack(values, outputs.values);
    return g.encode({ name: 'mezzotint', version: String(m.graph.builder) });
  }

  #kind(heads: Heads, rope: Manifest['rope'], bias: string): Kind {
    const { g } = this;
    const slots = g.op('Shape', [inputs.padding], { start: 0, end: 1 });
    return {
      heads,
      turns: rotary(g, { rope, dimensions: heads }, 1),
      bias: foldedBias(g, bias, this.#columns, heads.heads / heads.kvHeads),
      padding: g.op('ConstantOfShape', [g.op('Concat', [slots, g.ints([heads.kvHeads, heads.headDim])], { axis: 0 })]),
    };
  }

  #vector(name: string): string {
    return this.g.weight(name, packTensor(this.m, name));
  }

  /** x [T, columns] → [T, rows] by a packed matrix. */
  #matmul(x: string, name: string, output?: string): string {
    const { arithmetic, accuracyLevel, ...rest } = this.options;
    const level = arithmetic === 'float32' ? 0 : accuracyLevel;
    return packedMatmul(this.g, this.m, x, name, { ...rest, accuracyLevel: level }, output);
  }

  /** @param gain a vector of the pack; absent: none @param width of what is normalised */
  #norm(x: string, gain: string | null, width: number): string {
    const weight = gain === null ? this.g.floats(Array.from({ length: width }, () => 1)) : this.#vector(gain);
    return this.g.op('SimplifiedLayerNormalization', [x, weight], {
      axis: -1,
      epsilon: { float: this.m.norm.epsilon },
      stash_type: 1,
    });
  }

  /** [T, hidden]: the table's rows, scaled; those of canvas rows are conditioned and normalised. */
  #input(canvas: string): string {
    const { g, m } = this;
    const { hidden } = m.dimensions;
    const scale = g.floats([Math.sqrt(hidden)], []);
    const rows = g.op('Mul', [packedRows(g, m, inputs.ids, 'embed'), scale]);
    const normed = this.#norm(g.op('Mul', [this.#prior(), scale]), 'self_conditioning.norm', hidden);
    const said = this.#gated(normed, 'self_conditioning', m.dimensions.feedForward); // [C, hidden]
    // rows that nothing was said of take nothing
    const before = g.op('Sub', [
      g.op('Shape', [inputs.ids], { start: 0, end: 1 }),
      g.op('Shape', [inputs.prior], { start: 0, end: 1 }),
    ]);
    const everywhere = g.op('Pad', [said, g.op('Concat', [before, g.ints([0, 0, 0])], { axis: 0 })]);
    return g.op('Where', [canvas, this.#norm(g.op('Add', [rows, everywhere]), null, hidden), rows]);
  }

  /** [C, hidden]: what the forward before said of each slot, as a mean of the table's rows. The table is unpacked part by part. */
  #prior(): string {
    const { g, m } = this;
    const { vocabulary } = m.dimensions;
    const chances = g.op('Softmax', [g.op('Div', [inputs.prior, inputs.priorTemperature])], { axis: -1 });
    const slots = g.op('Shape', [inputs.prior], { start: 0, end: 1 });
    let sum = '';
    for (let from = 0; from < vocabulary; from += TABLE_ROWS) {
      // no rows at all where there are no slots: then nothing is unpacked
      const count = g.op('Mul', [g.op('Min', [slots, g.ints([1])]), g.ints([Math.min(TABLE_ROWS, vocabulary - from)])]);
      const to = g.op('Add', [count, g.ints([from])]);
      const ids = g.op('Range', [g.ints([from], true), g.op('Squeeze', [to, g.ints([0])]), g.ints([1], true)]);
      const part = g.op('Slice', [chances, g.ints([from]), to, g.ints([1])]);
      const product = g.op('MatMul', [part, packedRows(g, m, ids, 'embed')]);
      sum = sum === '' ? product : g.op('Add', [sum, product]);
    }
    return sum;
  }

  #layer(n: number, x: string, kind: Kind, keys: string[], values: string[]): string {
    const { g, m } = this;
    const { hidden, feedForward } = m.dimensions;
    const name = `layers.${n}`;
    const norm = (rows: string, which: string): string => this.#norm(rows, `${name}.${which}`, hidden);
    const attended = this.#attention(n, norm(x, 'before_attention'), kind, keys, values);
    const stream = g.op('Add', [x, norm(attended, 'after_attention')]);
    const dense = this.#gated(norm(stream, 'before_dense'), name, feedForward);
    const routed = this.#experts(name, stream, norm(stream, 'before_experts'));
    const both = g.op('Add', [norm(dense, 'after_dense'), norm(routed, 'after_experts')]);
    const sum = g.op('Add', [stream, norm(both, 'after_both')]);
    const scalar = g.op('Gather', [this.#vector(`${name}.scalars`), inputs.kind], { axis: 0 }); // [T]
    return g.op('Mul', [sum, g.op('Unsqueeze', [scalar, g.ints([1])])]);
  }

  #attention(n: number, x: string, { heads: h, turns, bias, padding }: Kind, keys: string[], values: string[]): string {
    const { g } = this;
    const name = `layers.${n}`;
    const [q, kv] = [h.heads * h.headDim, h.kvHeads * h.headDim];
    const product = g.op('Unsqueeze', [this.#matmul(x, `${name}.qkv`), g.ints([0])]);
    const whole = this.#windows.whole.layers.includes(n);
    const widths = whole ? [q, kv] : [q, kv, kv];
    const [query, key, value] = g.ops('Split', [product, g.ints(widths)], { axis: 2 }, widths.length) as [
      string,
      string,
      string?,
    ];
    const perHead = (rows: string, heads: number, gain: string | null): string => {
      const split = g.op('Reshape', [rows, g.ints([1, -1, heads, h.headDim])]);
      return g.op('Reshape', [this.#norm(split, gain, h.headDim), g.ints([1, -1, heads * h.headDim])]);
    };
    const turn = (rows: string, heads: number, cos: string, sin: string): string =>
      g.ms('RotaryEmbedding', [rows, turns.rows, cos, sin], { num_heads: heads, rotary_embedding_dim: 0 });
    const turned = turn(perHead(query, h.heads, `${name}.q_norm`), h.heads, turns.qCos, turns.qSin);
    const rows = g.op('Reshape', [turned, g.ints([-1, h.kvHeads, h.heads / h.kvHeads, h.headDim])]);
    const shape = g.ints([-1, h.kvHeads, h.headDim]);
    const newKeys = g.op('Reshape', [
      turn(perHead(key, h.kvHeads, `${name}.k_norm`), h.kvHeads, turns.cos, turns.sin),
      shape,
    ]);
    const newValues = g.op('Reshape', [perHead(value ?? key, h.kvHeads, null), shape]);
    keys.push(newKeys);
    values.push(newValues);
    const queries = foldQueries(g, rows, h);
    const mixed = attend(g, n, { queries, keys: newKeys, values: newValues, bias, padding, parts: this.#parts }, h);
    return this.#matmul(g.op('Reshape', [mixed, g.ints([-1, q])]), `${name}.o`);
  }

  /** The router reads the stream itself, by a norm of its own; the experts read what is normalised for them. */
  #experts(name: string, stream: string, x: string): string {
    const { g, m } = this;
    const e = m.experts as NonNullable<Manifest['experts']>;
    const { hidden } = m.dimensions;
    const read = g.op('Mul', [
      g.op('Mul', [this.#norm(stream, null, hidden), this.#vector(`${name}.router_scale`)]),
      g.floats([hidden ** -0.5], []),
    ]);
    const router = g.op('Transpose', [this.#vector(`${name}.router`)], { perm: [1, 0] });
    const score = g.op('Softmax', [g.op('MatMul', [read, router])], { axis: -1 });
    const [best, picks] = g.ops('TopK', [score, g.ints([e.top])], { axis: 1, largest: 1, sorted: 1 }, 2) as [
      string,
      string,
    ];
    const shares = g.op('Div', [best, g.op('ReduceSum', [best, g.ints([1])], { keepdims: 1 })]);
    const scales = g.op('Gather', [this.#vector(`${name}.expert_scale`), picks], { axis: 0 });
    const routes: Routes = { picks, weights: g.op('Mul', [shares, scales]) };
    return sentToExperts(g, e, x, routes, (rows, i) => this.#gated(rows, `${name}.experts.${i}`, e.feedForward));
  }

  /** down · (GELU(gate · x) ⊙ up · x), the GELU by its tanh form */
  #gated(x: string, name: string, width: number): string {
    const { g } = this;
    const product = this.#matmul(x, `${name}.gate_up`);
    const [gate, up] = g.ops('Split', [product, g.ints([width, width])], { axis: 1 }, 2) as [string, string];
    return this.#matmul(g.op('Mul', [g.ms('FastGelu', [gate]), up]), `${name}.down`);
  }

  #head(x: string): void {
    const { g, m } = this;
    const wanted = g.op('Gather', [x, inputs.wanted], { axis: 0 });
    const normed = this.#norm(wanted, 'final_norm', m.dimensions.hidden);
    const head = m.tiedEmbedding ? 'embed' : 'head';
    let logits: string;
    if (m.logitCap === undefined) logits = this.#matmul(normed, head, outputs.logits);
    else {
      const cap = g.floats([m.logitCap], []);
      logits = g.op('Mul', [g.op('Tanh', [g.op('Div', [this.#matmul(normed, head), cap])]), cap], {}, outputs.logits);
    }
    g.output(outputs.logits, types.float, ['W', m.dimensions.vocabulary]);
    candidates(g, m, logits);
  }
}
