/** Matrices as they lie in a pack: 8-bit or 4-bit blocks with scales and, where not all are in the middle, zero points. */
import type { Manifest, PackTensor } from '../manifest.ts';
import type { GraphBuilder } from './builder.ts';

type Packed = Pick<Manifest, 'tensors'>;

/** @throws Error where the pack has no such tensor */
export function packTensor(m: Packed, name: string): PackTensor {
  const tensor = m.tensors[name];
  if (!tensor) throw new Error(`the pack has no tensor ${name}`);
  return tensor;
}

/** A matrix with what its weights are packed in. @throws Error where it is not quantised */
export function packedWeight(m: Packed, name: string): PackTensor & { bits: 4 | 8; block: number } {
  const weight = packTensor(m, `${name}.weight`);
  const { bits, block } = weight;
  if (bits === undefined || block === undefined) throw new Error(`the pack's ${name} is not in blocks`);
  return { ...weight, bits, block };
}

export interface Product {
  /** 4 = activations as int8 by blocks (fast on CPU), 0 = float. */
  accuracyLevel: number;
  /** Matrices of more weights are multiplied in parts of so many at most; absent: whole. */
  partWeights?: number;
}

/** x [.., columns] → [.., rows]. */
export function packedMatmul(
  g: GraphBuilder,
  m: Packed,
  x: string,
  name: string,
  { accuracyLevel, partWeights = Infinity }: Product,
  output?: string,
): string {
  const weight = packedWeight(m, name);
  const { bits, block } = weight;
  const zeros = m.tensors[`${name}.zeros`];
  const [rows, columns] = weight.shape as [number, number];
  const step = Math.max(1, Math.floor(partWeights / columns));
  const product = (from: number, count: number, to?: string): string => {
    const part = (key: string, tensor: PackTensor, inner?: number[]): string =>
      count === rows
        ? g.weight(key, tensor, inner && [rows, ...inner])
        : g.weight(`${key}@${from}`, rowsFrom(tensor, from, count), [count, ...(inner ?? tensor.shape.slice(1))]);
    const packed = [
      x,
      part(`${name}.weight`, weight, [columns / block, (block * bits) / 8]),
      part(`${name}.scales`, packTensor(m, `${name}.scales`)),
    ];
    if (zeros) packed.push(part(`${name}.zeros`, zeros));
    return g.ms(
      'MatMulNBits',
      packed,
      { K: columns, N: count, bits, block_size: block, accuracy_level: accuracyLevel },
      to,
    );
  };
  if (rows <= step) return product(0, rows, output);
  const parts = Array.from({ length: Math.ceil(rows / step) }, (_, i) =>
    product(i * step, Math.min(step, rows - i * step)),
  );
  return g.op('Concat', parts, { axis: -1 }, output);
}

/** Some rows of a tensor, as the same bytes of its file. */
function rowsFrom(tensor: PackTensor, from: number, count: number): PackTensor {
  const width = tensor.length / (tensor.shape[0] as number);
  const { offset, shape } = tensor;
  return { ...tensor, offset: offset + from * width, length: count * width, shape: [count, ...shape.slice(1)] };
}

/** ids [T] → those rows of the matrix, float32 [T, columns]. 8-bit matrices alone. */
export function packedRows(g: GraphBuilder, m: Packed, ids: string, name: string): string {
  const weight = packedWeight(m, name);
  const zeros = m.tensors[`${name}.zeros`];
  const inputs = [
    g.weight(`${name}.weight`, packTensor(m, `${name}.weight`)),
    ids,
    g.weight(`${name}.scales`, packTensor(m, `${name}.scales`)),
  ];
  if (zeros) inputs.push(g.weight(`${name}.zeros`, zeros));
  return g.ms('GatherBlockQuantized', inputs, {
    bits: weight.bits,
    block_size: weight.block,
    gather_axis: 0,
    quantize_axis: 1,
  });
}
