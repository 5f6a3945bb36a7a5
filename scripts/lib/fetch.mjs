/**
 * Runtimes that the scripts fetch from npm, each pinned by version and by the hash of its archive. What has another hash is
 * refused, wherever it came from: a mirror, a proxy, a cache.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { cacheDir, npm, readJson, writeJson } from './common.mjs';

/** @returns {Promise<string>} the file's hash as npm writes it: `sha512-…` */
export async function integrityOf(file) {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return `sha512-${hash.digest('base64')}`;
}

const stampOf = (folder) => `${folder}.pinned.json`;
/** True where the folder was unpacked from this very archive. */
export const isPinned = (folder, { name, version, integrity }) => {
  const stamp = readJson(stampOf(folder));
  return existsSync(folder) && stamp?.name === name && stamp?.version === version && stamp?.integrity === integrity;
};

const npmPack = (spec, cwd) => npm(['pack', spec, '--silent'], { cwd });
export const untar = (archive, into) => {
  mkdirSync(into, { recursive: true });
  return spawnSync('tar', ['xzf', archive, '-C', into], { stdio: 'ignore' }).status === 0;
};

/**
 * Fetches a pinned package and puts what `prepare` makes of it in `folder`, whole or not at all.
 * @param {{name: string, version: string, integrity: string}} pinned
 * @param {string} folder
 * @param {(unpacked: string) => string} prepare given the unpacked package; returns the folder to keep
 * @returns {Promise<string | null>} why it could not be had; null where it is there
 */
export async function fetchPinned(pinned, folder, prepare = (unpacked) => unpacked, pack = npmPack) {
  const { name, version, integrity } = pinned;
  if (isPinned(folder, pinned)) return null;
  mkdirSync(cacheDir, { recursive: true });
  const work = mkdtempSync(path.join(cacheDir, 'fetch-'));
  try {
    if ((await pack(`${name}@${version}`, work)) !== 0) return `npm could not fetch ${name}`;
    const archive = readdirSync(work).find((file) => file.endsWith('.tgz'));
    if (!archive) return `npm could not fetch ${name}`;
    const found = await integrityOf(path.join(work, archive));
    if (found !== integrity)
      return `${name} ${version} is not the archive that was expected (its hash is ${found}); nothing of it is used`;
    if (!untar(path.join(work, archive), work)) return `${name} could not be unpacked`;
    const made = prepare(path.join(work, 'package'));
    rmSync(stampOf(folder), { force: true });
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(path.dirname(folder), { recursive: true });
    renameSync(made, folder);
    writeJson(stampOf(folder), { name, version, integrity });
    return null;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
