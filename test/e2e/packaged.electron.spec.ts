/**
 * The unpacked app as `npm run dist -- --dir` makes it, driven through the debugging port: its fuses refuse the inspector that
 * the other specs come in by.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { chromium } from '@playwright/test';
import { asRoot } from '../../scripts/lib/electron.mjs';
import { inRoot } from '../../scripts/lib/common.mjs';
import { ask, composer, ended, replies } from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';

/** As the fuse wire spells them. */
const [OFF, ON] = ['0', '1'].map((digit) => digit.charCodeAt(0));
const unpacked = inRoot('release', 'linux-unpacked');
const binary = path.join(unpacked, 'mezzotint');

test.skip(process.platform !== 'linux', 'the unpacked app is looked for as Linux builds it');
test.beforeAll(() => {
  const made = spawnSync(process.execPath, [inRoot('scripts', 'dist.ts'), '--dir'], {
    cwd: inRoot(),
    encoding: 'utf8',
    timeout: 110_000,
  });
  expect(made.status, made.stderr + made.stdout).toBe(0);
  expect(made.stdout).toMatch(/release\/linux-unpacked: \d+\.\d MB/);
});

test('holds what it needs and nothing of other platforms', async () => {
  const resources = path.join(unpacked, 'resources');
  const native = readdirSync(path.join(resources, 'app.asar.unpacked'), { recursive: true, encoding: 'utf8' });
  expect(native.filter((file) => /\.(node|dll|dylib|so[.\d]*)$/.test(file)).sort()).toEqual(
    [
      `node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`,
      ...['libonnxruntime.so.1', 'onnxruntime_binding.node'].map(
        (file) => `node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}/${file}`,
      ),
    ].sort(),
  );
  expect(existsSync(path.join(resources, 'models', 'smollm2-135m-instruct', 'manifest.json'))).toBe(true);
  expect(readFileSync(path.join(resources, 'licences', 'THIRD-PARTY.txt'), 'utf8')).toContain('better-sqlite3');
  const notices = readdirSync(path.join(resources, 'licences')).filter((name) => name.startsWith('onnxruntime-'));
  expect(notices.map((name) => readdirSync(path.join(resources, 'licences', name)).sort())).toEqual([
    ['LICENSE.txt', 'ThirdPartyNotices.txt'],
  ]);
  // Electron's and Chromium's own lie beside the program
  for (const name of ['LICENSE.electron.txt', 'LICENSES.chromium.html'])
    expect(existsSync(path.join(unpacked, name)), name).toBe(true);
  // an asar begins with its list of files: the length at byte 12, the JSON at 16
  const asar = readFileSync(path.join(resources, 'app.asar'));
  const { files } = JSON.parse(asar.toString('utf8', 16, 16 + asar.readUInt32LE(12))) as {
    files: Record<string, unknown>;
  };
  expect(Object.keys(files).sort()).toEqual(['dist', 'node_modules', 'package.json', 'resources']);
});

test('brings the command line along, which runs in Node.js', () => {
  const run = (args: string[], node = process.execPath): ReturnType<typeof spawnSync> =>
    spawnSync(path.join(unpacked, 'resources', 'cli', 'mezzotint'), args, {
      encoding: 'utf8',
      env: { ...process.env, MEZZOTINT_NODE: node },
      timeout: 100_000,
    });
  const data = newDataDir();
  const listed = run(['models', 'list', '--data', data]);
  expect(listed.stdout, String(listed.stderr)).toContain('SmolLM2 135M Instruct');
  const asked = run(['ask', 'Say hello.', '--max-tokens', '8', '--data', data]);
  expect(asked.status, String(asked.stderr)).toBe(0);
  expect(String(asked.stdout).trim().length).toBeGreaterThan(0);
  expect(run(['ask', 'hello'], '/nowhere/node').status).toBe(127);
});

test('has its fuses set', async () => {
  const wire = await getCurrentFuseWire(binary);
  const off = [
    FuseV1Options.RunAsNode,
    FuseV1Options.EnableNodeOptionsEnvironmentVariable,
    FuseV1Options.EnableNodeCliInspectArguments,
  ];
  for (const fuse of off) expect(wire[fuse]).toBe(OFF);
  for (const fuse of [FuseV1Options.OnlyLoadAppFromAsar, FuseV1Options.EnableCookieEncryption])
    expect(wire[fuse]).toBe(ON);
  // as Node it would print this and end; as the app it knows nothing of -p
  const asNode = spawnSync(binary, ['-p', '"ran as node"', ...(asRoot() ? ['--no-sandbox'] : [])], {
    env: { ...process.env, DISPLAY: '', ELECTRON_RUN_AS_NODE: '1', MEZZOTINT_DATA: newDataDir() },
    encoding: 'utf8',
    timeout: 5000,
  });
  expect(asNode.stdout).not.toContain('ran as node');
});

test('opens, and answers two turns with its own model', async () => {
  const dataDir = newDataDir();
  mkdirSync(dataDir, { recursive: true });
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !['MEZZOTINT_PACK', 'MEZZOTINT_DATA', 'SQLITE_STAND_IN', 'NODE_OPTIONS'].includes(name),
    ),
  );
  const child = spawn(
    binary,
    ['--data', dataDir, '--remote-debugging-port=0', ...(asRoot() ? ['--no-sandbox', '--disable-dev-shm-usage'] : [])],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    const endpoint = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
        const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once('exit', (code) => reject(new Error(`The app ended with ${code}.\n${said}`)));
    });
    const browser = await chromium.connectOverCDP(endpoint, { noDefaults: true });
    const context = browser.contexts()[0];
    const page = context?.pages()[0] ?? (await context?.waitForEvent('page'));
    if (!page) throw new Error('There is no window.');
    await expect(composer(page)).toBeVisible();
    await expect(page.getByTestId('engine-status')).toHaveAttribute('data-state', 'ready', { timeout: 60_000 });
    await page.evaluate(async () => {
      const { mezzotint } = window as unknown as {
        mezzotint: {
          call(
            name: string,
            payload: unknown,
          ): Promise<{ value: { generation: { sampling: object; ending: object } } }>;
        };
      };
      const { value } = await mezzotint.call('settings.get', {});
      await mezzotint.call('settings.set', {
        generation: {
          ...value.generation,
          sampling: { ...value.generation.sampling, temperature: 0, seed: 7 },
          ending: { ...value.generation.ending, maxTokens: 30 },
        },
      });
    });
    await ask(page, 'Name three colours.');
    await ended(page);
    await ask(page, 'Which of them is the darkest?');
    await ended(page);
    await expect(replies(page)).toHaveCount(2);
    for (const reply of await replies(page).all()) expect((await reply.innerText()).length).toBeGreaterThan(10);
    await browser.close();
  } finally {
    child.kill();
    await gone;
    rmSync(dataDir, { recursive: true, force: true });
  }
});
