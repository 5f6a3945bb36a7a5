/**
 * The window without a model: `vite --mode demo` serves the page, and behind it the real service over a data folder that is
 * made for it and a scripted engine. Every address that is opened gets a service of its own; a reload keeps it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import { WebSocketServer } from 'ws';
import { createSessions, type Sessions } from '../../core/server/sessions.ts';
import { serveSocket, type Clients } from '../../core/server/socket.ts';
import { SESSION_PATH, SOCKET_PATH } from '../../core/server/http.ts';
import { openDemo, type Demo } from './service.ts';

/** The query's name for the demo that an address belongs to. */
const KEY = 'demo';
/** Demos open at once; the oldest makes room. */
const MOST = 4;

interface Open extends Demo {
  sessions: Sessions;
  clients: Clients;
}

async function bodyOf(request: IncomingMessage): Promise<{ code?: string; session?: string }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as { code?: string; session?: string };
}

export function demo(): Plugin {
  const demos = new Map<string, Open>();
  let opened = 0;

  async function close(id: string): Promise<void> {
    const one = demos.get(id);
    demos.delete(id);
    one?.clients.close();
    await one?.close();
  }
  async function closeAll(): Promise<void> {
    for (const id of [...demos.keys()]) await close(id);
  }
  async function begin(query: URLSearchParams): Promise<string> {
    const demo = await openDemo(query);
    const id = String(++opened);
    demos.set(id, {
      ...demo,
      sessions: createSessions(),
      clients: serveSocket(demo.dispatch, (listener) => demo.service.onPush(listener)),
    });
    for (const old of [...demos.keys()].slice(0, -MOST)) await close(old);
    return id;
  }
  /** A page's address leads on to one with a demo and its code; null where it has them. */
  async function leadOn(address: URL): Promise<string | null> {
    if (demos.has(address.searchParams.get(KEY) ?? '')) return null;
    const id = await begin(address.searchParams);
    address.searchParams.set(KEY, id);
    return `${address.pathname}${address.search}#code=${demos.get(id)?.sessions.code ?? ''}`;
  }
  async function answerSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { code = '', session = '' } = await bodyOf(request);
    const all = [...demos.values()];
    const held = all.some(({ sessions }) => sessions.holds(session));
    const good = held
      ? session
      : all.reduce<string | null>((found, { sessions }) => found ?? sessions.exchange(code), null);
    response.writeHead(good === null ? 401 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ session: good }));
  }

  return {
    name: 'mezzotint-demo',
    apply: 'serve',
    configureServer(server) {
      for (const signal of ['SIGINT', 'SIGHUP'] as const)
        process.once(signal, () => void closeAll().finally(() => process.exit(0)));
      const sockets = new WebSocketServer({ noServer: true, maxPayload: 4 * 1024 * 1024 });
      server.middlewares.use((request, response, next) => {
        const address = new URL(request.url ?? '/', 'http://127.0.0.1');
        if (address.pathname === SESSION_PATH && request.method === 'POST')
          return void answerSession(request, response).catch(next);
        if (address.pathname !== '/' || request.method !== 'GET') return next();
        leadOn(address).then((location) => {
          if (location === null) return next();
          response.writeHead(302, { Location: location, 'Cache-Control': 'no-store' }).end();
        }, next);
      });
      server.httpServer?.on('upgrade', (request, socket, head) => {
        const address = new URL(request.url ?? '/', 'http://127.0.0.1');
        if (address.pathname !== SOCKET_PATH) return; // vite's own
        const session = address.searchParams.get('session') ?? '';
        const one = [...demos.values()].find(({ sessions }) => sessions.holds(session));
        if (!one || request.headers.origin !== `http://${request.headers.host}`) return void socket.destroy();
        sockets.handleUpgrade(request, socket, head, (client) => one.clients.add(client));
      });
    },
    closeBundle: closeAll,
  };
}
