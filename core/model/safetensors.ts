/** Reads and writes safetensors: an 8-byte little-endian header length, a JSON header, then the tensors' bytes. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import * as v from 'valibot';
import { failure, type MezzotintError } from '../contract/result.ts';
import { halfToNumber } from './quantisation.ts';

const entrySchema = v.object({
  dtype: v.string(),
  shape: v.array(v.number()),
  data_offsets: v.tuple([v.number(), v.number()]),
});
type Entry = v.InferOutput<typeof entrySchema>;
const MAX_HEADER = 100 * 1024 * 1024;

export interface SafetensorsReader {
  readonly names: string[];
  readonly metadata: Record<string, string>;
  shape(name: string): number[];
  /** The tensor as float32, row-major. F32, F16 and BF16 are read. */
  floats(name: string): Float32Array;
  /** An I32 tensor, row-major. */
  ints(name: string): Int32Array;
  /** A tensor's bytes as they lie. */
  bytes(name: string): Uint8Array;
  /** F32, BF16, I64 … */
  type(name: string): string;
  /** Part of a tensor: `length` bytes from byte `from` of it on. */
  window(name: string, from: number, length: number): Uint8Array;
  close(): void;
}

/** @throws MezzotintError `file-invalid` where the file is not well-formed safetensors */
export function openSafetensors(file: string): SafetensorsReader {
  const fd = openSync(file, 'r');
  const invalid = (fault: 'too-short' | 'header-cut' | 'header-not-json'): MezzotintError => (
    closeSync(fd),
    failure(`safetensors.${fault}`, { path: file }, { file })
  );
  const size = fstatSync(fd).size;
  const head = Buffer.alloc(8);
  if (readSync(fd, head, 0, 8, 0) < 8) throw invalid('too-short');
  const headerBytes = Number(head.readBigUInt64LE());
  if (headerBytes > MAX_HEADER || headerBytes + 8 > size) throw invalid('header-cut');
  const text = Buffer.alloc(headerBytes);
  readSync(fd, text, 0, headerBytes, 8);
  let header: Record<string, unknown>;
  try {
    header = v.parse(v.record(v.string(), v.unknown()), JSON.parse(text.toString('utf8')));
  } catch {
    throw invalid('header-not-json');
  }
  const { __metadata__: metadata = {}, ...rest } = header;
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(rest)) {
    const entry = v.safeParse(entrySchema, value);
    if (!entry.success || 8 + headerBytes + entry.output.data_offsets[1] > size) {
      closeSync(fd);
      throw failure('safetensors.tensor-outside', { path: file, tensor: name }, { file });
    }
    entries.set(name, entry.output);
  }
  const get = (name: string): Entry => {
    const entry = entries.get(name);
    if (!entry) throw failure('safetensors.no-tensor', { path: file, tensor: name }, { file });
    return entry;
  };
  const read = (name: string): { dtype: string; bytes: Buffer } => {
    const {
      dtype,
      data_offsets: [from, to],
    } = get(name);
    const bytes = Buffer.alloc(to - from);
    readSync(fd, bytes, 0, bytes.length, 8 + headerBytes + from);
    return { dtype, bytes };
  };
  return {
    names: [...entries.keys()],
    metadata: v.parse(v.record(v.string(), v.string()), metadata),
    shape: (name) => get(name).shape,
    floats(name) {
      const { dtype, bytes } = read(name);
      return toFloats(dtype, bytes, name);
    },
    ints(name) {
      const { dtype, bytes } = read(name);
      if (dtype !== 'I32') throw failure('safetensors.not-i32', { tensor: name, type: dtype }, { file });
      return Int32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(4 * i));
    },
    bytes: (name) => read(name).bytes,
    type: (name) => get(name).dtype,
    window(name, from, length) {
      const [start, end] = get(name).data_offsets;
      if (from < 0 || start + from + length > end)
        throw new RangeError(`${name} has no bytes ${from} to ${from + length}`);
      const bytes = Buffer.allocUnsafe(length);
      if (readSync(fd, bytes, 0, length, 8 + headerBytes + start + from) < length)
        throw failure('safetensors.tensor-cut', { path: file, tensor: name }, { file });
      return bytes;
    },
    close: () => closeSync(fd),
  };
}

function toFloats(dtype: string, bytes: Buffer, name: string): Float32Array {
  if (dtype === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).slice();
  if (dtype === 'F16')
    return Float32Array.from({ length: bytes.length / 2 }, (_, i) => halfToNumber(bytes.readUInt16LE(2 * i)));
  if (dtype === 'BF16') {
    const bits = Uint32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i) << 16);
    return new Float32Array(bits.buffer);
  }
  throw failure('safetensors.other-type', { tensor: name, type: dtype });
}

export interface SafetensorsTensor {
  name: string;
  shape: number[];
  data: Uint8Array | Int32Array | Float32Array;
}

const dtypeOf = (data: SafetensorsTensor['data']): string =>
  data instanceof Float32Array ? 'F32' : data instanceof Int32Array ? 'I32' : 'U8';

/**
 * The file's bytes, and where each tensor begins in it. The header is padded so that the data starts at a page border
 * (graph initializers point into it).
 */
export function encodeSafetensors(
  tensors: SafetensorsTensor[],
  metadata: Record<string, string>,
): { bytes: Uint8Array; offsets: Record<string, number> } {
  let at = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const { name, shape, data } of tensors) {
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const start = Math.ceil((8 + json.length) / 4096) * 4096;
  const bytes = Buffer.alloc(start + at, 0x20);
  bytes.writeBigUInt64LE(BigInt(start - 8), 0);
  json.copy(bytes, 8);
  const offsets: Record<string, number> = {};
  at = start;
  for (const { name, data } of tensors) {
    offsets[name] = at;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return { bytes, offsets };
}
