/** Rewrites a GGUF file with every Q4_1 and Q4_0 matrix in another block format, so that the peer runs the same model in it. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

const BLOCK = 32;
const kinds = { F32: 0, F16: 1, Q4_0: 2, Q4_1: 3, Q8_0: 8 } as const;
/** Bytes of a block of 32 weights, by ggml's type number. */
const blockBytes: Readonly<Record<number, number>> = { 0: 128, 1: 64, 2: 18, 3: 20, 8: 34 };
export type Target = 'Q8_0' | 'Q4_0';

interface TensorInfo {
  name: string;
  shape: bigint[];
  kind: number;
  offset: number;
}

const float = new DataView(new ArrayBuffer(4));
/** binary16 → number. */
export function fromHalf(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
/** number → binary16, to nearest, ties to even; too large becomes infinite. */
export function toHalf(x: number): number {
  float.setFloat32(0, x);
  const bits = float.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const size = Math.abs(x);
  if (Number.isNaN(x)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 2 ** -14)));
  const scaled = size / 2 ** (exponent - 10);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
  return sign | (exponent === -14 ? rounded : rounded + ((exponent + 14) << 10));
}

/** A block's 32 weights, for the kinds a 4-bit file holds. */
export function readBlock(view: DataView, at: number, kind: number, out: Float64Array): void {
  const d = fromHalf(view.getUint16(at, true));
  const m = kind === kinds.Q4_1 ? fromHalf(view.getUint16(at + 2, true)) : -8 * d;
  const from = at + (kind === kinds.Q4_1 ? 4 : 2);
  for (let i = 0; i < BLOCK / 2; i++) {
    const byte = view.getUint8(from + i);
    out[i] = d * (byte & 15) + m;
    out[i + BLOCK / 2] = d * (byte >> 4) + m;
  }
}

export function writeBlock(weights: Float64Array, target: Target, view: DataView, at: number): void {
  let extreme = 0;
  for (const w of weights) if (Math.abs(w) > Math.abs(extreme)) extreme = w;
  if (target === 'Q8_0') {
    const d = Math.abs(extreme) / 127;
    view.setUint16(at, toHalf(d), true);
    for (let i = 0; i < BLOCK; i++) view.setInt8(at + 2 + i, d === 0 ? 0 : Math.round((weights[i] ?? 0) / d));
    return;
  }
  const d = extreme / -8;
  view.setUint16(at, toHalf(d), true);
  const q = (w: number): number => (d === 0 ? 8 : Math.max(0, Math.min(15, Math.floor(w / d + 8.5))));
  for (let i = 0; i < BLOCK / 2; i++)
    view.setUint8(at + 2 + i, q(weights[i] ?? 0) | (q(weights[i + BLOCK / 2] ?? 0) << 4));
}

/** Walks the header: where the metadata ends, the tensors, where their data starts. */
function readHeader(head: Buffer): { metadataEnd: number; tensors: TensorInfo[]; dataStart: number } {
  if (head.toString('latin1', 0, 4) !== 'GGUF') throw new Error('not a GGUF file');
  let at = 8;
  const u32 = (): number => head.readUInt32LE((at += 4) - 4);
  const u64 = (): number => Number(head.readBigUInt64LE((at += 8) - 8));
  const tensorCount = u64();
  const metadataCount = u64();
  const scalarBytes: Readonly<Record<number, number>> = {
    0: 1,
    1: 1,
    2: 2,
    3: 2,
    4: 4,
    5: 4,
    6: 4,
    7: 1,
    10: 8,
    11: 8,
    12: 8,
  };
  let alignment = 32;
  const skip = (type: number): void => {
    if (type === 8) {
      const length = u64();
      at += length;
    } else if (type === 9) {
      const inner = u32();
      const count = u64();
      for (let i = 0; i < count; i++) skip(inner);
    } else at += scalarBytes[type] ?? 0;
  };
  for (let i = 0; i < metadataCount; i++) {
    const length = u64();
    const key = head.toString('utf8', at, (at += length));
    const type = u32();
    if (key === 'general.alignment') alignment = head.readUInt32LE(at);
    skip(type);
  }
  const metadataEnd = at;
  const tensors: TensorInfo[] = [];
  for (let i = 0; i < tensorCount; i++) {
    const length = u64();
    const name = head.toString('utf8', at, (at += length));
    const shape = Array.from({ length: u32() }, () => head.readBigUInt64LE((at += 8) - 8));
    tensors.push({ name, shape, kind: u32(), offset: u64() });
  }
  if (alignment !== 32) throw new Error(`alignment ${alignment} is not supported`);
  return { metadataEnd, tensors, dataStart: Math.ceil(at / 32) * 32 };
}

const bytesOf = (t: Pick<TensorInfo, 'shape' | 'kind'>): number => {
  const per = blockBytes[t.kind];
  if (per === undefined) throw new Error(`ggml type ${t.kind} is not supported`);
  return (Number(t.shape.reduce((a, b) => a * b, 1n)) / BLOCK) * per;
};

/** Writes `to` from `from`; matrices that are not 4-bit are copied as they are. */
export function requantize(from: string, to: string, target: Target): void {
  const source = openSync(from, 'r');
  const out = openSync(to, 'w');
  try {
    const head = Buffer.alloc(16 * 1024 * 1024);
    const { metadataEnd, tensors, dataStart } = readHeader(head.subarray(0, readSync(source, head, 0, head.length, 0)));
    const changed = tensors.map((t) =>
      t.kind === kinds.Q4_1 || t.kind === kinds.Q4_0 ? { ...t, kind: kinds[target] } : t,
    );
    const infos: Buffer[] = [head.subarray(0, metadataEnd)];
    let offset = 0;
    for (const t of changed) {
      const name = Buffer.from(t.name);
      const info = Buffer.alloc(8 + name.length + 4 + 8 * t.shape.length + 12);
      let at = info.writeBigUInt64LE(BigInt(name.length));
      at += name.copy(info, at);
      at = info.writeUInt32LE(t.shape.length, at);
      for (const n of t.shape) at = info.writeBigUInt64LE(n, at);
      at = info.writeUInt32LE(t.kind, at);
      info.writeBigUInt64LE(BigInt(offset), at);
      infos.push(info);
      offset += Math.ceil(bytesOf(t) / 32) * 32;
    }
    const pad = (n: number): Buffer => Buffer.alloc((32 - (n % 32)) % 32);
    const header = Buffer.concat(infos);
    writeSync(out, Buffer.concat([header, pad(header.length)]));
    const weights = new Float64Array(BLOCK);
    for (const [i, before] of tensors.entries()) {
      const after = changed[i] ?? before;
      const data = Buffer.alloc(bytesOf(before));
      readSync(source, data, 0, data.length, dataStart + before.offset);
      let written = data;
      if (after.kind !== before.kind) {
        written = Buffer.alloc(bytesOf(after));
        const input = new DataView(data.buffer, data.byteOffset, data.length);
        const output = new DataView(written.buffer, written.byteOffset, written.length);
        const [inBytes = 0, outBytes = 0] = [blockBytes[before.kind], blockBytes[after.kind]];
        for (let block = 0; block * inBytes < data.length; block++) {
          readBlock(input, block * inBytes, before.kind, weights);
          writeBlock(weights, target, output, block * outBytes);
        }
      }
      writeSync(out, Buffer.concat([written, pad(written.length)]));
    }
  } finally {
    closeSync(source);
    closeSync(out);
  }
}
