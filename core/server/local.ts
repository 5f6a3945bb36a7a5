/**
 * The contract for programs of the same account on this machine (the command line): the same WebSocket frames as browser mode's,
 * over a Unix socket in a folder of its own (on Windows a named pipe), to whoever has the token of core/app/announcement.ts. No
 * port is opened.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import { announce, LOCAL_PATH, withdraw } from '../app/announcement.ts';
import type { Dispatch } from '../app/dispatch.ts';
import type { Service } from '../app/service.ts';
import { boundConnections, connectionLimits, MAX_HEAD_BYTES } from './connections.ts';
import { serveSocket, type SocketLimits } from './socket.ts';

export interface LocalOptions {
  service: Pick<Service, 'dataDir' | 'onPush'>;
  dispatch: Dispatch;
  limits?: Partial<SocketLimits>;
  log: (line: string) => void;
}
export interface LocalSocket {
  close(): Promise<void>;
}

const same = (given: string, token: string): boolean => {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
};

/** A place for the socket. Its path must be short, which a data folder's need not be; mkdtemp's folder has mode 0700. */
function makeSocketPath(): { socket: string; remove: () => void } {
  if (process.platform === 'win32')
    return { socket: `\\\\.\\pipe\\mezzotint-${randomBytes(16).toString('hex')}`, remove: () => undefined };
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-app-'));
  return { socket: path.join(folder, 'socket'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * Listens, and says so in the data folder that is open, also after the service went to another one. The app does without where
 * that is not possible: the command line then says that the app is to be closed first.
 */
export async function serveLocally({ service, dispatch, limits, log }: LocalOptions): Promise<LocalSocket> {
  const token = randomBytes(32).toString('base64url');
  const server = createServer(
    { maxHeaderSize: MAX_HEAD_BYTES, connectionsCheckingInterval: 1000 },
    (_request, response) => response.writeHead(426, { Connection: 'close' }).end(),
  );
  const connections = boundConnections(server, connectionLimits);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 4 * 1024 * 1024, perMessageDeflate: false });
  const clients = serveSocket(dispatch, service.onPush, limits);
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refuse = (status: string): void =>
      void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
    // no page of a browser can set this header on a WebSocket
    if (!same(request.headers.authorization ?? '', `Bearer ${token}`)) return refuse('401 Unauthorized');
    if (request.url !== LOCAL_PATH) return refuse('404 Not Found');
    if (!clients.hasRoom()) return refuse('503 Service Unavailable');
    connections.vouchedFor(socket);
    sockets.handleUpgrade(request, socket, head, (client: WebSocket) => clients.add(client));
  });

  let announced: string | null = null;
  const { socket, remove } = makeSocketPath();
  const follow = (): void => {
    const { dataDir } = service;
    if (announced === dataDir) return;
    try {
      if (announced !== null) withdraw(announced);
      announced = null;
      announce(dataDir, { pid: process.pid, socket, token });
      announced = dataDir;
    } catch (thrown) {
      log(`The command line can't reach this app: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  };
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve));
    follow();
  } catch (thrown) {
    log(`The command line can't reach this app: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
  const stop = service.onPush((push) => {
    if (push.topic === 'data-changed') follow();
  });

  return {
    async close() {
      stop();
      try {
        if (announced !== null) withdraw(announced);
      } catch {
        // the folder is gone, and the file with it
      }
      clients.close();
      if (server.listening) await connections.close();
      remove();
    },
  };
}
