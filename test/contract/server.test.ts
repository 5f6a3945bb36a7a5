/** Browser mode's server, spoken to over real sockets with a service made of plain functions behind it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect as connectTo, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Handlers } from '../../core/contract/index.ts';
import type { Push } from '../../core/contract/push.ts';
import { MezzotintError } from '../../core/contract/result.ts';
import { createDispatch } from '../../core/app/dispatch.ts';
import { readFileMap } from '../../core/server/files.ts';
import { exchange, postSession } from '../fixtures/browser-session.ts';
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
const get = (
  server: RunningServer,
  rawPath: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> =>
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
  session?: string;
  path?: string;
}
const originOf = (server: RunningServer): string => `http://127.0.0.1:${server.port}`;
async function open(server: RunningServer, attempt: Attempt = {}): Promise<WebSocket | number> {
  const origin = attempt.origin ?? originOf(server);
  const session = attempt.session ?? (await exchange(server.address()));
  const client = new WebSocket(`ws://127.0.0.1:${server.port}${attempt.path ?? '/socket'}?session=${session}`, {
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
const next = (client: WebSocket): Promise<unknown> =>
  new Promise((resolve) => client.once('message', (data) => resolve(JSON.parse(String(data)))));
const ask = (client: WebSocket, message: unknown): Promise<unknown> => {
  const answer = next(client);
  client.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  return answer;
};

describe('the page', () => {
  it('is served on the loopback address with the whole set of security headers', async () => {
    const server = await start();
    const [page, code] = server.address().split('#code=');
    expect(page).toBe(`http://127.0.0.1:${server.port}/`);
    expect(Buffer.from(code ?? '', 'base64url')).toHaveLength(32);
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

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//secret.txt',
    '/assets/app.js%00.html',
    '/__proto__',
    '/constructor',
    '*',
  ])('has no way out of its folder by %s', async (rawPath) => {
    const { status, body } = await get(await start(), rawPath);
    expect(status).toBe(404);
    expect(body).not.toContain('secret');
  });

  it('is refused to another host name, so that a rebound name reads nothing', async () => {
    const server = await start();
    for (const host of [
      'evil.example',
      `evil.example:${server.port}`,
      `localhost.evil.example:${server.port}`,
      '127.0.0.1',
      `127.0.0.1:${server.port + 1}`,
    ])
      expect((await get(server, '/', { Host: host })).status).toBe(403);
  });

  it('is refused to a request from another origin, and to every method but GET and HEAD', async () => {
    const server = await start();
    expect((await get(server, '/', { Origin: 'https://evil.example' })).status).toBe(403);
    expect((await get(server, '/', { Origin: 'null' })).status).toBe(403);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await get(server, '/', {}, method)).status).toBe(405);
    expect(await get(server, '/', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it('says which port is taken and what to do', async () => {
    const server = await start();
    await expect(start({ port: server.port })).rejects.toMatchObject({
      code: 'bad-request',
      message: `Port ${server.port} is taken by another program.`,
      action: expect.stringContaining('--port') as string,
    });
  });
});

describe('a session', () => {
  const codeOf = (server: RunningServer): string => server.address().split('#code=')[1] ?? '';
  const post = async (server: RunningServer, body: unknown): Promise<[number, unknown]> => {
    const answer = await postSession(originOf(server), body);
    return [answer.status, answer.ok ? await answer.json() : null];
  };

  it('is given for the code of the address once; then the address has another code', async () => {
    const opened: string[] = [];
    const server = await start({ onOpened: () => opened.push('opened') });
    const code = codeOf(server);
    const [status, body] = await post(server, { code });
    expect([status, body]).toEqual([200, { session: expect.stringMatching(/^[\w-]{43}$/) as string }]);
    expect(await post(server, { code })).toEqual([401, null]);
    expect(codeOf(server)).not.toBe(code);
    expect((await post(server, { code: codeOf(server) }))[0]).toBe(200);
    expect(opened).toHaveLength(2);
  });
  it('is confirmed as long as the server lives, and known to no other', async () => {
    const server = await start();
    const session = await exchange(server.address());
    expect(await post(server, { session })).toEqual([200, { session }]);
    expect(await post(await start(), { session })).toEqual([401, null]);
  });
  it('that is refused lets the program know that a person needs an address', async () => {
    let strangers = 0;
    const server = await start({ onStranger: () => strangers++ });
    for (const body of [{ session: '' }, { session: 'old' }, { code: 'spent' }])
      expect((await post(server, body))[0]).toBe(401);
    expect(strangers).toBe(3);
  });
  it('is given to our page alone, in a short request of its form', async () => {
    let strangers = 0;
    const server = await start({ onStranger: () => strangers++ });
    const code = codeOf(server);
    const send = async (headers: Record<string, string>, body: string): Promise<number> =>
      (await fetch(`${originOf(server)}/session`, { method: 'POST', headers, body })).status;
    const ours = { Origin: originOf(server) };
    const body = JSON.stringify({ code });
    for (const headers of [
      {},
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { Origin: `http://localhost:${server.port}` },
    ])
      expect(await send(headers as Record<string, string>, body)).toBe(403);
    expect((await get(server, '/session', { Host: 'evil.example', Origin: originOf(server) }, 'POST')).status).toBe(
      403,
    );
    expect((await get(server, '/session', ours)).status).toBe(405);
    for (const wrong of ['', '{', '[]', '{"code":1}', '{"code":"a","session":"b"}', `{"code":"${'x'.repeat(101)}"}`])
      expect(await send(ours, wrong)).toBe(400);
    expect(await send(ours, 'x'.repeat(300))).toBe(413);
    expect(strangers).toBe(0);
    // none of these has spent it
    expect((await post(server, { code }))[0]).toBe(200);
  });
  it('is forgotten where one person has opened very many', async () => {
    const server = await start();
    const first = await exchange(server.address());
    for (let i = 0; i < 31; i++) await exchange(server.address());
    expect((await post(server, { session: first }))[0]).toBe(200);
    const last = await exchange(server.address());
    expect((await post(server, { session: first }))[0]).toBe(401);
    expect((await post(server, { session: last }))[0]).toBe(200);
  });
});

describe('connections that nobody has vouched for', () => {
  /** A bare connection: what it got, once it was closed. */
  const bare = (server: RunningServer, text: string): { socket: Socket; closed: Promise<string> } => {
    const socket = connectTo(server.port, '127.0.0.1');
    let got = '';
    socket.on('data', (chunk) => (got += chunk.toString()));
    socket.on('error', () => undefined);
    socket.write(text);
    return { socket, closed: new Promise((resolve) => socket.once('close', () => resolve(got))) };
  };

  it('end after a while, whether they say nothing, a part of a request, or a part of its body', async () => {
    const server = await start({ limits: { requestMs: 200, idleMs: 200 } });
    const host = `Host: 127.0.0.1:${server.port}\r\n`;
    const all = [
      '',
      'GET / HTTP/1.1\r\nHo',
      `GET / HTTP/1.1\r\n${host}X: `,
      `POST /session HTTP/1.1\r\n${host}Origin: ${originOf(server)}\r\nContent-Length: 50\r\n\r\n{`,
      `GET / HTTP/1.1\r\n${host}\r\n`,
    ];
    const answers = await Promise.all(all.map((text) => bare(server, text).closed));
    expect(answers.at(-1)).toContain('200 OK');
    expect(answers.slice(0, 4).join('')).not.toContain('200 OK');
  });
  it('are few: the oldest makes room for the newest, and a client with a session keeps its place', async () => {
    const server = await start({ limits: { connections: 8 } });
    const client = await connect(server);
    const held = Array.from({ length: 8 }, () => bare(server, ''));
    await Promise.all(
      held.map(
        ({ socket }) =>
          new Promise((resolve) => (socket.readyState === 'open' ? resolve(0) : socket.once('connect', resolve))),
      ),
    );
    for (let i = 0; i < 20; i++) expect((await get(server, '/')).status).toBe(200);
    await held[0]?.closed;
    expect(await ask(client, { id: 1, name: 'conversations.list', payload: {} })).toMatchObject({ id: 1 });
    for (const { socket } of held) socket.destroy();
  });
  it('get an error for a head of more than 8 KB', async () => {
    const server = await start();
    expect((await get(server, '/', { 'X-Long': 'x'.repeat(9000) })).status).toBe(431);
    expect((await get(server, `/?${'x'.repeat(9000)}`)).status).toBe(431);
    expect((await get(server, '/')).status).toBe(200);
  });
});

describe('the socket', () => {
  it('opens for our page with a session', async () => {
    const client = await connect(await start());
    expect(await ask(client, { id: 1, name: 'conversations.list', payload: {} })).toEqual({
      id: 1,
      result: { ok: true, value: [] },
    });
  });

  it('stays shut for a wrong or empty session, a code, and a session of another server', async () => {
    const server = await start();
    const session = await exchange(server.address());
    const other = await exchange((await start()).address());
    const [, code = ''] = server.address().split('#code=');
    for (const given of ['', 'wrong', other, `${session}x`, code])
      expect(await open(server, { session: given })).toBe(401);
    expect(await open(server, { session })).toBeInstanceOf(WebSocket);
  });

  it('stays shut for another origin, no origin, and another host, even with a session', async () => {
    const server = await start();
    for (const origin of [
      'https://evil.example',
      'null',
      `http://localhost:${server.port}`,
      `https://127.0.0.1:${server.port}`,
      '',
    ])
      expect(await open(server, { origin })).toBe(403);
    expect(await open(server, { host: `evil.example:${server.port}` })).toBe(403);
    expect(await open(server, { path: '/other' })).toBe(404);
  });

  it('answers what a handler throws as an error with a code and what to do', async () => {
    const client = await connect(await start());
    expect(await ask(client, { id: 'a', name: 'conversations.get', payload: { id: 'gone' } })).toEqual({
      id: 'a',
      result: {
        ok: false,
        error: { code: 'not-found', message: 'There is no conversation gone.', action: 'Choose another.' },
      },
    });
    reported.length = 0;
    expect(await ask(client, { id: 'b', name: 'engine.status', payload: {} })).toMatchObject({
      id: 'b',
      result: { ok: false, error: { code: 'internal' } },
    });
    expect(reported).toEqual(['engine.status']);
  });

  it('answers malformed messages with bad-request and goes on', async () => {
    const client = await connect(await start());
    const bad: unknown[] = [
      '',
      '{',
      '[]',
      'null',
      '"call"',
      '{"id":1}',
      { id: {}, name: 'conversations.list' },
      { id: 'x'.repeat(65), name: 'conversations.list' },
      { id: 1, name: 'conversations.list', payload: {}, more: 1 },
      Buffer.from([0xff, 0xfe, 0]),
    ];
    for (const message of bad)
      expect(await ask(client, message)).toMatchObject({
        id: null,
        result: { ok: false, error: { code: 'bad-request' } },
      });
    const refused: unknown[] = [
      { id: 2, name: 'no.such' },
      { id: 2, name: 'toString', payload: {} },
      { id: 2, name: '__proto__', payload: {} },
      { id: 2, name: 'conversations.list', payload: { extra: 1 } },
      { id: 2, name: 'conversations.get', payload: { id: '../x' } },
    ];
    for (const message of refused)
      expect(await ask(client, message)).toMatchObject({
        id: 2,
        result: { ok: false, error: { code: 'bad-request' } },
      });
    expect(await ask(client, { id: 3, name: 'conversations.list', payload: {} })).toMatchObject({
      id: 3,
      result: { ok: true },
    });
  });

  it('closes on a message over four megabytes and serves the next connection', async () => {
    const server = await start();
    const client = await connect(server);
    const closed = new Promise<number>((resolve) => client.once('close', resolve));
    client.on('error', () => undefined);
    client.send('x'.repeat(4 * 1024 * 1024 + 1));
    expect(await closed).toBe(1009);
    expect(await ask(await connect(server), { id: 1, name: 'conversations.list', payload: {} })).toMatchObject({
      id: 1,
    });
  });

  it('bounds how many requests and clients it takes at once', async () => {
    const server = await start({ limits: { inFlight: 2, clients: 2 } });
    const client = await connect(server);
    for (const id of [1, 2]) client.send(JSON.stringify({ id, name: 'app.info', payload: {} }));
    expect(await ask(client, { id: 3, name: 'conversations.list', payload: {} })).toMatchObject({
      id: 3,
      result: { ok: false, error: { code: 'bad-request' } },
    });
    await connect(server);
    expect(await open(server)).toBe(503);
  });

  it('sends pushes to every client', async () => {
    const server = await start();
    const both = [await connect(server), await connect(server)];
    const received = Promise.all(both.map(next));
    push('hello');
    expect(await received).toEqual(
      Array(2).fill({ push: { topic: 'notice', error: { code: 'internal', message: 'hello' } } }),
    );
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
