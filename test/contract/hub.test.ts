/** Fetching from the hub, over real sockets: what comes, what is kept when something goes wrong, and what is said then. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  connect,
  dropFetch,
  fetchesIn,
  fetchRepository,
  layOutSkeleton,
  lookAt,
  type Connection,
  type ConnectionOptions,
  type FetchOptions,
  type RemoteRepository,
} from '../../core/hub/index.ts';
import { openCheckpoint, preflight } from '../../core/checkpoints/index.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';
import { tinyGguf, writeGguf } from '../fixtures/checkpoints/gguf.ts';
import { filesOf, startHub, type Asked, type Fault, type TestHub } from '../fixtures/hub/server.ts';

const home = mkdtempSync(path.join(tmpdir(), 'mezzotint-hub-'));
afterAll(() => rmSync(home, { recursive: true }));
const LLADA = 'GSAI-ML/LLaDA-8B-Instruct';
const SHARD = 'model-00002-of-00002.safetensors';

let hub: TestHub;
let made = 0;
let root = '';
beforeEach(async () => {
  root = path.join(home, `downloads-${made++}`);
  hub = await startHub({ [LLADA]: { files: filesOf(path.join(goldens, 'llada')), licence: 'mit' } });
});
afterEach(() => hub.close());

const connection = (options: ConnectionOptions = {}): Connection =>
  connect({ endpoint: hub.endpoint, waitMs: 1, ...options });
const look = (to = connection(), repository = LLADA, revision = 'main', file?: string): Promise<RemoteRepository> =>
  lookAt(to, repository, revision, new AbortController().signal, file);
const get = async (options: Partial<FetchOptions> = {}, to = connection()): Promise<string> =>
  fetchRepository(to, await look(to), root, { signal: new AbortController().signal, ...options });
/** One fault for the first requests that fit. */
const fail = (fits: (asked: Asked) => boolean, fault: Fault, times = Infinity): void => {
  let left = times;
  hub.fault = (asked) => (fits(asked) && left-- > 0 ? fault : null);
};
const weights = ({ route, file }: Asked): boolean => route === 'store' && file === SHARD;
const expectWhole = (dir: string): void => {
  const wanted = filesOf(path.join(goldens, 'llada'));
  for (const name of readdirSync(dir))
    expect([name, readFileSync(path.join(dir, name)).equals(wanted.get(name) as Buffer)]).toEqual([name, true]);
  expect(readdirSync(dir).sort()).toEqual([...wanted.keys()].filter((name) => !name.startsWith('golden')).sort());
};
const everything = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [path.join(path.relative(dir, entry.parentPath), entry.name)] : [],
  );

describe('a repository', () => {
  test('is pinned to its commit, with its licence and the files that make a checkpoint', async () => {
    hub.page = 2; // a listing of several pages
    const found = await look();
    expect(found).toMatchObject({ repository: LLADA, commit: hub.commitOf(LLADA), licence: 'mit', gated: false });
    expect(found.files.map(({ path: name }) => name).sort()).toEqual(
      [...filesOf(path.join(goldens, 'llada')).keys()].filter((name) => !name.startsWith('golden')).sort(),
    );
    expect(found.files.filter(({ sha256 }) => sha256 !== null)).toHaveLength(2);
  });
  test.each([
    ['that is not there', 'nobody/nothing', 'main', 'The hub has no nobody/nothing'],
    ['with a revision that is not there', LLADA, 'v9', 'has no such revision'],
    ['that is no name', '../../etc/passwd', 'main', 'is no repository of the hub'],
  ])('%s is refused in words', async (_, repository, revision, words) => {
    await expect(look(connection(), repository, revision)).rejects.toThrow(words);
  });
  test('without a checkpoint is refused; one with GGUF files says how to choose', async () => {
    hub.repositories.set('a/text', { files: new Map([['README.md', Buffer.from('hello')]]) });
    hub.repositories.set('a/gguf', { files: new Map([['x-Q8_0.gguf', Buffer.alloc(10)]]) });
    await expect(look(connection(), 'a/text')).rejects.toThrow('has no config.json');
    await expect(look(connection(), 'a/gguf')).rejects.toMatchObject({
      action: expect.stringContaining('--file') as string,
    });
    expect((await look(connection(), 'a/gguf', 'main', 'x-Q8_0.gguf')).files).toHaveLength(1);
    await expect(look(connection(), 'a/gguf', 'main', 'y.gguf')).rejects.toThrow('no GGUF file y.gguf');
  });
  test('whose listing names files elsewhere is read without them', async () => {
    const files = filesOf(path.join(goldens, 'llada'));
    files.set('../../evil.json', Buffer.from('x')).set('sub/config.json', Buffer.from('{}'));
    hub.repositories.set('a/evil', { files });
    const dir = await fetchRepository(connection(), await look(connection(), 'a/evil'), root, {
      signal: new AbortController().signal,
    });
    expectWhole(dir);
    expect(everything(home).filter((name) => name.includes('evil.json'))).toEqual([]);
  });
  test('whose answers are no JSON, or of another form, is refused in words', async () => {
    fail(({ route }) => route === 'info', { kind: 'status', status: 200, headers: { 'content-type': 'text/html' } });
    await expect(look()).rejects.toThrow("can't be read");
  });
});

describe('gated and private repositories', () => {
  beforeEach(() => {
    const files = filesOf(path.join(goldens, 'llada'));
    hub.repositories.set('a/gated', { files, gated: true, tokens: ['hf_good'] });
    hub.repositories.set('a/private', { files, tokens: ['hf_good'] });
  });
  const fetchOf = async (repository: string, token?: string): Promise<string> => {
    const to = connection({ token });
    return fetchRepository(to, await look(to, repository), root, { signal: new AbortController().signal });
  };
  test('come with the right token, which the second server never sees', async () => {
    expectWhole(await fetchOf('a/gated', 'hf_good'));
    expectWhole(await fetchOf('a/private', 'hf_good'));
    const [own, store] = [
      hub.asked.filter(({ route }) => route !== 'store'),
      hub.asked.filter(({ route }) => route === 'store'),
    ];
    expect(new Set(own.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer hf_good']));
    expect(store.length).toBeGreaterThan(0);
    expect(store.every(({ authorization }) => authorization === undefined)).toBe(true);
    for (const name of everything(root)) expect(readFileSync(path.join(root, name), 'latin1')).not.toContain('hf_good');
  });
  test.each([
    ['a/gated', undefined, 'accepted its terms', 'HF_TOKEN'],
    ['a/gated', 'hf_bad', 'belongs to none of them', 'Accept the terms'],
    ['a/private', undefined, 'shows it only to some accounts', 'HF_TOKEN'],
    ['a/private', 'hf_bad', 'refuses your token', 'take it away'],
  ])('%s with token %s is refused, and says what to do', async (repository, token, words, action) => {
    await expect(fetchOf(repository, token)).rejects.toMatchObject({
      message: expect.stringContaining(words) as string,
      action: expect.stringContaining(action) as string,
    });
    // refused once, not tried again and again
    expect(hub.asked.filter(({ url }) => url.includes('config.json') && !url.includes('_config')).length).toBeLessThan(
      2,
    );
  });
});

describe('fetching', () => {
  test('gives the folder of a checkpoint, names each host once and tells how far it is', async () => {
    const hosts: string[] = [];
    const told: number[] = [];
    let total = 0;
    const dir = await get(
      { onProgress: (progress) => void (told.push(progress.done), (total = progress.total)) },
      connection({ onHost: (host) => hosts.push(host) }),
    );
    expectWhole(dir);
    expect(path.basename(dir)).toBe('LLaDA-8B-Instruct');
    expect(hosts).toEqual([new URL(hub.endpoint).host, hub.storeHost]);
    expect(told[0]).toBe(0);
    expect(told.at(-1)).toBe(total);
    expect([...told].sort((a, b) => a - b)).toEqual(told);
    const reader = await openCheckpoint(dir);
    expect(preflight(reader, { out: path.join(home, 'out') }).recipe?.id).toBe('llada-8b-instruct');
    reader.close();
  });
  test('again costs nothing but a look; a file that was taken out comes alone', async () => {
    const dir = await get();
    hub.asked.length = 0;
    expect(await get()).toBe(dir);
    expect(hub.asked.map(({ route }) => route)).toEqual(['info', 'tree']);
    rmSync(path.join(dir, 'tokenizer.json'));
    hub.asked.length = 0;
    expectWhole(await get());
    expect(hub.asked.filter(({ route }) => route === 'resolve').map(({ file }) => file)).toEqual(['tokenizer.json']);
  });
  test('that is paused keeps what has come and goes on from there', async () => {
    const pause = new AbortController();
    fail(weights, { kind: 'slow', bytes: 4096, ms: 2 });
    const part = path.join(root, 'GSAI-ML--LLaDA-8B-Instruct', 'partial', 'LLaDA-8B-Instruct', `${SHARD}.part`);
    const running = get({
      signal: pause.signal,
      onProgress: () =>
        (statSync(part, { throwIfNoEntry: false })?.size ?? 0) > 8000 && pause.abort(new Error('paused')),
    });
    await expect(running).rejects.toThrow('paused');
    const [found] = await fetchesIn(root);
    expect(found).toMatchObject({ repository: LLADA, commit: hub.commitOf(LLADA) });
    expect(found?.done).toBeGreaterThan(0);
    expect(found?.done).toBeLessThan(found?.total ?? 0);
    expect(everything(root).some((name) => name.startsWith('whole') || name.includes(`${path.sep}whole`))).toBe(false);
    hub.fault = () => null;
    hub.sent = 0;
    expectWhole(await get());
    expect(hub.sent).toBeLessThan(found?.total ?? 0);
    expect(hub.asked.some(({ range }) => range !== undefined)).toBe(true);
  });
  test('goes on after days: what the hub still lists is kept, what changed comes anew', async () => {
    fail(weights, { kind: 'status', status: 404 });
    await expect(get()).rejects.toThrow();
    const files = hub.repositories.get(LLADA)?.files as Map<string, Buffer>;
    files.set('README.md', Buffer.from('---\nlicense: apache-2.0\n---\n'));
    files.set('tokenizer_config.json', Buffer.from(`${files.get('tokenizer_config.json')?.toString()} `));
    hub.fault = () => null;
    hub.asked.length = 0;
    const dir = await get();
    const asked = hub.asked.filter(({ route }) => route === 'resolve').map(({ file }) => file);
    expect(asked.sort()).toEqual([SHARD, 'README.md', 'tokenizer_config.json'].sort());
    expect(readFileSync(path.join(dir, 'README.md'), 'utf8')).toContain('apache-2.0');
  });
  test('that is cancelled leaves nothing', async () => {
    fail(weights, { kind: 'status', status: 404 });
    await expect(get()).rejects.toThrow();
    dropFetch(root, LLADA);
    expect(everything(root)).toEqual([]);
  });
  test('twice at the same time is refused', async () => {
    fail(weights, { kind: 'silent' });
    const first = new AbortController();
    const running = get({ signal: first.signal, onProgress: () => undefined });
    while (!hub.asked.some(weights)) await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(get()).rejects.toThrow('being fetched already');
    expect(() => dropFetch(root, LLADA)).toThrow('being fetched already');
    first.abort(new Error('paused'));
    await expect(running).rejects.toThrow('paused');
    hub.fault = () => null;
    expectWhole(await get());
  });
  test('never faster than it may be', async () => {
    const total = (await look()).files.reduce((sum, { bytes }) => sum + bytes, 0);
    const began = performance.now();
    await get({ rate: () => total * 4 });
    // a quarter of a second's worth of bytes; slower machines take longer, none is faster
    expect(performance.now() - began).toBeGreaterThan(200);
  });
});

describe('what goes wrong on the way', () => {
  test.each<[string, Fault, number]>([
    ['a connection that is cut', { kind: 'cut', after: 1000 }, 8],
    ['a server in trouble', { kind: 'status', status: 503 }, 2],
    ['too many requests', { kind: 'status', status: 429, headers: { 'retry-after': '0' } }, 3],
    ['wrong bytes, once', { kind: 'wrong-bytes' }, 1],
    ['a file too long, once', { kind: 'wrong-length', by: 5 }, 1],
    ['a file too short, once', { kind: 'wrong-length', by: -5 }, 1],
    ['more bytes than are listed, once', { kind: 'endless' }, 1],
    ['an answer that never comes, once', { kind: 'silent' }, 1],
  ])('%s is overcome', async (_, fault, times) => {
    fail(weights, fault, times);
    expectWhole(await get({}, connection({ silentMs: 300 })));
  });
  test('a cut file goes on where it ended; without ranges it begins again', async () => {
    fail(weights, { kind: 'cut', after: 1000 }, 1);
    await get();
    expect(hub.asked.filter(weights).map(({ range }) => range)).toEqual([undefined, 'bytes=1000-']);
    dropFetch(root, LLADA);
    let n = 0;
    hub.fault = (asked) => (weights(asked) ? (n++ === 0 ? { kind: 'cut', after: 1000 } : { kind: 'no-range' }) : null);
    expectWhole(await get());
  });
  test.each<[string, Fault, string]>([
    ['wrong bytes', { kind: 'wrong-bytes' }, 'with other bytes than the hub lists'],
    ['a wrong length', { kind: 'wrong-length', by: 7 }, 'with a length of'],
    ['no end', { kind: 'endless' }, 'longer than'],
    ['a status that does not pass', { kind: 'status', status: 418 }, 'status 418'],
    ['trouble without end', { kind: 'status', status: 500 }, 'status 500'],
    ['cuts without end', { kind: 'cut', after: 0 }, 'again and again'],
    ['silence without end', { kind: 'silent' }, "can't be reached"],
  ])('%s is told, and nothing looks usable', async (_, fault, words) => {
    fail(weights, fault);
    await expect(get({}, connection({ silentMs: 100, tries: 3 }))).rejects.toThrow(words);
    expect(everything(root).filter((name) => name.includes('whole'))).toEqual([]);
    expect(everything(root)).not.toContain(
      path.join('GSAI-ML--LLaDA-8B-Instruct', 'partial', 'LLaDA-8B-Instruct', SHARD),
    );
    hub.fault = () => null;
    expectWhole(await get());
  });
  test('another file behind the same name is refused before its bytes come', async () => {
    fail(({ route, file }) => route === 'resolve' && file === SHARD, { kind: 'other-etag' });
    await expect(get()).rejects.toThrow('as another file than the hub lists');
  });
  test('a wait that the hub asks for is kept; one that is too long is told', async () => {
    const waits: number[] = [];
    fail(weights, { kind: 'status', status: 429, headers: { 'retry-after': '1' } }, 1);
    await get({}, connection({ onWait: (_, ms) => waits.push(ms) }));
    expect(waits).toEqual([1000]);
    dropFetch(root, LLADA);
    fail(weights, { kind: 'status', status: 429, headers: { 'retry-after': '86400' } });
    await expect(get()).rejects.toThrow('in 86,400 seconds');
  });
  test('a server that leads in a circle, or out of http, is left', async () => {
    const first = ({ route, file }: Asked): boolean => route === 'resolve' && file === SHARD;
    fail(first, { kind: 'redirect', to: `${hub.endpoint}/${LLADA}/resolve/main/${SHARD}` });
    await expect(get()).rejects.toThrow('leads in a circle');
    fail(first, { kind: 'redirect', to: 'file:///etc/passwd' });
    await expect(get()).rejects.toThrow('not safe');
  });
  test('a hub that is not there is told, with what to do', async () => {
    const gone = connection({ endpoint: 'http://127.0.0.1:1', tries: 2 });
    await expect(look(gone)).rejects.toMatchObject({
      code: 'connection-lost',
      action: expect.stringContaining('HTTPS_PROXY') as string,
    });
  });
  test('a disk without room is told before a byte comes, one that fills up while they come', async () => {
    await expect(get({ free: () => 60e6, reserve: 20e6 })).rejects.toThrow('which has 60 MB free');
    expect(hub.asked.some(({ route }) => route === 'resolve')).toBe(false);
    const files = new Map(hub.repositories.get(LLADA)?.files);
    files.set('model-00003-of-00003.safetensors', Buffer.alloc(70_000_000));
    hub.repositories.set(LLADA, { files });
    let looks = 0;
    await expect(get({ free: () => (looks++ === 0 ? 1e12 : 1e6) })).rejects.toThrow('nearly full');
  });
  test('a part that holds other bytes than it should is found out', async () => {
    fail(weights, { kind: 'cut', after: 2000 }, Infinity);
    await expect(get({}, connection({ tries: 1, silentMs: 300 }))).resolves.toBeDefined();
    dropFetch(root, LLADA);
    fail(weights, { kind: 'status', status: 404 });
    await expect(get()).rejects.toThrow();
    const dir = path.join(root, 'GSAI-ML--LLaDA-8B-Instruct', 'partial', 'LLaDA-8B-Instruct');
    writeFileSync(path.join(dir, `${SHARD}.part`), Buffer.alloc(3000, 7));
    hub.fault = () => null;
    expectWhole(await get());
  });
});

describe('before the weights', () => {
  const bones = async (repository: string, file?: string): Promise<{ at: string; sent: number }> => {
    const to = connection();
    const found = await look(to, repository, 'main', file);
    const signal = new AbortController().signal;
    const texts = await fetchRepository(to, found, root, {
      signal,
      only: ({ path: name }) => !/safetensors$|gguf$/.test(name),
    });
    const under = path.join(home, `bones-${made++}`);
    mkdirSync(under);
    hub.sent = 0;
    return { at: await layOutSkeleton(to, found, texts, under, signal), sent: hub.sent };
  };
  test('headers alone tell what an import would be, and what it would refuse', async () => {
    // weights far larger than what may be asked for
    const files = filesOf(path.join(goldens, 'sdar'));
    files.set('model.safetensors', Buffer.concat([files.get('model.safetensors') as Buffer, Buffer.alloc(30_000_000)]));
    hub.repositories.set('JetLM/SDAR-1.7B-Chat', { files });
    const { at, sent } = await bones('JetLM/SDAR-1.7B-Chat');
    const reader = await openCheckpoint(at);
    const flight = preflight(reader, { out: path.join(home, 'out') });
    expect(flight).toMatchObject({ family: { id: 'sdar' }, recipe: { id: 'sdar' } });
    reader.close();
    expect(sent).toBeLessThan(8_000_000);
    expect(statSync(path.join(at, 'model.safetensors')).size).toBe(files.get('model.safetensors')?.length);

    files.set(
      'config.json',
      Buffer.from(JSON.stringify({ ...JSON.parse(String(files.get('config.json'))), attn_logit_softcapping: 30 })),
    );
    const broken = await openCheckpoint((await bones('JetLM/SDAR-1.7B-Chat')).at);
    expect(() => preflight(broken, { out: path.join(home, 'out') })).toThrow('attn_logit_softcapping');
    broken.close();
  });
  test('the same of a GGUF file', async () => {
    const { metadata, tensors } = tinyGguf('llama');
    const file = path.join(home, 'tiny-Q8_0.gguf');
    writeGguf(file, metadata, tensors);
    hub.repositories.set('a/tiny', { files: new Map([['tiny-Q8_0.gguf', readFileSync(file)]]) });
    const { at } = await bones('a/tiny', 'tiny-Q8_0.gguf');
    const reader = await openCheckpoint(at);
    expect(preflight(reader, { out: path.join(home, 'out') }).family.id).toBe('llama');
    reader.close();
  });
});
