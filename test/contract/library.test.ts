/** The models on this machine, over the real importer process and the tiny checkpoints: import, use, remove, kill, restart. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openHost } from '../../core/app/host.ts';
import type { Service } from '../../core/app/service.ts';
import type { ImportJob, LibraryState } from '../../core/contract/models.ts';
import { childEngine } from '../../core/engines/index.ts';
import { Library } from '../../core/library/index.ts';
import { changed, goldens } from '../fixtures/checkpoints/folder.ts';
import { packDir } from '../fixtures/engine-under-test.ts';

const root = mkdtempSync(join(tmpdir(), 'mezzotint-library-'));
afterAll(() => rmSync(root, { recursive: true }));
const entry = join(import.meta.dirname, '../../core/engine/entry.ts');
const engine = childEngine(entry);
let homes = 0;
const newHome = (): string => join(root, `home-${homes++}`);
const BUILT_IN = 'smollm2-135m-instruct';

/** A library whose import can be waited for. */
function open(home: string): { library: Library; jobs: ImportJob[]; ended: () => Promise<ImportJob | null> } {
  const jobs: ImportJob[] = [];
  let tell: (state: LibraryState) => void = () => undefined;
  const library = new Library({
    home,
    builtIn: packDir,
    spawn: engine,
    onChange(state) {
      if (state.job) jobs.push(state.job);
      tell(state);
    },
  });
  const over = ({ job }: LibraryState): boolean => job === null || job.stage === 'done' || job.stage === 'failed';
  const ended = (): Promise<ImportJob | null> =>
    new Promise((resolve) => {
      tell = (state) => over(state) && resolve(state.job);
      tell(library.state);
    });
  return { library, jobs, ended };
}
const sdar = join(goldens, 'sdar');

describe('a library', () => {
  test('begins with the built-in model, and makes no folder of its own', async () => {
    const home = newHome();
    const { library } = open(home);
    expect(library.list()).toMatchObject({ current: BUILT_IN, job: null, models: [{ id: BUILT_IN, builtIn: true }] });
    expect(library.currentDir).toBe(packDir);
    await expect(library.remove(BUILT_IN)).rejects.toThrow('stays');
    expect(existsSync(home)).toBe(false);
  });

  test('says what a checkpoint is before anything is written', async () => {
    const home = newHome();
    const { library } = open(home);
    const result = await library.preflight({ path: sdar });
    if (result.state !== 'ready') throw new Error(JSON.stringify(result));
    expect(result.plan).toMatchObject({
      family: 'SDAR',
      format: 'safetensors',
      skills: { exact: false, length: 'blocks' },
      bits: 8,
      sizes: [{ bits: 4 }, { bits: 8 }],
    });
    const [four, eight] = result.plan.sizes;
    expect(four?.bytes).toBeLessThan(eight?.bytes ?? 0);
    expect(eight?.memory).toBeLessThan(result.plan.machineMemory);
    expect(result.plan.sourceBytes).toBeGreaterThan(eight?.bytes ?? Infinity);
    expect((await library.preflight({ path: sdar, bits: 4 })) as object).toMatchObject({ plan: { bits: 4 } });
    const nemotron = await library.preflight({ path: join(goldens, 'nemotron') });
    expect(nemotron).toMatchObject({ plan: { skills: { exact: true, length: 'tokens' } } });
    expect(existsSync(home)).toBe(false);
  });

  test('asks which recipe it is where the files fit several, and refuses what can not be honoured by its name', async () => {
    const { library } = open(newHome());
    const unnamed = changed(root, 'a2d-qwen3-bd3lm', {});
    const several = await library.preflight({ path: unnamed });
    expect(several.state).toBe('choose');
    expect(several.state === 'choose' && several.recipes.map(({ id }) => id)).toContain('a2d-bd3lm');
    await expect(library.import({ path: unnamed })).rejects.toMatchObject({ code: 'bad-request' });
    expect(await library.preflight({ path: unnamed, recipe: 'a2d-bd3lm' })).toMatchObject({
      state: 'ready',
      plan: { recipe: 'a2d-bd3lm' },
    });
    const odd = changed(root, 'sdar', { config: { attention_soft_cap: 30 } });
    await expect(library.preflight({ path: odd })).rejects.toMatchObject({
      message: expect.stringContaining('attention_soft_cap') as string,
    });
    await expect(library.import({ path: join(root, 'nowhere') })).rejects.toMatchObject({ code: 'not-found' });
    expect(library.state.job).toBe(null);
  });

  test('imports with progress, and the model answers from then on and after the next start', async () => {
    const home = newHome();
    const { library, jobs, ended } = open(home);
    const begun = await library.import({ path: sdar });
    expect(begun.job).toMatchObject({ stage: 'converting', done: 0 });
    await expect(library.import({ path: sdar })).rejects.toMatchObject({ code: 'conflict' });
    const done = await ended();
    if (done?.stage !== 'done') throw new Error(JSON.stringify(done));
    expect(jobs.map(({ stage }) => stage)).toEqual(expect.arrayContaining(['converting', 'testing', 'done']));
    const imported = library.list().models.find(({ id }) => id === done.id);
    expect(imported).toMatchObject({ builtIn: false, error: null, skills: { length: 'blocks' } });
    expect(imported?.bytes).toBeGreaterThan(0);
    expect(readdirSync(library.folder)).toEqual([done.id]);
    expect(library.state.current).toBe(BUILT_IN);
    library.use(done.id);
    expect(library.currentDir).toBe(join(library.folder, done.id));
    const next = open(home).library;
    expect(next.state.current).toBe(done.id);
    expect(next.notices).toEqual([]);
    // the same checkpoint again is a model beside it, with a name that tells the two apart
    await library.import({ path: sdar, bits: 4 });
    const second = await ended();
    expect(second).toMatchObject({ stage: 'done', id: `${done.id}-2` });
    expect(library.list().models.map(({ name }) => name)).toContain(`${imported?.name} (2)`);
    expect(library.list().models.find(({ id }) => id === `${done.id}-2`)?.bits).toBe(4);
    const state = await library.remove(done.id);
    expect(state.current).toBe(BUILT_IN);
    expect(existsSync(join(library.folder, done.id))).toBe(false);
    expect(open(home).library.state.current).toBe(BUILT_IN);
  });

  test('that remembers a model which is gone says so, and the built-in one answers', async () => {
    const home = newHome();
    const { library, ended } = open(home);
    await library.import({ path: sdar });
    const done = await ended();
    if (done?.stage !== 'done') throw new Error(JSON.stringify(done));
    library.use(done.id);
    rmSync(join(library.folder, done.id), { recursive: true });
    const next = open(home).library;
    expect(next.state.current).toBe(BUILT_IN);
    expect(next.notices).toMatchObject([{ code: 'pack-missing', message: expect.stringContaining(done.id) as string }]);
  });

  test('shows a damaged pack as damaged, and does not use it', async () => {
    const home = newHome();
    const { library } = open(home);
    const dir = join(library.folder, 'odd');
    writeFolder(dir, 'not json');
    const made = open(home).library;
    const [, odd] = made.list().models;
    expect(odd).toMatchObject({ id: 'odd', error: { code: 'pack-damaged' } });
    expect(() => made.use('odd')).toThrow('damaged');
    expect(made.state.current).toBe(BUILT_IN);
    await made.remove('odd');
    expect(existsSync(dir)).toBe(false);
  });

  test('an import that is cancelled leaves nothing', async () => {
    const { library, ended } = open(newHome());
    await library.import({ path: sdar });
    expect(library.cancel().job).toBe(null);
    expect(await ended()).toBe(null);
    expect(readdirSync(library.folder)).toEqual([]);
    expect(library.list().models).toHaveLength(1);
    // and another one begins at once
    await library.import({ path: sdar });
    expect(await ended()).toMatchObject({ stage: 'done' });
  });

  test('an import killed half-way leaves nothing that looks usable, and the next start takes its rest away', async () => {
    const home = newHome();
    const code = `
      const { Library } = await import(${JSON.stringify(join(import.meta.dirname, '../../core/library/index.ts'))});
      const { childEngine } = await import(${JSON.stringify(join(import.meta.dirname, '../../core/engines/index.ts'))});
      const { existsSync, readdirSync } = await import('node:fs');
      const library = new Library({
        home: process.argv[1], builtIn: process.argv[2], spawn: childEngine(process.argv[3]),
        onChange: ({ job }) => {
          if (job?.stage === 'converting' && job.done > 0) process.kill(process.pid, 'SIGKILL');
        },
      });
      await library.import({ path: process.argv[4] });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code, home, packDir, entry, sdar], {
      stdio: 'ignore',
    });
    const signal = await new Promise((resolve) => child.on('exit', (_, by) => resolve(by)));
    expect(signal).toBe('SIGKILL');
    const left = readdirSync(join(home, 'models'));
    expect(left.every((name) => name.startsWith('.incoming-'))).toBe(true);
    expect(left).toHaveLength(1);
    const { library } = open(home);
    expect(library.list().models).toHaveLength(1);
    expect(readdirSync(library.folder)).toEqual([]);
  });
});

describe('the app', () => {
  const start = (home: string): Service =>
    openHost({
      home,
      packDir,
      spawnEngine: engine,
      openExternal: () => Promise.resolve(),
      version: '0',
      runtime: 'browser',
    });
  const ready = async (service: Service): Promise<string> => {
    const now = await service.handlers['engine.status']({});
    if (now.state === 'ready') return now.pack.id;
    return new Promise((resolve, reject) => {
      const stop = service.onPush((push) => {
        if (push.topic !== 'engine' || (push.status.state !== 'ready' && push.status.state !== 'failed')) return;
        stop();
        if (push.status.state === 'ready') resolve(push.status.pack.id);
        else reject(new Error(JSON.stringify(push.status)));
      });
    });
  };

  test('the next start takes away a note that a killed process had begun, and nothing else', () => {
    const home = newHome();
    const models = join(home, 'models');
    mkdirSync(models, { recursive: true });
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const put = (name: string, secondsAgo: number): void => {
      const at = Date.now() / 1000 - secondsAgo;
      writeFileSync(join(models, name), '{}');
      utimesSync(join(models, name), at, at);
    };
    put(`costs.json.${gone}.part`, 60);
    put(`usage.json.${gone}.part`, 0);
    put(`costs.json.${process.pid}.part`, 60);
    put('a-file.part', 60);
    open(home);
    expect(readdirSync(models).sort()).toEqual(
      ['a-file.part', `costs.json.${process.pid}.part`, `usage.json.${gone}.part`].sort(),
    );
  });

  test('a load that nobody waits for is ended: the model from before answers again, now and after the next start', async () => {
    const home = newHome();
    const named = process.env['MEZZOTINT_PACK'];
    delete process.env['MEZZOTINT_PACK'];
    const { library, ended } = open(home);
    await library.import({ path: sdar });
    const job = await ended();
    if (job?.stage !== 'done') throw new Error(JSON.stringify(job));
    const service = start(home);
    const { handlers } = service;
    try {
      expect(await ready(service)).toBe(BUILT_IN);
      expect((await handlers['models.list']({})).back).toBe(null);
      // nothing loads: nothing is changed
      expect(await handlers['models.stopLoad']({})).toMatchObject({ current: BUILT_IN, loaded: BUILT_IN });
      const used = handlers['models.use']({ id: job.id });
      expect(await used).toMatchObject({ current: job.id, back: BUILT_IN });
      expect(await handlers['models.stopLoad']({})).toMatchObject({ current: BUILT_IN, loaded: BUILT_IN, back: null });
      expect(await ready(service)).toBe(BUILT_IN);
      expect(open(home).library.state.current).toBe(BUILT_IN);
      // one conversation wanted the model of all others, and waits no longer: it stays theirs
      await handlers['models.prepare']({ id: job.id });
      await expect.poll(async () => (await handlers['models.list']({})).loaded).toBe(job.id);
      expect(await ready(service)).toBe(job.id);
      await handlers['models.prepare']({ id: BUILT_IN });
      expect(await handlers['models.stopLoad']({ alone: true })).toMatchObject({ current: BUILT_IN, loaded: job.id });
      expect(await ready(service)).toBe(job.id);
      await handlers['models.prepare']({ id: BUILT_IN });
      expect(await ready(service)).toBe(BUILT_IN);
      // one that a conversation chose, with a question that waits for it
      const asked = await handlers['chat.send']({
        conversationId: null,
        parentId: null,
        text: 'Hello',
        setup: { presetId: null, instructions: '', settings: {}, model: job.id },
      } as Parameters<Service['handlers']['chat.send']>[0]);
      const over = new Promise<string>((resolve) =>
        service.onPush((push) => {
          if (push.topic === 'message' && push.message.id === asked.reply.id && push.message.status !== 'pending')
            resolve(push.message.status);
        }),
      );
      expect(await handlers['models.stopLoad']({})).toMatchObject({ current: BUILT_IN, loaded: BUILT_IN });
      expect(await over).toBe('stopped');
      expect(await ready(service)).toBe(BUILT_IN);
    } finally {
      await service.close();
      if (named !== undefined) process.env['MEZZOTINT_PACK'] = named;
    }
  });

  test('switches its engine to another model and back; a sampler that was set for one does not stop the other', async () => {
    const home = newHome();
    const named = process.env['MEZZOTINT_PACK'];
    delete process.env['MEZZOTINT_PACK'];
    const service = start(home);
    try {
      expect(await ready(service)).toBe(BUILT_IN);
      const before = await service.handlers['settings.get']({});
      await service.handlers['settings.set']({
        generation: { ...before.generation, sampler: { id: 'autoregressive', params: {} } },
      });
      const done = new Promise<string>((resolve, reject) => {
        service.onPush((push) => {
          if (push.topic !== 'models') return;
          const { job } = push.library;
          if (job?.stage === 'done') resolve(job.id);
          if (job?.stage === 'failed') reject(new Error(JSON.stringify(job.error)));
        });
      });
      await service.handlers['models.import']({ path: sdar });
      const id = await done;
      expect((await service.handlers['models.use']({ id })).current).toBe(id);
      expect(await ready(service)).toBe(id);
      expect((await service.handlers['settings.get']({})).generation.sampler.id).toBe('low-confidence');
      const { reply } = await service.handlers['chat.send']({
        conversationId: null,
        parentId: null,
        text: 'Hello',
        settings: { ending: { maxTokens: 8 } },
      } as Parameters<Service['handlers']['chat.send']>[0]);
      await new Promise<void>((resolve) => {
        service.onPush((push) => {
          if (push.topic === 'message' && push.message.id === reply.id && push.message.status !== 'pending') resolve();
        });
      });
      await service.handlers['models.use']({ id: BUILT_IN });
      expect(await ready(service)).toBe(BUILT_IN);
      expect((await service.handlers['settings.get']({})).generation.sampler.id).toBe('autoregressive');
      // the reply remembers who wrote it, and opens without its model
      await service.handlers['models.remove']({ id });
      const { messages } = await service.handlers['conversations.get']({ id: reply.conversationId });
      const stored = messages.find((message) => message.id === reply.id);
      expect(stored?.status).toBe('complete');
      expect(JSON.stringify(stored?.generation)).toContain(id);
    } finally {
      await service.close();
      if (named !== undefined) process.env['MEZZOTINT_PACK'] = named;
    }
  });
});

function writeFolder(dir: string, manifest: string): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'manifest.json'), manifest);
}
