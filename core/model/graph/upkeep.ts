/**
 * Graphs without weights that keep a prefix cache on a graphics device: JavaScript can't copy buffers there, so a graph
 * makes the next buffers from those before. Keys and values are laid out as `inputs` of contract.ts says; each output lies
 * on the device.
 */
import { GraphBuilder, types } from './builder.ts';
import { COLUMNS, inputs, outputs } from './contract.ts';

/** L layers of H_kv key-value heads of D numbers. */
export interface UpkeepShape {
  layers: number;
  kvHeads: number;
  headDim: number;
}

export const upkeep = {
  /** float32 [1]: zero. */
  zero: 'zero',
  /** float32 [64, H_kv, D], [H_kv, D, 64] and [H_kv, 64, D]: zeros. */
  zeroRows: 'zero_rows',
  zeroKeys: 'zero_keys',
  zeroValues: 'zero_values',
  /** int64 [1]: rows or slots from the first of these up to the second. */
  from: 'from',
  to: 'to',
  /** int64 [4]: L, T, H_kv, D. */
  rows: 'rows_shape',
  /** int64 [1]: settled slots S. */
  slots: 'slots',
  /** float32 [1]: how many of them hold a token. */
  filled: 'filled',
  /** int64 [2]: T and S + R. */
  cached: 'cached_shape',
  /** int64 [1]: recent slots R. */
  recent: 'recent_slots',
  /** float32 [T, T + Z]: who sees whom of a forward's own rows; padding is hidden. */
  own: 'own_bias',
  /** float32 [T, S + R + T + Z] */
  bias: inputs.bias,
  joinedKey: (layer: number) => `joined_key_${layer}`,
  joinedValue: (layer: number) => `joined_value_${layer}`,
} as const;

const producer = { name: 'mezzotint-upkeep', version: '1' };
const HIDDEN = -1e9;

/** Zeros to start from: padding, and settled chunks of a cache that has none. */
export function buildZeros({ kvHeads, headDim }: UpkeepShape): Uint8Array {
  const g = new GraphBuilder();
  g.input(upkeep.zero, types.float, [1]);
  for (const [name, shape] of [
    [upkeep.zeroRows, [COLUMNS, kvHeads, headDim]],
    [upkeep.zeroKeys, [kvHeads, headDim, COLUMNS]],
    [upkeep.zeroValues, [kvHeads, COLUMNS, headDim]],
  ] as const) {
    g.op('Expand', [upkeep.zero, g.ints([...shape])], {}, name);
    g.output(name, types.float, [...shape]);
  }
  return g.encode(producer);
}

/** The attention bias of one forward. Every row sees every cached token, so only its own rows' bias comes from outside. */
export function buildBias(contextLength: number): Uint8Array {
  const g = new GraphBuilder();
  // the settled slots of a cache are never more than the context and the spare ones of an empty cache
  const length = contextLength + COLUMNS;
  const slots = g.floats(
    Array.from({ length }, (_, slot) => slot),
    [1, length],
  );
  g.input(upkeep.own, types.float, ['T', 'own']);
  g.input(upkeep.slots, types.int64, [1]);
  g.input(upkeep.filled, types.float, [1]);
  g.input(upkeep.recent, types.int64, [1]);
  g.input(upkeep.cached, types.int64, [2]);
  const settled = g.op('Slice', [slots, g.ints([0]), upkeep.slots, g.ints([1])]);
  const hidden = g.op('Where', [g.op('GreaterOrEqual', [settled, upkeep.filled]), g.floats([HIDDEN]), g.floats([0])]);
  const recent = g.op('Mul', [g.op('Slice', [slots, g.ints([0]), upkeep.recent, g.ints([1])]), g.floats([0])]);
  const cached = g.op('Expand', [g.op('Concat', [hidden, recent], { axis: 1 }), upkeep.cached]);
  g.op('Concat', [cached, upkeep.own], { axis: 1 }, upkeep.bias);
  g.output(upkeep.bias, types.float, ['T', 'columns']);
  return g.encode(producer);
}

/** Recent slots followed by rows `from` … `to` of a forward: the recent slots after these rows were committed. */
export function buildAppend(shape: UpkeepShape): Uint8Array {
  const g = new GraphBuilder();
  g.input(upkeep.rows, types.int64, [4]);
  g.input(upkeep.from, types.int64, [1]);
  g.input(upkeep.to, types.int64, [1]);
  const kept = ([outputs.keys, outputs.values] as const).map((name) => {
    g.input(name, types.float, ['layers · T', shape.kvHeads, shape.headDim]);
    return g.op('Slice', [g.op('Reshape', [name, upkeep.rows]), upkeep.from, upkeep.to, g.ints([1])]);
  });
  eachLayer(shape, (n) => {
    for (const [part, recent, joined] of [
      [0, inputs.recentKey(n), upkeep.joinedKey(n)],
      [1, inputs.recentValue(n), upkeep.joinedValue(n)],
    ] as const) {
      g.input(recent, types.float, ['R', shape.kvHeads, shape.headDim]);
      const rows = g.op('Gather', [kept[part] as string, g.ints([n], true)], { axis: 0 });
      g.op('Concat', [recent, rows], { axis: 0 }, joined);
      g.output(joined, types.float, ['R + N', shape.kvHeads, shape.headDim]);
    }
  });
  return g.encode(producer);
}

/** Settled slots up to `to`, followed by a whole recent chunk. */
export function buildSettle(shape: UpkeepShape): Uint8Array {
  const g = new GraphBuilder();
  const { kvHeads, headDim } = shape;
  g.input(upkeep.to, types.int64, [1]);
  eachLayer(shape, (n) => {
    cacheInputs(g, shape, n);
    g.input(inputs.recentKey(n), types.float, ['R', kvHeads, headDim]);
    g.input(inputs.recentValue(n), types.float, ['R', kvHeads, headDim]);
    const keys = g.op('Slice', [inputs.settledKey(n), g.ints([0]), upkeep.to, g.ints([2])]);
    const values = g.op('Slice', [inputs.settledValue(n), g.ints([0]), upkeep.to, g.ints([1])]);
    const newKeys = g.op('Transpose', [inputs.recentKey(n)], { perm: [1, 2, 0] });
    const newValues = g.op('Transpose', [inputs.recentValue(n)], { perm: [1, 0, 2] });
    g.op('Concat', [keys, newKeys], { axis: 2 }, upkeep.joinedKey(n));
    g.op('Concat', [values, newValues], { axis: 1 }, upkeep.joinedValue(n));
    g.output(upkeep.joinedKey(n), types.float, [kvHeads, headDim, 'S + R']);
    g.output(upkeep.joinedValue(n), types.float, [kvHeads, 'S + R', headDim]);
  });
  return g.encode(producer);
}

/** Settled slots `from` … `to` as recent ones, after a cut into a settled chunk. */
export function buildUnsettle(shape: UpkeepShape): Uint8Array {
  const g = new GraphBuilder();
  const { kvHeads, headDim } = shape;
  g.input(upkeep.from, types.int64, [1]);
  g.input(upkeep.to, types.int64, [1]);
  eachLayer(shape, (n) => {
    cacheInputs(g, shape, n);
    const part = (name: string, axis: number): string => g.op('Slice', [name, upkeep.from, upkeep.to, g.ints([axis])]);
    g.op('Transpose', [part(inputs.settledKey(n), 2)], { perm: [2, 0, 1] }, upkeep.joinedKey(n));
    g.op('Transpose', [part(inputs.settledValue(n), 1)], { perm: [1, 0, 2] }, upkeep.joinedValue(n));
    g.output(upkeep.joinedKey(n), types.float, ['N', kvHeads, headDim]);
    g.output(upkeep.joinedValue(n), types.float, ['N', kvHeads, headDim]);
  });
  return g.encode(producer);
}

function eachLayer({ layers }: UpkeepShape, of: (layer: number) => void): void {
  for (let n = 0; n < layers; n++) of(n);
}

function cacheInputs(g: GraphBuilder, { kvHeads, headDim }: UpkeepShape, n: number): void {
  g.input(inputs.settledKey(n), types.float, [kvHeads, headDim, 'S']);
  g.input(inputs.settledValue(n), types.float, [kvHeads, 'S', headDim]);
}
