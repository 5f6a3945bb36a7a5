import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Push } from '../../../core/contract/push.ts';
import { ipcClient } from '../../../renderer/services/ipc.ts';
import { comingBack, hasCode, launch } from '../../../renderer/services/launch.ts';
import { socketClient, type SocketLike } from '../../../renderer/services/socket.ts';

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

describe('how a page of browser mode begins', () => {
  const tab = (session?: string) => {
    const kept = new Map<string, string>(session === undefined ? [] : [['mezzotint-session', session]]);
    return {
      kept,
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
  };
  /** A server that knows these codes, each once, and these sessions. */
  const server = (codes: string[], sessions: string[] = []) => ({
    ask(this: void, request: { code: string } | { session: string }): Promise<string | null> {
      if ('session' in request) return Promise.resolve(sessions.includes(request.session) ? request.session : null);
      const at = codes.indexOf(request.code);
      if (at < 0) return Promise.resolve(null);
      sessions.push(`session of ${codes.splice(at, 1)[0]}`);
      return Promise.resolve(sessions.at(-1) ?? null);
    },
  });
  const at = (hash: string) => ({ hash, pathname: '/', search: '' });

  it('the code is taken out of the address and exchanged; the session is kept for a reload', async () => {
    const storage = tab();
    const seen: string[] = [];
    const { ask } = server(['abc']);
    expect(await launch(at('#code=abc&c=x1'), storage, (url) => seen.push(url), ask)).toEqual({
      session: 'session of abc',
    });
    expect(seen).toEqual(['/#c=x1']);
    expect(await launch(at('#c=x1'), storage, () => {}, ask)).toEqual({ session: 'session of abc' });
  });
  it('a spent code from the history does no harm to a tab that has a session, and gives none to another', async () => {
    const { ask } = server([], ['mine']);
    expect(await launch(at('#code=spent'), tab('mine'), () => {}, ask)).toEqual({ session: 'mine' });
    expect(await launch(at('#code=spent'), tab(), () => {}, ask)).toBe('refused');
  });
  it('a page without either, and a session of a server that has ended, are refused; the session is forgotten', async () => {
    expect(await launch(at(''), tab(), () => {}, server(['abc']).ask)).toBe('refused');
    const storage = tab('of before');
    expect(await launch(at(''), storage, () => {}, server([]).ask)).toBe('refused');
    expect(storage.kept.size).toBe(0);
  });
  it('where nobody answers, the session stays for the next attempt', async () => {
    const storage = tab('mine');
    expect(
      await launch(
        at(''),
        storage,
        () => {},
        () => Promise.reject(new Error('down')),
      ),
    ).toBe('unreachable');
    expect(storage.kept.get('mezzotint-session')).toBe('mine');
  });
  it('a new address put into an open tab is noticed', () => {
    expect(['#code=abc', '#c=x1&code=abc', '#c=x1', '', '#c=code'].map(hasCode)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
  it('a page whose server has ended is told after a while, and told that it is back', async () => {
    const told: unknown[] = [];
    let up = false;
    const back = comingBack(
      'mine',
      () => (up ? Promise.resolve('mine') : Promise.reject(new Error('down'))),
      (trouble) => told.push(trouble),
    );
    for (let i = 0; i < 8; i++) expect(await back.mayReturn()).toBe(true);
    expect(told).toEqual(['unreachable']);
    up = true;
    expect(await back.mayReturn()).toBe(true);
    back.returned();
    expect(told).toEqual(['unreachable', null]);
  });
  it('a page whose server was started again stops trying, and is told', async () => {
    const told: unknown[] = [];
    const back = comingBack(
      'of before',
      () => Promise.resolve(null),
      (trouble) => told.push(trouble),
    );
    expect(await back.mayReturn()).toBe(false);
    expect(told).toEqual(['refused']);
  });
});

describe('the IPC client', () => {
  it('answers with values and errors, never with a rejection', async () => {
    const bridge = {
      call: async (name: string) =>
        name === 'engine.status' ? { ok: true, value: { state: 'starting' } } : Promise.reject(new Error('gone')),
      onPush: () => () => {},
    };
    const client = ipcClient(bridge, { deep: true });
    expect(await client.call('engine.status', {})).toEqual({ ok: true, value: { state: 'starting' } });
    expect(await client.call('conversations.list', {})).toMatchObject({
      ok: false,
      error: { code: 'internal', params: { reason: 'gone' } },
    });
  });
  it('says that the connection was lost where the other side is gone, and that a step was unforeseen where it is not', async () => {
    const rejecting = (message: string) =>
      ipcClient({ call: () => Promise.reject(new Error(message)), onPush: () => () => {} });
    for (const message of [
      "Error invoking remote method 'mezzotint': reply was never sent",
      "Error invoking remote method 'mezzotint': Error: No handler registered for 'mezzotint'",
    ])
      expect(await rejecting(message).call('conversations.list', {})).toMatchObject({
        ok: false,
        error: { code: 'connection-lost', action: expect.any(String) as string },
      });
    expect(await rejecting('An object could not be cloned.').call('conversations.list', {})).toMatchObject({
      ok: false,
      error: { code: 'internal' },
    });
  });
});
