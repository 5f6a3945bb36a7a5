/** Questions asked while a reply is written, over a real store and the scripted engine. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChatService, type ChatService } from '../../core/chat/index.ts';
import { channels, type ChatHandlers, type Request, type Response } from '../../core/contract/index.ts';
import { pushSchema, type Push } from '../../core/contract/push.ts';
import { MAX_QUEUED, type Queue } from '../../core/contract/queue.ts';
import { createLocalEngine } from '../../core/engines/index.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { FakeEngine, fakeSettings, type FakeEngineOptions } from '../fixtures/fake-engine.ts';
import { ManualTime } from '../fixtures/manual-time.ts';

let dataDir: string;
let store: Store;
let fake: FakeEngine;
let chat: ChatService;
let pushes: Push[];
let ids = 0;

function open(options: FakeEngineOptions = {}): void {
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  ({ store } = opened.value);
  fake = new FakeEngine(options);
  const time = new ManualTime();
  pushes = [];
  chat = createChatService({
    store,
    engine: createLocalEngine({ spawn: fake.spawn, packDir: '', timers: time.timers, now: time.now }),
    notify(push) {
      v.parse(pushSchema, push);
      pushes.push(structuredClone(push));
    },
    appInfo: { version: '0.1.0', runtime: 'browser', platform: 'linux', dataDir, notices: [] },
    openExternal: () => Promise.resolve(),
    now: time.now,
    timers: time.timers,
    newId: () => `q-${++ids}`,
    randomSeed: () => 4242,
  });
}
async function close(): Promise<void> {
  await chat.shutdown();
  store.close();
}
beforeEach(() => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-queue-'));
});
afterEach(async () => {
  await close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function call<N extends keyof ChatHandlers>(name: N, request: Request<N>): Promise<Response<N>> {
  const handler = chat.handlers[name] as (request: Request<N>) => Promise<Response<N>> | Response<N>;
  const response = await handler(request);
  v.parse(channels[name].response as v.GenericSchema, response);
  return response;
}
const settings = { ...fakeSettings, seed: null };
/** The scripted engine writes on while this waits. */
const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(
    () => {
      fake.step(50);
      expect(condition()).toBe(true);
    },
    { interval: 2, timeout: 10_000 },
  );
/** Asks a first question; its reply is being written. */
async function begin(text = 'First'): Promise<{ id: string; reply: string }> {
  const { conversation, reply } = await call('chat.send', { conversationId: null, parentId: null, text, settings });
  return { id: conversation.id, reply: reply.id };
}
const add = (
  id: string,
  after: string,
  text: string,
  attachments: { name: string; text: string }[] = [],
): Promise<Queue> => call('queue.add', { conversationId: id, after, text, settings, attachments });
const read = (id: string): Promise<Queue> => call('queue.read', { conversationId: id });
const texts = (queue: Queue): string[] => queue.questions.map(({ text }) => text);
/** The branch shown, as words and states. */
const branch = (id: string): string[] => {
  const { currentMessageId } = store.conversations.get(id);
  return currentMessageId === null
    ? []
    : store.messages.path(currentMessageId).map(({ role, text, status }) => (role === 'user' ? text : status));
};
const leaf = (id: string): string => store.conversations.get(id).currentMessageId ?? '';
const settled = (id: string, length: number): Promise<void> =>
  until(() => branch(id).length === length && branch(id).at(-1) !== 'pending');

describe('questions asked while a reply is written', () => {
  it('are sent one after the other when it ends, in order, with their files', async () => {
    open({ pace: 'manual' });
    const { id, reply } = await begin();
    await add(id, reply, 'Second', [{ name: 'notes.txt', text: 'of mine' }]);
    expect(await add(id, reply, 'Third')).toMatchObject({
      held: null,
      questions: [{ text: 'Second', attachments: [{ name: 'notes.txt', characters: 7 }] }, { text: 'Third' }],
    });
    await settled(id, 6);
    expect(branch(id)).toEqual(['First', 'complete', 'Second', 'complete', 'Third', 'complete']);
    expect(await read(id)).toEqual({ conversationId: id, questions: [], held: null, error: null });
    const second = store.messages.path(leaf(id))[2];
    expect(store.attachments.ofMessage(second?.id ?? '')).toMatchObject([{ name: 'notes.txt', text: 'of mine' }]);
    // every client heard of each change, the last of them that nothing waits
    const heard = pushes.flatMap((push) => (push.topic === 'queue' ? [texts(push.queue)] : []));
    expect(heard.at(-1)).toEqual([]);
    expect(heard).toContainEqual(['Second', 'Third']);
    expect(heard).toContainEqual(['Third']);
  });

  it('are sent at once where the reply has ended in the meantime', async () => {
    open();
    const { id, reply } = await begin();
    await settled(id, 2);
    await add(id, reply, 'Second');
    await settled(id, 4);
    expect(branch(id)).toEqual(['First', 'complete', 'Second', 'complete']);
  });

  it('wait after a reply that was stopped, until the person sends them', async () => {
    open({ pace: 'manual' });
    const { id, reply } = await begin();
    await add(id, reply, 'Second');
    await add(id, reply, 'Third');
    await call('chat.stop', { messageId: reply });
    await settled(id, 2);
    expect(branch(id)).toEqual(['First', 'stopped']);
    expect(await read(id)).toMatchObject({ held: 'stopped', questions: [{ text: 'Second' }, { text: 'Third' }] });
    const sent = call('queue.send', { conversationId: id });
    await sent;
    expect(branch(id).slice(0, 3)).toEqual(['First', 'stopped', 'Second']);
    await settled(id, 6);
    expect(branch(id)).toEqual(['First', 'stopped', 'Second', 'complete', 'Third', 'complete']);
  });

  it('wait after a reply that failed, and go on when it is written again', async () => {
    open({ crashAfter: [2] });
    const { id, reply } = await begin();
    await add(id, reply, 'Second');
    await settled(id, 2);
    expect(['failed', 'interrupted']).toContain(branch(id)[1]);
    expect((await read(id)).held).toBe('failed');
    await until(() => fake.processes.length > 1);
    await call('chat.reply', { conversationId: id, parentId: store.messages.get(reply).parentId ?? '', settings });
    expect((await read(id)).held).toBeNull();
    await settled(id, 4);
    expect(branch(id)).toEqual(['First', 'complete', 'Second', 'complete']);
  });

  it('are there after the app was killed, and then wait for the person', async () => {
    open({ pace: 'manual' });
    const { id, reply } = await begin();
    await add(id, reply, 'Second', [{ name: 'a.md', text: '# A' }]);
    await close();
    open();
    expect(await read(id)).toMatchObject({
      held: 'closed',
      questions: [{ text: 'Second', attachments: [{ name: 'a.md', characters: 3 }] }],
    });
    expect(branch(id)).toEqual(['First', 'interrupted']);
    await call('queue.send', { conversationId: id });
    await settled(id, 4);
    expect(branch(id)).toEqual(['First', 'interrupted', 'Second', 'complete']);
  });

  it('go into no other conversation and no other branch', async () => {
    open({ pace: 'manual' });
    const one = await begin('One');
    await add(one.id, one.reply, 'For one');
    const two = await begin('Two');
    await add(two.id, two.reply, 'For two');
    await settled(one.id, 4);
    await settled(two.id, 4);
    expect([branch(one.id), branch(two.id)]).toEqual([
      ['One', 'complete', 'For one', 'complete'],
      ['Two', 'complete', 'For two', 'complete'],
    ]);
    // another branch is shown when the reply ends: the question waits
    const { reply, conversation } = await call('chat.send', {
      conversationId: one.id,
      parentId: leaf(one.id),
      text: 'Long',
      settings,
    });
    await add(conversation.id, reply.id, 'Follows the long one');
    await call('conversations.select', { id: one.id, messageId: one.reply });
    await call('chat.send', { conversationId: one.id, parentId: one.reply, text: 'Aside', settings });
    await until(() => store.messages.get(reply.id).status === 'complete');
    await until(() => pushes.some((push) => push.topic === 'queue' && push.queue.held === 'elsewhere'));
    expect(await read(one.id)).toMatchObject({ held: 'elsewhere', questions: [{ text: 'Follows the long one' }] });
  });

  it('can be taken off and put back, and taken back into the unsent words', async () => {
    open({ pace: 'manual' });
    const { id, reply } = await begin();
    const long = 'x'.repeat(2000);
    const { questions } = await add(id, reply, 'Second')
      .then(() => add(id, reply, long, [{ name: 'a.md', text: '# A' }]))
      .then(() => add(id, reply, 'Fourth'));
    const [second, third] = questions;
    expect(third?.text).toBe(long.slice(0, 500));
    expect(texts(await call('queue.remove', { conversationId: id, id: second?.id ?? '' }))).toEqual([
      third?.text,
      'Fourth',
    ]);
    expect(texts(await call('queue.restore', { conversationId: id, id: second?.id ?? '' }))).toEqual([
      'Second',
      third?.text,
      'Fourth',
    ]);
    await expect(call('queue.restore', { conversationId: id, id: second?.id ?? '' })).rejects.toThrow('does not wait');
    const taken = await call('queue.take', { conversationId: id, id: third?.id ?? '', draft: 'begun' });
    expect([taken.draft, taken.attachments, texts(taken.queue)]).toEqual([
      `${long}\n\nbegun`,
      [{ name: 'a.md', text: '# A' }],
      ['Second', 'Fourth'],
    ]);
    expect((await call('drafts.read', { conversationId: id })).draft).toBe(`${long}\n\nbegun`);
    await expect(call('queue.take', { conversationId: id, id: third?.id ?? '', draft: '' })).rejects.toThrow(
      'does not wait',
    );
  });

  it('are refused before anything is written: empty, too many, to a reply of another conversation', async () => {
    open({ pace: 'manual' });
    const one = await begin('One');
    const two = await begin('Two');
    await expect(add(one.id, one.reply, '  ')).rejects.toThrow('empty');
    await expect(add(one.id, two.reply, 'Astray')).rejects.toThrow('not in that conversation');
    for (let i = 0; i < MAX_QUEUED; i++) await add(one.id, one.reply, `${i}`);
    await expect(add(one.id, one.reply, 'One more')).rejects.toThrow(`${MAX_QUEUED} questions wait already`);
    expect((await read(one.id)).questions).toHaveLength(MAX_QUEUED);
    await expect(call('queue.send', { conversationId: one.id })).rejects.toThrow('still being written');
    await expect(read('nowhere')).rejects.toThrow();
  });

  it('go with their conversation when that is erased', async () => {
    open({ pace: 'manual' });
    const { id, reply } = await begin();
    await add(id, reply, 'Second');
    await call('conversations.organise', { ids: [id], change: { to: 'trash', on: true } });
    await until(() => store.messages.get(reply).status === 'stopped');
    expect(store.queue.of(id)).toHaveLength(1);
    await call('conversations.erase', { ids: [id] });
    expect(store.queue.of(id)).toEqual([]);
  });
});
