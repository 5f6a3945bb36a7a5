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

/** @returns what to call when a connection has become a client's: it counts no more */
export function boundConnections(server: Server, limits: ConnectionLimits): (socket: unknown) => void {
  server.headersTimeout = limits.requestMs;
  server.requestTimeout = limits.requestMs;
  server.keepAliveTimeout = limits.idleMs;
  server.maxHeadersCount = MAX_HEADERS;
  server.maxRequestsPerSocket = 1000;
  /** Oldest first. */
  const waiting = new Set<unknown>();
  server.on('connection', (socket: Socket) => {
    waiting.add(socket);
    socket.once('close', () => waiting.delete(socket));
    // a connection on which nothing moves at all
    socket.setTimeout(limits.requestMs + limits.idleMs, () => {
      if (waiting.has(socket)) socket.destroy();
    });
    if (waiting.size <= limits.connections) return;
    const [oldest] = waiting as Set<Socket>;
    waiting.delete(oldest);
    oldest?.destroy();
  });
  return (socket) => void waiting.delete(socket);
}
