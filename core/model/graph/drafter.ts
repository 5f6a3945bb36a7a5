/**
 * The block drafter: a few layers that read the model's auxiliary hidden states while it verified, the
 * last known token and masked slots, and give every slot's words in one pass. Its arithmetic is that of
 * models/adapt/drafter.py. It never decides anything: the base's causal head verifies, so its sums may be grouped freely.
 */
import { CANDIDATES, drafterInputs as inputs, drafterOutputs as outputs } from './contract.ts';
import { GraphBuilder, types } from './builder.ts';
import { packedMatmul, packedRows, packTensor } from './packed.ts';
import type { Manifest } from '../manifest.ts';

/** What the graph needs to know of a pack. */
export type DrafterPack = Pick<Manifest, 'dimensions' | 'norm' | 'rope' | 'tensors' | 'graph' | 'drafter'>;

/** @param accuracyLevel of MatMulNBits: 4 = int8 activations, 0 = float */
export function buildDrafterGraph(m: DrafterPack, accuracyLevel: number): Uint8Array {
  const s = m.drafter;
  if (!s) throw new Error('the pack has no drafter');
  const d = m.dimensions;
  const g = new GraphBuilder();
  const groups = d.heads / d.kvHeads;
  const width = d.kvHeads * d.headDim;
  const matmul = (x: string, name: string): string => packedMatmul(g, m, x, `drafter.${name}`, { accuracyLevel });
  const vector = (name: string): string => g.weight(`drafter.${name}`, packTensor(m, `drafter.${name}`));
  const epsilon = { float: m.norm.epsilon };
  const norm = (x: string, gain: string): string =>
    g.op('SimplifiedLayerNormalization', [x, gain], { axis: -1, epsilon, stash_type: 1 });
  /** Adds a sub-layer's output to the residual stream: the normalised sum, and the sum. */
  const skip = (x: string, branch: string, gain: string, at: string): [string, string] => {
    const [out, , , sum] = g.ops(
      'SkipSimplifiedLayerNormalization',
      [x, branch, gain],
      { epsilon },
      [`n${at}`, '', '', `r${at}`],
      'com.microsoft',
    ) as [string, string, string, string];
    return [out, sum];
  };
  const split = (x: string, sizes: number[], axis: number): string[] =>
    g.ops('Split', [x, g.ints(sizes)], { axis }, sizes.length);
  const shape = (x: string, dims: number[]): string => g.op('Reshape', [x, g.ints(dims)]);

  g.input(inputs.auxiliary, types.float, ['N', s.taps.length * d.hidden]);
  g.input(inputs.auxiliaryPositions, types.int64, ['N']);
  g.input(inputs.pastKeys, types.float, ['P', s.layers * d.kvHeads, d.headDim]);
  g.input(inputs.pastValues, types.float, ['P', s.layers * d.kvHeads, d.headDim]);
  g.input(inputs.anchor, types.int64, [1]);
  g.input(inputs.positions, types.int64, ['B']);
  g.input(inputs.wanted, types.int64, [1]);

  const half = m.rope.dimensions / 2;
  const frequencies = g.floats(
    Array.from({ length: half }, (_, k) => m.rope.theta ** (-k / half)),
    [1, half],
  );
  const rows = g.op('Concat', [inputs.auxiliaryPositions, inputs.positions], { axis: 0 });
  const angle = g.op('Mul', [g.op('Unsqueeze', [g.op('Cast', [rows], { to: types.float }), g.ints([1])]), frequencies]);
  const cos = g.op('Cos', [angle]);
  const sin = g.op('Sin', [angle]);
  const scale = g.floats([1 / Math.sqrt(d.headDim)], []);
  const [qCos, qSin] = [g.op('Mul', [cos, scale]), g.op('Mul', [sin, scale])];
  const firstContext = g.ints([0]); // rows of the tables where each kind begins
  const firstBlock = g.op('Shape', [inputs.auxiliaryPositions]);
  const turn = (x: string, heads: number, first: string, c: string, n: string): string =>
    g.ms('RotaryEmbedding', [x, first, c, n], {
      num_heads: heads,
      rotary_embedding_dim: m.rope.dimensions === d.headDim ? 0 : m.rope.dimensions,
    });

  // Context rows: the states of every layer normalised on their own, mixed, and turned into all layers' keys and values at once.
  const ones = g.floats(Array.from({ length: d.hidden }, () => 1));
  const auxiliary = shape(norm(shape(inputs.auxiliary, [-1, s.taps.length, d.hidden]), ones), [
    1,
    -1,
    s.taps.length * d.hidden,
  ]);
  const context = norm(matmul(auxiliary, 'fc'), vector('context_norm')); // [1, N, hidden]
  const [contextKeys, contextValues] = split(
    matmul(context, 'context_kv'),
    [s.layers * width, s.layers * width],
    2,
  ) as [string, string];
  const heads = s.layers * d.kvHeads;
  const joined = (past: string, made: string, name: string, perm: number[]): string[] => {
    g.op('Reshape', [made, g.ints([-1, heads, d.headDim])], {}, name);
    const all = g.op('Transpose', [g.op('Concat', [past, name], { axis: 0 })], { perm });
    return s.layers === 1
      ? [all]
      : split(
          all,
          Array.from({ length: s.layers }, () => d.kvHeads),
          0,
        );
  };
  const seenKeys = joined(
    inputs.pastKeys,
    turn(contextKeys, heads, firstContext, cos, sin),
    outputs.newKeys,
    [1, 2, 0],
  ); // [kv, D, P + N] each
  const seenValues = joined(inputs.pastValues, contextValues, outputs.newValues, [1, 0, 2]); // [kv, P + N, D] each

  // The block: anchor and masks, each with what the row before the anchor knew.
  const before = g.op('Slice', [context, g.ints([-1]), g.ints([2 ** 31 - 1]), g.ints([1])]);
  const ahead = s.lookahead ?? 0;
  const slots = g.op(
    'Concat',
    [packedRows(g, m, inputs.anchor, 'embed'), vector('masks'), ...(ahead > 0 ? [vector('lookahead')] : [])],
    { axis: 0 },
  );
  const blockRows = g.op('Shape', [inputs.positions]);
  const block = g.op('Slice', [slots, g.ints([0]), blockRows, g.ints([0])]);
  const hidden = ahead > 0 ? hideLookahead(g, s.slots, ahead, groups, blockRows) : null;
  let x = g.op('Add', [block, matmul(before, 'fuse')]); // [1, B, hidden]
  let normed = norm(x, vector('layers.0.norm1'));
  for (let n = 0; n < s.layers; n++) {
    const [query, key, value] = split(matmul(normed, `layers.${n}.qkv`), [d.heads * d.headDim, width, width], 2) as [
      string,
      string,
      string,
    ];
    const fold = shape(turn(query, d.heads, firstBlock, qCos, qSin), [-1, d.kvHeads, groups, d.headDim]); // [B, kv, G, D]
    const queries = shape(g.op('Transpose', [fold], { perm: [1, 0, 2, 3] }), [d.kvHeads, -1, d.headDim]); // [kv, B·G, D]
    const ownKeys = g.op('Transpose', [shape(turn(key, d.kvHeads, firstBlock, cos, sin), [-1, d.kvHeads, d.headDim])], {
      perm: [1, 2, 0],
    });
    const ownValues = g.op('Transpose', [shape(value, [-1, d.kvHeads, d.headDim])], { perm: [1, 0, 2] });
    const scores = g.op('MatMul', [queries, g.op('Concat', [seenKeys[n] as string, ownKeys], { axis: 2 })]);
    const mixed = g.op('MatMul', [
      g.op('Softmax', [hidden === null ? scores : g.op('Add', [scores, hidden(seenKeys[n] as string)])], { axis: -1 }),
      g.op('Concat', [seenValues[n] as string, ownValues], { axis: 1 }),
    ]); // [kv, B·G, D]
    const unfolded = g.op('Transpose', [shape(mixed, [d.kvHeads, -1, groups, d.headDim])], { perm: [1, 0, 2, 3] });
    [normed, x] = skip(
      x,
      matmul(shape(unfolded, [1, -1, d.heads * d.headDim]), `layers.${n}.o`),
      vector(`layers.${n}.norm2`),
      `${n}a`,
    );
    const [gate, up] = split(matmul(normed, `layers.${n}.gate_up`), [d.feedForward, d.feedForward], 2) as [
      string,
      string,
    ];
    const down = matmul(g.op('Mul', [g.ms('QuickGelu', [gate], { alpha: { float: 1 } }), up]), `layers.${n}.down`); // x·sigmoid(1·x) is SiLU
    [normed, x] = skip(x, down, vector(n + 1 < s.layers ? `layers.${n + 1}.norm1` : 'final_norm'), `${n}b`);
  }
  const drafted = g.op('Slice', [shape(normed, [-1, d.hidden]), g.ints([0]), inputs.wanted, g.ints([0])]);
  const [topLogits, topWords] = g.ops(
    'TopK',
    [matmul(drafted, 'head'), g.ints([CANDIDATES])],
    { axis: 1, largest: 1, sorted: 1 },
    [outputs.topLogits, outputs.topWords],
  ) as [string, string];
  packedMatmul(g, m, drafted, 'drafter.gate', { accuracyLevel }, outputs.gate);
  g.output(outputs.newKeys, types.float, ['N', heads, d.headDim]);
  g.output(outputs.newValues, types.float, ['N', heads, d.headDim]);
  g.output(topWords, types.int64, ['W', CANDIDATES]);
  g.output(topLogits, types.float, ['W', CANDIDATES]);
  g.output(outputs.gate, types.float, ['W', s.followers]);
  return g.encode({ name: 'mezzotint', version: String(m.graph.builder) });
}

/**
 * Rows that draft do not see lookahead rows, so that their sums are the same with and without those.
 * @returns for the keys that are seen [kv, D, P + N]: what to add to the scores, [B·G, P + N + B]
 */
function hideLookahead(
  g: GraphBuilder,
  slots: number,
  ahead: number,
  groups: number,
  rows: string,
): (keys: string) => string {
  const all = slots + ahead;
  const own = g.floats(
    Array.from({ length: all * all }, (_, i) => (Math.floor(i / all) < slots && i % all >= slots ? -1e9 : 0)),
    [all, 1, all],
  );
  const both = g.op('Concat', [rows, rows], { axis: 0 });
  const part = g.op('Slice', [own, g.ints([0, 0]), both, g.ints([0, 2])]); // [B, 1, B]
  const folded = g.op('Reshape', [
    g.op('Expand', [part, g.ints([1, groups, 1])]),
    g.op('Concat', [g.ints([-1]), rows], { axis: 0 }),
  ]); // [B·G, B]
  let bias: string | undefined;
  return (keys) => {
    // all layers see as many context rows
    if (bias === undefined) {
      const seen = g.op('Slice', [g.op('Shape', [keys]), g.ints([2]), g.ints([3]), g.ints([0])]); // [1]: P + N
      const height = g.op('Slice', [g.op('Shape', [folded]), g.ints([0]), g.ints([1]), g.ints([0])]);
      const context = g.op('Expand', [g.floats([0]), g.op('Concat', [height, seen], { axis: 0 })]);
      bias = g.op('Concat', [context, folded], { axis: 1 });
    }
    return bias;
  };
}
