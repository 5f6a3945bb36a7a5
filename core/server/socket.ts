/**
 * The contract over WebSockets. A client sends `{id, name, payload}` and gets `{id, result}`; the service's pushes come as `{push}`.
 * A bad frame is answered, never fatal. A client that does not read is closed before its backlog grows past a bound: it connects
 * again and fetches the state again, so nothing is lost by it.
 */
import type { RawData, WebSocket } from 'ws';
import * as v from 'valibot';
import type { Push } from '../contract/push.ts';
import { issuesOf, errorOf, fail, type Result } from '../contract/result.ts';
import type { Dispatch } from '../app/dispatch.ts';

export interface SocketLimits {
  clients: number;
  /** Requests of one client that may be under way at once. */
  inFlight: number;
  /** Bytes waiting for one client to read them. */
  backlogBytes: number;
  heartbeatMs: number;
}
const defaults: SocketLimits = { clients: 16, inFlight: 64, backlogBytes: 16 * 1024 * 1024, heartbeatMs: 30_000 };

const frameSchema = v.strictObject({
  id: v.union([v.pipe(v.string(), v.maxLength(64)), v.pipe(v.number(), v.safeInteger())]),
  name: v.string(),
  payload: v.optional(v.unknown()),
});
type FrameId = v.InferOutput<typeof frameSchema>['id'];

function parseFrame(data: RawData, binary: boolean): Result<v.InferOutput<typeof frameSchema>> {
  if (binary) return fail(errorOf('server.not-text'));
  let message: unknown;
  try {
    message = JSON.parse(data.toString());
  } catch {
    return fail(errorOf('server.not-json'));
  }
  const parsed = v.safeParse(frameSchema, message);
  return parsed.success
    ? { ok: true, value: parsed.output }
    : fail(errorOf('server.no-frame', { reason: issuesOf(parsed.issues) }));
}

export interface Clients {
  hasRoom(): boolean;
  add(client: WebSocket): void;
  /** Asks nothing more of the service, and takes leave of every client. The server ends those that do not answer. */
  close(): void;
}

export function serveSocket(
  dispatch: Dispatch,
  onPush: (listener: (push: Push) => void) => () => void,
  overrides: Partial<SocketLimits> = {},
): Clients {
  const limits = { ...defaults, ...overrides };
  const clients = new Map<WebSocket, { inFlight: number; alive: boolean }>();
  let closing = false;

  const send = (client: WebSocket, text: string): void => {
    if (client.readyState !== client.OPEN) return;
    if (client.bufferedAmount > limits.backlogBytes) return client.terminate();
    client.send(text);
  };
  const answer = (client: WebSocket, id: FrameId | null, result: Result<unknown>): void =>
    send(client, JSON.stringify({ id, result }));

  const stopPushes = onPush((push) => {
    if (clients.size === 0) return;
    const text = JSON.stringify({ push });
    for (const client of clients.keys()) send(client, text);
  });
  const heartbeat = setInterval(() => {
    for (const [client, state] of clients) {
      if (!state.alive) client.terminate();
      else {
        state.alive = false;
        client.ping();
      }
    }
  }, limits.heartbeatMs);
  heartbeat.unref();

  const receive = async (client: WebSocket, data: RawData, binary: boolean): Promise<void> => {
    const state = clients.get(client);
    if (!state || closing) return;
    const frame = parseFrame(data, binary);
    if (!frame.ok) return answer(client, null, frame);
    const { id, name, payload } = frame.value;
    if (state.inFlight >= limits.inFlight)
      return answer(client, id, fail(errorOf('server.too-many-requests', { most: limits.inFlight })));
    state.inFlight += 1;
    try {
      answer(client, id, await dispatch(name, payload));
    } finally {
      state.inFlight -= 1;
    }
  };

  return {
    hasRoom: () => !closing && clients.size < limits.clients,
    add(client) {
      clients.set(client, { inFlight: 0, alive: true });
      client.on('message', (data, binary) => void receive(client, data, binary));
      client.on('pong', () => {
        const state = clients.get(client);
        if (state) state.alive = true;
      });
      client.on('error', () => client.terminate()); // an oversized or broken frame: ws has closed it with its reason
      client.on('close', () => clients.delete(client));
    },
    close() {
      closing = true;
      clearInterval(heartbeat);
      stopPushes();
      for (const client of clients.keys()) client.close(1001, 'Mezzotint is closing');
    },
  };
}
