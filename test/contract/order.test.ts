/** Order as the service keeps it, over a real store and the scripted engine: what every client is told, and when things go. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChatService, type ChatService } from '../../core/chat/index.ts';
import type { ChatHandlers, Request, Response } from '../../core/contract/index.ts';
import { pushSchema, type Push } from '../../core/contract/push.ts';
import { createLocalEngine } from '../../core/engines/index.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { FakeEngine, fakeSettings, type FakeEngineOptions } from '../fixtures/fake-engine.ts';
import { ManualTime } from '../fixtures/manual-time.ts';

const DAY = 86_400_000;
let dataDir: string;
let store: Store;
let chat: ChatService;
let time: ManualTime;
let pushes: Push[];
let fake: FakeEngine;
/** The wall clock, beside the timers' own. */
let clock: number;

function open(options: FakeEngineOptions = {}): void {
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  ({ store } = opened.value);
  fake = new FakeEngine(options);
  time = new ManualTime();
  pushes = [];
  chat = createChatService({
    store,
    engine: createLocalEngine({ spawn: fake.spawn, packDir: '', timers: time.timers, now: time.now }),
    notify: (push) => void pushes.push(structuredClone(v.parse(pushSchema, push))),
    appInfo: { version: '0.1.0', runtime: 'browser', platform: 'linux', dataDir, notices: [] },
    openExternal: () => Promise.resolve(),
    now: () => clock,
    timers: time.timers,
  });
}
async function close(): Promise<void> {
  await chat.shutdown();
  store.close();
}
beforeEach(() => {
  clock = 1000 * DAY;
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-order-'));
});
afterEach(async () => {
  await close();
  rmSync(dataDir, { recursive: true, force: true });
});
async function call<N extends keyof ChatHandlers>(name: N, request: Request<N>): Promise<Response<N>> {
  return (await (chat.handlers[name] as unknown as (request: Request<N>) => unknown)(request)) as Response<N>;
}
const send = (text: string) =>
  call('chat.send', { conversationId: null, parentId: null, text, settings: fakeSettings });
const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { interval: 2, timeout: 10_000 });
const make = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => {
    store.conversations.create({ id: `c${i}`, title: `Chat ${i}`, createdAt: i });
    store.messages.add({
      id: `m${i}`,
      conversationId: `c${i}`,
      parentId: null,
      role: 'user',
      text: 'Hello',
      status: 'complete',
      createdAt: i,
    });
    return `c${i}`;
  });
const listed = async (): Promise<string[]> => (await call('conversations.list', {})).map(({ id }) => id);

describe('organising', () => {
  it('changes many conversations in one call and tells it in one push; the answer undoes it', async () => {
    open();
    const ids = make(3);
    const folder = await call('folders.create', { name: 'Work' });
    expect(pushes.splice(0)).toEqual([{ topic: 'folders', folders: [folder] }]);
    const { before } = await call('conversations.organise', { ids, change: { to: 'folder', folderId: folder.id } });
    expect(pushes.splice(0)).toMatchObject([
      { topic: 'organised', conversations: ids.map((id) => ({ id, folderId: folder.id })), removed: [] },
    ]);
    await call('conversations.putBack', { placements: before });
    expect(pushes.splice(0)).toMatchObject([
      { topic: 'organised', conversations: ids.map((id) => ({ id, folderId: null })) },
    ]);
    // nothing to change: nothing to tell
    expect(await call('conversations.organise', { ids, change: { to: 'archive', on: false } })).toEqual({ before: [] });
    expect(pushes).toEqual([]);
  });
  it('of very many, the list is fetched again instead', async () => {
    open();
    await call('conversations.organise', { ids: make(600), change: { to: 'pin', on: true } });
    expect(pushes).toEqual([{ topic: 'conversations-changed' }]);
  });
});

describe('the list', () => {
  it('of a window that opens: the newest, and all that are pinned, in the order of the whole list', async () => {
    open();
    make(30);
    await call('conversations.organise', { ids: ['c3', 'c29'], change: { to: 'pin', on: true } });
    await call('conversations.organise', { ids: ['c28'], change: { to: 'trash', on: true } });
    expect((await call('conversations.list', { newest: 4 })).map(({ id }) => id)).toEqual([
      'c29',
      'c27',
      'c26',
      'c25',
      'c3',
    ]);
    expect(await listed()).toHaveLength(29);
  });
});

describe('unread', () => {
  it('is a conversation whose reply has ended, until it is seen; one that the person stopped is not', async () => {
    open();
    const { conversation, reply } = await send('What is copper?');
    await until(() => store.messages.get(reply.id).status === 'complete');
    expect(pushes.at(-1)).toMatchObject({ topic: 'message', message: { id: reply.id } });
    expect(store.conversations.get(conversation.id).unread).toBe(true);
    await call('conversations.see', { id: conversation.id });
    expect(pushes.at(-1)).toMatchObject({
      topic: 'organised',
      conversations: [{ id: conversation.id, unread: false }],
    });
  });
  it('is not one whose reply was stopped', async () => {
    open({ pace: 'manual' });
    const { conversation, reply } = await send('What is zinc?');
    await call('chat.stop', { messageId: reply.id });
    await until(() => store.messages.get(reply.id).status === 'stopped');
    expect(store.conversations.get(conversation.id).unread).toBe(false);
  });
});

describe('the trash', () => {
  /** Starts the app, lets it run for the first look at the trash, and closes it. */
  async function run(at: number): Promise<{ trash: number; notices: string[] }> {
    await close();
    clock = at;
    open();
    time.advance(3000);
    await new Promise((resolve) => setImmediate(resolve));
    return {
      trash: store.order.trash().length,
      notices: pushes.flatMap((push) =>
        push.topic === 'notice' ? [`${push.error.message} ${push.error.action ?? ''}`] : [],
      ),
    };
  }

  it('lets go after 30 days: soon after a start, and once a day while the app runs', async () => {
    open();
    make(60);
    const [first, second] = ['c0', 'c1'];
    // more than one step erases
    const many = Array.from({ length: 50 }, (_, i) => `c${i + 10}`);
    const begin = clock;
    await call('conversations.organise', { ids: [first, ...many], change: { to: 'trash', on: true } });
    await run(begin + DAY);
    await call('conversations.organise', { ids: [second], change: { to: 'trash', on: true } });
    for (let day = 3; day < 30; day += 2) expect(await run(begin + day * DAY)).toEqual({ trash: 52, notices: [] });
    expect(await call('trash.list', {})).toHaveLength(52);
    clock += DAY;
    time.advance(DAY);
    await until(() => store.order.trash().length === 1);
    expect((await call('trash.list', {})).map(({ conversation }) => conversation.id)).toEqual([second]);
    expect(pushes.flatMap((p) => (p.topic === 'erased' ? p.ids : []))).toHaveLength(51);

    expect(await run(begin + 31 * DAY)).toEqual({ trash: 0, notices: [] });
    expect(await listed()).toHaveLength(8);
  });
  it('loses nothing by one start with a clock weeks ahead, and says that it waits', async () => {
    open();
    make(3);
    const begin = clock;
    await call('conversations.organise', { ids: ['c0', 'c1'], change: { to: 'trash', on: true } });
    await run(begin + DAY);
    const ahead = await run(begin + 40 * DAY);
    expect(ahead.trash).toBe(2);
    expect(ahead.notices).toEqual([
      expect.stringMatching(
        /clock of this computer is 39 days ahead.*2 conversations stay in the trash until the clock has run evenly for 6 more days\. Correct the clock/,
      ),
    ]);
    // the window does not say that they go today
    for (const { goesAt } of await call('trash.list', {})) expect(goesAt).toBe(begin + 46 * DAY);
    // again and again at the same wrong time, and for hours
    for (let start = 0; start < 5; start++)
      expect(await run(begin + 40 * DAY + start * 3_600_000)).toMatchObject({ trash: 2 });
    // the clock is right again: the days are counted as if nothing had been
    for (let day = 2; day < 30; day++) expect(await run(begin + day * DAY)).toEqual({ trash: 2, notices: [] });
    expect(await run(begin + 30 * DAY)).toEqual({ trash: 0, notices: [] });
  });
  it('lets go some days after a long pause, once the clock has run evenly', async () => {
    open();
    make(2);
    const begin = clock;
    await call('conversations.organise', { ids: ['c0'], change: { to: 'trash', on: true } });
    for (let day = 40; day < 46; day++)
      expect(await run(begin + day * DAY)).toMatchObject({
        trash: 1,
        notices: [expect.stringContaining('1 conversation stays in the trash')],
      });
    expect(await run(begin + 46 * DAY)).toEqual({ trash: 0, notices: [] });
  });
  it('is emptied when asked, and only of what is in it', async () => {
    open();
    const ids = make(4);
    await call('conversations.organise', { ids: ids.slice(0, 2), change: { to: 'trash', on: true } });
    expect(await call('conversations.erase', { ids: [ids[0] ?? '', ids[3] ?? ''] })).toEqual({ erased: 1 });
    expect(await call('trash.empty', {})).toEqual({ erased: 1 });
    expect(await listed()).toEqual(['c3', 'c2']);
    expect(() => store.messages.get('m0')).toThrow(/not there/);
  });
  it('waits with a conversation whose reply is still being stopped', async () => {
    open({ pace: 'manual', ready: null });
    const { conversation } = await send('What is tin?');
    const writing = await send('What is lead?');
    store.order.organise([writing.conversation.id], { to: 'trash', on: true }, clock);
    await expect(call('trash.empty', {})).rejects.toMatchObject({ code: 'conflict' });
    expect(store.messages.get(writing.reply.id).status).toBe('pending');
    expect(await listed()).toEqual([conversation.id]);
  });
});
