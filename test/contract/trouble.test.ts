/** A disk that is full, a folder that can only be read, a second instance, a clock that goes back: each is said, and nothing is lost. */
import { settingsWith } from '../fixtures/settings.ts';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChatService, type ChatService } from '../../core/chat/index.ts';
import type { Push } from '../../core/contract/push.ts';
import { createLocalEngine } from '../../core/engines/index.ts';
import { inspect } from '../../core/store/recovery/inspect.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { FakeEngine, fakeSettings, fakeText } from '../fixtures/fake-engine.ts';
import { fill, textsIn } from '../fixtures/filled-store.ts';

let dir: string;
const closers: (() => unknown)[] = [];
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-trouble-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(dir, { recursive: true, force: true });
});

const mount = (...args: string[]): boolean => spawnSync('mount', args, { stdio: 'ignore' }).status === 0;
/** A small disk needs root and a system that lets it mount. */
const canMount = ((): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const trial = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-mount-'));
  const can = mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', trial);
  if (can) spawnSync('umount', [trial]);
  rmSync(trial, { recursive: true, force: true });
  return can;
})();

function disk(kilobytes: number): void {
  if (!mount('-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', dir))
    throw new Error('no small disk could be mounted');
  closers.push(() => spawnSync('umount', ['-l', dir]));
}
/** Fills the disk to its last byte; returns what frees it again. */
function fillDisk(): () => void {
  const filler = path.join(dir, 'filler');
  const handle = openSync(filler, 'w');
  try {
    for (const size of [65_536, 4096, 1]) {
      try {
        for (;;) if (writeSync(handle, Buffer.alloc(size)) < size) break;
      } catch {
        // full for pieces of this size
      }
    }
  } finally {
    closeSync(handle);
  }
  return () => rmSync(filler, { force: true });
}
function open(now?: () => number): Store {
  const result = openStore({ dataDir: dir, ...(now ? { now } : {}) });
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  closers.push(() => result.value.store.close());
  return result.value.store;
}
function chatOver(store: Store, fake: FakeEngine, now?: () => number): { chat: ChatService; pushes: Push[] } {
  const pushes: Push[] = [];
  const chat = createChatService({
    store,
    engine: createLocalEngine({ spawn: fake.spawn, packDir: '' }),
    notify: (push) => pushes.push(push),
    appInfo: { version: '', runtime: 'browser', platform: '', dataDir: dir, notices: [] },
    openExternal: () => Promise.resolve(),
    measureAfter: null,
    ...(now ? { now } : {}),
  });
  closers.push(() => chat.shutdown());
  return { chat, pushes };
}

describe.runIf(canMount)('a full disk', () => {
  it('under a reply: it ends with words on what is safe, keeps every block that was told of, and goes on when there is room', async () => {
    disk(4096);
    const store = open();
    const fake = new FakeEngine({ script: { text: fakeText.repeat(20), alternatives: 4 }, pace: 'manual' });
    const { chat, pushes } = chatOver(store, fake);
    const { reply, question } = await chat.handlers['chat.send']({
      conversationId: null,
      parentId: null,
      text: 'What is a mezzotint?',
      settings: settingsWith(fakeSettings, { maxTokens: 4000 }),
    });
    await vi.waitFor(() => expect(fake.requests).toHaveLength(1));
    fake.step(60);
    const free = fillDisk();
    const failed = (): Push | undefined =>
      pushes.find(
        (push) => push.topic === 'message' && push.message.id === reply.id && push.message.status === 'failed',
      );
    for (let i = 0; i < 5000 && !failed(); i++) fake.step(1);
    expect(failed()).toMatchObject({
      message: {
        generation: {
          error: {
            code: 'store-failed',
            message: expect.stringContaining('What was saved before is safe') as string,
            action: expect.stringContaining('Free some space') as string,
          },
        },
      },
    });
    const told = pushes
      .flatMap((push) => (push.topic === 'generation' ? push.events : []))
      .flatMap((event) => (event.type === 'blockCommitted' ? event.tokens : []));
    expect(told.length).toBeGreaterThan(10);
    expect(
      store.generations
        .tokens(reply.id)
        .slice(0, told.length)
        .map((t) => t.text),
    ).toEqual(told.map((t) => t.text));
    await expect(async () =>
      chat.handlers['chat.send']({
        conversationId: null,
        parentId: null,
        text: 'x'.repeat(20_000),
        settings: fakeSettings,
      }),
    ).rejects.toMatchObject({ code: 'store-failed', message: expect.stringContaining('disk is full') as string });
    expect(store.conversations.list()).toHaveLength(1);

    free();
    const again = await chat.handlers['chat.send']({
      conversationId: null,
      parentId: null,
      text: 'And now?',
      settings: settingsWith(fakeSettings, { maxTokens: 20 }),
    });
    await vi.waitFor(() => {
      fake.step(50);
      expect(store.messages.get(again.reply.id).status).toBe('complete');
    });
    expect(store.messages.get(reply.id).status).toBe('failed');
    expect(store.messages.get(question?.id ?? '').text).toBe('What is a mezzotint?');
    expect(inspect(path.join(dir, 'mezzotint.db'), 'better-sqlite3', true).problems).toEqual([]);
  });
  it('under a backup: it is said, nothing half is left, and those before are kept', async () => {
    disk(6144);
    const store = open();
    fill(store, 0, 5);
    const first = await store.backups.take('asked');
    const free = fillDisk();
    await expect(store.backups.take('asked')).rejects.toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('disk is full') as string,
    });
    expect(readdirSync(path.join(dir, 'backups'))).toEqual([first.name]);
    free();
    expect((await store.backups.take('asked')).problems).toEqual([]);
  });
  it('under a mend: nothing is changed, it is said how much room it takes, and with that it is mended', () => {
    disk(8192);
    const store = open();
    const texts = fill(store, 0, 10);
    store.close();
    const file = path.join(dir, 'mezzotint.db');
    writeFileSync(file, readFileSync(file).fill(0, 0, 100));
    const hash = (): string => createHash('sha256').update(readFileSync(file)).digest('hex');
    const before = hash();
    const free = fillDisk();
    expect(openStore({ dataDir: dir })).toMatchObject({
      ok: false,
      error: { code: 'store-failed', action: expect.stringContaining('Free some space') as string },
    });
    expect(hash()).toBe(before);
    free();
    expect(textsIn(open())).toEqual(texts);
  });
});

describe.runIf(canMount)('a folder that can only be read', () => {
  it('is refused with what to do, and nothing in it is changed', () => {
    disk(4096);
    const store = open();
    fill(store, 0, 2);
    store.close();
    const state = (): string[] => readdirSync(dir).map((name) => `${name} ${statSync(path.join(dir, name)).mtimeMs}`);
    const before = state();
    expect(mount('-o', 'remount,ro', dir)).toBe(true);
    expect(openStore({ dataDir: dir })).toMatchObject({
      ok: false,
      error: { code: 'store-failed', action: expect.stringMatching(/--data/) as string },
    });
    expect(state()).toEqual(before);
    expect(mount('-o', 'remount,rw', dir)).toBe(true);
    expect(open().conversations.list()).toHaveLength(2);
  });
});

describe('a second instance', () => {
  it('is told which one holds the folder and what it can do; a lock that is no database stops nobody', () => {
    const first = openStore({ dataDir: dir, who: 'window' });
    expect(openStore({ dataDir: dir, who: 'browser' })).toMatchObject({
      ok: false,
      error: {
        code: 'store-locked',
        message: expect.stringMatching(new RegExp(`in its window, since .*, as process ${process.pid}`)) as string,
        action: expect.stringContaining('--data') as string,
      },
    });
    if (first.ok) first.value.store.close();
    writeFileSync(path.join(dir, 'mezzotint.lock'), 'scribbled over '.repeat(100));
    open();
  });
  it('is told that a folder stands in the place of the lock', () => {
    mkdirSync(path.join(dir, 'mezzotint.lock'));
    expect(openStore({ dataDir: dir })).toMatchObject({ ok: false, error: { code: 'store-failed' } });
  });
});

describe('a clock that goes back', () => {
  it('never makes a conversation look older than it is, and the newest stays first', async () => {
    let now = Date.UTC(2026, 10, 25);
    const store = open(() => now);
    const fake = new FakeEngine();
    const { chat } = chatOver(store, fake, () => now);
    const first = await chat.handlers['chat.send']({
      conversationId: null,
      parentId: null,
      text: 'first',
      settings: fakeSettings,
    });
    await vi.waitFor(() => expect(store.messages.get(first.reply.id).status).toBe('complete'));
    const before = store.conversations.get(first.conversation.id).updatedAt;
    now -= 400 * 86_400_000;
    const more = await chat.handlers['chat.send']({
      conversationId: first.conversation.id,
      parentId: first.reply.id,
      text: 'more',
      settings: fakeSettings,
    });
    await vi.waitFor(() => expect(store.messages.get(more.reply.id).status).toBe('complete'));
    expect(store.conversations.get(first.conversation.id).updatedAt).toBe(before);
    expect(
      store.messages
        .path(more.reply.id)
        .map((m) => m.text)
        .slice(0, 1),
    ).toEqual(['first']);
  });
});
