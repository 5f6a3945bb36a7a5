/**
 * Browser mode's server: the renderer's files over HTTP and the contract over a WebSocket, on the loopback address only.
 *
 * Who may talk to it: a page this server itself served (Host and Origin are checked on every request, against rebinding and
 * cross-site calls) that also knows the token of this launch (only the printed address carries it). Files hold nothing of the
 * person's, so the page loads without the token; every piece of data needs it.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Push } from '../contract/push.ts';
import { MezzotintError } from '../contract/result.ts';
import type { Dispatch } from './dispatch.ts';
import type { FileMap } from './files.ts';
import { securityHeaders } from './headers.ts';
import { serveSocket, type SocketLimits } from './socket.ts';

export const LOOPBACK = '127.0.0.1';
/** Where the WebSocket is, with `?token=…`. */
export const SOCKET_PATH = '/socket';

/** What a client has to take its leave when the server closes. */
const CLOSE_LIMIT_MS = 1_000;

export interface ServerOptions {
  files: FileMap;
  dispatch: Dispatch;
  /** Subscribes to the service's pushes; returns the unsubscriber. */
  onPush: (listener: (push: Push) => void) => () => void;
  /** 0: any free port. */
  port: number;
  limits?: Partial<SocketLimits>;
}
export interface RunningServer {
  port: number;
  token: string;
  /** What a person opens: the token is in the fragment, which no request carries. */
  address: string;
  close(): Promise<void>;
}

const sameToken = (given: string, token: string): boolean => {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
};

/** @throws MezzotintError `bad-request` when the port is taken or not allowed */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const token = randomBytes(32).toString('base64url');
  let host = '';
  let origin = '';
  let headers: Record<string, string> = {};

  const fromOurPage = (request: IncomingMessage): boolean =>
    request.headers.host === host && (request.headers.origin === undefined || request.headers.origin === origin);

  const refuse = (response: ServerResponse, status: number, text: string): void => {
    response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' }).end(`${text}\n`);
  };

  const server = createServer((request, response) => {
    if (!fromOurPage(request)) return refuse(response, 403, 'This address answers only its own page.');
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only GET is answered here.');
    const file = options.files.get((request.url ?? '').split('?', 1)[0] ?? '');
    if (!file) return refuse(response, 404, 'There is nothing here.');
    let body: Buffer;
    try {
      body = file.read();
    } catch {
      return refuse(response, 500, 'This file of the app cannot be read: install it again.');
    }
    response.writeHead(200, {
      ...headers,
      'Content-Type': file.type,
      'Content-Length': body.byteLength,
      'Cache-Control': file.immutable ? 'private, max-age=31536000, immutable' : 'no-store',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  /** Every open connection, those that became sockets included. */
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'is taken by another program' : cause.code === 'EACCES' ? 'is not allowed for this user' : `can't be opened (${cause.code ?? cause.message})`;
      reject(new MezzotintError('bad-request', `Port ${options.port} ${reason}.`, { action: 'Name another with --port, or leave it out.', cause }));
    });
    server.listen(options.port, LOOPBACK, resolve);
  });
  const { port } = server.address() as AddressInfo;
  host = `${LOOPBACK}:${port}`;
  origin = `http://${host}`;
  headers = securityHeaders([`ws://${host}`]);

  const sockets = new WebSocketServer({ noServer: true, maxPayload: 4 * 1024 * 1024, perMessageDeflate: false });
  const clients = serveSocket(options.dispatch, options.onPush, options.limits);

  const refuseUpgrade = (socket: Duplex, status: string): void => {
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  };
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const [path, query] = (request.url ?? '').split('?', 2);
    // a browser always names the origin of a page that opens a WebSocket: without one it is not our page
    if (!fromOurPage(request) || request.headers.origin !== origin) return refuseUpgrade(socket, '403 Forbidden');
    if (path !== SOCKET_PATH) return refuseUpgrade(socket, '404 Not Found');
    if (!sameToken(new URLSearchParams(query).get('token') ?? '', token)) return refuseUpgrade(socket, '401 Unauthorized');
    if (!clients.hasRoom()) return refuseUpgrade(socket, '503 Service Unavailable');
    sockets.handleUpgrade(request, socket, head, (client: WebSocket) => clients.add(client));
  });

  return {
    port,
    token,
    address: `${origin}/#token=${token}`,
    close: () =>
      new Promise((resolve) => {
        clients.close();
        const limit = setTimeout(() => {
          for (const socket of open) socket.destroy();
        }, CLOSE_LIMIT_MS);
        server.close(() => {
          clearTimeout(limit);
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
