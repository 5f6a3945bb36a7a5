/** Rotary positions: the tables of cosines and sines of one forward. */
import type { Manifest } from '../manifest.ts';
import { types, type GraphBuilder } from './builder.ts';
import { inputs } from './contract.ts';

export interface Rotary {
  /** int64 [1, T]: row numbers, the indices into the tables. */
  rows: string;
  /** float32 [T, rope/2] for keys. */
  cos: string;
  sin: string;
  /** For queries: they carry the attention scale, where all of a head is rotated. */
  qCos: string;
  qSin: string;
  /** What queries are multiplied by after they are rotated, to be broadcast over [T, kv, G, D]; absent where the tables carry it. */
  qScale?: string;
}

/** @param attentionScale what queries are multiplied by */
export function rotary(
  g: GraphBuilder,
  m: { rope: Manifest['rope']; dimensions: { headDim: number } },
  attentionScale = 1 / Math.sqrt(m.dimensions.headDim),
): Rotary {
  const { rope } = m;
  const half = rope.dimensions / 2;
  const frequencies = rope.frequencies ?? Array.from({ length: half }, (_, k) => rope.theta ** (-k / half));
  const positions = g.op('Cast', [inputs.positions], { to: types.float });
  const angle = g.op('Mul', [g.op('Unsqueeze', [positions, g.ints([1])]), g.floats(frequencies, [1, half])]);
  const scaled = (table: string): string =>
    rope.scale === undefined || rope.scale === 1 ? table : g.op('Mul', [table, g.floats([rope.scale], [])]);
  const cos = scaled(g.op('Cos', [angle]));
  const sin = scaled(g.op('Sin', [angle]));
  const scale = g.floats([attentionScale], []);
  const count = g.op('Squeeze', [g.op('Shape', [inputs.positions]), g.ints([0])]);
  const rows = g.op('Unsqueeze', [g.op('Range', [g.ints([0], true), count, g.ints([1], true)]), g.ints([0])]);
  const whole = rope.dimensions === m.dimensions.headDim;
  const scaling = (shape: number[]): string => {
    if (!rope.query) return scale;
    const periods = g.op('Floor', [g.op('Div', [positions, g.floats([rope.query.length], [])])]);
    const grown = g.op('Mul', [
      g.op('Log', [g.op('Add', [periods, g.floats([1], [])])]),
      g.floats([rope.query.beta], []),
    ]);
    return g.op('Reshape', [g.op('Mul', [g.op('Add', [grown, g.floats([1], [])]), scale]), g.ints(shape)]);
  };
  // numbers of a head that pass through unrotated want the scale too
  if (!whole) return { rows, cos, sin, qCos: cos, qSin: sin, qScale: scaling([-1, 1, 1, 1]) };
  const factor = scaling([-1, 1]);
  return { rows, cos, sin, qCos: g.op('Mul', [cos, factor]), qSin: g.op('Mul', [sin, factor]) };
}
