/** `models add` and its kin, as a shell runs them, against a hub on this machine. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect as connectSocket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changed, goldens } from '../fixtures/checkpoints/folder.ts';
import { tinyGguf, writeGguf } from '../fixtures/checkpoints/gguf.ts';
import { filesOf, startHub, type TestHub } from '../fixtures/hub/server.ts';
import { killFetches } from '../soak/fetches.ts';

const work = mkdtempSync(path.join(tmpdir(), 'mezzotint-add-'));
afterAll(() => rmSync(work, { recursive: true }));
let hub: TestHub;
let home = '';
let made = 0;
beforeEach(async () => {
  home = path.join(work, `home-${made++}`);
  hub = await startHub({
    'JetLM/SDAR-1.7B-Chat': { files: filesOf(path.join(goldens, 'sdar')), licence: 'apache-2.0' },
    'someone/unnamed': { files: filesOf(path.join(goldens, 'a2d-qwen3-bd3lm')) },
  });
});
afterEach(() => hub.close());

interface Ended {
  code: number | null;
  said: string;
  errors: string;
}
function cli(
  args: readonly string[],
  {
    env = {},
    during,
  }: { env?: NodeJS.ProcessEnv; during?: (errors: string, kill: (s: NodeJS.Signals) => void) => void } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [path.resolve('core/cli/main.ts'), ...args], {
    env: { ...process.env, MEZZOTINT_DATA: home, HF_ENDPOINT: hub.endpoint, HF_TOKEN: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended: Ended = { code: null, said: '', errors: '' };
  child.stdout.on('data', (text: Buffer) => void (ended.said += text.toString()));
  child.stderr.on('data', (text: Buffer) => {
    ended.errors += text.toString();
    during?.(ended.errors, (signal) => child.kill(signal));
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...ended, code }));
  });
}
const models = (): string[] =>
  existsSync(path.join(home, 'models'))
    ? readdirSync(path.join(home, 'models'), { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [entry.name] : [],
      )
    : [];
const downloads = (): string[] =>
  existsSync(path.join(home, 'downloads'))
    ? readdirSync(path.join(home, 'downloads'), { recursive: true, encoding: 'utf8' })
    : [];

describe('a model from the hub', () => {
  test('is fetched, made usable, answers and can be verified; its sources are gone', async () => {
    const added = await cli(['models', 'add', 'sdar-1.7b', '--yes', '--json']);
    expect(added).toMatchObject({ code: 0 });
    const { id, name } = JSON.parse(added.said) as { id: string; name: string };
    expect(models()).toEqual([id]);
    expect(name).toBe('SDAR-1.7B-Chat');
    expect(added.errors).toContain(`Connecting to ${new URL(hub.endpoint).host}.`);
    expect(added.errors).toContain(`Connecting to ${hub.storeHost}.`);
    expect(added.errors).toContain('licence apache-2.0');
    expect(added.errors).toContain('Fetching: 100 %');
    expect(downloads()).toEqual([]);
    expect(await cli(['models', 'verify', id])).toMatchObject({
      code: 0,
      said: `${id}: every file is as it was imported.\n`,
    });
    const reply = await cli(['ask', '--json', '--pack', path.join(home, 'models', id), '--max-tokens', '8', 'Hello?']);
    expect(reply).toMatchObject({ code: 0 });
    expect((JSON.parse(reply.said) as { tokens: number }).tokens).toBeGreaterThan(0);

    const [file] = readdirSync(path.join(home, 'models', id)).filter((one) => one.endsWith('.bin'));
    const weights = path.join(home, 'models', id, file as string);
    const bytes = readFileSync(weights);
    bytes[5000] = (bytes[5000] ?? 0) ^ 1;
    writeFileSync(weights, bytes);
    const damaged = await cli(['models', 'verify']);
    expect(damaged).toMatchObject({ code: 1 });
    expect(damaged.errors).toContain('damaged');
  });
  test('is asked about first: without an answer nothing of its weights is fetched', async () => {
    const asked = await cli(['models', 'add', 'JetLM/SDAR-1.7B-Chat']);
    expect(asked).toMatchObject({ code: 1, said: '' });
    expect(asked.errors).toContain('Say --yes');
    expect(asked.errors).toMatch(/It fetches .*, and keeps /);
    expect(asked.errors).toMatch(/In 8 bits it takes .* of the disk; running it takes about .* of memory/);
    expect(asked.errors).toMatch(/A step of \d+ slots takes about .* here/);
    expect(hub.asked.filter(({ route, range }) => route === 'store' && range === undefined)).toEqual([]);
    expect(models()).toEqual([]);
  });
  test('whose files tell too little asks for its recipe, by name', async () => {
    const asked = await cli(['models', 'add', 'someone/unnamed', '--yes']);
    expect(asked).toMatchObject({ code: 1 });
    expect(asked.errors).toContain('--recipe: a2d-bd3lm');
    expect(await cli(['models', 'add', 'someone/unnamed', '--yes', '--recipe', 'a2d-bd3lm', '--keep'])).toMatchObject({
      code: 0,
    });
    expect(models()).toHaveLength(1);
    expect(downloads()).toContain(path.join('someone--unnamed', 'whole', 'unnamed', 'config.json'));
  });
  test('that can not be computed is refused before its weights come', async () => {
    const files = filesOf(changed(work, 'sdar', { config: { attn_logit_softcapping: 30 } }));
    hub.repositories.set('a/capped', { files });
    const refused = await cli(['models', 'add', 'a/capped', '--yes']);
    expect(refused).toMatchObject({ code: 1, said: '' });
    expect(refused.errors).toContain('attn_logit_softcapping');
    expect(hub.asked.filter(({ route, range }) => route === 'store' && range === undefined)).toEqual([]);
  });
  test('that is gated says how to get it; with a token it comes', async () => {
    hub.repositories.set('a/gated', { files: filesOf(path.join(goldens, 'sdar')), gated: true, tokens: ['hf_t'] });
    const refused = await cli(['models', 'add', 'a/gated', '--yes']);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.errors).toContain(`Accept the terms at ${hub.endpoint}/a/gated`);
    expect(await cli(['models', 'add', 'a/gated', '--yes'], { env: { HF_TOKEN: 'hf_t' } })).toMatchObject({ code: 0 });
  });
  test('pauses by Ctrl-C and goes on', async () => {
    hub.fault = ({ route, range }) =>
      route === 'store' && range === undefined ? { kind: 'slow', bytes: 4096, ms: 20 } : null;
    let sent = false;
    const paused = await cli(['models', 'add', 'JetLM/SDAR-1.7B-Chat', '--yes'], {
      during: (errors, kill) => {
        if (sent || !/Fetching: (1|2|3)\d %/.test(errors)) return;
        sent = true;
        kill('SIGINT');
      },
    });
    expect(paused).toMatchObject({ code: 130, said: '' });
    expect(paused.errors).toContain('Paused.');
    expect(models()).toEqual([]);
    const [left] = JSON.parse((await cli(['models', 'downloads', '--json'])).said) as { done: number; total: number }[];
    expect(left).toMatchObject({ repository: 'JetLM/SDAR-1.7B-Chat' });
    expect(left?.done).toBeLessThan(left?.total ?? 0);
    hub.fault = () => null;
    hub.asked.length = 0;
    expect(await cli(['models', 'add', 'JetLM/SDAR-1.7B-Chat', '--yes'])).toMatchObject({ code: 0 });
    expect(hub.asked.some(({ route, range }) => route === 'store' && /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true);
  });
  test('comes through the proxy that the environment names', async () => {
    const reached = new Set<string>();
    const proxy = createServer((_, response) => void response.writeHead(405).end());
    proxy.on('connect', (request, socket) => {
      const [host = '', port = ''] = (request.url ?? '').split(':');
      reached.add(`${host}:${port}`);
      const through = connectSocket(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        through.pipe(socket).pipe(through);
      });
      through.on('error', () => socket.destroy());
      socket.on('error', () => through.destroy());
    });
    proxy.on('request', (request) => reached.add(`${new URL(request.url ?? '').host}`));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      await cli(['models', 'show', 'sdar-1.7b', '--online'], {
        env: { HTTP_PROXY: address, http_proxy: '', NO_PROXY: '', no_proxy: '' },
      });
      expect([...reached]).toEqual([new URL(hub.endpoint).host]);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});

test('what was fetched in part can be given up', async () => {
  await cli(['models', 'add', 'JetLM/SDAR-1.7B-Chat']); // asked, and not answered: its small files are there
  expect((await cli(['models', 'downloads'])).said).toContain('go on: mezzotint models add JetLM/SDAR-1.7B-Chat');
  expect(await cli(['models', 'downloads', '--drop', 'JetLM/SDAR-1.7B-Chat'])).toMatchObject({ code: 0, said: '' });
  expect(downloads()).toEqual([]);
  expect(await cli(['models', 'downloads', '--drop', 'JetLM/SDAR-1.7B-Chat'])).toMatchObject({ code: 1 });
});

const openssl = spawnSync('openssl', ['version']).status === 0;
test.skipIf(!openssl)(
  'a certificate of the network is taken from NODE_EXTRA_CA_CERTS; without it, that is said',
  async () => {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(work, name)) as [string, string];
    const { status } = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
    ]);
    expect(status).toBe(0);
    const secure = await startHub(
      { 'JetLM/SDAR-1.7B-Chat': { files: filesOf(path.join(goldens, 'sdar')) } },
      { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') },
    );
    const env = { HF_ENDPOINT: secure.endpoint, NODE_EXTRA_CA_CERTS: '' };
    try {
      const refused = await cli(['models', 'show', 'sdar-1.7b', '--online'], { env });
      expect(refused).toMatchObject({ code: 1, said: '' });
      expect(refused.errors).toContain('Name your network’s certificate by NODE_EXTRA_CA_CERTS');
      expect(refused.errors).not.toContain('Waiting');
      expect(
        await cli(['models', 'add', 'sdar-1.7b', '--yes'], { env: { ...env, NODE_EXTRA_CA_CERTS: cert } }),
      ).toMatchObject({
        code: 0,
      });
    } finally {
      await secure.close();
    }
  },
);

describe('a model from the disk', () => {
  test.each(['folder', 'GGUF file'])('in a %s is added without a connection', async (kind) => {
    const file = path.join(work, `tiny-${made++}.gguf`);
    const { metadata, tensors } = tinyGguf('llama');
    writeGguf(file, metadata, tensors);
    const source = kind === 'folder' ? path.join(goldens, 'nemotron') : file;
    expect(await cli(['models', 'add', source])).toMatchObject({ code: 0 });
    expect(models()).toHaveLength(1);
    expect(hub.asked).toEqual([]);
  });
});

describe('what is typed wrongly', () => {
  test.each([
    [['models', 'add'], 2, 'exactly one'],
    [['models', 'add', 'a/b', '--bits', '5'], 2, '--bits is 4 or 8'],
    [['models', 'add', 'a/b', '--limit-rate', 'fast'], 2, '--limit-rate'],
    [['models', 'add', './x', '--revision', 'main'], 2, '--revision'],
    [['models', 'add', './nothing-here'], 1, 'There is no file or folder'],
    [['models', 'add', 'no-such-id'], 1, 'Write it as ORG/NAME'],
    [['models', 'show', 'no/where'], 1, '--online'],
    [['models', 'fit', 'no/where'], 1, 'models search'],
    [['models', 'search', 'no such words'], 1, 'No model'],
  ])('%j: exit code %i, in words, without a connection', async (args, code, words) => {
    const ended = await cli(args);
    expect(ended).toMatchObject({ code, said: '' });
    expect(ended.errors).toContain(words);
    expect(hub.asked).toEqual([]);
  });
  test('an address of the hub that is none is refused', async () =>
    expect(
      (await cli(['models', 'show', 'a/b', '--online'], { env: { HF_ENDPOINT: 'huggingface' } })).errors,
    ).toContain('HF_ENDPOINT is "huggingface"'));
});

describe('the catalogue', () => {
  test('is searched and shown without a connection; --online asks the hub', async () => {
    const found = await cli(['models', 'search', 'sdar', '--json']);
    expect((JSON.parse(found.said) as { id: string }[]).map(({ id }) => id)).toContain('sdar-1.7b');
    expect((await cli(['models', 'show', 'sdar-1.7b'])).said).toContain('In 8 bits');
    expect(hub.asked).toEqual([]);
    const online = await cli(['models', 'show', 'sdar-1.7b', '--online']);
    expect(online.said).toContain(hub.commitOf('JetLM/SDAR-1.7B-Chat'));
    expect(online.said).toMatch(/Licence +apache-2\.0/);
  });
  test('is graded for this machine; a speed is measured once and kept', async () => {
    const first = await cli(['models', 'fit', 'a2d-bd3lm', 'trado-4b', '--json']);
    expect(first.errors).toContain('Measuring');
    const fits = JSON.parse(first.said) as { id: string; grade: string | null; tokensPerSecond: number | null }[];
    expect(fits[0]).toMatchObject({ id: 'a2d-bd3lm', grade: expect.stringMatching(/good|slow|too-large/) as string });
    expect(fits[1]).toMatchObject({ id: 'trado-4b', grade: null, tokensPerSecond: null });
    const second = await cli(['models', 'fit', 'a2d-bd3lm', '--json']);
    expect(second.errors).toBe('');
    expect((JSON.parse(second.said) as typeof fits)[0]?.tokensPerSecond).toBe(fits[0]?.tokensPerSecond);
    expect(hub.asked).toEqual([]);
  });
});

test('two dozen kills while fetching and converting: no unusable model, and nothing left over', async () => {
  const outcome = await killFetches({ kills: 24, seed: 21, say: () => undefined });
  expect(outcome).toMatchObject({ unusable_models: 0, orphan_bytes: 0 });
  expect(outcome.fetch_kills).toBeGreaterThanOrEqual(24);
  expect(outcome.window_kills).toBeGreaterThan(0);
  expect(outcome.models_added).toBeGreaterThan(0);
}, 900_000);
