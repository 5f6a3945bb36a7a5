/** Folders copied onto another disk, and compared. On the same disk no byte is copied: the copy is a second name of each file. */
import { createHash } from 'node:crypto';
import { createReadStream, linkSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '../contract/result.ts';
import { INTEGER_FILES } from '../model/integer-plan.ts';

export interface CopyWork {
  signal: AbortSignal;
  onBytes: (bytes: number) => void;
}
const PIECE = 1 << 20;

/** Regular files of a folder, at any depth, as paths within it, with their bytes; not what was laid out for this machine, which is made again. */
export const filesIn = (folder: string): { name: string; bytes: number }[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith(INTEGER_FILES))
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return { name: path.relative(folder, file), bytes: statSync(file).size };
    });

/** @throws MezzotintError where the copy differs; what the system says; the signal's reason */
export async function copyFolder(from: string, to: string, { signal, onBytes }: CopyWork): Promise<void> {
  mkdirSync(to, { mode: 0o700 });
  for (const { name, bytes } of filesIn(from)) {
    signal.throwIfAborted();
    const target = path.join(to, name);
    mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
    if (isLinked(path.join(from, name), target)) onBytes(bytes);
    else await copyFile(path.join(from, name), target, { signal, onBytes });
    // a file that takes no time still lets others have their turn
    await new Promise((resolve) => setImmediate(resolve));
  }
}
function isLinked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false; // another disk, or one without second names
  }
}
async function copyFile(from: string, to: string, { signal, onBytes }: CopyWork): Promise<void> {
  const hash = createHash('sha256');
  const out = await open(to, 'wx', 0o600);
  try {
    for await (const piece of createReadStream(from, { highWaterMark: PIECE, signal })) {
      hash.update(piece as Buffer);
      await out.writeFile(piece as Buffer);
      onBytes((piece as Buffer).byteLength);
    }
    await out.sync();
  } finally {
    await out.close();
  }
  if ((await hashOf(to, signal)) !== hash.digest('hex'))
    throw failure('library.move-differs', { name: path.basename(path.dirname(to)) }, { file: to });
}
async function hashOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, { highWaterMark: PIECE, signal })) hash.update(piece as Buffer);
  return hash.digest('hex');
}
/** Whether two folders hold the same files. What was noted of their checks says nothing. */
export async function isSameFolder(one: string, other: string, signal: AbortSignal): Promise<boolean> {
  const listed = (folder: string): string =>
    JSON.stringify(
      filesIn(folder)
        .filter(({ name }) => name !== '.verified.json')
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  if (listed(one) !== listed(other)) return false;
  for (const { name } of filesIn(one)) {
    if (name === '.verified.json') continue;
    const [a, b] = [await hashOf(path.join(one, name), signal), await hashOf(path.join(other, name), signal)];
    if (a !== b) return false;
  }
  return true;
}
