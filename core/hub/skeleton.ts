/**
 * What a checkpoint says of itself, before its weights are fetched: its texts, and files of weights of which only the header
 * is there, at their full length but with no bytes behind it. The importer's own checks read it as they read any folder.
 */
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { gguf } from '@huggingface/gguf';
import { failure } from '../contract/result.ts';
import type { Connection } from './connection.ts';
import { addressOf, disk, PART } from './fetch-file.ts';
import { isWeights, type RemoteFile, type RemoteRepository } from './repository.ts';

/** The first request for a header; headers of ordinary shards are far smaller. */
const FIRST = 1 << 19;
const MOST_HEADER = 100 * 1024 * 1024;
/** GGUF headers hold the vocabulary. */
const FIRST_GGUF = 8 << 20;
const MOST_GGUF = 256 * 1024 * 1024;

/**
 * @param texts the folder of the small files, fetched already @param under an empty folder, for the skeleton alone
 * @returns the path to check: the folder, or the GGUF file in it
 */
export async function layOutSkeleton(
  connection: Connection,
  repository: RemoteRepository,
  texts: string,
  under: string,
  signal: AbortSignal,
): Promise<string> {
  const dir = path.join(under, repository.repository.split('/')[1] as string);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(texts))
    if (!name.endsWith(PART) && !isWeights({ path: name })) cpSync(path.join(texts, name), path.join(dir, name));
  const weights = repository.files.filter(isWeights);
  for (const file of weights) {
    const target = path.join(dir, file.path);
    if (file.path.endsWith('.gguf')) await ggufHeader(connection, repository, file, target, signal);
    else {
      const head = await firstBytes(connection, repository, file, FIRST, signal);
      const length = head.length >= 8 ? Number(head.readBigUInt64LE()) + 8 : 0;
      const header =
        length > head.length && length <= MOST_HEADER
          ? await firstBytes(connection, repository, file, length, signal)
          : head;
      await writeSparse(target, header, file.bytes);
    }
  }
  const ggufs = weights.filter(({ path: name }) => name.endsWith('.gguf'));
  return ggufs[0] ? path.join(dir, ggufs[0].path) : dir;
}

async function ggufHeader(
  connection: Connection,
  repository: RemoteRepository,
  file: RemoteFile,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  for (let length = FIRST_GGUF; ; length *= 4) {
    const head = await firstBytes(connection, repository, file, length, signal);
    await writeSparse(target, head, head.length);
    const whole = await gguf(target, { allowLocalFile: true }).then(
      () => true,
      () => false,
    );
    if (whole || head.length >= file.bytes || length >= MOST_GGUF) return writeSparse(target, head, file.bytes);
  }
}

const writeSparse = (target: string, head: Uint8Array, length: number): Promise<void> =>
  disk(target, async () => {
    const handle = await open(target, 'w', 0o600);
    try {
      await handle.write(head, 0, Math.min(head.byteLength, length), 0);
      await handle.truncate(length);
    } finally {
      await handle.close();
    }
  });

/** The first bytes of a file: so many, or all that it has. */
async function firstBytes(
  connection: Connection,
  repository: RemoteRepository,
  file: RemoteFile,
  length: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const wanted = Math.min(length, file.bytes);
  if (wanted === 0) return Buffer.alloc(0);
  for (let n = 1; ; n++) {
    const { response } = await connection.get(
      addressOf(connection.endpoint, repository, file),
      { range: `bytes=0-${wanted - 1}`, 'accept-encoding': 'identity' },
      signal,
      repository.repository,
    );
    const chunks: Uint8Array[] = [];
    let come = 0;
    const reader = response.body?.getReader();
    try {
      while (reader && come < wanted) {
        const { done, value } = await reader.read();
        if (done) break;
        chunks.push(value);
        come += value.byteLength;
      }
    } catch {
      signal.throwIfAborted();
    }
    void reader?.cancel().catch(() => undefined); // a server without ranges sends all of it
    if (come >= wanted) return Buffer.concat(chunks).subarray(0, wanted);
    if (n >= connection.tries) throw failure('hub.header-cut', { file: file.path });
    await connection.pause(n, signal);
  }
}
