/**
 * Weights in blocks, as ONNX Runtime's MatMulNBits reads them: `w = scale · (value − zero)`, 32 weights of a row to a block,
 * scales in float32. 8-bit: a byte a weight and a byte a zero point. 4-bit: two weights to a byte, low nibble first; zero
 * points two to a byte too, each row padded to a whole byte.
 */
export const BLOCK = 32;

export interface PackedBlocks {
  /** uint8 [blocks · 32] */
  values: Uint8Array;
  /** float32 [blocks] */
  scales: Float32Array;
  /** uint8 [blocks] */
  zeros: Uint8Array;
}

/** IEEE 754 binary16 → number. */
export function halfToNumber(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Every half-precision number by its bits: a look-up is several times faster than the arithmetic. */
let halves: Float32Array | undefined;
export const halfTable = (): Float32Array =>
  (halves ??= Float32Array.from({ length: 65536 }, (_, bits) => halfToNumber(bits)));

/** Bytes of a packed matrix's row of values, and of its zero points. */
export const rowBytes = (columns: number, bits: 4 | 8): number => (columns * bits) / 8;
export const zeroBytes = (columns: number, bits: 4 | 8): number => Math.ceil(((columns / BLOCK) * bits) / 8);

/**
 * Float weights, asymmetric over each block's range, which always includes 0. Values and zero points come one to a byte,
 * whatever the bits; `packNibbles` joins them.
 * @param out written from block `first` on
 */
export function packFloats(weights: Float32Array | Float64Array, bits: 4 | 8, out: PackedBlocks, first = 0): void {
  const most = 2 ** bits - 1;
  const { values, scales, zeros } = out;
  const blocks = weights.length / BLOCK;
  for (let b = 0; b < blocks; b++) {
    const from = b * BLOCK;
    let low = 0;
    let high = 0;
    for (let i = from; i < from + BLOCK; i++) {
      const w = weights[i] as number;
      if (w < low) low = w;
      else if (w > high) high = w;
    }
    const scale = Math.fround((high - low) / most) || 1;
    const zero = Math.round(-low / scale);
    scales[first + b] = scale;
    zeros[first + b] = zero;
    const to = (first + b) * BLOCK;
    // values are never negative, so cutting off after adding a half rounds
    const steps = 1 / scale;
    const middle = zero + 0.5;
    for (let i = 0; i < BLOCK; i++) {
      const value = ((weights[from + i] as number) * steps + middle) | 0;
      values[to + i] = value > most ? most : value;
    }
  }
}

/** Rows of values below 16, one a byte → two to a byte, each row padded to a whole byte. */
export function packNibbles(values: Uint8Array, perRow: number): Uint8Array {
  const rows = values.length / perRow;
  const width = Math.ceil(perRow / 2);
  const out = new Uint8Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < perRow; i++)
      out[row * width + (i >> 1)]! |= (values[row * perRow + i] as number) << (4 * (i & 1));
  }
  return out;
}

/** Float rows of adapters and drafters: symmetric 8-bit (zero = 128). `rows` is row-major [n, k], k a multiple of 32. */
export function packSymmetric(rows: Float32Array): PackedBlocks {
  const blocks = rows.length / BLOCK;
  const out: PackedBlocks = {
    values: new Uint8Array(rows.length),
    scales: new Float32Array(blocks),
    zeros: new Uint8Array(blocks).fill(128),
  };
  for (let block = 0; block < blocks; block++) {
    let peak = 0;
    for (let i = 0; i < BLOCK; i++) peak = Math.max(peak, Math.abs(rows[block * BLOCK + i] ?? 0));
    const scale = Math.fround(peak / 127) || 1;
    out.scales[block] = scale;
    for (let i = 0; i < BLOCK; i++)
      out.values[block * BLOCK + i] = Math.round((rows[block * BLOCK + i] ?? 0) / scale) + 128;
  }
  return out;
}
