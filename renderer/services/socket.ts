/**
 * The client over a WebSocket (browser mode). Client → server: `{id, name, payload}`. Server → client: `{id, result}`
 * for an answer, `{push}` for what was not asked for. A lost connection is made again with backoff; calls made meanwhile
 * wait, calls whose answer was lost fail with an error that says so (they may have taken effect).
 */
import type { ChannelName, Client, Request, Response } from '../../core/contract/index.ts';
import type { Push } from '../../core/contract/push.ts';
import { errorOf, fail, type Result } from '../../core/contract/result.ts';
import { readPush, readResult } from './validate.ts';

/** The part of WebSocket that is used; tests bring their own. */
export interface SocketLike {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
  send(data: string): void;
  close(): void;
}
export interface SocketOptions {
  open: () => SocketLike;
  /** Asked before each connection after the first: false where none will be taken any more, and the client gives up. */
  mayReturn?: () => Promise<boolean>;
  /** Runs `task` after so many milliseconds. */
  later?: (task: () => void, ms: number) => unknown;
  deep?: boolean;
}
interface Pending {
  name: ChannelName;
  message: string;
  sent: boolean;
  settle: (value: unknown) => void;
  lost: () => void;
}
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8000;

export function socketClient(options: SocketOptions): Client {
  const later = options.later ?? ((task, ms) => setTimeout(task, ms));
  const deep = options.deep ?? false;
  const pending = new Map<number, Pending>();
  const pushListeners = new Set<(push: Push) => void>();
  const connectionListeners = new Set<(connected: boolean) => void>();
  let socket: SocketLike | null = null;
  let connected = false;
  let wait = FIRST_WAIT_MS;
  let nextId = 1;

  const tell = (now: boolean): void => {
    if (connected === now) return;
    connected = now;
    for (const listener of connectionListeners) listener(now);
  };
  const transmit = (call: Pending): void => {
    if (!connected || !socket || call.sent) return;
    call.sent = true;
    socket.send(call.message);
  };
  const receive = (data: unknown): void => {
    let message: { id?: unknown; result?: unknown; push?: unknown };
    try {
      message = JSON.parse(String(data)) as typeof message;
    } catch {
      console.error('The server sent something that is not JSON.');
      return;
    }
    if (message.push !== undefined) {
      const push = readPush(message.push, deep);
      if (push) for (const listener of pushListeners) listener(push);
    } else if (typeof message.id === 'number') {
      const call = pending.get(message.id);
      pending.delete(message.id);
      call?.settle(message.result);
    }
  };
  const connect = (): void => {
    const mine = options.open();
    socket = mine;
    let closed = false;
    mine.onopen = () => {
      wait = FIRST_WAIT_MS;
      tell(true);
      for (const call of pending.values()) transmit(call);
    };
    mine.onmessage = (event) => receive(event.data);
    mine.onerror = () => {};
    mine.onclose = () => {
      if (closed) return;
      closed = true;
      tell(false);
      for (const [id, call] of pending) {
        if (!call.sent) continue;
        pending.delete(id);
        call.lost();
      }
      later(options.mayReturn ? () => void again() : connect, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    };
  };
  const again = async (): Promise<void> => {
    if (await options.mayReturn?.()) connect();
  };
  connect();

  return {
    call<N extends ChannelName>(name: N, request: Request<N>) {
      return new Promise<Result<Response<N>>>((resolve) => {
        const id = nextId++;
        const call: Pending = {
          name,
          message: JSON.stringify({ id, name, payload: request }),
          sent: false,
          settle: (value) => resolve(readResult(name, value, deep)),
          lost: () => resolve(fail(errorOf('window.connection-lost'))),
        };
        pending.set(id, call);
        transmit(call);
      });
    },
    onPush(listener) {
      pushListeners.add(listener);
      return () => pushListeners.delete(listener);
    },
    onConnection(listener) {
      connectionListeners.add(listener);
      listener(connected);
      return () => connectionListeners.delete(listener);
    },
  };
}
