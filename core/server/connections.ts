/**
 * Bounds on connections that nobody has vouched for yet. Any account of this machine can open them, so they are few, short and
 * small; the oldest makes room for the newest, so that holding them open keeps nobody out.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  /** Connections that carry no WebSocket. */
  connections: number;
  /** Milliseconds for a whole request to arrive, and for an idle connection to stay. */
  requestMs: number;
  idleMs: number;
}
export const connectionLimits: ConnectionLimits = { connections: 64, requestMs: 5000, idleMs: 5000 };

/** Bytes of a request's head, its address included. */
export const MAX_HEAD_BYTES = 8 * 1024;
const MAX_HEADERS = 64;

/** How long those who don't close their end are waited for, in milliseconds. */
const CLOSE_LIMIT_MS = 1000;

export interface Connections {
  /** The connection has become a client's: it counts no more. */
  vouchedFor(socket: unknown): void;
  /** Ends the server. A client that does not answer is given a second. */
  close(): Promise<void>;
}

export function boundConnections(server: Server, limits: ConnectionLimits): Connections {
  server.headersTimeout = limits.requestMs;
  server.requestTimeout = limits.requestMs;
  server.keepAliveTimeout = limits.idleMs;
  server.maxHeadersCount = MAX_HEADERS;
  server.maxRequestsPerSocket = 1000;
  /** Every open connection, those that became clients' included. */
  const open = new Set<Socket>();
  /** Nobody has vouched for these; oldest first. */
  const waiting = new Set<unknown>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    waiting.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      waiting.delete(socket);
    });
    // a connection on which nothing moves at all
    socket.setTimeout(limits.requestMs + limits.idleMs, () => {
      if (waiting.has(socket)) socket.destroy();
    });
    if (waiting.size <= limits.connections) return;
    const [oldest] = waiting as Set<Socket>;
    waiting.delete(oldest);
    oldest?.destroy();
  });
  return {
    vouchedFor: (socket) => void waiting.delete(socket),
    close: () =>
      new Promise((resolve) => {
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
