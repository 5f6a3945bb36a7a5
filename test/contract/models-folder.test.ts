/** The folder of models: chosen, shared, moved, killed at each moment, and gone with its disk. Real packs, real folders, real processes. */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openHost } from '../../core/app/host.ts';
import type { FolderMove } from '../../core/contract/model-folder.ts';
import type { AppError } from '../../core/contract/result.ts';
import { openPack } from '../../core/engine/pack.ts';
import { childEngine } from '../../core/engines/index.ts';
import { dropFetch, holdFetch } from '../../core/hub/index.ts';
import { Library, Mover } from '../../core/library/index.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';
import { packDir } from '../fixtures/engine-under-test.ts';

const root = mkdtempSync(path.join(tmpdir(), 'mezzotint-folder-'));
/** Another disk, where this machine has one at hand. */
const shared = '/dev/shm';
const otherDisk =
  existsSync(shared) && statSync(shared).dev !== statSync(root).dev
    ? mkdtempSync(path.join(shared, 'mezzotint-'))
    : null;
afterAll(() => {
  for (const folder of [root, otherDisk]) if (folder !== null) rmSync(folder, { recursive: true, force: true });
});
const engine = childEngine(path.join(import.meta.dirname, '../../core/engine/entry.ts'));
const BUILT_IN = 'smollm2-135m-instruct';
let made = '';
let homes = 0;
let home = '';
let away: AppError[] = [];

beforeAll(async () => {
  const first = path.join(root, 'made');
  const library = new Library({ home: first, builtIn: packDir, spawn: engine });
  const job = await library.imported(
    { path: path.join(goldens, 'sdar') },
    'JetLM/SDAR-1.7B-Chat',
    new AbortController().signal,
  );
  made = path.join(library.folder, job?.id ?? '');
});
beforeEach(() => {
  home = path.join(root, `home-${homes++}`);
  away = [];
});
/** Packs of these names in a folder of models. */
function put(folder: string, ...names: string[]): void {
  for (const name of names) {
    cpSync(made, path.join(folder, name), { recursive: true });
    const manifest = path.join(folder, name, 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"name":"[^"]*"/, `"name":"${name}"`));
  }
}
interface Opened {
  library: Library;
  mover: Mover;
  ids: () => string[];
  moves: FolderMove[];
}
function open(at = home, options: Partial<ConstructorParameters<typeof Mover>[0]> = {}, loaded?: string): Opened {
  const moves: FolderMove[] = [];
  const library: Library = new Library({
    home: at,
    builtIn: packDir,
    spawn: engine,
    onAway: (error) => away.push(error),
    ...(loaded === undefined ? {} : { loadedDir: () => path.join(library.folder, loaded) }),
    onChange: ({ move }) => move && moves.push(move),
  });
  const ids = (): string[] => library.list().models.flatMap(({ id, builtIn }) => (builtIn ? [] : [id]));
  return { library, mover: new Mover({ library, ...options }), ids, moves };
}
const filesOf = (folder: string): string[] =>
  existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]).sort() : [];
const whole = async (folder: string, id: string): Promise<boolean> =>
  openPack(path.join(folder, id), true).then(
    () => true,
    () => false,
  );

describe('a folder for models', () => {
  test('is refused before anything is written where models would not be safe, each in words of its own', async () => {
    put(path.join(home, 'models'), 'one');
    const { mover, library } = open();
    const file = path.join(root, 'a-file');
    writeFileSync(file, '');
    const linked = path.join(root, `link-${homes}`);
    symlinkSync(path.join(home, 'models'), linked);
    const otherData = path.join(root, `other-${homes}`);
    mkdirSync(path.join(otherData, 'models'), { recursive: true });
    writeFileSync(path.join(otherData, 'mezzotint.db'), '');
    for (const [folder, id] of [
      ['models', 'library.folder-not-absolute'],
      ['m'.repeat(300), 'library.folder-not-absolute'],
      [path.join(root, 'm'.repeat(300)), 'library.folder-read-only'],
      [file, 'library.folder-is-file'],
      [path.join(root, 'nowhere', 'models'), 'library.folder-above-missing'],
      [path.join(path.dirname(packDir), 'mine'), 'library.folder-in-app'],
      [path.join(path.dirname(process.execPath), 'mine'), 'library.folder-in-app'],
      [path.join(home, 'models', 'one'), 'library.folder-in-models'],
      [path.join(linked, 'mine'), 'library.folder-in-models'],
      [path.join(home, 'mine'), 'library.folder-in-data'],
      [path.join(otherData, 'mine'), 'library.folder-in-data'],
      [linked, 'library.folder-same'],
      [null, 'library.folder-same'],
    ] as const) {
      const before = filesOf(root).filter((name) => !name.includes('manifest'));
      await expect(mover.plan(folder), String(folder)).rejects.toMatchObject({ id });
      await expect(mover.change({ folder, what: 'move' }), String(folder)).rejects.toMatchObject({ id });
      expect(filesOf(root).filter((name) => !name.includes('manifest'))).toEqual(before);
    }
    expect(library.state).toMatchObject({ usualFolder: true, away: null, move: null });
    // another profile's own folder of models can be shared
    expect(await mover.plan(path.join(otherData, 'models'))).toMatchObject({ folder: path.join(otherData, 'models') });
  });

  test.skipIf(process.getuid?.() === 0)('that is read-only is refused', async () => {
    const { mover } = open();
    const folder = path.join(root, 'read-only');
    mkdirSync(folder, { mode: 0o500 });
    await expect(mover.plan(folder)).rejects.toMatchObject({ id: 'library.folder-read-only' });
  });

  test('holds what is imported and fetched from then on; what lay elsewhere is left, and is there on the way back', async () => {
    put(path.join(home, 'models'), 'one');
    const { library, mover, ids } = open();
    const folder = path.join(root, `new-${homes}`);
    expect(await mover.plan(folder)).toMatchObject({ folder, usual: false, there: [], models: 1 });
    expect(existsSync(folder)).toBe(false);
    const state = await mover.change({ folder, what: 'leave' });
    expect(state).toMatchObject({ folder, usualFolder: false, move: null });
    expect(ids()).toEqual([]);
    expect(library.place.downloads).toBe(path.join(folder, '.downloads'));
    const job = await library.imported({ path: path.join(goldens, 'sdar') }, 'a/b', new AbortController().signal);
    expect(ids()).toEqual([job?.id]);
    library.use(job?.id as string);
    // another start, and the way back
    expect(open().library.state).toMatchObject({ folder, current: job?.id });
    await mover.change({ folder: null, what: 'leave' });
    expect(open().ids()).toEqual(['one']);
    expect(existsSync(path.join(folder, job?.id as string))).toBe(true);
  });

  test('with other things in it gets a folder of its own; one with models shows them', async () => {
    const { mover, ids } = open();
    const full = path.join(root, `full-${homes}`);
    mkdirSync(full);
    writeFileSync(path.join(full, 'letter.txt'), 'Dear');
    const { folder } = await mover.change({ folder: full, what: 'leave' });
    expect(folder).toBe(path.join(full, 'Mezzotint models'));
    put(folder, 'theirs');
    expect(ids()).toEqual(['theirs']);
    // a second profile that names either
    const other = open(path.join(root, `second-${homes}`));
    expect(await other.mover.plan(full)).toMatchObject({ folder, there: ['theirs'] });
    await other.mover.change({ folder: full, what: 'leave' });
    expect(other.ids()).toEqual(['theirs']);
    // which one answers is each profile's own
    other.library.use('theirs');
    expect(open().library.state.current).toBe(BUILT_IN);
  });
});

describe('a move', () => {
  const places = [['on one disk', () => path.join(root, `to-${homes}`)]] as [string, () => string][];
  if (otherDisk !== null) places.push(['to another disk', () => path.join(otherDisk, `to-${homes}`)]);
  test.each(places)('%s carries models, downloads and the choice, and nothing is left behind', async (_name, place) => {
    put(path.join(home, 'models'), 'one', 'two');
    const begun = path.join(home, 'downloads', 'org--name');
    mkdirSync(path.join(begun, 'partial', 'name'), { recursive: true });
    const file = { path: 'w.bin', bytes: 9, sha256: null, gitHash: null };
    writeFileSync(
      path.join(begun, 'fetch.json'),
      JSON.stringify({
        version: 1,
        repository: 'org/name',
        revision: 'main',
        commit: 'c',
        licence: null,
        gated: false,
        files: [file],
      }),
    );
    writeFileSync(path.join(begun, 'partial', 'name', 'w.bin.part'), 'four');
    const { library, mover, ids, moves } = open();
    library.use('two');
    const folder = place();
    await mover.change({ folder, what: 'move' });
    await mover.ended();
    expect(moves.map(({ stage }) => stage)).toEqual(expect.arrayContaining(['copying', 'ending', 'done']));
    expect(library.state).toMatchObject({ folder, current: 'two', move: { stage: 'done', stayed: [] } });
    expect(ids()).toEqual(['one', 'two']);
    expect(await whole(folder, 'two')).toBe(true);
    expect(filesOf(path.join(home, 'models')).filter((name) => !name.endsWith('.json'))).toEqual([]);
    expect(readdirSync(path.join(home, 'downloads'))).toEqual([]);
    expect(readFileSync(path.join(folder, '.downloads/org--name/partial/name/w.bin.part'), 'utf8')).toBe('four');
    expect(existsSync(path.join(home, 'models-move.json'))).toBe(false);
    expect(open().library.state).toMatchObject({ folder, current: 'two' });
    // and back again
    await mover.change({ folder: null, what: 'move' });
    await mover.ended();
    expect(open().library.state).toMatchObject({ usualFolder: true, current: 'two' });
    expect(existsSync(path.join(home, 'downloads/org--name/fetch.json'))).toBe(true);
  });

  test('to a folder that holds the same model keeps one; another of that name gets a name of its own', async () => {
    put(path.join(home, 'models'), 'same', 'other');
    const folder = path.join(root, `held-${homes}`);
    put(folder, 'same', 'other');
    writeFileSync(path.join(folder, 'other', 'more.txt'), 'different');
    const { library, mover, ids } = open();
    library.use('other');
    await mover.change({ folder, what: 'move' });
    await mover.ended();
    expect(ids()).toEqual(['other', 'other-2', 'same']);
    expect(library.state.current).toBe('other-2');
    expect(open().library.state.current).toBe('other-2');
  });

  test('that is cancelled leaves nothing there, and a disk without room is refused before a byte is written', async () => {
    put(path.join(home, 'models'), 'one', 'two');
    let go: () => void = () => undefined;
    const { library, mover, ids } = open(home, { quiet: () => new Promise((resolve) => (go = resolve)) });
    const folder = path.join(root, `cancelled-${homes}`);
    await mover.change({ folder, what: 'move' });
    // nothing else changes the models meanwhile
    await expect(library.remove('one', true)).rejects.toMatchObject({ id: 'library.moving' });
    await expect(library.import({ path: path.join(goldens, 'sdar') })).rejects.toMatchObject({ id: 'library.moving' });
    await expect(open().library.remove('one', true)).rejects.toMatchObject({ id: 'library.moving' });
    expect((await mover.stop()).move).toBe(null);
    go();
    expect(existsSync(folder)).toBe(false);
    expect(ids()).toEqual(['one', 'two']);
    expect(library.state.usualFolder).toBe(true);
    const full = open(home, { free: () => 1000 });
    if (otherDisk !== null) {
      const there = path.join(otherDisk, `full-${homes}`);
      await expect(full.mover.change({ folder: there, what: 'move' })).rejects.toMatchObject({
        id: 'library.move-no-room',
      });
      expect(existsSync(there)).toBe(false);
    }
  });

  test('killed at any moment leaves every model whole where it is looked for, and the next start takes away the rest', async () => {
    const child = path.join(import.meta.dirname, '../fixtures/move-models.ts');
    for (const at of ['journal 0', 'journal 1', 'journal 2', 'copied 1', 'copied 2', 'named', 'dropped 1'] as const) {
      home = path.join(root, `killed-${homes++}`);
      put(path.join(home, 'models'), 'one', 'two');
      const folder = path.join(root, `killed-to-${homes}`);
      const code = await new Promise<string | number | null>((resolve) =>
        spawn(process.execPath, [child, home, packDir, folder, at], { stdio: 'inherit' }).once(
          'close',
          (status, signal) => resolve(signal ?? status),
        ),
      );
      expect(code, at).toBe('SIGKILL');
      const { library, ids } = open();
      expect(ids(), at).toEqual(['one', 'two']);
      for (const id of ids()) expect(await whole(library.folder, id), `${at}: ${id}`).toBe(true);
      const named = at === 'named' || at === 'dropped 1';
      expect(library.state.usualFolder, at).toBe(!named);
      const rest = named ? path.join(home, 'models') : folder;
      expect(
        filesOf(rest).filter((name) => !name.endsWith('.json')),
        at,
      ).toEqual([]);
      expect(existsSync(path.join(home, 'models-move.json')), at).toBe(false);
    }
  });
});

describe('a disk that is not there', () => {
  test('is told with what to do; the model of the app answers; nothing is written to what stands in its place', async () => {
    const folder = path.join(root, `disk-${homes}`);
    put(folder, 'one');
    const { library, mover, ids } = open();
    await mover.change({ folder, what: 'leave' });
    library.use('one');
    // the disk is taken away, and its empty mount point stays
    renameSync(folder, `${folder}-unplugged`);
    mkdirSync(folder);
    expect(library.currentDir).toBe(packDir);
    expect(away.map(({ id }) => id)).toEqual(['library.folder-away']);
    expect(library.state).toMatchObject({
      current: BUILT_IN,
      away: { message: expect.stringContaining(folder) as string, action: expect.stringContaining('disk') as string },
    });
    const next = open();
    expect(next.library.notices.map(({ id }) => id)).toEqual(['library.folder-away']);
    expect(next.library.state.current).toBe(BUILT_IN);
    for (const library of [open().library, next.library]) {
      expect(() => library.find('one')).toThrow(/not there now/);
      await expect(library.import({ path: path.join(goldens, 'sdar') })).rejects.toMatchObject({
        id: 'library.folder-away',
      });
      await expect(library.remove('one', true)).rejects.toMatchObject({ id: 'library.folder-away' });
      expect(() => library.place.ready()).toThrow(/not there now/);
    }
    await expect(next.mover.change({ folder: null, what: 'move' })).rejects.toMatchObject({
      id: 'library.folder-away',
    });
    // another model can be chosen meanwhile, and is no reason to forget the one on that disk
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
    renameSync(`${folder}-unplugged`, folder);
    expect(ids()).toEqual(['one']);
    expect(library.state).toMatchObject({ current: 'one', away: null });
    expect(next.library.list().current).toBe('one');
  });

  test('does not keep a person from another folder', async () => {
    const folder = path.join(root, `lost-${homes}`);
    put(path.join(home, 'models'), 'one');
    const { mover, ids } = open();
    await mover.change({ folder, what: 'leave' });
    rmSync(folder, { recursive: true });
    expect(ids()).toEqual([]);
    expect(await mover.change({ folder: null, what: 'leave' })).toMatchObject({ away: null, usualFolder: true });
    expect(ids()).toEqual(['one']);
  });

  test('is not mistaken for one: another folder of models in its place is another one', async () => {
    const folder = path.join(root, `swapped-${homes}`);
    const { mover, library } = open();
    await mover.change({ folder, what: 'leave' });
    rmSync(folder, { recursive: true });
    put(folder, 'theirs');
    writeFileSync(path.join(folder, 'mezzotint-models.json'), '{"version":1,"id":"another"}');
    expect(library.list().away?.id).toBe('library.folder-away');
    expect(library.state.models.map(({ id }) => id)).toEqual([BUILT_IN]);
  });

  test('a choice that can not be read is told, and no model is touched', () => {
    put(path.join(home, 'models'), 'one');
    writeFileSync(path.join(home, 'models-folder.json'), '{"version":1,');
    const { library, ids } = open();
    expect(library.notices.map(({ id }) => id)).toEqual(['library.folder-unknown']);
    expect(ids()).toEqual(['one']);
  });
});

describe('two apps with one folder', () => {
  test('a model that the other one uses is not deleted, and stays where it is when models are moved', async () => {
    const folder = path.join(root, `both-${homes}`);
    put(folder, 'one', 'two');
    const mine = open();
    await mine.mover.change({ folder, what: 'leave' });
    const theirs = open(path.join(root, `theirs-${homes}`), {}, 'two');
    await theirs.mover.change({ folder, what: 'leave' });
    theirs.library.changed();
    await expect(mine.library.remove('two', true)).rejects.toMatchObject({ id: 'library.used-elsewhere' });
    await mine.mover.change({ folder: null, what: 'move' });
    await mine.mover.ended();
    expect(mine.library.state.move).toMatchObject({ stage: 'done', stayed: ['two'] });
    expect(mine.ids()).toEqual(['one', 'two']);
    expect(theirs.ids()).toEqual(['two']);
    theirs.library.close();
    await mine.mover.change({ folder, what: 'leave' });
    await mine.library.remove('two', true);
    expect(theirs.ids()).toEqual([]);
  });

  test('what another process or machine works on is no leftover; what nobody works on any more is', () => {
    const folder = path.join(home, 'models');
    const day = new Date(Date.now() - 25 * 3_600_000);
    const names = {
      alive: `.incoming-${process.ppid}-1`,
      gone: '.incoming-999999999-1',
      far: '.incoming-4711-0123abcd-1',
    };
    for (const name of Object.values(names)) mkdirSync(path.join(folder, name, 'model'), { recursive: true });
    open();
    expect(readdirSync(folder).sort()).toEqual([names.alive, names.far].sort());
    // nothing was written there for a day
    for (const file of [path.join(names.far, 'model'), names.far]) utimesSync(path.join(folder, file), day, day);
    open();
    expect(readdirSync(folder)).toEqual([names.alive]);
  });

  test('a download is one process’s at a time: it is not deleted while another one converts it', async () => {
    const root = path.join(home, 'downloads');
    const place = path.join(root, 'org--name');
    mkdirSync(path.join(place, 'whole', 'name'), { recursive: true });
    const release = holdFetch(root, 'org/name');
    const child = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `const { dropFetch } = await import(${JSON.stringify(path.join(import.meta.dirname, '../../core/hub/index.ts'))});
       try { dropFetch(${JSON.stringify(root)}, 'org/name'); } catch ({ id }) { process.stdout.write(id); }`,
    ]);
    let said = '';
    child.stdout.on('data', (text: Buffer) => (said += text.toString()));
    await new Promise((resolve) => child.once('close', resolve));
    expect(said).toBe('hub.fetching');
    expect(existsSync(path.join(place, 'whole'))).toBe(true);
    release();
    // a lock of a process that is gone, or of a machine that has not renewed it, holds nobody up
    for (const [by, hours] of [
      ['999999999', 0],
      ['4711-0123abcd', 2],
    ] as const) {
      writeFileSync(path.join(place, 'lock'), by);
      const then = new Date(Date.now() - hours * 3_600_000);
      utimesSync(path.join(place, 'lock'), then, then);
      holdFetch(root, 'org/name')();
    }
    writeFileSync(path.join(place, 'lock'), '4711-0123abcd');
    expect(() => dropFetch(root, 'org/name')).toThrow(/being fetched/);
  });
});

describe('on the command line', () => {
  const cli = (...args: string[]): { code: number | null; said: string; errors: string } => {
    const env: NodeJS.ProcessEnv = { ...process.env };
    delete env['MEZZOTINT_PACK'];
    const { status, stdout, stderr } = spawnSync(process.execPath, ['core/cli/main.ts', ...args, '--data', home], {
      encoding: 'utf8',
      input: '',
      env,
    });
    return { code: status, said: stdout, errors: stderr };
  };

  test('models folder says where models lie, moves them, goes back, and says where a disk is missing', () => {
    put(path.join(home, 'models'), 'one');
    const usual = path.join(home, 'models');
    const folder = path.join(root, `cli-${homes}`);
    expect(cli('models', 'folder')).toMatchObject({ code: 0, said: `${usual}\n` });
    // nobody can be asked here: nothing is changed
    expect(cli('models', 'folder', folder)).toMatchObject({
      code: 1,
      errors: expect.stringContaining('--yes') as string,
    });
    expect(existsSync(folder)).toBe(false);
    expect(cli('models', 'folder', folder, '--usual').code).toBe(2);
    const moved = cli('models', 'folder', folder, '--yes', '--json');
    expect(moved.code).toBe(0);
    expect(JSON.parse(moved.said)).toEqual({ folder, usual: false, away: null });
    expect(readdirSync(folder)).toContain('one');
    expect(cli('models', 'list').said).toContain('one');
    expect(cli('models', 'use', 'one').code).toBe(0);
    renameSync(folder, `${folder}-unplugged`);
    expect(cli('models', 'list').errors).toContain('not there now');
    expect(cli('models', 'folder')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('Connect its disk') as string,
    });
    expect(cli('models', 'downloads')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('not there now') as string,
    });
    expect(cli('models', 'import', path.join(goldens, 'sdar'), '--no-speed').errors).toContain('not there now');
    expect(existsSync(folder)).toBe(false);
    renameSync(`${folder}-unplugged`, folder);
    expect(cli('models', 'list').said).toContain('* one');
    expect(cli('models', 'folder', '--usual', '--leave', '--yes').said).toBe(`${usual}\n`);
    expect(readdirSync(folder)).toContain('one');
  });
});

describe('the app', () => {
  test('answers on from where its models were moved to; unplugged, the model of the app answers and says so', async () => {
    put(path.join(home, 'models'), 'one');
    const service = openHost({
      home,
      packDir,
      spawnEngine: engine,
      openExternal: async () => undefined,
      version: '0',
      runtime: 'browser',
    });
    const { handlers } = service;
    const notices: string[] = [];
    service.onPush((push) => {
      if (push.topic === 'notice') notices.push(push.error.id ?? push.error.code);
    });
    const writes = async (): Promise<string> => {
      const status = await until(async () => {
        const now = await handlers['engine.status']({});
        return now.state === 'ready' || now.state === 'failed' ? now : null;
      });
      return status.state === 'ready' ? status.pack.name : status.error.message;
    };
    try {
      await handlers['models.use']({ id: 'one' });
      expect(await writes()).toBe('one');
      const folder = path.join(root, `app-${homes}`);
      await handlers['models.changeFolder']({ folder, what: 'move' });
      await until(async () => ((await handlers['models.list']({})).move?.stage === 'done' ? true : null));
      expect(await writes()).toBe('one');
      expect(await handlers['models.list']({})).toMatchObject({ folder, current: 'one', loaded: 'one' });
      expect(existsSync(path.join(home, 'models', 'one'))).toBe(false);
      // the disk goes while the app runs: the engine starts again without it
      renameSync(folder, `${folder}-unplugged`);
      await handlers['engine.restart']({});
      expect(await writes()).toBe('SmolLM2 135M Instruct');
      expect(notices).toEqual(['library.folder-away']);
      expect((await handlers['models.list']({})).away?.id).toBe('library.folder-away');
      renameSync(`${folder}-unplugged`, folder);
      expect((await handlers['models.list']({})).current).toBe('one');
      expect(await writes()).toBe('one');
    } finally {
      await service.close();
    }
    expect(readdirSync(path.join(root, `app-${homes}`, '.in-use'))).toEqual([]);
  });
});
async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
