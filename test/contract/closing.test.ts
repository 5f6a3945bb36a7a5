/** Closing browser mode while a reply is written and clients do not answer: a real store, real sockets, the scripted engine. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Push } from '../../core/contract/push.ts';
import { closeAll } from '../../core/server/closing.ts';
import { createDispatch } from '../../core/app/dispatch.ts';
import { readFileMap } from '../../core/server/files.ts';
import { openHost } from '../../core/app/host.ts';
import { startServer, type RunningServer } from '../../core/server/http.ts';
import type { Service } from '../../core/app/service.ts';
import { openStore } from '../../core/store/index.ts';
import { exchange } from '../fixtures/browser-session.ts';
import { FakeEngine, fakeSettings } from '../fixtures/fake-engine.ts';

let dir: string;
let fake: FakeEngine;
let service: Service;
let server: RunningServer;
const raw: Socket[] = [];
beforeEach(async () => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-closing-'));
  mkdirSync(path.join(dir, 'renderer'));
  writeFileSync(path.join(dir, 'renderer', 'index.html'), '<!doctype html><title>Mezzotint</title>');
  fake = new FakeEngine({ pace: 'manual' });
  service = openHost({
    home: path.join(dir, 'data'),
    packDir: '',
    spawnEngine: fake.spawn,
    openExternal: () => Promise.resolve(),
    version: '0',
    runtime: 'browser',
  });
  server = await startServer({
    files: readFileMap(path.join(dir, 'renderer')),
    dispatch: createDispatch(service.handlers, () => undefined),
    onPush: service.onPush,
    port: 0,
  });
});
afterEach(() => {
  for (const socket of raw.splice(0)) socket.destroy();
  rmSync(dir, { recursive: true, force: true });
});

const whole = <T>(request: (done: (value: T) => void) => void): Promise<T> => new Promise(request);
/** A client that opens the way and then neither answers nor closes its end. */
async function mute(opening: string): Promise<Socket> {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  raw.push(socket);
  socket.on('error', () => undefined);
  await whole<void>((done) => socket.once('connect', done));
  socket.write(opening);
  if (opening !== '') await whole<void>((done) => socket.once('data', () => done()));
  socket.pause();
  return socket;
}
const upgrade = (target: string): string =>
  [
    `GET ${target} HTTP/1.1`,
    `Host: 127.0.0.1:${server.port}`,
    `Origin: http://127.0.0.1:${server.port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '',
    '',
  ].join('\r\n');

async function asked(): Promise<string> {
  await service.handlers['conversations.list']({});
  await vi.waitFor(async () => expect(await service.handlers['engine.status']({})).toMatchObject({ state: 'ready' }), {
    timeout: 20_000,
  });
  const { reply } = await service.handlers['chat.send']({
    conversationId: null,
    parentId: null,
    text: 'What is a mezzotint?',
    settings: fakeSettings,
  });
  fake.step(12);
  return reply.id;
}

it(
  'ends replies first, tells those who listen, and waits a second at most for those who do not',
  { timeout: 20_000 },
  async () => {
    const target = `/socket?session=${await exchange(server.address())}`;
    await mute(upgrade(target));
    await mute(upgrade('/nowhere'));
    await mute('');
    const pushes: Push[] = [];
    const client = new WebSocket(`ws://127.0.0.1:${server.port}${target}`, {
      origin: `http://127.0.0.1:${server.port}`,
    });
    client.on('message', (data) => {
      const { push } = JSON.parse(String(data)) as { push?: Push };
      if (push) pushes.push(push);
    });
    await whole<void>((done) => client.once('open', done));
    const replyId = await asked();

    const closing = closeAll(service, server);
    // the engine is asked to end it before anything is waited for
    expect(fake.process.received.at(-1)).toMatchObject({ type: 'cancel' });
    await closing;
    expect(pushes.findLast((push) => push.topic === 'message')).toMatchObject({
      message: { id: replyId, status: 'interrupted' },
    });

    const opened = openStore({ dataDir: path.join(dir, 'data') });
    if (!opened.ok) throw new Error(opened.error.message);
    const { store } = opened.value;
    expect(store.messages.get(replyId)).toMatchObject({ status: 'interrupted' });
    expect(store.generations.events(replyId).at(-1)).toMatchObject({ type: 'stopped', seq: 12 });
    store.close();
  },
);

it('begins nothing any more', async () => {
  await asked();
  const closing = closeAll(service, server);
  const asking = service.handlers['chat.send']({
    conversationId: null,
    parentId: null,
    text: 'And now?',
    settings: fakeSettings,
  });
  await expect(asking).rejects.toMatchObject({
    code: 'engine-not-ready',
    message: expect.stringContaining('closing') as string,
  });
  await closing;
  const opened = openStore({ dataDir: path.join(dir, 'data') });
  if (!opened.ok) throw new Error(opened.error.message);
  expect(opened.value.store.conversations.list()).toHaveLength(1);
  opened.value.store.close();
});
