/** Servers behind a proxy and with certificates of one's own, by the environment, each in a process of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createProxy, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppError } from '../../core/contract/result.ts';
import { scripted } from '../fixtures/remote-server.ts';

const KEY = 'sk-a-secret-of-the-tests';
const openssl = spawnSync('openssl', ['version']).status === 0;
let work = '';
let cert = '';
let secure: Server | undefined;
let proxy: Server | undefined;
/** What the proxy was asked for, heads included. */
const asked: string[] = [];
let refuses = false;
const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const listen = (server: Server): Promise<void> =>
  new Promise((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));

beforeAll(async () => {
  if (!openssl) return;
  work = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-proxy-'));
  const key = path.join(work, 'key.pem');
  cert = path.join(work, 'cert.pem');
  spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
  ]);
  secure = createSecure({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ data: [{ id: 'big-dllm' }] }));
  });
  proxy = createProxy((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(405).end();
  });
  proxy.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url} ${JSON.stringify(request.headers)}`);
    if (refuses) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const through = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
    through.on('error', () => socket.destroy());
    socket.on('error', () => through.destroy());
  });
  await Promise.all([listen(secure), listen(proxy)]);
});
afterAll(() => {
  for (const server of [secure, proxy]) {
    server?.closeAllConnections();
    server?.close();
  }
  if (work !== '') rmSync(work, { recursive: true, force: true });
});

/** In a process whose environment has nothing of proxies and certificates but this. */
function look(address: string, env: Record<string, string>): Promise<{ models?: string[]; error?: AppError }> {
  const none = Object.fromEntries(
    ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS'].flatMap((name) => [
      [name, ''],
      [name.toLowerCase(), ''],
    ]),
  );
  const child = spawn(process.execPath, ['test/fixtures/remote-probe.ts', address, KEY], {
    env: { ...process.env, ...none, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  return new Promise((resolve) => child.once('close', () => resolve(JSON.parse(said) as { models?: string[] })));
}

describe.skipIf(!openssl)('a server', () => {
  const address = (): string => `https://127.0.0.1:${portOf(secure as Server)}/v1`;
  const throughProxy = (): string => `http://127.0.0.1:${portOf(proxy as Server)}`;
  it('with a certificate of one’s own is trusted by NODE_EXTRA_CA_CERTS; without it, that is said', async () => {
    expect(await look(address(), {})).toMatchObject({ error: { id: 'remote.certificate' } });
    expect(await look(address(), { NODE_EXTRA_CA_CERTS: cert })).toEqual({ models: ['big-dllm'] });
  });
  it('is reached through the proxy of HTTPS_PROXY, which learns the host alone', async () => {
    for (const name of ['HTTPS_PROXY', 'https_proxy']) {
      asked.length = 0;
      expect(await look(address(), { NODE_EXTRA_CA_CERTS: cert, [name]: throughProxy() })).toEqual({
        models: ['big-dllm'],
      });
      expect(asked).toHaveLength(1);
      expect(asked[0]).toContain(`CONNECT 127.0.0.1:${portOf(secure as Server)}`);
      expect(asked[0]).not.toContain(KEY);
    }
  });
  it('that NO_PROXY names is reached directly', async () => {
    asked.length = 0;
    const env = { NODE_EXTRA_CA_CERTS: cert, HTTPS_PROXY: throughProxy(), NO_PROXY: '127.0.0.1' };
    expect(await look(address(), env)).toEqual({ models: ['big-dllm'] });
    expect(asked).toEqual([]);
  });
  it('by plain HTTP on this machine goes through no proxy, whatever is set', async () => {
    asked.length = 0;
    const plain = await scripted((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data: [{ id: 'here' }] }));
    });
    try {
      const env = { HTTP_PROXY: throughProxy(), HTTPS_PROXY: throughProxy() };
      expect(await look(plain.address, env)).toEqual({ models: ['here'] });
      expect(asked).toEqual([]);
    } finally {
      await plain.close();
    }
  });
  it('that the proxy refuses, or a proxy that is none, is said, and nothing goes round it', async () => {
    refuses = true;
    try {
      expect((await look(address(), { NODE_EXTRA_CA_CERTS: cert, HTTPS_PROXY: throughProxy() })).error).toMatchObject({
        id: 'remote.proxy',
      });
    } finally {
      refuses = false;
    }
    for (const nonsense of ['not an address', 'ftp://127.0.0.1:1'])
      expect((await look(address(), { HTTPS_PROXY: nonsense })).error).toMatchObject({ id: 'remote.proxy-invalid' });
  });
});
