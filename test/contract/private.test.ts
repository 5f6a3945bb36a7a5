/** Others on the same machine: what lies in a data folder is for its owner alone, whatever the umask says. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DriverName } from '../../core/store/db/driver.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { openHost } from '../../core/app/host.ts';
import { FakeEngine } from '../fixtures/fake-engine.ts';
import { fill } from '../fixtures/filled-store.ts';

const NOBODY = 65_534;
let root: string;
let home: string;
let umask: number;
const open: { close(): unknown }[] = [];
beforeEach(() => {
  umask = process.umask();
  root = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-private-'));
  // others may come this far
  chmodSync(root, 0o755);
  home = path.join(root, 'data', 'home');
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  process.umask(umask);
  rmSync(root, { recursive: true, force: true });
});

function store(driver: DriverName = 'better-sqlite3', dataDir = home): Store {
  const result = openStore({ dataDir, driver });
  if (!result.ok) throw new Error(result.error.message);
  open.push(result.value.store);
  return result.value.store;
}
const everything = (folder: string): string[] => [
  folder,
  ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name)),
];
const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);
/** Each file and folder that others may look into. */
function readableIn(folder: string): string[] {
  return everything(folder).filter((file) => modeOf(file) !== (lstatSync(file).isDirectory() ? '700' : '600'));
}
/** What another account on this machine reads of it; only root can ask. */
function readByOthers(folder: string): string[] {
  if (process.getuid?.() !== 0) return [];
  return everything(folder).filter((file) => {
    const [program, ...args] = lstatSync(file).isDirectory() ? ['ls', file] : ['head', '-c', '1', file];
    return spawnSync(program ?? '', args, { uid: NOBODY, gid: NOBODY, cwd: '/' }).status === 0;
  });
}

describe.skipIf(process.platform === 'win32')('a data folder', () => {
  it.skipIf(process.getuid?.() !== 0)(
    'is looked into by another account in this test: what is open to it is found',
    () => {
      const file = path.join(root, 'open.txt');
      writeFileSync(file, 'words');
      chmodSync(file, 0o644);
      expect(readByOthers(root)).toEqual([root, file]);
    },
  );

  it.each([0o000, 0o022, 0o077, 0o277])(
    'is closed to others while the app runs and afterwards, with a umask of %o',
    async (mask) => {
      process.umask(mask);
      const service = openHost({
        home,
        packDir: '',
        spawnEngine: new FakeEngine().spawn,
        openExternal: () => Promise.resolve(),
        version: '0',
        runtime: 'browser',
        schedule: { firstAfterMs: 1e9 },
      });
      open.push(service);
      const { handlers } = service;
      expect(readableIn(path.join(root, 'data'))).toEqual([]);
      await handlers['drafts.keep']({ conversationId: null, draft: 'unsent words' });
      const { name } = await handlers['backup.now']({});
      await handlers['backup.merge']({ name });
      await handlers['backup.restore']({ name });
      await handlers['data.switch']({ folder: home });
      await handlers['data.move']({ folder: path.join(root, 'data', 'moved', 'here') });
      expect(everything(path.join(root, 'data')).filter((file) => file.endsWith('.db')).length).toBe(5);
      expect(everything(path.join(root, 'data')).some((file) => file.endsWith('-wal'))).toBe(true);
      expect(readableIn(path.join(root, 'data'))).toEqual([]);
      expect(readByOthers(path.join(root, 'data'))).toEqual([]);
      await service.close();
      expect(readableIn(path.join(root, 'data'))).toEqual([]);
    },
  );

  it.each<DriverName>(['better-sqlite3', 'libsql'])(
    'is closed to others after a damaged database was mended, with %s',
    async (driver) => {
      process.umask(0);
      const first = store(driver);
      fill(first, 0, 8);
      await first.backups.take('asked');
      first.close();
      truncateSync(path.join(home, 'mezzotint.db'), 40_000);
      const mended = store(driver);
      expect(readdirSync(home).some((file) => file.startsWith('mezzotint-damaged'))).toBe(true);
      expect(readableIn(home)).toEqual([]);
      mended.close();
      expect(readableIn(home)).toEqual([]);
    },
  );

  it('of an older version, open to all, is closed at the next start: backups, profiles and all', async () => {
    const first = store();
    fill(first, 0, 2);
    const { file } = await first.backups.take('asked');
    first.close();
    const profile = path.join(home, 'profiles', '2026-11-01T1200');
    mkdirSync(path.join(profile, 'backups'), { recursive: true });
    copyFileSync(file, path.join(profile, 'mezzotint.db'));
    copyFileSync(file, path.join(profile, 'backups', path.basename(file)));
    writeFileSync(path.join(home, 'location.json'), JSON.stringify({ version: 1, current: home, known: [home] }));
    writeFileSync(path.join(home, 'mezzotint-damaged-20261101-000000-000.db'), 'words');
    for (const one of everything(home)) chmodSync(one, lstatSync(one).isDirectory() ? 0o755 : 0o644);
    store();
    expect(readableIn(home)).toEqual([]);
    expect(readByOthers(home)).toEqual([]);
  });

  it('that was left for another one is closed too, at each start', async () => {
    const first = openHost({
      home,
      packDir: '',
      spawnEngine: new FakeEngine().spawn,
      openExternal: () => Promise.resolve(),
      version: '0',
      runtime: 'browser',
      schedule: { firstAfterMs: 1e9 },
    });
    await first.handlers['data.move']({ folder: path.join(root, 'data', 'moved') });
    await first.close();
    for (const one of everything(home)) chmodSync(one, lstatSync(one).isDirectory() ? 0o755 : 0o644);
    open.push(
      openHost({
        home,
        packDir: '',
        spawnEngine: new FakeEngine().spawn,
        openExternal: () => Promise.resolve(),
        version: '0',
        runtime: 'browser',
        schedule: { firstAfterMs: 1e9 },
      }),
    );
    expect(readableIn(path.join(root, 'data'))).toEqual([]);
  });

  it('that holds other things keeps its mode, and theirs; only what the app writes is closed', () => {
    mkdirSync(path.join(home, 'pictures'), { recursive: true });
    writeFileSync(path.join(home, 'letter.txt'), 'Dear Ada');
    writeFileSync(path.join(home, 'pictures', 'mezzotint.db.png'), '');
    for (const name of ['', 'pictures']) chmodSync(path.join(home, name), 0o755);
    for (const name of ['letter.txt', 'pictures/mezzotint.db.png']) chmodSync(path.join(home, name), 0o644);
    fill(store(), 0, 1);
    expect(
      ['', 'pictures', 'letter.txt', 'pictures/mezzotint.db.png'].map((name) => modeOf(path.join(home, name))),
    ).toEqual(['755', '755', '644', '644']);
    const ours = readdirSync(home).filter((name) => name.startsWith('mezzotint'));
    expect(ours).toContain('mezzotint.db-wal');
    expect(ours.map((name) => modeOf(path.join(home, name)))).toEqual(ours.map(() => '600'));
    if (process.getuid?.() === 0)
      expect(readByOthers(home).sort()).toEqual(
        [
          home,
          path.join(home, 'letter.txt'),
          path.join(home, 'pictures'),
          path.join(home, 'pictures', 'mezzotint.db.png'),
        ].sort(),
      );
  });
});
