/**
 * ggml's quantisation blocks. Q8_0, Q4_0 and Q4_1 keep their own blocks in a pack, so nothing is quantised a second time:
 * Q8_0 maps without loss, Q4_1 and Q4_0 but for the rounding of the zero point (measured: docs/decisions/001). All other
 * types are read as floats. Layouts: ggml's `block_q8_0`, `block_q4_0`, `block_q4_1`, `block_q5_0`, `block_q5_1`,
 * `block_q4_K`, `block_q5_K`, `block_q6_K`.
 */
import { failure, type MezzotintError } from '../contract/result.ts';
import { BLOCK, halfTable, halfToNumber, packFloats, type PackedBlocks } from '../model/quantisation.ts';

/** Weights and bytes of one block, by GGUF tensor type. */
export const ggmlBlocks: Readonly<Record<string, { weights: number; bytes: number }>> = {
  F32: { weights: 1, bytes: 4 },
  F16: { weights: 1, bytes: 2 },
  BF16: { weights: 1, bytes: 2 },
  Q4_0: { weights: 32, bytes: 18 },
  Q4_1: { weights: 32, bytes: 20 },
  Q5_0: { weights: 32, bytes: 22 },
  Q5_1: { weights: 32, bytes: 24 },
  Q8_0: { weights: 32, bytes: 34 },
  Q4_K: { weights: 256, bytes: 144 },
  Q5_K: { weights: 256, bytes: 176 },
  Q6_K: { weights: 256, bytes: 210 },
};

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
  packFloats(weights, 8, out, block);
};

const repackers: Readonly<Record<string, Repack>> = { Q8_0: repackQ8_0, Q4_0: repackQ4_0, Q4_1: repackQ4_1 };

/** Types whose own blocks a pack can hold as 8-bit ones. */
export const keepsBlocks = (type: string): boolean => Object.hasOwn(repackers, type);

export const unreadable = (type: string): MezzotintError =>
  failure('gguf.type', { type: String(type), known: Object.keys(ggmlBlocks) });

function blocksIn(type: string, bytes: Uint8Array): number {
  const size = ggmlBlocks[type];
  if (!size) throw unreadable(type);
  const blocks = bytes.byteLength / size.bytes;
  if (!Number.isInteger(blocks)) throw failure('gguf.size', { type, has: bytes.byteLength, block: size.bytes });
  return blocks;
}

/**
 * Whole blocks as the pack's 8-bit ones. `bytes`: consecutive blocks of `type` as they lie in the GGUF.
 * @throws MezzotintError `file-invalid` for a type that has no such repacking here
 */
export function repackBlocks(type: string, bytes: Uint8Array): PackedBlocks {
  const repack = repackers[type];
  if (repack === undefined) throw unreadable(type);
  const blocks = blocksIn(type, bytes);
  const size = bytes.byteLength / blocks;
  const out: PackedBlocks = {
    values: new Uint8Array(blocks * BLOCK),
    scales: new Float32Array(blocks),
    zeros: new Uint8Array(blocks),
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let block = 0; block < blocks; block++) repack(view, block * size, out, block);
  return out;
}

/** The first `count` numbers of `into`, where it is long enough; else new ones. */
const roomFor = (count: number, into: Float32Array<ArrayBuffer> | undefined): Float32Array<ArrayBuffer> =>
  into && into.length >= count ? into.subarray(0, count) : new Float32Array(count);

/** Numbers of a float type, little-endian. @param into is written and given back where it is long enough */
export function plainFloats(
  type: string,
  bytes: Uint8Array,
  into?: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> | undefined {
  if (type === 'F32') return new Float32Array(new Uint8Array(bytes).buffer);
  if (type !== 'F16' && type !== 'BF16') return undefined;
  // bytes at an odd place are copied
  const words =
    bytes.byteOffset % 2 === 0
      ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)
      : new Uint16Array(new Uint8Array(bytes).buffer);
  const out = roomFor(words.length, into);
  if (type === 'F16') {
    const table = halfTable();
    for (let i = 0; i < words.length; i++) out[i] = table[words[i] as number] as number;
  } else {
    const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
    for (let i = 0; i < words.length; i++) bits[i] = (words[i] as number) << 16;
  }
  return out;
}

type Read = (b: Uint8Array, at: number, out: Float32Array, to: number) => void;
const half = (b: Uint8Array, at: number): number =>
  halfTable()[(b[at] as number) | ((b[at + 1] as number) << 8)] as number;

/** Q5_0 and Q5_1: a nibble each, and a fifth bit from a word of 32. */
const five =
  (offset: number): Read =>
  (b, at, out, to) => {
    const d = half(b, at);
    const m = offset === 0 ? half(b, at + 2) : -offset * d;
    const high = at + (offset === 0 ? 4 : 2);
    for (let i = 0; i < 16; i++) {
      const byte = b[high + 4 + i] as number;
      const low5 = ((b[high + (i >> 3)] as number) >> (i & 7)) & 1;
      const top5 = ((b[high + 2 + (i >> 3)] as number) >> (i & 7)) & 1;
      out[to + i] = d * ((byte & 15) | (low5 << 4)) + m;
      out[to + 16 + i] = d * ((byte >> 4) | (top5 << 4)) + m;
    }
  };

/** Scale and minimum of the j-th of a K-block's eight parts: six bits each, in twelve bytes. */
function scaleOf(b: Uint8Array, at: number, j: number): [number, number] {
  const byte = (i: number): number => b[at + i] as number;
  if (j < 4) return [byte(j) & 63, byte(j + 4) & 63];
  return [(byte(j + 4) & 15) | ((byte(j - 4) >> 6) << 4), (byte(j + 4) >> 4) | ((byte(j) >> 6) << 4)];
}

/** Q4_K and Q5_K: eight parts of 32 with six-bit scales and minima; Q5_K has a fifth bit a weight. */
const kBlock =
  (fifth: boolean): Read =>
  (b, at, out, to) => {
    const d = half(b, at);
    const min = half(b, at + 2);
    const high = at + 16;
    const low = at + (fifth ? 48 : 16);
    for (let j = 0; j < 8; j++) {
      const [scale, minimum] = scaleOf(b, at + 4, j);
      const from = low + (j >> 1) * 32;
      const shift = (j & 1) * 4;
      for (let i = 0; i < 32; i++) {
        const bit = fifth ? (((b[high + i] as number) >> j) & 1) << 4 : 0;
        out[to + j * 32 + i] = d * scale * ((((b[from + i] as number) >> shift) & 15) | bit) - min * minimum;
      }
    }
  };

/** Q6_K: sixteen parts of 16 with signed eight-bit scales; four low bits and two high ones a weight. */
const sixK: Read = (b, at, out, to) => {
  const d = half(b, at + 208);
  for (let half256 = 0; half256 < 2; half256++) {
    const low = at + half256 * 64;
    const high = at + 128 + half256 * 32;
    const scales = at + 192 + half256 * 8;
    for (let part = 0; part < 4; part++) {
      for (let i = 0; i < 32; i++) {
        const byte = b[low + (part & 1) * 32 + i] as number;
        const q = ((part < 2 ? byte & 15 : byte >> 4) | ((((b[high + i] as number) >> (2 * part)) & 3) << 4)) - 32;
        const scale = ((b[scales + 2 * part + (i >> 4)] as number) << 24) >> 24;
        out[to + half256 * 128 + part * 32 + i] = d * scale * q;
      }
    }
  }
};

/** Nibbles around a middle (Q4_0), or above a minimum (Q4_1). */
const four =
  (minimum: boolean): Read =>
  (b, at, out, to) => {
    const d = half(b, at);
    const m = minimum ? half(b, at + 2) : -8 * d;
    const from = at + (minimum ? 4 : 2);
    for (let i = 0; i < 16; i++) {
      const byte = b[from + i] as number;
      out[to + i] = d * (byte & 15) + m;
      out[to + 16 + i] = d * (byte >> 4) + m;
    }
  };

const eight: Read = (b, at, out, to) => {
  const d = half(b, at);
  for (let i = 0; i < 32; i++) out[to + i] = d * (((b[at + 2 + i] as number) << 24) >> 24);
};

const readers: Readonly<Record<string, Read>> = {
  Q4_0: four(false),
  Q4_1: four(true),
  Q5_0: five(16),
  Q5_1: five(0),
  Q8_0: eight,
  Q4_K: kBlock(false),
  Q5_K: kBlock(true),
  Q6_K: sixK,
};

/**
 * Whole blocks of any type as float32. @param into is written and given back where it is long enough
 * @throws MezzotintError `file-invalid` for a type that is not read here
 */
export function ggmlFloats(
  type: string,
  bytes: Uint8Array,
  into?: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const plain = plainFloats(type, bytes, into);
  if (plain) return plain;
  const read = readers[type];
  const size = ggmlBlocks[type];
  if (!read || !size) throw unreadable(type);
  const blocks = blocksIn(type, bytes);
  const out = roomFor(blocks * size.weights, into);
  for (let block = 0; block < blocks; block++) read(bytes, block * size.bytes, out, block * size.weights);
  return out;
}
