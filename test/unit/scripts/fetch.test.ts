/** What the scripts fetch is pinned by its archive's hash. The archives here are made by tar, as npm's are. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inRoot } from '../../../scripts/lib/common.mjs';
import { fetchPinned, integrityOf, isPinned, type Pinned } from '../../../scripts/lib/fetch.mjs';
import { nodePackages } from '../../../scripts/lib/ready.mjs';
import { STAND_IN } from '../../../scripts/lib/test-runtimes.mjs';

let dir: string;
beforeEach(() => {
  mkdirSync(inRoot('test-results'), { recursive: true });
  dir = mkdtempSync(path.join(inRoot('test-results'), 'fetch-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** An archive of a package that says these words. */
function archive(words: string): string {
  const folder = mkdtempSync(path.join(dir, 'package-'));
  mkdirSync(path.join(folder, 'package'));
  writeFileSync(path.join(folder, 'package', 'words.txt'), words);
  const file = path.join(folder, 'it-1.0.0.tgz');
  expect(spawnSync('tar', ['czf', file, '-C', folder, 'package']).status).toBe(0);
  return file;
}
const giving =
  (file: string) =>
  (_spec: string, cwd: string): number => {
    writeFileSync(path.join(cwd, path.basename(file)), readFileSync(file));
    return 0;
  };
const pinnedTo = async (file: string): Promise<Pinned> => ({
  name: 'it',
  version: '1.0.0',
  integrity: await integrityOf(file),
});

describe('a pinned package', () => {
  it('is unpacked where its archive has the hash that was pinned, once', async () => {
    const file = archive('right');
    const pinned = await pinnedTo(file);
    const folder = path.join(dir, 'there');
    expect(await fetchPinned(pinned, folder, undefined, giving(file))).toBeNull();
    expect(readFileSync(path.join(folder, 'words.txt'), 'utf8')).toBe('right');
    expect(await fetchPinned(pinned, folder, undefined, () => Promise.reject(new Error('asked again')))).toBeNull();
  });
  it('is refused where it has another, and what was there stays', async () => {
    const pinned = await pinnedTo(archive('right'));
    const folder = path.join(dir, 'there');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'old.txt'), 'old');
    const trouble = await fetchPinned(
      pinned,
      folder,
      () => expect.unreachable('it was unpacked'),
      giving(archive('wrong')),
    );
    expect(trouble).toContain('is not the archive that was expected');
    expect(readdirSync(folder)).toEqual(['old.txt']);
    expect(isPinned(folder, pinned)).toBe(false);
  });
  it('that lies there unverified, or of another version, is fetched again', async () => {
    const file = archive('right');
    const pinned = await pinnedTo(file);
    const folder = path.join(dir, 'there');
    mkdirSync(folder);
    expect(isPinned(folder, pinned)).toBe(false);
    expect(await fetchPinned(pinned, folder, undefined, giving(file))).toBeNull();
    expect(isPinned(folder, { ...pinned, version: '1.0.1' })).toBe(false);
  });
  it('says that npm could not fetch it', async () => {
    expect(await fetchPinned(await pinnedTo(archive('right')), path.join(dir, 'there'), undefined, () => 1)).toContain(
      'npm could not fetch it',
    );
    expect(existsSync(path.join(dir, 'there'))).toBe(false);
  });
});

describe('everything that the scripts fetch', () => {
  it('is pinned by version and hash', () => {
    for (const { version, integrity } of [...Object.values(nodePackages), STAND_IN]) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(integrity).toMatch(/^sha512-[\w+/]{86}==$/);
    }
  });
  it('from a lock has a hash for each package, and no registry’s address', () => {
    for (const lock of ['package-lock.json', path.join('test', 'bench', 'peer', 'package-lock.json')]) {
      const { packages } = JSON.parse(readFileSync(inRoot(lock), 'utf8')) as {
        packages: Record<string, { integrity?: string; resolved?: string; link?: boolean }>;
      };
      expect(
        Object.entries(packages).filter(
          ([where, { integrity, link }]) => where !== '' && !link && !integrity?.startsWith('sha512-'),
        ),
      ).toEqual([]);
      expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
    }
  });
  it('is fetched in no other way: no script installs or runs a package by its name', () => {
    const scripts = readdirSync(inRoot('scripts'), { recursive: true, encoding: 'utf8' }).filter(
      (name) => /\.(mjs|ts)$/.test(name) && !name.endsWith('.d.mts'),
    );
    const found = scripts.flatMap((name) =>
      [...readFileSync(inRoot('scripts', name), 'utf8').matchAll(/npm\(\['(\w+)'|\bnpx\b|\bcurl\b|\bwget\b/g)].map(
        ([call, verb]) => `${name}: ${verb ?? call}`,
      ),
    );
    expect(found.sort()).toEqual(['lib/fetch.mjs: pack', 'lib/ready.mjs: ci', 'run.mjs: ci']);
  });
});
