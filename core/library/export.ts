/** A model's folder, copied to where a person can take it along. */
import { existsSync, statSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { failure, reasonOf } from '../contract/result.ts';
import { freeOn } from '../hub/index.ts';
import type { Found } from './packs.ts';

/** Kept free in any case. */
const MARGIN = 50e6;

/**
 * @param folder where the copy goes, as a folder named by the model's id
 * @returns the copy's path; it is there whole or not at all
 * @throws MezzotintError `not-found`, `conflict` where something of that name is there, `store-failed`
 */
export async function exportPack({ dir, model }: Found, folder: string): Promise<string> {
  if (!(statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false))
    throw failure('library.export-folder', { folder });
  const target = path.join(folder, model.id);
  if (existsSync(target)) throw failure('library.export-exists', { path: target });
  const free = freeOn(folder);
  if (free !== null && model.bytes + MARGIN > free)
    throw failure('library.export-no-room', { needed: model.bytes, free });
  const partial = `${target}.part-${process.pid}`;
  try {
    await cp(dir, partial, { recursive: true, errorOnExist: true, force: false });
    await rename(partial, target);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    throw failure('library.export-failed', { reason: reasonOf(cause) }, { file: target, cause });
  }
  return target;
}
