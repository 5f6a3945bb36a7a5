import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Push } from '../../../core/contract/push.ts';
import { ipcClient } from '../../../renderer/services/ipc.ts';
import { hasToken, socketClient, takeToken, type SocketLike } from '../../../renderer/services/socket.ts';

class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readonly sent: { id: number; name: string; payload: unknown }[] = [];
  send(data: string): void {
    this.sent.push(JSON.parse(data) as (typeof this.sent)[number]);
  }
  close(): void {
    this.onclose?.();
  }
  say(message: unknown): void {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
}
function setUp() {
  const sockets: FakeSocket[] = [];
  const waits: number[] = [];
  const tasks: (() => void)[] = [];
  const client = socketClient({
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    later: (task, ms) => {
      waits.push(ms);
      tasks.push(task);
    },
    deep: true,
  });
  const socket = (n: number): FakeSocket => sockets[n] as FakeSocket;
  return { client, sockets, socket, waits, next: () => tasks.shift()?.() };
}
const removed: Push = { topic: 'organised', conversations: [], removed: ['c1'] };
afterEach(() => vi.restoreAllMocks());

describe('the socket client', () => {
  it('waits for the connection, then asks and gives the answer to the call that asked', async () => {
    const { client, socket } = setUp();
    const list = client.call('conversations.list', {});
    const status = client.call('engine.status', {});
    expect(socket(0).sent).toEqual([]);
    socket(0).onopen?.();
    expect(socket(0).sent.map((m) => m.name)).toEqual(['conversations.list', 'engine.status']);
    socket(0).say({ id: socket(0).sent[1]?.id, result: { ok: true, value: { state: 'starting' } } });
    socket(0).say({ id: socket(0).sent[0]?.id, result: { ok: true, value: [] } });
    expect(await status).toEqual({ ok: true, value: { state: 'starting' } });
    expect(await list).toEqual({ ok: true, value: [] });
  });
  it('hands on pushes, and says when one does not fit the contract', () => {
    const { client, socket } = setUp();
    const heard: Push[] = [];
    const stop = client.onPush((push) => heard.push(push));
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    socket(0).onopen?.();
    socket(0).say({ push: removed });
    socket(0).say({ push: { topic: 'conversation-removed', id: 3 } });
    socket(0).say('not json');
    expect(heard).toEqual([removed]);
    expect(said).toHaveBeenCalledTimes(2);
    stop();
    socket(0).say({ push: removed });
    expect(heard).toHaveLength(1);
  });
  it('an error value stays one; an answer of another shape becomes one', async () => {
    const { client, socket } = setUp();
    socket(0).onopen?.();
    const first = client.call('conversations.list', {});
    const second = client.call('conversations.list', {});
    socket(0).say({ id: 1, result: { ok: false, error: { code: 'store-failed', message: 'The disk is full.' } } });
    socket(0).say({ id: 2, result: { ok: true, value: [{ id: 5 }] } });
    expect(await first).toEqual({ ok: false, error: { code: 'store-failed', message: 'The disk is full.' } });
    expect(await second).toMatchObject({ ok: false, error: { code: 'internal' } });
  });
  it('connects again with growing waits; what was under way fails with a word, what was not sent is sent then', async () => {
    const { client, sockets, socket, waits, next } = setUp();
    const states: boolean[] = [];
    client.onConnection((connected) => states.push(connected));
    socket(0).onopen?.();
    const lost = client.call('engine.status', {});
    socket(0).close();
    const waiting = client.call('conversations.list', {});
    next();
    socket(1).close();
    next();
    expect(await lost).toMatchObject({ ok: false, error: { code: 'connection-lost' } });
    expect(waits).toEqual([250, 500]);
    socket(2).onopen?.();
    expect(socket(2).sent.map((m) => m.name)).toEqual(['conversations.list']);
    socket(2).say({ id: socket(2).sent[0]?.id, result: { ok: true, value: [] } });
    expect(await waiting).toEqual({ ok: true, value: [] });
    expect(states).toEqual([false, true, false, true]);
    expect(sockets).toHaveLength(3);
    socket(2).close();
    expect(waits.at(-1)).toBe(250);
  });
});

describe('the launch token', () => {
  const tab = () => {
    const kept = new Map<string, string>();
    return { kept, getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
  };
  it('is taken out of the address and kept for a reload', () => {
    const storage = tab();
    const seen: string[] = [];
    expect(takeToken({ hash: '#token=abc&c=x1', pathname: '/', search: '' }, storage, (url) => seen.push(url))).toBe('abc');
    expect(seen).toEqual(['/#c=x1']);
    expect(takeToken({ hash: '#c=x1', pathname: '/', search: '' }, storage, () => {})).toBe('abc');
  });
  it('is noticed in an address put into an open tab', () => {
    expect(['#token=abc', '#c=x1&token=abc', '#c=x1', '', '#c=token'].map(hasToken)).toEqual([true, true, false, false, false]);
  });
  it('is null for a page that came without one', () => {
    expect(takeToken({ hash: '', pathname: '/', search: '' }, tab(), () => {})).toBeNull();
  });
});

describe('the IPC client', () => {
  it('answers with values and errors, never with a rejection', async () => {
    const bridge = { call: async (name: string) => (name === 'engine.status' ? { ok: true, value: { state: 'starting' } } : Promise.reject(new Error('gone'))), onPush: () => () => {} };
    const client = ipcClient(bridge, { deep: true });
    expect(await client.call('engine.status', {})).toEqual({ ok: true, value: { state: 'starting' } });
    expect(await client.call('conversations.list', {})).toMatchObject({ ok: false, error: { code: 'internal', message: 'gone' } });
  });
  it('says that the connection was lost where the other side is gone, and that a step was unforeseen where it is not', async () => {
    const rejecting = (message: string) => ipcClient({ call: () => Promise.reject(new Error(message)), onPush: () => () => {} });
    for (const message of ["Error invoking remote method 'mezzotint': reply was never sent", "Error invoking remote method 'mezzotint': Error: No handler registered for 'mezzotint'"])
      expect(await rejecting(message).call('conversations.list', {})).toMatchObject({ ok: false, error: { code: 'connection-lost', action: expect.any(String) as string } });
    expect(await rejecting('An object could not be cloned.').call('conversations.list', {})).toMatchObject({ ok: false, error: { code: 'internal' } });
  });
});
