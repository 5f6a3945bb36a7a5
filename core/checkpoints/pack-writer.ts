/** Writes a pack's files: tensors into shards, everything with its size and SHA-256. Memory: one chunk at a time. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, PackTensor } from '../model/manifest.ts';

/** Shards stay under this, so that no file host or git server refuses them; a single larger tensor gets a shard of its own. */
export const SHARD_BYTES = 48 * 1024 * 1024;
/** Tensors start at page borders: ONNX Runtime maps them without copying. */
const ALIGN = 4096;

interface Shard {
  name: string;
  fd: number;
  bytes: number;
  hash: Hash;
}

export class PackWriter {
  readonly dir: string;
  readonly tensors: Record<string, PackTensor> = {};
  readonly files: Manifest['files'] = {};
  #shard: Shard | undefined;
  #shards = 0;
  #stem: string;

  constructor(dir: string, stem = 'weights') {
    this.dir = dir;
    this.#stem = stem;
    mkdirSync(dir, { recursive: true });
  }

  /** Opens a tensor of `length` bytes; `write` appends its chunks in order. */
  begin(
    name: string,
    dtype: PackTensor['dtype'],
    shape: number[],
    length: number,
    blocks: Pick<PackTensor, 'bits' | 'block'> = {},
  ): (chunk: Uint8Array) => void {
    if (this.#shard && this.#shard.bytes + length + ALIGN > SHARD_BYTES) this.closeShard();
    this.#shard ??= this.#openShard();
    const shard = this.#shard;
    const padding = (ALIGN - (shard.bytes % ALIGN)) % ALIGN;
    if (padding) this.#append(shard, new Uint8Array(padding));
    this.tensors[name] = { file: shard.name, offset: shard.bytes, length, dtype, shape, ...blocks };
    let left = length;
    return (chunk) => {
      left -= chunk.byteLength;
      if (left < 0) throw new RangeError(`tensor ${name}: more bytes than announced`);
      this.#append(shard, chunk);
    };
  }

  add(name: string, shape: number[], data: Uint8Array | Float32Array): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.begin(name, data instanceof Float32Array ? 'float32' : 'uint8', shape, bytes.byteLength)(bytes);
  }

  /** Ends the current shard; the next tensor opens another. */
  closeShard(): void {
    const shard = this.#shard;
    if (!shard) return;
    closeSync(shard.fd);
    this.files[shard.name] = { bytes: shard.bytes, sha256: shard.hash.digest('hex') };
    this.#shard = undefined;
  }

  /** Closes what is open, where the writing ended early. */
  abandon(): void {
    if (this.#shard) closeSync(this.#shard.fd);
    this.#shard = undefined;
  }

  file(name: string, content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
    writeFileSync(join(this.dir, name), bytes);
    this.files[name] = { bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') };
  }

  #openShard(): Shard {
    const name = `${this.#stem}-${String(this.#shards++).padStart(2, '0')}.bin`;
    return { name, fd: openSync(join(this.dir, name), 'w'), bytes: 0, hash: createHash('sha256') };
  }

  #append(shard: Shard, chunk: Uint8Array): void {
    let done = 0;
    while (done < chunk.byteLength) done += writeSync(shard.fd, chunk, done);
    shard.hash.update(chunk);
    shard.bytes += chunk.byteLength;
  }
}
