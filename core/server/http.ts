/**
 * Browser mode's server: the renderer's files over HTTP and the contract over a WebSocket, on the loopback address only.
 *
 * Who may talk to it: a page that this server itself served (Host and Origin are checked on every request, against rebinding and
 * cross-site calls) and that has a session (sessions.ts). Files hold nothing of the person's, so the page loads without one; every
 * piece of data needs it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import * as v from 'valibot';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Push } from '../contract/push.ts';
import { failure, reasonOf } from '../contract/result.ts';
import { boundConnections, connectionLimits, MAX_HEAD_BYTES, type ConnectionLimits } from './connections.ts';
import type { Dispatch } from '../app/dispatch.ts';
import type { FileMap } from './files.ts';
import { securityHeaders } from './headers.ts';
import { createSessions } from './sessions.ts';
import { serveSocket, type SocketLimits } from './socket.ts';

export const LOOPBACK = '127.0.0.1';
/** Where the WebSocket is, with `?session=…`. */
export const SOCKET_PATH = '/socket';
/** Takes `{code}` or `{session}` by POST and answers `{session}`, or 401 where it is not, or no longer, good. */
export const SESSION_PATH = '/session';
const sessionRequest = v.union([
  v.strictObject({ code: v.pipe(v.string(), v.maxLength(100)) }),
  v.strictObject({ session: v.pipe(v.string(), v.maxLength(100)) }),
]);
const MAX_BODY_BYTES = 256;

export interface ServerOptions {
  files: FileMap;
  dispatch: Dispatch;
  /** Subscribes to the service's pushes; returns the unsubscriber. */
  onPush: (listener: (push: Push) => void) => () => void;
  /** 0: any free port. */
  port: number;
  limits?: Partial<SocketLimits & ConnectionLimits>;
  /** A page came without a session: the person needs `address()`. */
  onStranger?: () => void;
  /** The code of the address so far was used. */
  onOpened?: () => void;
}
export interface RunningServer {
  port: number;
  /** What a person opens, once: the code is in the fragment, which no request carries. After that there is another one. */
  address(): string;
  close(): Promise<void>;
}

/** The text of a small request; null where it is longer. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
function parseSessionRequest(body: string): v.InferOutput<typeof sessionRequest> | null {
  try {
    const parsed = v.safeParse(sessionRequest, JSON.parse(body));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** @throws MezzotintError `bad-request` when the port is taken or not allowed */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const sessions = createSessions();
  let host = '';
  let origin = '';
  let headers: Record<string, string> = {};

  const fromOurPage = (request: IncomingMessage): boolean =>
    request.headers.host === host && (request.headers.origin === undefined || request.headers.origin === origin);

  const refuse = (response: ServerResponse, status: number, text: string): void => {
    response
      .writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
      .end(`${text}\n`);
  };

  /** A browser always names the origin of a page that posts or opens a WebSocket: without one it is not our page. */
  const surelyOurPage = (request: IncomingMessage): boolean =>
    fromOurPage(request) && request.headers.origin === origin;

  const answerSession = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST') return refuse(response, 405, 'Only POST is answered here.');
    if (!surelyOurPage(request)) return refuse(response, 403, 'This address answers only its own page.');
    const body = await bodyOf(request);
    if (body === null) return refuse(response, 413, 'This request is too long.');
    const asked = parseSessionRequest(body);
    if (!asked) return refuse(response, 400, 'This is no code and no session.');
    const session =
      'code' in asked ? sessions.exchange(asked.code) : sessions.holds(asked.session) ? asked.session : null;
    if (session === null) {
      refuse(response, 401, 'This is not, or no longer, good.');
      options.onStranger?.();
      return;
    }
    response
      .writeHead(200, { ...headers, 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' })
      .end(JSON.stringify({ session }));
    if ('code' in asked) options.onOpened?.();
  };

  const server = createServer(
    { maxHeaderSize: MAX_HEAD_BYTES, connectionsCheckingInterval: 1000 },
    (request, response) => {
      if (!fromOurPage(request)) return refuse(response, 403, 'This address answers only its own page.');
      if (request.url === SESSION_PATH) return void answerSession(request, response).catch(() => response.destroy());
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return refuse(response, 405, 'Only GET is answered here.');
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
    },
  );
  const connections = boundConnections(server, { ...connectionLimits, ...options.limits });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? '408 Request Timeout'
          : '400 Bad Request';
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    // whoever does not close its end is not waited for
    (socket as Socket).destroySoon();
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const { port } = options;
      reject(
        cause.code === 'EADDRINUSE'
          ? failure('server.port-taken', { port }, { cause })
          : cause.code === 'EACCES'
            ? failure('server.port-not-allowed', { port }, { cause })
            : failure('server.port-not-opened', { port, reason: cause.code ?? reasonOf(cause) }, { cause }),
      );
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
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
  };
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const [path, query] = (request.url ?? '').split('?', 2);
    if (!surelyOurPage(request)) return refuseUpgrade(socket, '403 Forbidden');
    if (path !== SOCKET_PATH) return refuseUpgrade(socket, '404 Not Found');
    if (!sessions.holds(new URLSearchParams(query).get('session') ?? ''))
      return refuseUpgrade(socket, '401 Unauthorized');
    if (!clients.hasRoom()) return refuseUpgrade(socket, '503 Service Unavailable');
    connections.vouchedFor(socket);
    sockets.handleUpgrade(request, socket, head, (client: WebSocket) => clients.add(client));
  });

  return {
    port,
    address: () => `${origin}/#code=${sessions.code}`,
    close() {
      clients.close();
      return connections.close();
    },
  };
}
