/** The real engine over the real model, its process stopped (not ended) under each kind of request, through the chat service. */
import { settingsWith } from '../fixtures/settings.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChatService, type ChatService } from '../../core/chat/index.ts';
import type { EngineProcess, EngineStatus } from '../../core/contract/engine.ts';
import type { GenerationSettings } from '../../core/contract/generation.ts';
import type { Push } from '../../core/contract/push.ts';
import { childEngine, createLocalEngine, type Engine } from '../../core/engines/index.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { engineSettings, packDir } from '../fixtures/engine-under-test.ts';

const entry = path.join(import.meta.dirname, '../../core/engine/entry.ts');
const long: GenerationSettings = settingsWith(engineSettings, { maxTokens: 2000, temperature: 1, loopGuard: false });
const wait = { timeout: 100_000, interval: 20 };

let dataDir: string;
let store: Store;
let client: Engine;
let chat: ChatService;
let processes: EngineProcess[];
let statuses: EngineStatus[];
function open(): void {
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  ({ store } = opened.value);
  processes = [];
  statuses = [];
  const spawn = childEngine(entry);
  client = createLocalEngine({
    spawn: () => {
      const started = spawn();
      processes.push(started);
      return started;
    },
    packDir,
    devices: ['cpu'],
    limits: { firstBeat: 8 },
  });
  const notify = (push: Push): void => {
    if (push.topic === 'engine') statuses.push(push.status);
  };
  chat = createChatService({
    store,
    engine: client,
    notify,
    appInfo: { version: '0', runtime: 'browser', platform: '', dataDir, notices: [] },
    openExternal: () => Promise.resolve(),
  });
}
beforeEach(() => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-stopped-'));
  open();
});
afterEach(async () => {
  await chat.shutdown();
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
  // nothing of it stays behind, stopped or not
  await vi.waitFor(() => expect(processes.filter(({ pid }) => alive(pid))).toEqual([]), wait);
});

const alive = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
};
const signal = (name: NodeJS.Signals): void => void process.kill(processes.at(-1)?.pid ?? 0, name);
const ready = (): Promise<void> => vi.waitFor(() => expect(client.status.state).toBe('ready'), wait);
const silent = (): Promise<void> =>
  vi.waitFor(() => expect(client.status).toMatchObject({ silentSince: expect.any(Number) as number }), wait);
const send = (text: string, settings = long) =>
  chat.handlers['chat.send']({ conversationId: null, parentId: null, text, settings });
const writing = (): Promise<void> =>
  vi.waitFor(() => expect(chat.snapshot().running?.tokens.length).toBeGreaterThan(3), wait);
const reply = (id: string) => store.messages.get(id);

describe.skipIf(process.platform === 'win32')('an engine process that is stopped', () => {
  it('while a reply is written: it is said, Stop answers at once, and the next reply is written', async () => {
    await ready();
    const first = await send('Write a long story.');
    await writing();
    signal('SIGSTOP');
    await silent();
    expect(statuses.at(-1)).toMatchObject({ state: 'ready', silentSince: expect.any(Number) as number });
    await chat.handlers['chat.stop']({ messageId: first.reply.id });
    expect(reply(first.reply.id)).toMatchObject({ status: 'stopped' });
    expect(reply(first.reply.id).text).not.toBe('');
    expect(chat.snapshot().running).toBeNull();
    const second = await send('Name two fruits.', engineSettings);
    await vi.waitFor(() => expect(reply(second.reply.id).status).toBe('complete'), wait);
    expect(processes).toHaveLength(2);
  });

  it('while a reply is written, and goes on: it is heard again, and nothing is lost', async () => {
    await ready();
    const { reply: first } = await send(
      'Write two sentences about the sea.',
      settingsWith(engineSettings, { maxTokens: 60 }),
    );
    await writing();
    signal('SIGSTOP');
    await silent();
    signal('SIGCONT');
    await vi.waitFor(() => expect(reply(first.id).status).toBe('complete'), wait);
    expect(client.status).toMatchObject({ state: 'ready' });
    expect(client.status).not.toHaveProperty('silentSince');
    expect(processes).toHaveLength(1);
  });

  it('a restart ends the reply as interrupted, with what was committed', async () => {
    await ready();
    const { reply: first } = await send('Write a long story.');
    await writing();
    signal('SIGSTOP');
    await silent();
    expect(await chat.handlers['engine.restart']({})).toEqual({ state: 'starting' });
    expect(reply(first.id)).toMatchObject({ status: 'interrupted', generation: { error: { code: 'engine-crashed' } } });
    expect(reply(first.id).text).not.toBe('');
    await ready();
  });

  it('while it loads', async () => {
    await vi.waitFor(() => expect(client.status.state).toBe('loading'), wait);
    signal('SIGSTOP');
    await silent();
    expect(client.status).toMatchObject({ state: 'loading' });
    await chat.handlers['engine.restart']({});
    await ready();
  });

  it('before it has said a word', async () => {
    signal('SIGSTOP');
    await silent();
    expect(client.status).toMatchObject({ state: 'starting' });
    await chat.handlers['engine.restart']({});
    await ready();
  });

  it('while tokens are counted, and under a long question: both are answered, nothing is stored', async () => {
    await ready();
    signal('SIGSTOP');
    const counting = chat.handlers['chat.preview']({
      conversationId: null,
      parentId: null,
      text: 'Hello',
      instructions: '',
      maxTokens: 10,
      withText: true,
    });
    const asking = send('word '.repeat(3000));
    for (const end of await Promise.allSettled([counting, asking]))
      expect(end).toMatchObject({
        status: 'rejected',
        reason: { code: 'engine-silent', action: expect.stringContaining('Restart') as string },
      });
    expect(store.conversations.list()).toEqual([]);
    signal('SIGCONT');
    await vi.waitFor(() => expect(client.status).not.toHaveProperty('silentSince'), wait);
    expect(
      await chat.handlers['chat.preview']({
        conversationId: null,
        parentId: null,
        text: 'Hello',
        instructions: '',
        maxTokens: 10,
        withText: true,
      }),
    ).toMatchObject({ fits: true });
  });

  it('while words are rewritten: stopping that answers at once', async () => {
    await ready();
    const { reply: first } = await send('Name two fruits.', settingsWith(engineSettings, { maxTokens: 10 }));
    await vi.waitFor(() => expect(reply(first.id).status).toBe('complete'), wait);
    signal('SIGSTOP');
    const filling = Promise.resolve(
      chat.handlers['chat.fill']({
        messageId: first.id,
        fillId: 'f',
        spans: [{ from: 1, to: 3, min: 1, max: 3 }],
        candidates: 3,
        settings: engineSettings,
      }),
    );
    await silent();
    await chat.handlers['chat.fill-stop']({ fillId: 'f' });
    expect(await filling).toEqual({ result: null });
    await ready();
  });

  it('while speeds are measured: measuring gives way to a reply, which is written', async () => {
    await ready();
    await chat.handlers['speedProfile.measure']({});
    signal('SIGSTOP');
    await silent();
    const { reply: first } = await send('Name two fruits.', engineSettings);
    await vi.waitFor(() => expect(reply(first.id).status).toBe('complete'), wait);
    await chat.handlers['speedProfile.measureStop']({});
  });

  it('closing ends it, and the reply is interrupted', async () => {
    await ready();
    const { reply: first } = await send('Write a long story.');
    await writing();
    signal('SIGSTOP');
    await chat.shutdown();
    expect(reply(first.id).status).toBe('interrupted');
  });
});
