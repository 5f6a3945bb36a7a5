/** The chat service over a real store and the scripted engine: what a client asks, is told, and finds again. */
import { settingsWith } from '../fixtures/settings.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChatService, type ChatService } from '../../core/chat/index.ts';
import type { ActiveReply, Message } from '../../core/contract/conversations.ts';
import type { GenerationEvent } from '../../core/contract/generation.ts';
import { channels, type ChatHandlers, type Request, type Response } from '../../core/contract/index.ts';
import { pushSchema, type Push } from '../../core/contract/push.ts';
import { createLocalEngine } from '../../core/engines/index.ts';
import { openStore, roundEvent, type Store } from '../../core/store/index.ts';
import {
  FakeEngine,
  fakeEvents,
  fakeReady,
  fakeSettings,
  fakeText,
  fakeTokens,
  type FakeEngineOptions,
} from '../fixtures/fake-engine.ts';
import { ManualTime } from '../fixtures/manual-time.ts';

let dataDir: string;
let store: Store;
let fake: FakeEngine;
let chat: ChatService;
let pushes: Push[];
let time: ManualTime;
/** What each push found in the store when it was sent. */
let storedAtPush: (push: Push) => void;

function open(options: FakeEngineOptions = {}): void {
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  ({ store } = opened.value);
  fake = new FakeEngine(options);
  time = new ManualTime();
  pushes = [];
  storedAtPush = () => undefined;
  let ids = 0;
  const prefix = Math.random().toString(36).slice(2, 8);
  chat = createChatService({
    store,
    engine: createLocalEngine({ spawn: fake.spawn, packDir: '', timers: time.timers, now: time.now }),
    notify(push) {
      v.parse(pushSchema, push);
      pushes.push(structuredClone(push));
      storedAtPush(push);
    },
    appInfo: { version: '0.1.0', runtime: 'browser', platform: 'linux', dataDir, notices: [] },
    openExternal: () => Promise.resolve(),
    now: time.now,
    timers: time.timers,
    newId: () => `${prefix}-${++ids}`,
    randomSeed: () => 4242,
  });
}
beforeEach(() => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-chat-'));
});
afterEach(async () => {
  await chat.shutdown();
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function call<N extends keyof ChatHandlers>(name: N, request: Request<N>): Promise<Response<N>> {
  const handler = chat.handlers[name] as (request: Request<N>) => Promise<Response<N>> | Response<N>;
  const response = await handler(request);
  v.parse(channels[name].response as v.GenericSchema, response);
  return response;
}
const settings = settingsWith(fakeSettings, { seed: null });
const send = (
  text = 'What is a mezzotint?',
  conversationId: string | null = null,
  parentId: string | null = null,
): Promise<Response<'chat.send'>> => call('chat.send', { conversationId, parentId, text, settings });
const message = (id: string): Message => store.messages.get(id);
const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { interval: 2, timeout: 10_000 });
const ended = (id: string): Promise<void> => until(() => message(id).status !== 'pending');
const eventsOf = (id: string): GenerationEvent[] =>
  pushes.flatMap((p) => (p.topic === 'generation' && p.messageId === id ? p.events : []));
const ready = (): Promise<void> => until(() => pushes.some((p) => p.topic === 'engine' && p.status.state === 'ready'));

describe('a question', () => {
  it('begins a conversation, and its reply is stored and told of as it is written', async () => {
    open();
    const { conversation, question, reply } = await send();
    expect(conversation).toMatchObject({ title: 'What is a mezzotint?', messageCount: 2, currentMessageId: reply.id });
    expect(question).toMatchObject({ role: 'user', status: 'complete', generation: null });
    expect(reply).toMatchObject({
      role: 'assistant',
      status: 'pending',
      parentId: question?.id,
      text: '',
      generation: { seed: 4242, settings: settingsWith(settings, { seed: 4242 }) },
    });
    await ended(reply.id);
    expect(message(reply.id)).toMatchObject({
      text: fakeText,
      status: 'complete',
      generation: { reason: 'end', device: 'cpu', pack: { id: 'fake' } },
    });
    const [request] = fake.requests;
    if (!request) throw new Error('the engine was not asked');
    expect(request).toMatchObject({
      messages: [{ role: 'user', content: 'What is a mezzotint?' }],
      replyPrefix: [],
      seed: 4242,
    });
    const all = fakeEvents(request).map(roundEvent);
    expect(eventsOf(reply.id)).toEqual(all);
    expect(await call('generations.trace', { messageId: reply.id, frames: true })).toMatchObject({ events: all });
    const { tokens, events } = await call('generations.trace', { messageId: reply.id, frames: false });
    expect(tokens.map((t) => t.id)).toEqual(fakeTokens(fakeText).map((t) => t.id));
    expect(events).toEqual([]);
    expect(pushes.at(-1)).toEqual({ topic: 'message', message: message(reply.id) });
  });

  it('is told to every client before the branch that shows it', async () => {
    open({ ready: null });
    const { conversation, question, reply } = await send();
    const told = pushes.flatMap((p) =>
      p.topic === 'message'
        ? [p.message.id]
        : p.topic === 'conversation' && p.conversation.currentMessageId === reply.id
          ? [conversation.id]
          : [],
    );
    expect(told).toEqual([question?.id, reply.id, conversation.id]);
  });

  it('is stored with its reply before the engine is asked', async () => {
    open({ ready: null });
    const { conversation, reply } = await send();
    expect(fake.requests).toEqual([]);
    expect((await call('conversations.get', { id: conversation.id })).messages).toHaveLength(2);
    expect(message(reply.id).status).toBe('pending');
  });

  it('no block is told of before it is stored', async () => {
    open();
    let checked = 0;
    storedAtPush = (push) => {
      if (push.topic !== 'generation') return;
      for (const event of push.events) {
        if (event.type !== 'blockCommitted') continue;
        expect(store.generations.tokens(push.messageId).length).toBeGreaterThanOrEqual(
          event.from + event.tokens.length,
        );
        checked++;
      }
    };
    const { reply } = await send();
    await ended(reply.id);
    expect(checked).toBeGreaterThan(20);
  });

  it('in a further turn the prompt is the branch, without replies that have no text', async () => {
    let turn = 0;
    open({
      script: () =>
        ++turn === 2
          ? [{ type: 'failed', seq: 0, t: 0, error: { code: 'prompt-too-long', message: 'Too long.' } }]
          : { text: `answer ${turn}` },
    });
    const first = await send('one');
    await ended(first.reply.id);
    const second = await send('two', first.conversation.id, first.reply.id);
    await ended(second.reply.id);
    expect(message(second.reply.id)).toMatchObject({
      status: 'failed',
      text: '',
      generation: { error: { code: 'prompt-too-long' } },
    });
    const third = await send('three', first.conversation.id, second.reply.id);
    await ended(third.reply.id);
    expect(fake.requests.at(-1)?.messages).toEqual([
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'answer 1' },
      { role: 'user', content: 'two' },
      { role: 'user', content: 'three' },
    ]);
  });

  it.each([
    ['an empty question', () => send(' \n'), 'bad-request'],
    ['an unknown conversation', () => send('x', 'nowhere', null), 'not-found'],
    ['a parent without a conversation', () => send('x', null, 'm'), 'bad-request'],
    ['a reply to nothing', () => call('chat.reply', { conversationId: 'c', parentId: 'm', settings }), 'not-found'],
    ['continuing nothing', () => call('chat.continue', { messageId: 'm' }), 'not-found'],
    ['stopping nothing', () => call('chat.stop', { messageId: 'm' }), 'not-found'],
    ['the trace of nothing', () => call('generations.trace', { messageId: 'm', frames: true }), 'not-found'],
  ])('%s is refused and leaves nothing behind', async (_what, ask, code) => {
    open();
    await expect(ask()).rejects.toMatchObject({ code });
    expect(await call('conversations.list', {})).toEqual([]);
  });

  it('a parent in another conversation is refused; a question without a reply can be followed by another', async () => {
    open();
    const a = await send('a');
    const b = await send('b');
    await ended(b.reply.id);
    await expect(send('x', a.conversation.id, b.reply.id)).rejects.toMatchObject({ code: 'not-found' });
    await ended(a.reply.id);
    const c = await send('c', a.conversation.id, a.question?.id ?? '');
    expect(c.question?.parentId).toBe(a.question?.id);
    await ended(c.reply.id);
  });
});

describe('pushes', () => {
  it('come at the pace of a display: first event at once, then together, the end without waiting', async () => {
    open({ pace: 'manual' });
    await ready();
    const { reply } = await send();
    pushes.length = 0;
    fake.step(10);
    expect(eventsOf(reply.id).map((e) => e.seq)).toEqual([0]);
    // 32 where cores are left for a window, 80 where the model fills them
    time.advance(80);
    expect(pushes.filter((p) => p.topic === 'generation')).toHaveLength(2);
    expect(eventsOf(reply.id).map((e) => e.seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    fake.step(10_000);
    expect(eventsOf(reply.id).at(-1)?.type).toBe('finished');
    expect(eventsOf(reply.id).map((e) => e.seq)).toEqual(eventsOf(reply.id).map((_, i) => i));
    // the daily look into the trash alone
    expect(time.waiting).toBe(1);
  });

  it('a client that joins in mid-reply gets committed tokens and canvas, and goes on from there', async () => {
    open({ pace: 'manual' });
    await ready();
    const { conversation, reply } = await send();
    fake.step(30);
    const { active } = await call('conversations.get', { id: conversation.id });
    const seen = fakeEvents(fake.requests[0] ?? expect.fail())
      .slice(0, 30)
      .map(roundEvent);
    const committed = seen.flatMap((e) => (e.type === 'blockCommitted' ? e.tokens : []));
    const canvas = seen.findLast((e) => e.type === 'frame');
    expect(active).toMatchObject<Partial<ActiveReply>>({ messageId: reply.id, seq: 29, tokens: committed });
    expect(active?.canvas).toEqual(canvas?.type === 'frame' ? canvas.canvas : null);
    for (const slot of active?.slots ?? []) expect(slot.slot).toBeGreaterThanOrEqual(committed.length);
    const trace = await call('generations.trace', { messageId: reply.id, frames: true });
    expect(trace.events).toEqual(seen);
  });
});

describe('stop', () => {
  it('keeps what is committed', async () => {
    open({ pace: 'manual' });
    await ready();
    const { reply } = await send();
    fake.step(30);
    await call('chat.stop', { messageId: reply.id });
    await ended(reply.id);
    const { text, status } = message(reply.id);
    expect(status).toBe('stopped');
    expect(text).toBe(
      store.generations
        .tokens(reply.id)
        .map((t) => t.text)
        .join(''),
    );
    expect(text.length).toBeGreaterThan(20);
    await call('chat.stop', { messageId: reply.id });
    expect(message(reply.id).status).toBe('stopped');
    expect((await call('generations.trace', { messageId: reply.id, frames: true })).events.at(-1)?.type).toBe(
      'stopped',
    );
  });

  it('replies wait in order, and one that waits can be stopped', async () => {
    open({ pace: 'manual' });
    await ready();
    const [a, b, c] = [await send('a'), await send('b'), await send('c')];
    expect(chat.snapshot()).toMatchObject({ running: { messageId: a.reply.id }, queued: [b.reply.id, c.reply.id] });
    await call('chat.stop', { messageId: b.reply.id });
    expect(message(b.reply.id)).toMatchObject({ status: 'stopped', text: '' });
    expect(eventsOf(b.reply.id)).toMatchObject([{ type: 'stopped', seq: 0 }]);
    expect(message(c.reply.id).status).toBe('pending');
    fake.step(10_000);
    expect(message(a.reply.id).status).toBe('complete');
    fake.step(10_000);
    expect(message(c.reply.id).status).toBe('complete');
    expect(fake.requests.map((r) => r.messages[0]?.content)).toEqual(['a', 'c']);
  });
});

describe('retry and continue', () => {
  it('a retry is a sibling; both stay, and the one chosen is shown', async () => {
    open();
    const { conversation, question, reply } = await send();
    await ended(reply.id);
    const again = await call('chat.reply', {
      conversationId: conversation.id,
      parentId: question?.id ?? '',
      settings: settingsWith(settings, { seed: 1 }),
    });
    expect(again.question).toBeNull();
    expect(again.reply.parentId).toBe(question?.id);
    await ended(again.reply.id);
    expect((await call('conversations.get', { id: conversation.id })).messages.map((m) => m.id)).toEqual([
      question?.id,
      reply.id,
      again.reply.id,
    ]);
    expect((await call('conversations.select', { id: conversation.id, messageId: reply.id })).currentMessageId).toBe(
      reply.id,
    );
    expect(
      (await call('conversations.select', { id: conversation.id, messageId: question?.id ?? '' })).currentMessageId,
    ).toBe(reply.id);
  });

  it('a stopped reply is continued from its committed tokens, with the same seed, to the same text', async () => {
    open({ pace: 'manual' });
    await ready();
    const { reply } = await send();
    fake.step(30);
    await call('chat.stop', { messageId: reply.id });
    await ended(reply.id);
    const before = store.generations.tokens(reply.id);
    const first = store.generations.events(reply.id);
    const { question, reply: same } = await call('chat.continue', { messageId: reply.id });
    expect(question).toBeNull();
    expect(same).toMatchObject({ id: reply.id, status: 'pending', text: before.map((t) => t.text).join('') });
    expect(fake.requests[1]).toMatchObject({
      replyPrefix: before.map((t) => t.id),
      seed: 4242,
      messages: fake.requests[0]?.messages,
    });
    const { active } = await call('conversations.get', { id: reply.conversationId });
    expect(active).toMatchObject({ seq: -1, tokens: before, canvas: { from: before.length, length: 0 } });
    fake.step(10_000);
    expect(message(reply.id)).toMatchObject({ status: 'complete', text: fakeText });
    const { tokens, events } = await call('generations.trace', { messageId: reply.id, frames: true });
    expect(tokens.map((t) => t.text).join('')).toBe(fakeText);
    expect(events.slice(0, first.length)).toEqual(first);
    expect(events[first.length]).toMatchObject({ type: 'started', seq: 0, firstSlot: before.length });
  });

  it('a reply cut by length can be continued; a complete one cannot, nor one that was gone on from', async () => {
    open();
    await call('settings.set', { generation: settingsWith(settings, { maxTokens: 5 }) });
    const { conversation, reply } = await call('chat.send', {
      conversationId: null,
      parentId: null,
      text: 'short',
      settings: settingsWith(settings, { maxTokens: 5 }),
    });
    await ended(reply.id);
    expect(message(reply.id).generation?.reason).toBe('length');
    await call('chat.continue', { messageId: reply.id });
    await ended(reply.id);
    expect(store.generations.tokens(reply.id)).toHaveLength(10);
    const next = await send('further', conversation.id, reply.id);
    await ended(next.reply.id);
    await expect(call('chat.continue', { messageId: reply.id })).rejects.toMatchObject({ code: 'conflict' });
    await expect(call('chat.continue', { messageId: next.reply.id })).rejects.toMatchObject({ code: 'conflict' });
    await expect(call('chat.continue', { messageId: next.question?.id ?? '' })).rejects.toMatchObject({
      code: 'bad-request',
    });
  });

  it('while a reply is being written, going on in its branch is a conflict and stores nothing', async () => {
    open({ pace: 'manual' });
    const { conversation, question, reply } = await send();
    await expect(send('too early', conversation.id, reply.id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(
      call('chat.reply', { conversationId: conversation.id, parentId: question?.id ?? '', settings }),
    ).rejects.toMatchObject({ code: 'conflict' });
    await expect(call('chat.continue', { messageId: reply.id })).rejects.toMatchObject({ code: 'conflict' });
    expect(store.messages.ofConversation(conversation.id)).toHaveLength(2);
  });
});

describe('when something fails', () => {
  it('an engine crash leaves the reply interrupted with its text and the error, and the next reply works', async () => {
    open({ crashAfter: [25] });
    const { conversation, reply } = await send();
    const other = await send('waiting');
    await ended(reply.id);
    const { status, text, generation } = message(reply.id);
    expect(status).toBe('interrupted');
    expect(generation?.error?.code).toBe('engine-crashed');
    expect(text).toBe(
      store.generations
        .tokens(reply.id)
        .map((t) => t.text)
        .join(''),
    );
    expect(fakeText.startsWith(text) && text.length > 10).toBe(true);
    await ended(other.reply.id);
    expect(message(other.reply.id).status).toBe('complete');
    await call('chat.continue', { messageId: reply.id });
    await ended(reply.id);
    expect((await call('conversations.get', { id: conversation.id })).messages.at(-1)).toMatchObject({
      status: 'complete',
      text: fakeText,
    });
  });

  it('a pack that could not be loaded fails the reply with its reason; the question stays', async () => {
    open({
      ready: {
        state: 'failed',
        error: {
          code: 'pack-damaged',
          message: 'weights-1.bin differs.',
          action: 'Import it again.',
          file: 'weights-1.bin',
        },
      },
    });
    const { conversation, reply } = await send();
    await ended(reply.id);
    expect((await call('conversations.get', { id: conversation.id })).messages).toMatchObject([
      { text: 'What is a mezzotint?' },
      { status: 'failed', generation: { error: { code: 'pack-damaged', file: 'weights-1.bin' } } },
    ]);
  });

  it('a block that could not be saved is never told of; the reply fails and says why', async () => {
    open({ pace: 'manual' });
    await ready();
    const { reply } = await send();
    fake.step(20);
    const before = message(reply.id).text;
    store.close();
    fake.step(20);
    time.advance(100);
    const told = eventsOf(reply.id);
    expect(told.at(-1)?.type).toBe('failed');
    expect(
      told
        .flatMap((e) => (e.type === 'blockCommitted' ? e.tokens : []))
        .map((t) => t.text)
        .join(''),
    ).toBe(before);
    expect(pushes.some((p) => p.topic === 'notice')).toBe(true);
    expect(chat.snapshot().running).toBeNull();
    const again = openStore({ dataDir });
    if (!again.ok) throw new Error(again.error.message);
    expect(again.value.store.messages.get(reply.id)).toMatchObject({ status: 'interrupted', text: before });
    again.value.store.close();
  });

  it('an engine that commits at the wrong slot fails the reply as internal', async () => {
    open({
      script: (request) =>
        fakeEvents(request).map((e) => (e.type === 'blockCommitted' && e.from > 10 ? { ...e, from: e.from + 1 } : e)),
    });
    const { reply } = await send();
    await ended(reply.id);
    expect(message(reply.id)).toMatchObject({ status: 'failed', generation: { error: { code: 'internal' } } });
    expect(store.generations.tokens(reply.id).length).toBeGreaterThan(10);
  });

  it('closing the app marks running and waiting replies interrupted', async () => {
    open({ pace: 'manual' });
    await ready();
    const [a, b] = [await send('a'), await send('b')];
    fake.step(20);
    await chat.shutdown();
    expect(message(a.reply.id)).toMatchObject({ status: 'interrupted' });
    expect(message(a.reply.id).text).not.toBe('');
    expect(message(b.reply.id)).toMatchObject({ status: 'interrupted', text: '' });
    expect(fake.process.gone).toBe(true);
  });
});

describe('a branch from a step', () => {
  it('shares the first tokens exactly, is a sibling with the fork in its trace, and survives in the store', async () => {
    open();
    const { conversation, question, reply } = await send();
    await ended(reply.id);
    const whole = await call('generations.trace', { messageId: reply.id, frames: true });
    for (const tokens of [0, 1, 7, 20, whole.tokens.length - 1]) {
      const begun = await call('chat.branch', {
        messageId: reply.id,
        tokens,
        settings: settingsWith(settings, { mode: 'fast', seed: 99, maxTokens: 6 }),
      });
      expect(begun).toMatchObject({
        question: null,
        reply: {
          parentId: question?.id,
          text: whole.tokens
            .slice(0, tokens)
            .map((t) => t.text)
            .join(''),
        },
      });
      await ended(begun.reply.id);
      expect(fake.requests.at(-1)).toMatchObject({
        replyPrefix: whole.tokens.slice(0, tokens).map((t) => t.id),
        seed: 99,
        settings: { sampler: { id: 'corrected-threshold' }, ending: { maxTokens: tokens + 6 } },
      });
      const trace = await call('generations.trace', { messageId: begun.reply.id, frames: true });
      expect(trace.tokens.slice(0, tokens)).toEqual(whole.tokens.slice(0, tokens));
      expect(trace.tokens.length).toBeGreaterThan(tokens);
      expect(message(begun.reply.id)).toMatchObject({
        status: 'complete',
        text: trace.tokens.map((t) => t.text).join(''),
      });
      const forks = trace.events.filter((event) => event.type === 'started' && event.forkedFrom !== undefined);
      expect(forks).toMatchObject([{ forkedFrom: reply.id, firstSlot: tokens }]);
      // what led to the shared tokens came along
      const copied = trace.events.slice(
        0,
        trace.events.findIndex((event) => event === forks[0]),
      );
      expect(whole.events.slice(0, Math.max(0, copied.length - 1))).toEqual(copied.slice(0, -1));
    }
    expect(await call('generations.trace', { messageId: reply.id, frames: true })).toEqual(whole);
    expect(
      (await call('conversations.get', { id: conversation.id })).messages.filter((m) => m.parentId === question?.id),
    ).toHaveLength(6);
    // it goes out to a file and into another profile as it is
    expect(store.archive.read(conversation.id, { frames: true }).messages.at(-1)?.generations).toHaveLength(2);
  });

  it('of a branch, and of a reply that was continued, shares what both wrote', async () => {
    open();
    const { reply } = await call('chat.send', {
      conversationId: null,
      parentId: null,
      text: 'What is a mezzotint?',
      settings: settingsWith(settings, { maxTokens: 10 }),
    });
    await ended(reply.id);
    await call('chat.continue', { messageId: reply.id });
    await ended(reply.id);
    const whole = await call('generations.trace', { messageId: reply.id, frames: false });
    const { reply: branch } = await call('chat.branch', { messageId: reply.id, tokens: 14, settings });
    await ended(branch.id);
    const { reply: second } = await call('chat.branch', { messageId: branch.id, tokens: 16, settings });
    await ended(second.id);
    expect((await call('generations.trace', { messageId: second.id, frames: false })).tokens.slice(0, 14)).toEqual(
      whole.tokens.slice(0, 14),
    );
  });

  it('is refused beyond the reply’s end, of a question, and while a reply is written', async () => {
    open();
    const { question, reply } = await send();
    await expect(call('chat.branch', { messageId: reply.id, tokens: 1, settings })).rejects.toMatchObject({
      code: 'conflict',
    });
    await ended(reply.id);
    await expect(call('chat.branch', { messageId: reply.id, tokens: 5000, settings })).rejects.toMatchObject({
      code: 'bad-request',
    });
    await expect(call('chat.branch', { messageId: question?.id ?? '', tokens: 1, settings })).rejects.toMatchObject({
      code: 'bad-request',
    });
    const before = store.messages.ofConversation(reply.conversationId).length;
    expect(before).toBe(2);
  });
});

describe('conversations and settings', () => {
  it('can be renamed, deleted and restored; every client is told', async () => {
    open({ pace: 'manual' });
    const { conversation, reply } = await send();
    const { id } = conversation;
    expect((await call('conversations.rename', { id, title: 'Copper' })).title).toBe('Copper');
    expect(pushes.at(-1)).toMatchObject({ topic: 'conversation', conversation: { title: 'Copper' } });
    await call('conversations.organise', { ids: [id], change: { to: 'trash', on: true } });
    await ended(reply.id);
    expect(message(reply.id).status).toBe('stopped');
    expect(pushes).toContainEqual({ topic: 'organised', conversations: [], removed: [id] });
    expect(await call('conversations.list', {})).toEqual([]);
    await expect(call('conversations.get', { id })).rejects.toMatchObject({ code: 'not-found' });
    await call('conversations.organise', { ids: [id], change: { to: 'trash', on: false } });
    expect(await call('conversations.list', {})).toMatchObject([{ id, title: 'Copper', messageCount: 2 }]);
  });

  it("settings follow the pack's defaults until set, and every client is told of a change", async () => {
    open({
      ready: {
        ...fakeReady,
        pack: {
          ...(fakeReady.state === 'ready' ? fakeReady.pack : expect.fail()),
          defaults: settingsWith(settings, { temperature: 0.33 }),
        },
      } as typeof fakeReady,
    });
    await ready();
    expect((await call('settings.get', {})).generation.sampling.temperature).toBe(0.33);
    expect(pushes.filter((p) => p.topic === 'settings')).toHaveLength(1);
    expect(await call('settings.set', { theme: 'plate' })).toMatchObject({
      theme: 'plate',
      generation: { sampling: { temperature: 0.33 } },
    });
    expect(pushes.at(-1)).toMatchObject({ topic: 'settings', settings: { theme: 'plate' } });
  });

  it('tells of the engine, restarts it, and says what app this is', async () => {
    open();
    await ready();
    expect(await call('engine.status', {})).toEqual(fakeReady);
    expect(await call('engine.restart', {})).toEqual({ state: 'starting' });
    expect(fake.processes).toHaveLength(2);
    expect(await call('app.info', {})).toMatchObject({ version: '0.1.0', dataDir });
    expect(await call('app.openExternal', { url: 'https://example.org' })).toEqual({});
  });
});
