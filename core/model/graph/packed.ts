/** Matrices as they lie in a pack: 8-bit blocks with scales and, where not all are 128, zero points. */
import type { Manifest, PackTensor } from '../manifest.ts';
import type { GraphBuilder } from './builder.ts';

type Packed = Pick<Manifest, 'tensors' | 'quantization'>;

/** @throws Error where the pack has no such tensor */
export function packTensor(m: Pick<Manifest, 'tensors'>, name: string): PackTensor {
  const tensor = m.tensors[name];
  if (!tensor) throw new Error(`the pack has no tensor ${name}`);
  return tensor;
}

/** x [.., columns] → [.., rows]. `accuracyLevel`: 4 = activations as int8 by blocks (fast on CPU), 0 = float. */
export function packedMatmul(g: GraphBuilder, m: Packed, x: string, name: string, accuracyLevel: number, output?: string): string {
  const weight = packTensor(m, `${name}.weight`);
  const zeros = m.tensors[`${name}.zeros`];
  const [rows, columns] = weight.shape as [number, number];
  const { block } = m.quantization;
  const packed = [x, g.weight(`${name}.weight`, weight, [rows, columns / block, block]), g.weight(`${name}.scales`, packTensor(m, `${name}.scales`))];
  if (zeros) packed.push(g.weight(`${name}.zeros`, zeros));
  return g.ms('MatMulNBits', packed, { K: columns, N: rows, bits: 8, block_size: block, accuracy_level: accuracyLevel }, output);
}

/** ids [T] → those rows of the matrix, float32 [T, columns]. */
export function packedRows(g: GraphBuilder, m: Packed, ids: string, name: string): string {
  const zeros = m.tensors[`${name}.zeros`];
  const inputs = [g.weight(`${name}.weight`, packTensor(m, `${name}.weight`)), ids, g.weight(`${name}.scales`, packTensor(m, `${name}.scales`))];
  if (zeros) inputs.push(g.weight(`${name}.zeros`, zeros));
  return g.ms('GatherBlockQuantized', inputs, { bits: 8, block_size: m.quantization.block, gather_axis: 0, quantize_axis: 1 });
}
