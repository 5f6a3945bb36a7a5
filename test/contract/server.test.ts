/** Browser mode's server, spoken to over real sockets with a service made of plain functions behind it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Handlers } from '../../core/contract/index.ts';
import type { Push } from '../../core/contract/push.ts';
import { MezzotintError } from '../../core/contract/result.ts';
import { createDispatch } from '../../core/server/dispatch.ts';
import { readFileMap } from '../../core/server/files.ts';
import { startServer, type RunningServer, type ServerOptions } from '../../core/server/http.ts';

let dir: string;
let outside: string;
beforeAll(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-server-'));
  outside = path.join(dir, 'secret.txt');
  writeFileSync(outside, 'a secret');
  mkdirSync(path.join(dir, 'renderer', 'assets'), { recursive: true });
  writeFileSync(path.join(dir, 'renderer', 'index.html'), '<!doctype html><title>Mezzotint</title>');
  writeFileSync(path.join(dir, 'renderer', 'assets', 'app.js'), 'export {};');
  writeFileSync(path.join(dir, 'renderer', 'assets', 'program.exe'), 'MZ');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const reported: string[] = [];
/** Only the handlers these tests call; the server does not know how many there are. */
const handlers = {
  'conversations.list': () => [],
  'conversations.get': ({ id }: { id: string }) => {
    throw new MezzotintError('not-found', `There is no conversation ${id}.`, { action: 'Choose another.' });
  },
  'engine.status': () => {
    throw new Error('a wire came loose');
  },
  'app.info': () => new Promise<never>(() => undefined),
} as unknown as Handlers;

const pushers = new Set<(push: Push) => void>();
const push = (text: string): void => {
  for (const listener of pushers) listener({ topic: 'notice', error: { code: 'internal', message: text } });
};
const running: RunningServer[] = [];
const clients: WebSocket[] = [];
async function start(overrides: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const server = await startServer({
    files: readFileMap(path.join(dir, 'renderer')),
    dispatch: createDispatch(handlers, (channel) => reported.push(channel)),
    onPush: (listener) => {
      pushers.add(listener);
      return () => pushers.delete(listener);
    },
    port: 0,
    ...overrides,
  });
  running.push(server);
  return server;
}
afterEach(async () => {
  for (const client of clients.splice(0)) client.terminate();
  for (const server of running.splice(0)) await server.close();
  expect(pushers.size).toBe(0);
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}
/** A raw request: the path is sent as it is, without the tidying a URL gets. */
const get = (server: RunningServer, rawPath: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port: server.port, path: rawPath, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });

interface Attempt {
  origin?: string;
  host?: string;
  token?: string;
  path?: string;
}
function open(server: RunningServer, attempt: Attempt = {}): Promise<WebSocket | number> {
  const origin = attempt.origin ?? `http://127.0.0.1:${server.port}`;
  const client = new WebSocket(`ws://127.0.0.1:${server.port}${attempt.path ?? '/socket'}?token=${attempt.token ?? server.token}`, {
    ...(origin === '' ? {} : { origin }),
    ...(attempt.host === undefined ? {} : { headers: { Host: attempt.host } }),
  });
  clients.push(client);
  return new Promise((resolve, reject) => {
    client.on('open', () => resolve(client));
    client.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    client.on('error', reject);
  });
}
async function connect(server: RunningServer): Promise<WebSocket> {
  const client = await open(server);
  if (typeof client === 'number') throw new Error(`refused with ${client}`);
  return client;
}
const next = (client: WebSocket): Promise<unknown> => new Promise((resolve) => client.once('message', (data) => resolve(JSON.parse(String(data)))));
const ask = (client: WebSocket, message: unknown): Promise<unknown> => {
  const answer = next(client);
  client.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  return answer;
};

describe('the page', () => {
  it('is served on the loopback address with the whole set of security headers', async () => {
    const server = await start();
    expect(server.address).toBe(`http://127.0.0.1:${server.port}/#token=${server.token}`);
    expect(Buffer.from(server.token, 'base64url')).toHaveLength(32);
    const { status, headers, body } = await get(server, '/');
    expect({ status, body }).toEqual({ status: 200, body: '<!doctype html><title>Mezzotint</title>' });
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self' ws://127.0.0.1:${server.port}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('comes with files of known types only', async () => {
    const server = await start();
    const script = await get(server, '/assets/app.js');
    expect([script.status, script.headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
    expect((await get(server, '/assets/program.exe')).status).toBe(404);
  });

  it.each(['/../secret.txt', '/assets/../../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/..%5c..%5csecret.txt', '//secret.txt', '/assets/app.js%00.html', '/__proto__', '/constructor', '*'])(
    'has no way out of its folder by %s',
    async (rawPath) => {
      const { status, body } = await get(await start(), rawPath);
      expect(status).toBe(404);
      expect(body).not.toContain('secret');
    },
  );

  it('is refused to another host name, so that a rebound name reads nothing', async () => {
    const server = await start();
    for (const host of ['evil.example', `evil.example:${server.port}`, `localhost.evil.example:${server.port}`, '127.0.0.1', `127.0.0.1:${server.port + 1}`]) expect((await get(server, '/', { Host: host })).status).toBe(403);
  });

  it('is refused to a request from another origin, and to every method but GET and HEAD', async () => {
    const server = await start();
    expect((await get(server, '/', { Origin: 'https://evil.example' })).status).toBe(403);
    expect((await get(server, '/', { Origin: 'null' })).status).toBe(403);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await get(server, '/', {}, method)).status).toBe(405);
    expect(await get(server, '/', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it('says which port is taken and what to do', async () => {
    const server = await start();
    await expect(start({ port: server.port })).rejects.toMatchObject({ code: 'bad-request', message: `Port ${server.port} is taken by another program.`, action: expect.stringContaining('--port') as string });
  });
});

describe('the socket', () => {
  it('opens for our page with the token of this launch', async () => {
    const client = await connect(await start());
    expect(await ask(client, { id: 1, name: 'conversations.list', payload: {} })).toEqual({ id: 1, result: { ok: true, value: [] } });
  });

  it('stays shut for a wrong, empty or older token', async () => {
    const server = await start();
    const other = await start();
    for (const token of ['', 'wrong', other.token, `${server.token}x`]) expect(await open(server, { token })).toBe(401);
  });

  it('stays shut for another origin, no origin, and another host, even with the token', async () => {
    const server = await start();
    for (const origin of ['https://evil.example', 'null', `http://localhost:${server.port}`, `https://127.0.0.1:${server.port}`, '']) expect(await open(server, { origin })).toBe(403);
    expect(await open(server, { host: `evil.example:${server.port}` })).toBe(403);
    expect(await open(server, { path: '/other' })).toBe(404);
  });

  it('answers what a handler throws as an error with a code and what to do', async () => {
    const client = await connect(await start());
    expect(await ask(client, { id: 'a', name: 'conversations.get', payload: { id: 'gone' } })).toEqual({
      id: 'a',
      result: { ok: false, error: { code: 'not-found', message: 'There is no conversation gone.', action: 'Choose another.' } },
    });
    reported.length = 0;
    expect(await ask(client, { id: 'b', name: 'engine.status', payload: {} })).toMatchObject({ id: 'b', result: { ok: false, error: { code: 'internal' } } });
    expect(reported).toEqual(['engine.status']);
  });

  it('answers malformed messages with bad-request and goes on', async () => {
    const client = await connect(await start());
    const bad: unknown[] = ['', '{', '[]', 'null', '"call"', '{"id":1}', { id: {}, name: 'conversations.list' }, { id: 'x'.repeat(65), name: 'conversations.list' }, { id: 1, name: 'conversations.list', payload: {}, more: 1 }, Buffer.from([0xff, 0xfe, 0])];
    for (const message of bad) expect(await ask(client, message)).toMatchObject({ id: null, result: { ok: false, error: { code: 'bad-request' } } });
    const refused: unknown[] = [{ id: 2, name: 'no.such' }, { id: 2, name: 'toString', payload: {} }, { id: 2, name: '__proto__', payload: {} }, { id: 2, name: 'conversations.list', payload: { extra: 1 } }, { id: 2, name: 'conversations.get', payload: { id: '../x' } }];
    for (const message of refused) expect(await ask(client, message)).toMatchObject({ id: 2, result: { ok: false, error: { code: 'bad-request' } } });
    expect(await ask(client, { id: 3, name: 'conversations.list', payload: {} })).toMatchObject({ id: 3, result: { ok: true } });
  });

  it('closes on a message over four megabytes and serves the next connection', async () => {
    const server = await start();
    const client = await connect(server);
    const closed = new Promise<number>((resolve) => client.once('close', resolve));
    client.on('error', () => undefined);
    client.send('x'.repeat(4 * 1024 * 1024 + 1));
    expect(await closed).toBe(1009);
    expect(await ask(await connect(server), { id: 1, name: 'conversations.list', payload: {} })).toMatchObject({ id: 1 });
  });

  it('bounds how many requests and clients it takes at once', async () => {
    const server = await start({ limits: { inFlight: 2, clients: 2 } });
    const client = await connect(server);
    for (const id of [1, 2]) client.send(JSON.stringify({ id, name: 'app.info', payload: {} }));
    expect(await ask(client, { id: 3, name: 'conversations.list', payload: {} })).toMatchObject({ id: 3, result: { ok: false, error: { code: 'bad-request' } } });
    await connect(server);
    expect(await open(server)).toBe(503);
  });

  it('sends pushes to every client', async () => {
    const server = await start();
    const both = [await connect(server), await connect(server)];
    const received = Promise.all(both.map(next));
    push('hello');
    expect(await received).toEqual(Array(2).fill({ push: { topic: 'notice', error: { code: 'internal', message: 'hello' } } }));
  });

  it('closes a client that does not read instead of keeping all it has not read', async () => {
    const server = await start({ limits: { backlogBytes: 1024 * 1024 } });
    const slow = await connect(server);
    const other = await connect(server);
    const closed = new Promise<void>((resolve) => slow.once('close', () => resolve()));
    slow.on('error', () => undefined);
    slow.pause();
    const text = 'x'.repeat(256 * 1024);
    for (let sent = 0; sent < 400 && pushers.size > 0; sent++) {
      const arrived = next(other);
      push(text);
      await arrived;
    }
    slow.resume();
    await closed;
    expect(await ask(other, { id: 1, name: 'conversations.list', payload: {} })).toMatchObject({ id: 1 });
  });
});
