/** Downloads of the window, over a hub on this machine, the real importer process and the tiny checkpoints. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Download, Downloads as State } from '../../core/contract/fetching.ts';
import { childEngine } from '../../core/engines/index.ts';
import { Downloads, HubToken, Library, namedBy, Offers, type KeyStore } from '../../core/library/index.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';
import { packDir } from '../fixtures/engine-under-test.ts';
import { filesOf, startHub, type TestHub } from '../fixtures/hub/server.ts';

const root = mkdtempSync(path.join(tmpdir(), 'mezzotint-downloads-'));
const spawn = childEngine(path.join(import.meta.dirname, '../../core/engine/entry.ts'));
const REPOSITORY = 'JetLM/SDAR-1.7B-Chat';
const OTHER = 'a2d/other';
const GATED = 'gated/model';
let hub: TestHub;
let homes = 0;
const newHome = (): string => path.join(root, `home-${homes++}`);
beforeAll(async () => {
  const files = filesOf(path.join(goldens, 'sdar'));
  hub = await startHub({
    [REPOSITORY]: { files, licence: 'mit' },
    [OTHER]: { files },
    [GATED]: { files, gated: true, tokens: ['hf_right'] },
  });
});
afterEach(() => {
  hub.fault = () => null;
});
afterAll(async () => {
  await hub.close();
  rmSync(root, { recursive: true, force: true });
});

interface Opened {
  library: Library;
  downloads: Downloads;
  /** Resolves with the first state for which it holds, from now on. */
  until: (holds: (state: State) => boolean) => Promise<State>;
}
function open(
  home: string,
  keyStore: KeyStore | null = null,
  env: NodeJS.ProcessEnv = {},
  limit: () => number | null = () => null,
): Opened {
  const waiting = new Set<(state: State) => void>();
  const library = new Library({ home, builtIn: packDir, spawn });
  const downloads = new Downloads({
    home,
    library,
    token: new HubToken(keyStore, env),
    limit,
    onChange: (state) => waiting.forEach((look) => look(state)),
    connection: { endpoint: hub.endpoint, waitMs: 5, tries: 2 },
  });
  const until = (holds: (state: State) => boolean): Promise<State> =>
    new Promise((resolve) => {
      const look = (state: State): void => {
        if (!holds(state)) return;
        waiting.delete(look);
        resolve(state);
      };
      waiting.add(look);
      look(downloads.state);
    });
  return { library, downloads, until };
}
const stageOf = ({ downloads }: State, repository = REPOSITORY): Download['stage'] | undefined =>
  downloads.find((one) => one.repository === repository)?.stage;
const filesIn = (dir: string): string[] =>
  existsSync(dir) ? readdirSync(dir, { recursive: true }).map(String).sort() : [];
/** So slow that a test meets it in the middle. */
const slowly = (): void => {
  hub.fault = ({ route }) => (route === 'store' ? { kind: 'slow', bytes: 2048, ms: 20 } : null);
};

describe('downloads', () => {
  test('looking at the catalogue, the models and the downloads opens no connection and makes no folder', async () => {
    const home = newHome();
    const before = hub.asked.length;
    const { library, downloads } = open(home);
    const offers = new Offers({ folder: library.folder, spawn, rate: () => downloads.rate, onChange: () => undefined });
    expect(offers.state.offers.length).toBeGreaterThan(8);
    expect(await downloads.list()).toMatchObject({ downloads: [], hosts: [], token: 'none', canKeepToken: false });
    library.list();
    await downloads.close();
    expect(hub.asked.length).toBe(before);
    expect(existsSync(home)).toBe(false);
  });

  test('a repository is judged by its texts and headers, then fetched, converted and ready; nothing else is left', async () => {
    const home = newHome();
    const { library, downloads, until } = open(home);
    const found = await downloads.find({ source: `https://huggingface.co/${REPOSITORY}/tree/main` });
    expect(found).toMatchObject({ repository: REPOSITORY, licence: 'mit', gated: false, result: { state: 'ready' } });
    const weights = hub.asked.filter(({ route }) => route === 'store').every(({ range }) => range !== undefined);
    expect(weights).toBe(true);
    expect(downloads.state.hosts).toEqual([new URL(hub.endpoint).host, hub.storeHost]);
    expect(filesIn(path.join(home, 'downloads'))).toEqual([]);
    await downloads.fetch({ source: `https://huggingface.co/${REPOSITORY}/tree/main` });
    const seen = await until((state) => (state.downloads[0]?.hosts.length ?? 0) > 1);
    expect(seen.downloads[0]?.hosts).toContain(hub.storeHost);
    await until((state) => state.downloads.length === 0);
    const added = library.list().models.filter(({ builtIn }) => !builtIn);
    expect(added).toMatchObject([{ error: null, repository: REPOSITORY }]);
    expect(library.state.job).toMatchObject({ stage: 'done', id: added[0]?.id });
    expect(filesIn(path.join(home, 'downloads')).filter((name) => name !== 'rate.json')).toEqual([]);
    // its files are as they were made, and the check says so
    expect(await library.verify(added[0]?.id ?? '')).toBe(null);
  });

  test('paused in the middle it goes on from there after a restart, and is no model until it has ended', async () => {
    const home = newHome();
    slowly();
    const first = open(home);
    await first.downloads.fetch({ source: REPOSITORY, bits: 4 });
    await first.until(({ downloads: [one] }) => one !== undefined && one.done > one.total / 3);
    await first.downloads.close();
    expect(stageOf(first.downloads.state)).toBe('paused');
    const second = open(home);
    expect(second.library.list().models.map(({ builtIn }) => builtIn)).toEqual([true]);
    const offered = await second.downloads.list();
    expect(offered.downloads).toMatchObject([{ repository: REPOSITORY, stage: 'paused', error: null }]);
    const there = offered.downloads[0]?.done ?? 0;
    expect(there).toBeGreaterThan(0);
    hub.fault = () => null;
    const asked = hub.asked.length;
    second.downloads.resume(REPOSITORY);
    await second.until(({ downloads }) => downloads.length === 0);
    const again = hub.asked.slice(asked);
    expect(again.filter(({ route }) => route === 'info' || route === 'tree')).toEqual([]);
    expect(again.some(({ range }) => range !== undefined && !range.startsWith('bytes=0-'))).toBe(true);
    // what was chosen before the restart holds after it
    expect(second.library.list().models.filter(({ builtIn }) => !builtIn)).toMatchObject([{ bits: 4, error: null }]);
  });

  test('what fails says why by its id, and goes on when it is asked to', async () => {
    const { downloads, until } = open(newHome());
    await downloads.find({ source: REPOSITORY });
    hub.fault = ({ route }) => (route === 'store' ? { kind: 'status', status: 503 } : null);
    await downloads.fetch({ source: REPOSITORY });
    const failed = await until((state) => stageOf(state) === 'failed');
    expect(failed.downloads[0]?.error).toMatchObject({ id: 'hub.status', params: { status: 503 } });
    hub.fault = () => null;
    downloads.resume(REPOSITORY);
    await until((state) => state.downloads.length === 0);
  });

  test('a download keeps to the limit that is set, also where that changes under it', async () => {
    let limit: number | null = 20_000;
    const asked: (number | null)[] = [];
    const { library, downloads, until } = open(newHome(), null, {}, () => {
      asked.push(limit);
      return limit;
    });
    await downloads.fetch({ source: REPOSITORY });
    await until(({ downloads: [one] }) => (one?.done ?? 0) > 0);
    expect(asked).toContain(20_000);
    limit = null;
    await until((state) => state.downloads.length === 0);
    expect(asked).toContain(null);
    expect(library.list().models).toHaveLength(2);
  });

  test('one is fetched at a time; another waits, and can be dropped', async () => {
    const home = newHome();
    const { downloads, until } = open(home);
    await downloads.find({ source: REPOSITORY });
    slowly();
    await downloads.fetch({ source: REPOSITORY });
    await downloads.fetch({ source: OTHER });
    expect(stageOf(downloads.state, OTHER)).toBe('waiting');
    await downloads.drop(OTHER);
    expect(stageOf(downloads.state, OTHER)).toBe(undefined);
    await until(({ downloads: [one] }) => (one?.done ?? 0) > 0);
    const after = await downloads.drop(REPOSITORY);
    expect(after.downloads).toEqual([]);
    expect(filesIn(path.join(home, 'downloads')).filter((name) => name !== 'rate.json')).toEqual([]);
    await expect(async () => downloads.resume(REPOSITORY)).rejects.toMatchObject({ id: 'library.no-download' });
  });

  test('a gated repository asks for a token, which goes to the hub alone and into no file', async () => {
    const home = newHome();
    const { downloads, until } = open(home);
    await expect(downloads.find({ source: GATED })).rejects.toMatchObject({ id: 'hub.gated' });
    downloads.setToken('hf_wrong');
    await expect(downloads.find({ source: GATED })).rejects.toMatchObject({ id: 'hub.gated-for-token' });
    expect(downloads.setToken('hf_right').token).toBe('session');
    await downloads.fetch({ source: GATED });
    await until((state) => state.downloads.length === 0);
    const own = new URL(hub.endpoint).host;
    expect(hub.asked.filter(({ route, authorization }) => route === 'store' && authorization !== undefined)).toEqual(
      [],
    );
    expect(own).not.toBe(hub.storeHost);
    for (const name of filesIn(home)) {
      const file = path.join(home, name);
      if (/\.(json|jinja|txt)$/.test(name)) expect(readFileSync(file, 'utf8')).not.toContain('hf_right');
    }
    expect(JSON.stringify(downloads.state)).not.toContain('hf_right');
  });

  test('a token lies in the key store where there is one; one that refuses says so, and it holds for the session', async () => {
    const kept = new Map<string, string>();
    const store: KeyStore = {
      available: true,
      read: (name) => kept.get(name) ?? null,
      write: (name, secret) => void (secret === null ? kept.delete(name) : kept.set(name, secret)),
    };
    const first = open(newHome(), store);
    expect(first.downloads.state).toMatchObject({ token: 'none', canKeepToken: true });
    expect(first.downloads.setToken('hf_right').token).toBe('kept');
    // after a restart it is still there
    expect((await open(newHome(), store).downloads.find({ source: GATED })).gated).toBe(true);
    expect(first.downloads.setToken(null).token).toBe('none');
    expect(kept.size).toBe(0);
    const locked = open(newHome(), {
      ...store,
      write: () => {
        throw new Error('the keyring is locked');
      },
    });
    expect(() => locked.downloads.setToken('hf_right')).toThrow('the keyring is locked');
    expect(locked.downloads.state.token).toBe('session');
    expect(open(newHome(), null, { HF_TOKEN: 'hf_env' }).downloads.state.token).toBe('environment');
  });

  test('a look that is ended says so; what names no repository here is refused before any connection', async () => {
    const { downloads } = open(newHome());
    hub.fault = ({ route }) => (route === 'info' ? { kind: 'silent' } : null);
    const asked = hub.asked.length;
    const looking = downloads.find({ source: REPOSITORY });
    downloads.stopFinding();
    await expect(looking).rejects.toMatchObject({ id: 'library.look-ended' });
    const before = hub.asked.length;
    expect(before - asked).toBeLessThan(2);
    for (const source of ['https://example.com/org/name', 'https://huggingface.co/models'])
      await expect(downloads.find({ source })).rejects.toMatchObject({ id: 'hub.foreign-address' });
    await expect(downloads.find({ source: 'not a name' })).rejects.toMatchObject({ id: 'hub.not-a-repository' });
    expect(hub.asked.length).toBe(before);
  });

  test.each([
    ['org/name', 'org/name', 'main', undefined],
    ['https://huggingface.co/org/name', 'org/name', 'main', undefined],
    ['hf.co/org/name', 'org/name', 'main', undefined],
    ['https://huggingface.co/org/name/tree/v1.0', 'org/name', 'v1.0', undefined],
    ['https://huggingface.co/org/name/blob/main/q4.gguf?download=true', 'org/name', 'main', 'q4.gguf'],
    ['a2d-bd3lm', 'dllm-hub/Qwen3-0.6B-diffusion-bd3lm-v0.1', 'main', undefined],
  ])('%s names %s', (source, repository, revision, file) => {
    expect(namedBy(source, 'https://huggingface.co')).toEqual({ repository, revision, file });
  });
});

describe('offers', () => {
  test('are sorted by fit with nothing hidden, and measured when that is asked', async () => {
    const home = newHome();
    const states: string[] = [];
    let ended: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (ended = resolve));
    const tiny = { layers: 3, hidden: 64, heads: 2, kvHeads: 1, headDim: 32, feedForward: 128, vocabulary: 512 };
    const [first] = new Offers({ folder: home, spawn, rate: () => null, onChange: () => undefined }).state.offers;
    const entry = {
      id: 'tiny',
      name: 'Tiny',
      repository: 'org/tiny',
      revision: 'main',
      format: 'safetensors' as const,
      family: 'sdar',
      recipe: 'sdar-1.7b-chat',
      shape: { dimensions: tiny, qkvBias: false, qkNorm: true, tiedEmbedding: false },
      settings: { sampler: 'low-confidence', params: {}, blockLength: 4, source: 'none' },
      goodAt: 'tests',
    };
    const offers = new Offers({
      folder: home,
      spawn,
      rate: () => null,
      list: [entry, { ...entry, id: 'unknown', repository: 'org/unknown', shape: undefined }],
      onChange: ({ measuring }) => {
        states.push(measuring?.name ?? 'over');
        if (measuring === null) ended();
      },
    });
    expect(offers.state.offers.map(({ id, grade }) => [id, grade])).toEqual([
      ['tiny', null],
      ['unknown', null],
    ]);
    offers.measure();
    await over;
    expect(states).toEqual(['Tiny', 'over']);
    const [measured, unknown] = offers.state.offers;
    expect(measured?.tokensPerSecond).toBeGreaterThan(0);
    expect(measured?.grade).not.toBe(null);
    expect(unknown).toMatchObject({ id: 'unknown', grade: null, pack: null });
    expect(offers.state.best).toBe('tiny');
    // kept: another start knows it
    const again = new Offers({ folder: home, spawn, rate: () => null, list: [entry], onChange: () => undefined });
    expect(again.state.offers[0]?.tokensPerSecond).toBe(measured?.tokensPerSecond);
    expect(first).toBeDefined();
  });
});
