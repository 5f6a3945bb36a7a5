/**
 * From a GGUF tensor's quantisation blocks to the pack's: 8-bit values with one float32 scale and one uint8 zero point
 * for 32 inputs of a row, `w = scale · (value − zero)`, the layout of ONNX Runtime's MatMulNBits. The source's own
 * blocks are kept, so nothing is quantised a second time: Q8_0 maps without loss, Q4_1 and Q4_0 but for the rounding
 * of the zero point (measured: docs/decisions.md). Block layouts: ggml's `block_q8_0`, `block_q4_0`, `block_q4_1`.
 */
import { MezzotintError } from '../../contract/result.ts';

export const BLOCK = 32;

export interface PackedBlocks {
  /** uint8 [blocks · 32] */
  values: Uint8Array;
  /** float32 [blocks] */
  scales: Float32Array;
  /** uint8 [blocks] */
  zeros: Uint8Array;
}

/** Bytes of one block of 32 weights by GGUF tensor type, for the types that keep their own blocks. */
export const blockBytes: Readonly<Record<string, number>> = { Q8_0: 34, Q4_0: 18, Q4_1: 20, F16: 64, F32: 128, BF16: 64 };

/** IEEE 754 binary16 → number. */
export function halfToNumber(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

type Repack = (view: DataView, at: number, out: PackedBlocks, block: number) => void;

const repackQ8_0: Repack = (view, at, out, block) => {
  out.scales[block] = halfToNumber(view.getUint16(at, true));
  out.zeros[block] = 128;
  for (let i = 0; i < BLOCK; i++) out.values[block * BLOCK + i] = view.getInt8(at + 2 + i) + 128;
};

/** The nibbles of a ggml 4-bit block: low ones are weights 0–15, high ones 16–31. Values are stored times 16. */
function unpackNibbles(view: DataView, at: number, out: PackedBlocks, block: number): void {
  for (let i = 0; i < 16; i++) {
    const byte = view.getUint8(at + i);
    out.values[block * BLOCK + i] = (byte & 15) << 4;
    out.values[block * BLOCK + 16 + i] = byte & 0xf0;
  }
}

const repackQ4_0: Repack = (view, at, out, block) => {
  out.scales[block] = halfToNumber(view.getUint16(at, true)) / 16;
  out.zeros[block] = 128;
  unpackNibbles(view, at + 2, out, block);
};

const repackQ4_1: Repack = (view, at, out, block) => {
  const d = halfToNumber(view.getUint16(at, true));
  const m = halfToNumber(view.getUint16(at + 2, true));
  const zero = Math.round((-16 * m) / d);
  if (zero >= 0 && zero <= 255) {
    out.scales[block] = d / 16;
    out.zeros[block] = zero;
    unpackNibbles(view, at + 4, out, block);
    return;
  }
  // A constant block (d = 0), or one that lies wholly on one side of zero: 8-bit steps over its own range.
  const weights = new Float64Array(BLOCK);
  for (let i = 0; i < 16; i++) {
    const byte = view.getUint8(at + 4 + i);
    weights[i] = d * (byte & 15) + m;
    weights[16 + i] = d * (byte >> 4) + m;
  }
  packFloats(weights, out, block);
};

/** Float weights: asymmetric 8-bit over the block's range, which always includes 0. */
function packFloats(weights: Float64Array, out: PackedBlocks, block: number): void {
  let low = 0;
  let high = 0;
  for (const w of weights) {
    if (w < low) low = w;
    if (w > high) high = w;
  }
  const scale = Math.fround((high - low) / 255) || 1;
  const zero = Math.round(-low / scale);
  out.scales[block] = scale;
  out.zeros[block] = zero;
  for (let i = 0; i < BLOCK; i++) out.values[block * BLOCK + i] = Math.max(0, Math.min(255, Math.round((weights[i] ?? 0) / scale) + zero));
}

const floatBlock =
  (bytes: number, read: (view: DataView, at: number) => number): Repack =>
  (view, at, out, block) => {
    const weights = new Float64Array(BLOCK);
    for (let i = 0; i < BLOCK; i++) weights[i] = read(view, at + i * bytes);
    packFloats(weights, out, block);
  };

const bfloat = new DataView(new ArrayBuffer(4));
const repackers: Readonly<Record<string, Repack>> = {
  Q8_0: repackQ8_0,
  Q4_0: repackQ4_0,
  Q4_1: repackQ4_1,
  F16: floatBlock(2, (view, at) => halfToNumber(view.getUint16(at, true))),
  BF16: floatBlock(2, (view, at) => (bfloat.setUint32(0, view.getUint16(at, true) << 16), bfloat.getFloat32(0))),
  F32: floatBlock(4, (view, at) => view.getFloat32(at, true)),
};

/**
 * Repacks whole blocks. `bytes`: consecutive blocks of `type` as they lie in the GGUF.
 * @throws MezzotintError `file-invalid` for a type that has no lossless repacking here
 */
export function repackBlocks(type: string, bytes: Uint8Array): PackedBlocks {
  const size = blockBytes[type];
  const repack = repackers[type];
  if (size === undefined || repack === undefined) {
    throw new MezzotintError('file-invalid', `Tensors of type ${type} can't be imported.`, { action: `Use a GGUF in one of: ${Object.keys(repackers).join(', ')}.` });
  }
  const blocks = bytes.byteLength / size;
  if (!Number.isInteger(blocks)) throw new MezzotintError('file-invalid', `A ${type} tensor has ${bytes.byteLength} bytes, not a multiple of ${size}.`);
  const out: PackedBlocks = { values: new Uint8Array(blocks * BLOCK), scales: new Float32Array(blocks), zeros: new Uint8Array(blocks) };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let block = 0; block < blocks; block++) repack(view, block * size, out, block);
  return out;
}

/** Packs float rows for the adapter: symmetric 8-bit (zero = 128), block of 32. `rows` is row-major [n, k], k a multiple of 32. */
export function packSymmetric(rows: Float32Array): PackedBlocks {
  const blocks = rows.length / BLOCK;
  const out: PackedBlocks = { values: new Uint8Array(rows.length), scales: new Float32Array(blocks), zeros: new Uint8Array(blocks).fill(128) };
  for (let block = 0; block < blocks; block++) {
    let peak = 0;
    for (let i = 0; i < BLOCK; i++) peak = Math.max(peak, Math.abs(rows[block * BLOCK + i] ?? 0));
    const scale = Math.fround(peak / 127) || 1;
    out.scales[block] = scale;
    for (let i = 0; i < BLOCK; i++) out.values[block * BLOCK + i] = Math.round((rows[block * BLOCK + i] ?? 0) / scale) + 128;
  }
  return out;
}
