/** Which tensors of a checkpoint become which of a pack: for every family, by its naming. */
import type { Manifest } from '../manifest.ts';
import type { Naming } from './naming.ts';

export interface MatrixPart {
  source: string;
  rows: number;
  /** Rows lie interleaved in so many heads and are put back in order. */
  heads?: number;
  /** Its rows stand in a larger tensor of this shape, from this row on. */
  within?: { from: number; shape: number[] };
}
export interface MatrixPlan {
  name: string;
  rows: number;
  columns: number;
  /** Row blocks stacked in this order. */
  parts: MatrixPart[];
}
export interface VectorPlan {
  name: string;
  shape: number[];
  /** Joined in this order. */
  parts: { source: string; shape: number[]; heads?: number }[];
}
export interface TensorPlan {
  matrices: MatrixPlan[];
  vectors: VectorPlan[];
  /** Vectors that are the gains of norms, in the order of the graph: norm1, norm2 of each layer, then the final one. */
  gains: string[];
}

/** What a checkpoint has of what is optional. */
export type Present = Pick<Manifest, 'bias' | 'qkNorm' | 'tiedEmbedding'> & { routerBias: boolean };
export type PlannedPack = Pick<Manifest, 'dimensions' | 'experts' | 'windows'> & Present;

export function nameOf(naming: Naming, role: string, layer = 0, expert = 0): string | undefined {
  return naming.names[role]?.replace('{n}', String(layer)).replace('{e}', String(expert));
}

/** Looks what optional tensors there are. Experts' layers are looked at where experts begin. */
export function presentIn(naming: Naming, has: (tensor: string) => boolean, firstExperts = 0): Present {
  const there = (role: string, layer = 0): boolean => {
    const name = nameOf(naming, role, layer);
    return name !== undefined && has(name);
  };
  return {
    bias: { qkv: there('q_bias') || there('qkv_bias') },
    qkNorm: there('q_norm'),
    tiedEmbedding: !there('head'),
    routerBias: there('router_bias', firstExperts),
  };
}

/** Everything that is written, in pack order. */
export const planFor = (
  family: { tensors?(pack: PlannedPack, naming: Naming): TensorPlan },
  pack: PlannedPack,
  naming: Naming,
): TensorPlan => family.tensors?.(pack, naming) ?? planTensors(pack, naming);

/** Of the common transformer. */
export function planTensors(m: PlannedPack, naming: Naming): TensorPlan {
  const d = m.dimensions;
  const q = d.heads * d.headDim;
  const kv = d.kvHeads * d.headDim;
  const matrices: MatrixPlan[] = [];
  const vectors: VectorPlan[] = [];
  const gains: string[] = [];
  const source = (role: string, layer = 0, expert = 0): string =>
    nameOf(naming, role, layer, expert) ?? `(no name for ${role})`;
  const matrix = (name: string, columns: number, parts: MatrixPart[]): void =>
    void matrices.push({ name, rows: parts.reduce((sum, part) => sum + part.rows, 0), columns, parts });
  const vector = (name: string, shape: number[], parts: VectorPlan['parts']): void =>
    void vectors.push({ name, shape, parts });
  const plain = (name: string, shape: number[], role: string, layer = 0): void =>
    vector(name, shape, [{ source: source(role, layer), shape }]);
  const gain = (name: string, role: string, layer = 0): void => {
    plain(name, [d.hidden], role, layer);
    gains.push(name);
  };
  const permuted = (heads: number): { heads?: number } => (naming.permuted ? { heads } : {});
  const gated = (name: string, roles: string, width: number, layer: number, expert = 0): void => {
    matrix(`${name}.gate_up`, d.hidden, [
      { source: source(`${roles}gate`, layer, expert), rows: width },
      { source: source(`${roles}up`, layer, expert), rows: width },
    ]);
    matrix(`${name}.down`, width, [{ source: source(`${roles}down`, layer, expert), rows: d.hidden }]);
  };

  matrix('embed', d.hidden, [{ source: source('embed'), rows: d.vocabulary }]);
  if (!m.tiedEmbedding) matrix('head', d.hidden, [{ source: source('head'), rows: d.vocabulary }]);
  for (let n = 0; n < d.layers; n++) {
    const name = `layers.${n}`;
    const joined = naming.names['qkv'] !== undefined;
    const three: [string, number, number?][] = [
      ['q', q, d.heads],
      ['k', kv, d.kvHeads],
      ['v', kv],
    ];
    const turned = (heads?: number): { heads?: number } => (heads === undefined ? {} : permuted(heads));
    matrix(
      `${name}.qkv`,
      d.hidden,
      joined
        ? [{ source: source('qkv', n), rows: q + 2 * kv }]
        : three.map(([role, rows, heads]) => ({ source: source(role, n), rows, ...turned(heads) })),
    );
    if (m.bias.qkv)
      vector(
        `${name}.qkv.bias`,
        [q + 2 * kv],
        joined
          ? [{ source: source('qkv_bias', n), shape: [q + 2 * kv] }]
          : three.map(([role, rows, heads]) => ({
              source: source(`${role}_bias`, n),
              shape: [rows],
              ...turned(heads),
            })),
      );
    matrix(`${name}.o`, q, [{ source: source('o', n), rows: d.hidden }]);
    if (m.experts && n >= m.experts.firstDense) {
      const e = m.experts;
      plain(`${name}.router`, [e.count, d.hidden], 'router', n);
      if (m.routerBias) plain(`${name}.router_bias`, [e.count], 'router_bias', n);
      for (let i = 0; i < e.count; i++) gated(`${name}.experts.${i}`, 'expert_', e.feedForward, n, i);
      if (e.shared > 0) gated(`${name}.shared`, 'shared_', e.shared, n);
    } else gated(name, '', d.feedForward, n);
    gain(`${name}.norm1`, 'norm1', n);
    gain(`${name}.norm2`, 'norm2', n);
    if (m.qkNorm) {
      plain(`${name}.q_norm`, [d.headDim], 'q_norm', n);
      plain(`${name}.k_norm`, [d.headDim], 'k_norm', n);
    }
  }
  gain('final_norm', 'final_norm');
  return { matrices, vectors, gains };
}
