/**
 * A diffusion adapter into a pack: low-rank factors as symmetric 8-bit blocks, the gains of every norm for both kinds
 * of rows, the mask embedding. Input: safetensors with `layers.N.{qkv,o,gate_up,down}.{A,B}` (y = W·x + B·(A·x)),
 * `layers.N.norm{1,2}_offset`, `final_norm_offset` and `mask_embedding`; q and k rows in half-split RoPE order. A
 * layer's projection without factors is left to the base; all others have one rank.
 */
import { failure } from '../contract/result.ts';
import type { Manifest, PackTensor } from '../model/manifest.ts';
import { encodeSafetensors, openSafetensors, type SafetensorsTensor } from '../model/safetensors.ts';
import { BLOCK, packSymmetric } from '../model/quantisation.ts';

/** Projections an adapter can update. */
const projections = ['qkv', 'o', 'gate_up', 'down'] as const;

export interface PackedAdapter {
  file: string;
  bytes: Uint8Array;
  tensors: Record<string, PackTensor>;
  rank: number;
  /** What the trainer wrote into the file. */
  training: Record<string, string>;
}

/** `gains`: the base's norm gains in graph order (norm1, norm2 of each layer, then the final one), each [hidden]. */
export function packAdapter(
  path: string,
  dimensions: Manifest['dimensions'],
  gains: Float32Array[],
  metadata: Record<string, string>,
): PackedAdapter {
  const source = openSafetensors(path);
  const file = 'adapter.safetensors';
  const out: SafetensorsTensor[] = [];
  const d = dimensions;
  const columns = { qkv: d.hidden, o: d.heads * d.headDim, gate_up: d.hidden, down: d.feedForward };
  const rows = { qkv: (d.heads + 2 * d.kvHeads) * d.headDim, o: d.hidden, gate_up: 2 * d.feedForward, down: d.hidden };
  const adapted = Array.from({ length: d.layers }, (_, layer) =>
    projections.map((projection) => ({ name: `layers.${layer}.${projection}`, projection })),
  )
    .flat()
    .filter(({ name }) => source.names.includes(`${name}.A`));
  const [first] = adapted;
  if (!first) throw failure('adapter.none', { projections }, { file: path });
  const rank = source.shape(`${first.name}.A`)[0] ?? 0;
  if (rank % BLOCK !== 0 || rank === 0) throw failure('adapter.rank', { rank, block: BLOCK }, { file: path });
  const matrix = (name: string, n: number, k: number): void => {
    const [actualN, actualK] = source.shape(name);
    if (actualN !== n || actualK !== k)
      throw failure(
        'adapter.shape',
        { name, has: [String(actualN), String(actualK)], needs: [String(n), String(k)] },
        { file: path },
      );
    const packed = packSymmetric(source.floats(name));
    out.push(
      { name: `adapter.${name}.weight`, shape: [n, k], data: packed.values },
      { name: `adapter.${name}.scales`, shape: [n, k / BLOCK], data: packed.scales },
    );
  };
  for (const { name, projection } of adapted) {
    matrix(`${name}.A`, rank, columns[projection]);
    matrix(`${name}.B`, rows[projection], rank);
  }
  const offsetNames = [
    ...Array.from({ length: d.layers }, (_, n) => [`layers.${n}.norm1_offset`, `layers.${n}.norm2_offset`]).flat(),
    'final_norm_offset',
  ];
  const table = new Float32Array(2 * gains.length * d.hidden);
  gains.forEach((gain, index) => {
    const offset = source.floats(offsetNames[index] as string);
    table.set(gain, index * d.hidden);
    table.set(
      gain.map((value, i) => value + (offset[i] ?? 0)),
      (gains.length + index) * d.hidden,
    );
  });
  out.push({ name: 'adapter.gains', shape: [2, gains.length * d.hidden], data: table });
  out.push({ name: 'mask_embedding', shape: [d.hidden], data: source.floats('mask_embedding') });
  const training = source.metadata;
  source.close();
  // float tensors first keep their 4-byte alignment whatever the byte tensors' lengths
  out.sort((a, b) => Number(a.data instanceof Uint8Array) - Number(b.data instanceof Uint8Array));
  const { bytes, offsets } = encodeSafetensors(out, metadata);
  const tensors: Record<string, PackTensor> = {};
  for (const { name, shape, data } of out) {
    const place = { file, offset: offsets[name] ?? 0, length: data.byteLength, shape };
    tensors[name] =
      data instanceof Float32Array
        ? { ...place, dtype: 'float32' }
        : { ...place, dtype: 'uint8', bits: 8, block: BLOCK };
  }
  return { file, bytes, tensors, rank, training };
}
