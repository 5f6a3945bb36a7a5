/** What a model would cost here, before it is imported: real probes of real checkpoints' shapes. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { childEngine } from '../../core/engines/index.ts';
import { Costs, type CostsOptions } from '../../core/library/index.ts';
import type { SpawnEngine } from '../../core/contract/engine.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';

const home = mkdtempSync(path.join(tmpdir(), 'mezzotint-costs-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const folder = path.join(home, 'models');
const engine = childEngine(path.resolve('core/engine/entry.ts'));
let answers: string[] = [];
const spawn: SpawnEngine = () => {
  const process = engine();
  process.onMessage((message) => {
    if (message.type === 'importer' && message.answer.kind === 'cost')
      answers.push(message.answer.cost === null ? 'known' : 'measured');
  });
  return process;
};
const costs = (more: Partial<CostsOptions> = {}): Costs => new Costs({ folder, spawn, ...more });
const llada = { path: path.join(goldens, 'llada') };

test('a probe says what a step and a reply cost, is kept, and writes nothing but its figures', async () => {
  answers = [];
  const first = await costs().of(llada);
  if (first.state !== 'measured') throw new Error(first.state);
  // the whole canvas is read at each step: a prompt and a reply of 64 tokens each
  expect(first.cost.rows).toBe(128);
  expect(first.cost.forwardMs).toBeGreaterThan(0);
  expect(first.cost.tokensPerSecond).toBeCloseTo(1000 / first.cost.forwardMs, 6);
  // another start knows the figures, and tries nothing
  expect(await costs().of(llada)).toEqual(first);
  expect(answers).toEqual(['measured', 'known']);
  expect(readdirSync(folder)).toEqual(['costs.json']);
  // other bits are another shape
  const other = await costs().of({ ...llada, bits: 4 });
  expect(other.state).toBe('measured');
  expect(answers).toEqual(['measured', 'known', 'measured']);
});

test('a block family reads its block at each step', async () => {
  const probed = await costs().of({ path: path.join(goldens, 'sdar') });
  expect(probed).toMatchObject({ state: 'measured', cost: { rows: 4 } });
});

test('a probe that is stopped, or takes too long, says so and keeps nothing', async () => {
  const fresh = path.join(home, 'fresh');
  const stopped = costs({ folder: fresh });
  const asked = stopped.of(llada);
  stopped.stop();
  expect(await asked).toEqual({ state: 'stopped' });
  const late = costs({ folder: fresh, after: (work) => (work(), () => undefined) });
  expect(await late.of(llada)).toEqual({ state: 'too-long' });
  expect(existsSync(fresh)).toBe(false);
});

test('what can not be imported is refused as an import refuses it', async () => {
  await expect(costs().of({ path: home })).rejects.toMatchObject({
    message: expect.stringContaining('config.json') as string,
  });
});
