/** What children get of the environment: nothing that makes another program of them. Real processes. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FromEngine } from '../../core/contract/engine.ts';
import { childEngine, childEnvironment } from '../../core/engines/index.ts';
import { openInBrowser } from '../../core/server/open-in-browser.ts';
import { inRoot } from '../../scripts/lib/common.mjs';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-environment-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});
/** A program that writes down its environment. */
function recorder(name: string): string {
  const file = path.join(dir, name);
  writeFileSync(file, `#!/bin/sh\nenv > ${dir}/seen.part\nmv ${dir}/seen.part ${dir}/seen\n`);
  chmodSync(file, 0o755);
  return file;
}
const seen = (): string => readFileSync(path.join(dir, 'seen'), 'utf8');

describe('a child', () => {
  it('is not told to be another program, however the name is written', () => {
    expect(
      childEnvironment({
        PATH: '/bin',
        ELECTRON_RUN_AS_NODE: '1',
        node_options: '--inspect-brk',
        NODE_PATH: '/x',
        MEZZOTINT_PACK: '/p',
        NODE_ENV: 'test',
      }),
    ).toEqual({ PATH: '/bin', MEZZOTINT_PACK: '/p', NODE_ENV: 'test' });
  });
  it('that is the engine starts although its host was told to load something first', async () => {
    vi.stubEnv('NODE_OPTIONS', `--require ${path.join(dir, 'not-there.cjs')}`);
    const engine = childEngine(path.resolve('test/fixtures/fake-engine-entry.ts'))();
    const first = new Promise<FromEngine | number | null>((resolve) => {
      engine.onMessage(resolve);
      engine.onExit(({ code }) => resolve(code));
    });
    engine.send({ type: 'load', packDir: '/none', devices: [] });
    expect(await first).toMatchObject({ type: 'status' });
    engine.kill();
  });
  it.runIf(process.platform === 'linux')('that is the person’s browser gets none of it', async () => {
    recorder('xdg-open');
    vi.stubEnv('PATH', `${dir}:${process.env['PATH'] ?? ''}`);
    vi.stubEnv('ELECTRON_RUN_AS_NODE', '1');
    vi.stubEnv('NODE_OPTIONS', '--no-warnings');
    expect(await openInBrowser('https://example.com/')).toBe(true);
    expect(await vi.waitFor(seen, { timeout: 10_000 })).not.toMatch(/ELECTRON_RUN_AS_NODE|NODE_OPTIONS/);
  });
  it.runIf(process.platform === 'linux')('that is Electron is not started as a Node by npm start', () => {
    const dist = path.join(dir, 'electron');
    mkdirSync(dist);
    writeFileSync(path.join(dist, 'version'), '45.0.0');
    recorder('electron/electron');
    const { status, stderr } = spawnSync(process.execPath, [inRoot('scripts', 'run.mjs'), 'start'], {
      env: { ...process.env, DISPLAY: ':0', ELECTRON_OVERRIDE_DIST_PATH: dist, ELECTRON_RUN_AS_NODE: '1' },
      encoding: 'utf8',
      timeout: 120_000,
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(seen()).not.toContain('ELECTRON_RUN_AS_NODE');
  });
});
