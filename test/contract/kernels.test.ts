/** How the processor runs a model is measured once, kept, and can be chosen. Real model, real processes. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EngineStatus } from '../../core/contract/engine.ts';
import { isFinal } from '../../core/contract/generation.ts';
import type { KernelsAsked } from '../../core/contract/kernels.ts';
import { childEngine, createLocalEngine, type Engine } from '../../core/engines/index.ts';
import { engineSettings, packDir } from '../fixtures/engine-under-test.ts';

const entry = path.join(import.meta.dirname, '../../core/engine/entry.ts');
let dir: string;
let measurements: string;
const open: Engine[] = [];
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-kernels-'));
  measurements = path.join(dir, 'kernels.json');
});
afterEach(async () => {
  for (const engine of open.splice(0)) await engine.shutdown();
  rmSync(dir, { recursive: true, force: true });
});

async function load(kernels: KernelsAsked, file = measurements) {
  const steps: string[] = [];
  const engine = createLocalEngine({
    spawn: childEngine(entry),
    packDir,
    devices: ['cpu'],
    kernels: () => kernels,
    measurements: file,
  });
  open.push(engine);
  engine.onStatus((status) => {
    if (status.state === 'loading') steps.push(status.step);
  });
  const status = await engine.settled();
  if (status.state !== 'ready') throw new Error(JSON.stringify(status));
  return { engine, status, steps };
}
type Ready = Extract<EngineStatus, { state: 'ready' }>;
const text = (engine: Engine): Promise<string> =>
  new Promise((resolve, reject) => {
    let written = '';
    engine.generate(
      {
        generationId: 'one',
        messages: [{ role: 'user', content: 'Name three rivers and say where they end.' }],
        replyPrefix: [],
        settings: { ...engineSettings, ending: { ...engineSettings.ending, maxTokens: 40 } },
        seed: 7,
      },
      (event) => {
        if (event.type === 'blockCommitted') written += event.tokens.map((token) => token.text).join('');
        if (event.type === 'failed') reject(new Error(event.error.message));
        else if (isFinal(event)) resolve(written);
      },
    );
  });

it('the first load measures, says what serves and why, and the next one remembers', async () => {
  const first = await load('auto');
  expect(first.steps).toContain('measure');
  const { kernels } = first.status as Ready & { kernels: NonNullable<Ready['kernels']> };
  expect(kernels.why).toBe('measured');
  expect(kernels.threads).toBe(first.status.threads);
  expect(kernels.measured?.map(({ rows }) => rows.map((one) => one.rows))).toEqual(
    kernels.measured?.map(() => [1, 8, 32]),
  );
  expect(kernels.measured?.every(({ rows }) => rows.every(({ ms }) => ms > 0))).toBe(true);
  const kept = readFileSync(measurements, 'utf8');
  if (process.platform !== 'win32') expect(statSync(measurements).mode & 0o777).toBe(0o600);

  const second = await load('auto');
  expect(second.steps).not.toContain('measure');
  expect(second.status.kernels).toEqual(kernels);
  expect(readFileSync(measurements, 'utf8')).toBe(kept);
});

it('a file that can’t be read is measured again, and one that can’t be written does no harm', async () => {
  writeFileSync(measurements, '{"format": 1, "entries": [');
  expect((await load('auto')).steps).toContain('measure');
  expect(JSON.parse(readFileSync(measurements, 'utf8'))).toMatchObject({ format: 1 });
  const nowhere = path.join(dir, 'not-there', 'kernels.json');
  expect((await load('auto', nowhere)).status.kernels?.why).toBe('measured');
  expect(existsSync(nowhere)).toBe(false);
});

it('what a person names serves, nothing is measured, and the text is the same', async () => {
  const one = await load({ threads: 1, spinUs: 0 });
  expect(one.steps).not.toContain('measure');
  expect(one.status).toMatchObject({ threads: 1, kernels: { threads: 1, spinUs: 0, why: 'asked' } });
  const two = await load({ threads: 2, spinUs: 200 });
  expect(await text(one.engine)).toBe(await text(two.engine));
  expect(existsSync(measurements)).toBe(false);
});
