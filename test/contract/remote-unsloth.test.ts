/**
 * Unsloth's own server for DiffusionGemma, from PyPI, over a decoder without weights: its dialect as it really is. Skipped where it
 * can't be installed. It is used by this test alone and never shipped.
 */
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { probe, tryReply, type RemoteOptions } from '../../core/engines/index.ts';
import { pythonWith, type Python } from '../fixtures/python.ts';
import { ask, request, serverAt } from '../fixtures/remote-server.ts';

let python: Python | string = '';
let home = '';
let address = '';
let end: () => void = () => undefined;

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

beforeAll(async () => {
  python = pythonWith(['fastapi==0.165.0', 'uvicorn==0.54.0'], ['unsloth_zoo==2026.10.9']);
  if (typeof python === 'string') return;
  home = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-unsloth-'));
  const decoder = path.join(home, 'decoder');
  copyFileSync(path.join(import.meta.dirname, '../fixtures/visual-decoder.py'), decoder);
  chmodSync(decoder, 0o755);
  const port = await freePort();
  const child = python.start(['-m', 'diffusion_studio.shim', '--gguf', 'none.gguf', '--port', String(port)], {
    DG_VISUAL_BIN: decoder,
    // its parent package would load torch
    PYTHONPATH: [python.dir, path.join(python.dir, 'unsloth_zoo')].join(path.delimiter),
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  end = () => void child.kill('SIGKILL');
  address = `http://127.0.0.1:${port}/v1`;
  await vi.waitFor(
    async () => {
      if (child.exitCode !== null) throw new Error(said);
      expect((await fetch(`http://127.0.0.1:${port}/health`)).ok).toBe(true);
    },
    { timeout: 60_000, interval: 100 },
  );
}, 300_000);
afterAll(() => {
  end();
  if (home !== '') rmSync(home, { recursive: true, force: true });
});

const options = (): RemoteOptions => ({
  server: serverAt([address], {
    dialect: 'unsloth',
    model: { id: 'diffusiongemma', name: 'd', contextLength: null, samplers: [] },
  }),
  key: () => undefined,
  limits: { gatherMs: 0 },
});
const question = (content: string, seed = 7): Parameters<typeof ask>[1] =>
  request({ messages: [{ role: 'user', content }], seed });

it('is found with its model, and its test reply shows states without confidence', async (context) => {
  if (typeof python === 'string') return context.skip(python);
  const found = await probe({ address, key: undefined, confirmed: false });
  expect(found.models.map(({ id }) => id)).toEqual(['diffusiongemma']);
  const { server } = options();
  const observed = await tryReply({ ...server, dialect: null }, undefined);
  expect(observed).toMatchObject({ dialect: 'unsloth', probabilities: false });
  expect(observed.states).toBe(5);
});
it('has each of its steps drawn and its blocks committed, with its own figures and our seed', async (context) => {
  if (typeof python === 'string') return context.skip(python);
  const { text, events, last } = await ask(options(), question('What is a burin?', 11));
  expect(text).toBe('A burin cuts metal. Seed 11.');
  const drawn = events.flatMap((event) => (event.type === 'frame' && event.canvas.length > 0 ? [event.canvas] : []));
  expect(drawn.map(({ from }) => from)).toEqual([0, 0, 0, 4, 4]);
  expect(last).toMatchObject({
    type: 'finished',
    reason: 'end',
    counts: { promptTokens: 9, tokens: 8, forwards: 5 },
  });
});
it('has its reasoning drawn and kept out of the reply', async (context) => {
  if (typeof python === 'string') return context.skip(python);
  const { text, events } = await ask(options(), question('think first'));
  expect(text).toBe('A burin cuts metal. Seed 7.');
  expect(JSON.stringify(events.filter(({ type }) => type === 'blockCommitted'))).not.toContain('thought');
});
it('has the errors that it sends as text told as errors, and what was committed kept', async (context) => {
  if (typeof python === 'string') return context.skip(python);
  const long = await ask(options(), question('a long one'));
  expect(long.text).toBe('');
  expect(long.last).toMatchObject({ type: 'failed', error: { id: 'remote.said' } });
  expect(JSON.stringify(long.last)).toContain('needs 9000 tokens');
  const crash = await ask(options(), question('crash please'));
  expect(crash.text).toBe('A burin cuts metal.');
  expect(crash.last).toMatchObject({
    type: 'failed',
    error: { params: { reason: 'visual server closed the stream' } },
  });
  expect((await ask(options(), question('and again'))).last.type).toBe('finished');
});
