/** The command line beside an app that has the data folder open: real stores, the real local socket, real processes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { announce, readAnnouncement } from '../../core/app/announcement.ts';
import { createDispatch } from '../../core/app/dispatch.ts';
import { openHost } from '../../core/app/host.ts';
import type { Service } from '../../core/app/service.ts';
import { reachApp } from '../../core/cli/running-app.ts';
import type { Push } from '../../core/contract/push.ts';
import { closeAll } from '../../core/server/closing.ts';
import { serveLocally, type LocalSocket } from '../../core/server/local.ts';
import { openStore } from '../../core/store/index.ts';
import { FakeEngine } from '../fixtures/fake-engine.ts';

let dir: string;
let service: Service | null = null;
let local: LocalSocket | null = null;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-running-'));
  writeFileSync(
    file('chats.jsonl'),
    '{"messages":[{"role":"user","content":"What is a burr?"},{"role":"assistant","content":"A raised edge."}]}\n',
  );
});
afterEach(async () => {
  await closeApp();
  rmSync(dir, { recursive: true, force: true });
});
const file = (name: string): string => path.join(dir, name);
const data = (): string => file('data');

async function openApp(): Promise<Service> {
  const opened = openHost({
    home: data(),
    packDir: '',
    spawnEngine: new FakeEngine().spawn,
    openExternal: () => Promise.resolve(),
    version: '0',
    runtime: 'browser',
  });
  local = await serveLocally({
    service: opened,
    dispatch: createDispatch(opened.handlers, () => undefined),
    log: (line) => expect.unreachable(line),
  });
  return (service = opened);
}
async function closeApp(): Promise<void> {
  if (service && local) await closeAll(service, local);
  service = local = null;
}
interface Ended {
  code: number | null;
  said: string;
  errors: string;
}
/** Beside this process, which is the app: it must go on meanwhile. */
function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [path.resolve('core/cli/main.ts'), ...args], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return { child, ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, said, errors }))) };
}
const run = (...args: string[]): Promise<Ended> => start(...args).ended;

describe('beside a running app', () => {
  it('conversations come in and are seen by the app at once, and go out as they are there', async () => {
    const app = await openApp();
    const pushes: Push[] = [];
    app.onPush((push) => pushes.push(push));
    expect(await run('chats', 'import', 'chats.jsonl', '--preview', '--data', 'data')).toMatchObject({
      code: 0,
      said: expect.stringContaining('1 to import') as string,
    });
    expect(await app.handlers['conversations.list']({})).toEqual([]);
    expect(await run('import-chats', 'chats.jsonl', '--data', 'data')).toMatchObject({
      code: 0,
      said: expect.stringContaining('1 conversation imported') as string,
      errors: '',
    });
    expect(await app.handlers['conversations.list']({})).toHaveLength(1);
    expect(pushes.some(({ topic }) => topic === 'conversations-changed')).toBe(true);

    expect(await run('chats', 'export', '--format', 'text', '--out', 'all.txt', '--data', 'data')).toMatchObject({
      code: 0,
      said: '1 conversation written to all.txt.\n',
    });
    expect(readFileSync(file('all.txt'), 'utf8')).toContain('A raised edge.');
    // the same errors too
    expect(await run('export', '--id', 'nobody', '--out', 'x', '--data', 'data')).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^Error: /) as string,
    });
    expect(existsSync(file('x'))).toBe(false);
  });

  it('gives what it gives with the app closed', async () => {
    await openApp();
    expect((await run('import-chats', 'chats.jsonl', '--data', 'data')).code).toBe(0);
    const open = await run('export', '--format', 'openai', '--out', '-', '--data', 'data');
    await closeApp();
    expect(await run('export', '--format', 'openai', '--out', '-', '--data', 'data')).toEqual(open);
  });

  it('says so in the data folder, to its owner alone, and takes it back at its end', async () => {
    await openApp();
    const said = path.join(data(), 'mezzotint.app.json');
    if (process.platform !== 'win32') {
      expect(statSync(said).mode & 0o777).toBe(0o600);
      const { socket } = readAnnouncement(data()) ?? { socket: '' };
      expect(statSync(path.dirname(socket)).mode & 0o777).toBe(0o700);
    }
    const { socket } = readAnnouncement(data()) ?? { socket: '' };
    await closeApp();
    expect(existsSync(said)).toBe(false);
    expect(existsSync(socket)).toBe(false);
  });

  it('is followed to another folder', async () => {
    const app = await openApp();
    expect((await run('import-chats', 'chats.jsonl', '--data', 'data')).code).toBe(0);
    await app.handlers['data.move']({ folder: file('moved') });
    await vi.waitFor(() => expect(readAnnouncement(file('moved'))).not.toBeNull());
    expect(readAnnouncement(data())).toBeNull();
    // the home folder names the one in use
    expect(await run('export', '--out', '-', '--format', 'text', '--data', 'data')).toMatchObject({
      code: 0,
      said: expect.stringContaining('A raised edge.') as string,
    });
  });

  it('tells nothing to whoever has not its token', async () => {
    await openApp();
    const announced = readAnnouncement(data());
    if (!announced) throw new Error('nothing was announced');
    const ask = (headers: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(announced.socket);
        let got = '';
        socket
          .on('data', (chunk) => (got += chunk.toString()))
          .on('close', () => resolve(got))
          .on('error', () => resolve(got));
        socket.write(
          `GET /contract HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`,
        );
      });
    for (const headers of [
      '',
      'Authorization: Bearer wrong\r\n',
      `Authorization: ${announced.token}\r\n`,
      `Authorization: Bearer ${announced.token}x\r\n`,
    ])
      expect(await ask(headers)).toMatch(/^HTTP\/1\.1 401 /);
    announce(data(), { ...announced, token: 'x'.repeat(43) });
    expect(await reachApp(data())).toBeNull();
    expect(await run('export', '--out', '-', '--data', 'data')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('already running') as string,
    });
  });

  it('that was killed leaves nothing that would be in the way', async () => {
    await openApp();
    const announced = readAnnouncement(data());
    await closeApp();
    if (announced) announce(data(), announced);
    expect(await run('import-chats', 'chats.jsonl', '--data', 'data')).toMatchObject({
      code: 0,
      said: expect.stringContaining('1 conversation imported') as string,
    });
  });

  it('without a local socket is named, and nothing is touched', async () => {
    mkdirSync(data());
    const opened = openStore({ dataDir: data() });
    if (!opened.ok) throw new Error(opened.error.message);
    const { code, errors } = await run('import-chats', 'chats.jsonl', '--data', 'data');
    expect(opened.value.store.conversations.list()).toEqual([]);
    opened.value.store.close();
    expect({ code, errors }).toMatchObject({ code: 1, errors: expect.stringContaining('already running') as string });
  });

  it('that ends under a command is told of, with exit code 1', async () => {
    await openApp();
    expect((await run('import-chats', 'chats.jsonl', '--data', 'data')).code).toBe(0);
    const app = await reachApp(data());
    if (!app) throw new Error('the app was not reached');
    const { exportId } = await app.call('export.begin', { format: 'json', ids: null, frames: false });
    await closeApp();
    await expect(app.call('export.read', { exportId, piece: 0 })).rejects.toMatchObject({
      code: 'connection-lost',
      action: expect.any(String) as string,
    });
  });
});
