/** A running app as the command line's server: the same contract that its window speaks, over its local socket. */
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { LOCAL_PATH, readAnnouncement } from '../app/announcement.ts';
import type { ChannelName, Request, Response } from '../contract/index.ts';
import type { Push } from '../contract/push.ts';
import { failure, type MezzotintError, type Result, thrownOf } from '../contract/result.ts';

export interface RunningApp {
  /** @throws MezzotintError the app's own, or `connection-lost` */
  call<N extends ChannelName>(name: N, request: Request<N>): Promise<Response<N>>;
  /** Returns the unsubscriber. */
  onPush(listener: (push: Push) => void): () => void;
  /** Rejects with `connection-lost` when the app ends. */
  readonly ended: Promise<never>;
  close(): void;
}
/** Milliseconds for the app to take the connection. */
const OPEN_LIMIT_MS = 5000;

/** The app that has this data folder open; null where none can be reached. */
export async function reachApp(dataDir: string): Promise<RunningApp | null> {
  const announced = readAnnouncement(dataDir);
  if (!announced) return null;
  const socket = new WebSocket(`ws://localhost${LOCAL_PATH}`, {
    createConnection: () => connect(announced.socket),
    headers: { Authorization: `Bearer ${announced.token}` },
    handshakeTimeout: OPEN_LIMIT_MS,
    maxPayload: 1 << 29,
  });
  const opened = await new Promise<boolean>((resolve) => {
    socket.once('open', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  if (!opened) return null;

  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (thrown: Error) => void }>();
  let lost: MezzotintError | null = null;
  let next = 1;
  const listeners = new Set<(push: Push) => void>();
  let end: (lost: Error) => void = () => undefined;
  const ended = new Promise<never>((_, reject) => (end = reject));
  ended.catch(() => undefined); // most commands wait for their calls alone
  socket.on('error', () => undefined); // its close says the same
  socket.on('close', () => {
    lost = failure('cli.app-ended');
    for (const { reject } of waiting.values()) reject(lost);
    waiting.clear();
    end(lost);
  });
  socket.on('message', (data: Buffer) => {
    const { id, result, push } = JSON.parse(data.toString()) as { id?: number; result?: Result<unknown>; push?: Push };
    if (push) for (const listener of listeners) listener(push);
    const asked = id === undefined ? undefined : waiting.get(id);
    if (id === undefined || !asked || !result) return;
    waiting.delete(id);
    if (result.ok) asked.resolve(result.value);
    else asked.reject(thrownOf(result.error));
  });
  return {
    call<N extends ChannelName>(name: N, payload: Request<N>) {
      return new Promise<Response<N>>((resolve, reject) => {
        if (lost) return reject(lost);
        const id = next++;
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        socket.send(JSON.stringify({ id, name, payload }));
      });
    },
    onPush(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ended,
    close: () => socket.close(),
  };
}
