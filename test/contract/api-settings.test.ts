/** The local API beside the window: switched on and off, with keys, over real data folders and real sockets. */
import { createServer } from 'node:net';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHost } from '../../core/app/host.ts';
import type { Service } from '../../core/app/service.ts';
import { keysOf, hashOf } from '../../core/api/index.ts';
import type { Push } from '../../core/contract/push.ts';
import { askServer, question, type Answered } from '../fixtures/api-server.ts';
import { FakeEngine, fakeText } from '../fixtures/fake-engine.ts';

let dir: string;
let service: Service;
let port: number;
beforeEach(async () => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-api-'));
  // one that was free a moment ago
  port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as { port: number };
      probe.close(() => resolve(free));
    });
  });
  open();
});
afterEach(async () => {
  await service.close();
  rmSync(dir, { recursive: true, force: true });
});
function open(): void {
  service = openHost({
    home: dir,
    packDir: '',
    spawnEngine: new FakeEngine().spawn,
    openExternal: () => Promise.resolve(),
    version: '0',
    runtime: 'browser',
  });
}
const ask = (key: string, address = '/v1/models', body?: unknown): Promise<Answered> =>
  askServer(port, address, { headers: { authorization: `Bearer ${key}` }, ...(body === undefined ? {} : { body }) });

describe('the local API', () => {
  it('is off until it is switched on; it then has a key, and answers with the window’s engine and settings', async () => {
    expect(await service.handlers['api.state']({})).toMatchObject({ enabled: false, address: null, keys: [] });
    await expect(ask('x')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await service.handlers['settings.set']({
      generation: {
        ...(await service.handlers['settings.get']({})).generation,
        ending: { maxTokens: 9, stop: [], loopGuard: true },
      },
    });
    const { state, key } = await service.handlers['api.set']({ enabled: true, port, keyName: 'Editor' });
    expect(state).toMatchObject({ enabled: true, address: `http://127.0.0.1:${port}/v1`, error: null });
    expect(state.keys).toMatchObject([{ name: 'Editor', lastUsedAt: null }]);
    const before = await service.handlers['conversations.list']({});
    const { json } = await ask(key ?? '', '/v1/chat/completions', question);
    const { choices, usage } = json as {
      choices: { message: { content: string } }[];
      usage: { completion_tokens: number };
    };
    expect(fakeText.startsWith(choices[0]?.message.content ?? '-')).toBe(true);
    expect(usage.completion_tokens).toBe(9);
    // nothing of it is among the conversations
    expect(await service.handlers['conversations.list']({})).toEqual(before);
    expect((await service.handlers['api.state']({})).keys[0]?.lastUsedAt).toEqual(expect.any(Number));
    await service.handlers['api.set']({ enabled: false });
    await expect(ask(key ?? '')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('has keys that are named, shown once, kept as hashes in a file of their owner, and revoked at once', async () => {
    const pushes: Push[] = [];
    service.onPush((push) => pushes.push(push));
    const first = (await service.handlers['api.set']({ enabled: true, port })).key ?? '';
    const second = (await service.handlers['api.add-key']({ name: 'Script' })).key ?? '';
    expect(first).not.toBe(second);
    expect([(await ask(first)).status, (await ask(second)).status, (await ask('mzt-other')).status]).toEqual([
      200, 200, 401,
    ]);
    const file = path.join(dir, 'mezzotint.api.json');
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain(first);
    expect(text).not.toContain(second);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(keysOf(dir).map(({ hash }) => hash)).toEqual([hashOf(first), hashOf(second)]);
    const state = await service.handlers['api.state']({});
    expect(JSON.stringify(state)).not.toContain(hashOf(first));
    await service.handlers['api.revoke-key']({ id: state.keys[0]?.id ?? '' });
    expect([(await ask(first)).status, (await ask(second)).status]).toEqual([401, 200]);
    expect(pushes.some((push) => push.topic === 'api' && push.api.keys.length === 1)).toBe(true);
  });

  it('is on again after a restart, with the same keys', async () => {
    const key = (await service.handlers['api.set']({ enabled: true, port })).key ?? '';
    await service.close();
    open();
    expect(await service.handlers['api.state']({})).toMatchObject({ address: `http://127.0.0.1:${port}/v1` });
    expect((await ask(key)).status).toBe(200);
  });

  it('says why it does not answer where the port is taken, and answers at another one', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port: other } = taken.address() as { port: number };
    const { state } = await service.handlers['api.set']({ enabled: true, port: other });
    expect(state).toMatchObject({
      enabled: true,
      address: null,
      error: { id: 'api.port-taken', params: { port: other } },
    });
    const mended = await service.handlers['api.set']({ port });
    expect(mended.state).toMatchObject({ address: `http://127.0.0.1:${port}/v1`, error: null });
    await new Promise((resolve) => taken.close(resolve));
  });
});
