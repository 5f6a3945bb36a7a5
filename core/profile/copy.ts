/** Copies a data folder that no process has open, file by file, and compares what was written. The source is only read. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { failure, MezzotintError, reasonOf } from '../contract/result.ts';
import { makeFolder, makePrivate, refuseLongPath } from '../store/index.ts';

/** What is the person's in a data folder: the database and its log, backups, what was set aside. Not the window's own files. */
const isOurs = (name: string): boolean => /^(mezzotint\.db(-wal)?|mezzotint-.*\.db(-wal|-journal)?)$/.test(name);

function filesIn(folder: string): string[] {
  const inside = (sub: string): string[] =>
    existsSync(path.join(folder, sub))
      ? readdirSync(path.join(folder, sub))
          .filter(isOurs)
          .map((name) => path.join(sub, name))
      : [];
  // the database last: a folder with one in it holds everything
  return [
    ...inside('backups'),
    ...inside('').sort((a, b) => Number(a.startsWith('mezzotint.db')) - Number(b.startsWith('mezzotint.db'))),
  ].filter((name) => statSync(path.join(folder, name)).isFile());
}
export const bytesIn = (folder: string): number =>
  filesIn(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
/** Bytes that the disk of a folder has left; null where it does not say. */
export function roomIn(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The folder itself and those above it, links resolved; what is not there yet is named as it would be. */
function pathUp(folder: string): string[] {
  const above = path.dirname(folder);
  if (existsSync(folder)) {
    const real = realpathSync.native(folder);
    const all = [real];
    for (let at = real; path.dirname(at) !== at; at = path.dirname(at)) all.push(path.dirname(at));
    return all;
  }
  return above === folder ? [folder] : [folder, ...pathUp(above)];
}
/** Whether two paths lead to one folder, by whatever links, mounts or spellings. */
function isSame(a: string, b: string): boolean {
  if (a === b) return true;
  const [one, other] = [a, b].map((folder) => statSync(folder, { throwIfNoEntry: false, bigint: true }));
  return one !== undefined && other !== undefined && one.ino !== 0n && one.ino === other.ino && one.dev === other.dev;
}
/** Whether `folder` is `other` or lies within it. */
export const isWithin = (folder: string, other: string): boolean =>
  pathUp(folder).some((above) => isSame(above, other));

/**
 * The folder that data moved to `chosen` comes to lie in: that folder where it is new or empty (or holds what an interrupted move
 * left), else one named Mezzotint within it.
 * @throws MezzotintError bad-request where that is not possible
 */
export function targetIn(chosen: string, current: string): string {
  if (!path.isAbsolute(chosen)) throw failure('profile.not-absolute');
  const free = (folder: string): boolean =>
    !existsSync(folder) ||
    (statSync(folder).isDirectory() &&
      readdirSync(folder).every(
        (name) => name === 'backups' || name.endsWith('.part') || (isOurs(name) && !name.startsWith('mezzotint.db')),
      ));
  const wanted = path.resolve(chosen);
  const target = free(wanted) ? wanted : path.join(wanted, 'Mezzotint');
  refuseLongPath(target);
  if (isWithin(target, current)) throw failure('profile.same-folder', {}, { file: target });
  if (!free(target)) throw failure('profile.folder-not-empty', {}, { file: target });
  return target;
}

/** @throws MezzotintError store-failed; what was written by then does no harm: without its database the folder is taken for empty */
export async function copyData(from: string, to: string): Promise<void> {
  try {
    const needed = bytesIn(from);
    makeFolder(path.join(to, 'backups'));
    const room = roomIn(to);
    if (room !== null && room < needed) throw failure('profile.no-room', { needed, free: room }, { file: to });
    for (const name of filesIn(from)) {
      const target = path.join(to, name);
      const partial = `${target}.part`;
      await rm(partial, { force: true });
      await copyFile(path.join(from, name), partial);
      makePrivate(partial);
      const handle = await open(partial, 'r+');
      await handle.sync().finally(() => handle.close());
      if ((await hashOf(partial)) !== (await hashOf(path.join(from, name))))
        throw failure('profile.copy-differs', {}, { file: target });
      await rename(partial, target);
    }
  } catch (cause) {
    if (cause instanceof MezzotintError) throw cause;
    throw failure('profile.copy-failed', { reason: reasonOf(cause) }, { file: to, cause });
  }
}
