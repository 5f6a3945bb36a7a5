/**
 * A block drafter into a pack: its matrices as symmetric 8-bit blocks, norms and masks as they are, and the vocabulary
 * head cut to the words it drafts, taken from the pack's own blocks. Input: safetensors as models/adapt/drafter.py saves
 * them (`fc`, `fuse`, `masks`, `gate`, `follow_*`, `layers.N.{qkv,o,gate_up,down,norm1,norm2}`, `words`; metadata
 * `sizes`); q and k rows in half-split RoPE order.
 */
import { append, largest } from '../contract/lists.ts';
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { failure, issuesOf } from '../contract/result.ts';
import { CANDIDATES } from '../model/graph/contract.ts';
import { packTensor } from '../model/graph/packed.ts';
import type { Manifest, PackTensor } from '../model/manifest.ts';
import { encodeSafetensors, openSafetensors, type SafetensorsTensor } from '../model/safetensors.ts';
import { BLOCK, packSymmetric } from '../model/quantisation.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const sizesSchema = v.object({
  layers: count,
  taps: v.pipe(v.array(count), v.minLength(1)),
  slots: v.pipe(count, v.minValue(2)),
  lookahead: v.optional(count),
  window: count,
  followers: v.pipe(count, v.multipleOf(BLOCK)),
});
export type DrafterSizes = v.InferOutput<typeof sizesSchema>;

export interface PackedDrafter {
  file: string;
  bytes: Uint8Array;
  tensors: Record<string, PackTensor>;
  sizes: DrafterSizes;
  words: number;
  /** The file's other metadata. */
  training: Record<string, string>;
}

/** @param pack what is in `dir` so far: its embedding and, where it has one of its own, its head */
export function packDrafter(
  path: string,
  pack: Pick<Manifest, 'dimensions' | 'tensors' | 'tiedEmbedding'>,
  dir: string,
  metadata: Record<string, string>,
): PackedDrafter {
  const source = openSafetensors(path);
  const extra = { file: path };
  try {
    const { sizes: text = '{}', ...training } = source.metadata;
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), sizesSchema), text);
    if (!parsed.success) throw failure('drafter.no-sizes', { reason: issuesOf(parsed.issues) }, extra);
    const sizes = parsed.output;
    const d = pack.dimensions;
    if (sizes.taps.some((layers) => layers > d.layers))
      throw failure('drafter.too-deep', { layer: largest(sizes.taps), layers: d.layers }, extra);
    const words = source.ints('words');
    if (
      words.length <= CANDIDATES ||
      words.some((id) => id < 0 || id >= d.vocabulary) ||
      new Set(words).size < words.length
    )
      throw failure('drafter.words', { least: CANDIDATES }, extra);
    const file = 'drafter.safetensors';
    const out: SafetensorsTensor[] = [{ name: 'drafter.words', shape: [words.length], data: words }];
    const floats = (name: string, ...shape: number[]): Float32Array => {
      const actual = source.shape(name);
      if (actual.join() !== shape.join())
        throw failure('drafter.shape', { name, has: actual.map(String), needs: shape.map(String) }, extra);
      return source.floats(name);
    };
    const vector = (name: string, ...shape: number[]): void =>
      void out.push({ name: `drafter.${name}`, shape, data: floats(name, ...shape) });
    const blocks = (name: string, n: number, k: number, values: Float32Array): void => {
      if (k % BLOCK !== 0) throw failure('drafter.rows', { name, columns: k, block: BLOCK }, extra);
      const packed = packSymmetric(values);
      out.push(
        { name: `drafter.${name}.weight`, shape: [n, k], data: packed.values },
        { name: `drafter.${name}.scales`, shape: [n, k / BLOCK], data: packed.scales },
      );
    };
    const matrix = (name: string, n: number, k: number): void => blocks(name, n, k, floats(name, n, k));
    const width = d.kvHeads * d.headDim;
    const q = d.heads * d.headDim;
    vector('context_norm', d.hidden);
    vector('final_norm', d.hidden);
    vector('masks', sizes.slots - 1, d.hidden);
    if (sizes.lookahead !== undefined) vector('lookahead', sizes.lookahead, d.hidden);
    matrix('fc', d.hidden, sizes.taps.length * d.hidden);
    matrix('fuse', d.hidden, d.hidden);
    matrix('gate', sizes.followers, d.hidden);
    matrix('follow_previous', words.length, sizes.followers);
    matrix('follow_next', words.length, sizes.followers);
    // all layers' keys, then all layers' values: the context rows' part of every qkv in one product
    const contextKv = new Float32Array(2 * sizes.layers * width * d.hidden);
    for (let layer = 0; layer < sizes.layers; layer++) {
      const name = `layers.${layer}`;
      matrix(`${name}.qkv`, q + 2 * width, d.hidden);
      matrix(`${name}.o`, d.hidden, q);
      matrix(`${name}.gate_up`, 2 * d.feedForward, d.hidden);
      matrix(`${name}.down`, d.hidden, d.feedForward);
      vector(`${name}.norm1`, d.hidden);
      vector(`${name}.norm2`, d.hidden);
      const qkv = source.floats(`${name}.qkv`);
      contextKv.set(qkv.subarray(q * d.hidden, (q + width) * d.hidden), layer * width * d.hidden);
      contextKv.set(qkv.subarray((q + width) * d.hidden), (sizes.layers + layer) * width * d.hidden);
    }
    blocks('context_kv', 2 * sizes.layers * width, d.hidden, contextKv);
    append(out, headRows(pack, dir, words));
    // tensors of numbers first keep their 4-byte alignment whatever the byte tensors' lengths
    out.sort((a, b) => Number(a.data instanceof Uint8Array) - Number(b.data instanceof Uint8Array));
    const { bytes, offsets } = encodeSafetensors(out, metadata);
    const tensors: Record<string, PackTensor> = {};
    for (const { name, shape, data } of out) {
      const dtype = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'uint8';
      const blocks = dtype === 'uint8' && name.endsWith('.weight') ? { bits: 8 as const, block: BLOCK } : {};
      tensors[name] = { file, offset: offsets[name] ?? 0, length: data.byteLength, dtype, shape, ...blocks };
    }
    return { file, bytes, tensors, sizes, words: words.length, training };
  } finally {
    source.close();
  }
}

/** The rows of the pack's vocabulary head for these words, in their own blocks. */
function headRows(
  pack: Pick<Manifest, 'tensors' | 'tiedEmbedding'>,
  dir: string,
  words: Int32Array,
): SafetensorsTensor[] {
  const head = pack.tiedEmbedding ? 'embed' : 'head';
  const cut = (part: string): SafetensorsTensor => {
    const tensor = packTensor(pack, `${head}.${part}`);
    const [rows, columns] = tensor.shape as [number, number];
    const bytesPerRow = tensor.length / rows;
    const bytes = Buffer.alloc(words.length * bytesPerRow);
    const fd = openSync(join(dir, tensor.file), 'r');
    words.forEach((id, i) => readSync(fd, bytes, i * bytesPerRow, bytesPerRow, tensor.offset + id * bytesPerRow));
    closeSync(fd);
    const data =
      tensor.dtype === 'float32' ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) : bytes;
    return { name: `drafter.head.${part}`, shape: [words.length, columns], data };
  };
  return [cut('weight'), cut('scales'), ...(pack.tensors[`${head}.zeros`] ? [cut('zeros')] : [])];
}

/** What the manifest says of it. */
export const describeDrafter = (
  packed: PackedDrafter,
  name: string,
  version: string,
): NonNullable<Manifest['drafter']> => ({
  name,
  version,
  ...packed.sizes,
  words: packed.words,
  file: packed.file,
  graph: 'drafter.onnx',
  training: packed.training,
});
