/** A conversation's tree over a real store: deleting, bringing back, forking, writing again. Nothing is ever lost. */
import { settingsWith } from '../fixtures/settings.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChatService, type ChatService } from '../../core/chat/index.ts';
import type { Message } from '../../core/contract/conversations.ts';
import { channels, type ChatHandlers, type Request, type Response } from '../../core/contract/index.ts';
import { pushSchema, type Push } from '../../core/contract/push.ts';
import { visibleMessages } from '../../core/contract/visible-messages.ts';
import { createLocalEngine } from '../../core/engines/index.ts';
import { openDb } from '../../core/store/db/driver.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { migrate, migrations } from '../../core/store/db/migrations/index.ts';
import { FakeEngine, fakeSettings, type FakeEngineOptions } from '../fixtures/fake-engine.ts';
import { ManualTime } from '../fixtures/manual-time.ts';

let dataDir: string;
let store: Store;
let fake: FakeEngine;
let chat: ChatService;
let pushes: Push[];

function open(options: FakeEngineOptions = { script: { text: 'A short reply.' } }): void {
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  ({ store } = opened.value);
  fake = new FakeEngine(options);
  const time = new ManualTime();
  pushes = [];
  let ids = 0;
  chat = createChatService({
    store,
    engine: createLocalEngine({ spawn: fake.spawn, packDir: '', timers: time.timers, now: time.now }),
    notify: (push) => void pushes.push(structuredClone(v.parse(pushSchema, push))),
    appInfo: { version: '0.1.0', runtime: 'browser', platform: 'linux', dataDir, notices: [] },
    openExternal: () => Promise.resolve(),
    now: time.now,
    timers: time.timers,
    newId: () => `i-${++ids}`,
    randomSeed: () => 4242,
  });
}
beforeEach(() => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-tree-'));
});
afterEach(async () => {
  await chat?.shutdown();
  store?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function call<N extends keyof ChatHandlers>(name: N, request: Request<N>): Promise<Response<N>> {
  const handler = chat.handlers[name] as (request: Request<N>) => Promise<Response<N>> | Response<N>;
  const response = await handler(request);
  v.parse(channels[name].response as v.GenericSchema, response);
  return response;
}
const settings = settingsWith(fakeSettings, { seed: null });
const message = (id: string): Message => store.messages.get(id);
const ended = (id: string): Promise<void> =>
  vi.waitFor(() => expect(message(id).status).not.toBe('pending'), { interval: 1, timeout: 10_000 });
async function exchange(text: string, conversationId: string | null = null, parentId: string | null = null) {
  const { conversation, question, reply } = await call('chat.send', { conversationId, parentId, text, settings });
  await ended(reply.id);
  if (!question) throw new Error('no question');
  return { conversation: conversation.id, question: question.id, reply: reply.id };
}
const shown = async (id: string): Promise<string | null> =>
  (await call('conversations.get', { id })).conversation.currentMessageId;

describe('deleting messages', () => {
  it('alone: what follows stays, and the model does not read the message any more', async () => {
    open();
    const one = await exchange('First?');
    const two = await exchange('Second?', one.conversation, one.reply);
    const { conversation, messageIds } = await call('messages.delete', { messageId: one.question, following: false });
    expect(messageIds).toEqual([one.question]);
    expect(conversation).toMatchObject({ currentMessageId: two.reply, messageCount: 3 });
    expect(message(one.question)).toMatchObject({ text: 'First?', deletedWith: one.question });
    await exchange('Third?', one.conversation, two.reply);
    expect(fake.requests.at(-1)?.messages.map(({ content }) => content)).toEqual([
      'A short reply.',
      'Second?',
      'A short reply.',
      'Third?',
    ]);
  });

  it('with all that follows: the version beside it is shown; undo brings everything back as it was', async () => {
    open();
    const one = await exchange('First?');
    const { reply: other } = await call('chat.reply', {
      conversationId: one.conversation,
      parentId: one.question,
      settings,
    });
    await ended(other.id);
    const below = await exchange('Second?', one.conversation, other.id);
    pushes = [];
    const { messageIds } = await call('messages.delete', { messageId: other.id, following: true });
    expect(new Set(messageIds)).toEqual(new Set([other.id, below.question, below.reply]));
    expect(await shown(one.conversation)).toBe(one.reply);
    expect(pushes.map(({ topic }) => topic)).toEqual(['messages-changed', 'conversation']);
    const back = await call('messages.restore', { messageId: other.id });
    expect(new Set(back.messageIds)).toEqual(new Set(messageIds));
    expect(await shown(one.conversation)).toBe(below.reply);
    expect(store.messages.ofConversation(one.conversation).some(({ deletedAt }) => deletedAt !== undefined)).toBe(
      false,
    );
  });

  it('a later deletion above does not take an earlier one along: each comes back by itself', async () => {
    open();
    const one = await exchange('First?');
    const two = await exchange('Second?', one.conversation, one.reply);
    await call('messages.delete', { messageId: two.reply, following: true });
    await call('messages.delete', { messageId: one.reply, following: true });
    expect(await shown(one.conversation)).toBe(one.question);
    await call('messages.restore', { messageId: one.reply });
    expect(message(two.question).deletedAt).toBeUndefined();
    expect(message(two.reply).deletedAt).toBeDefined();
    expect(await shown(one.conversation)).toBe(two.question);
  });

  it('everything: the conversation is empty and can be begun again or restored', async () => {
    open();
    const one = await exchange('First?');
    await call('messages.delete', { messageId: one.question, following: true });
    expect(await shown(one.conversation)).toBeNull();
    const fresh = await exchange('Instead?', one.conversation, null);
    expect(await shown(one.conversation)).toBe(fresh.reply);
    await call('messages.restore', { messageId: one.question });
    expect(await shown(one.conversation)).toBe(one.reply);
  });

  it('a reply that is being written is stopped, and what was committed is kept', async () => {
    open({
      pace: 'manual',
      script: { text: 'A reply of several blocks that is long enough to be stopped in its middle.' },
    });
    const { conversation, question, reply } = await call('chat.send', {
      conversationId: null,
      parentId: null,
      text: 'Go',
      settings,
    });
    await vi.waitFor(() => expect(fake.requests).toHaveLength(1));
    while (message(reply.id).text === '') fake.step();
    const { text } = message(reply.id);
    await call('messages.delete', { messageId: question?.id ?? '', following: true });
    await ended(reply.id);
    expect(message(reply.id)).toMatchObject({ status: 'stopped', text });
    expect(await shown(conversation.id)).toBeNull();
  });
});

describe('a fork', () => {
  it('is a conversation of its own that begins with the same messages and traces, and knows where it came from', async () => {
    open();
    const one = await exchange('First?');
    const two = await exchange('Second?', one.conversation, one.reply);
    const fork = await call('conversations.fork', { messageId: one.reply });
    const { messages } = await call('conversations.get', { id: fork.id });
    expect(messages.map(({ role, text, status }) => [role, text, status])).toEqual([
      ['user', 'First?', 'complete'],
      ['assistant', 'A short reply.', 'complete'],
    ]);
    const copy = messages[1];
    expect(fork.forkedFrom).toEqual({ conversationId: one.conversation, messageId: one.reply, at: copy?.id });
    expect(fork.currentMessageId).toBe(copy?.id);
    expect(store.generations.events(copy?.id ?? '')).toEqual(store.generations.events(one.reply));
    await call('messages.delete', { messageId: copy?.id ?? '', following: true });
    expect(message(one.reply).deletedAt).toBeUndefined();
    expect(await shown(one.conversation)).toBe(two.reply);
  });
});

describe('writing a reply again', () => {
  it('asks with the same seed, settings and words, and names the reply it repeats', async () => {
    open();
    const one = await exchange('First?');
    const { reply } = await call('chat.reproduce', { messageId: one.reply });
    await ended(reply.id);
    const [first, again] = fake.requests;
    expect({ ...again, generationId: '' }).toEqual({ ...first, generationId: '' });
    expect(message(reply.id)).toMatchObject({
      text: message(one.reply).text,
      parentId: one.question,
      generation: { reproduces: one.reply, seed: 4242 },
    });
  });

  it('one that branched off another begins with the tokens both share', async () => {
    open();
    const one = await exchange('First?');
    const branch = await call('chat.branch', {
      messageId: one.reply,
      tokens: 2,
      settings: settingsWith(settings, { seed: 9 }),
    });
    await ended(branch.reply.id);
    const { reply } = await call('chat.reproduce', { messageId: branch.reply.id });
    await ended(reply.id);
    const [, first, again] = fake.requests;
    expect(again?.replyPrefix).toHaveLength(2);
    expect({ ...again, generationId: '' }).toEqual({ ...first, generationId: '' });
    expect(message(reply.id).text).toBe(message(branch.reply.id).text);
  });
});

describe('whatever is done', () => {
  it('no message is ever lost, and what is shown stands', async () => {
    const acts = fc.array(
      fc.tuple(
        fc.constantFrom('send', 'edit', 'retry', 'fork', 'delete-one', 'delete-all', 'undo', 'select'),
        fc.nat(),
      ),
      { minLength: 4, maxLength: 24 },
    );
    await fc.assert(
      fc.asyncProperty(acts, async (sequence) => {
        dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-tree-'));
        open();
        const known = new Map<string, string>();
        const first = await exchange('Begin');
        let conversation = first.conversation;
        let asked = 0;
        try {
          for (const [act, at] of sequence) {
            const all = store.messages.ofConversation(conversation);
            const one = all[at % all.length];
            if (!one) throw new Error('an empty conversation');
            const question = `Question ${++asked}`;
            if (act === 'send') await exchange(question, conversation, await shown(conversation));
            else if (act === 'edit') await exchange(question, conversation, one.parentId);
            else if (one.deletedAt !== undefined && (act === 'retry' || act === 'fork')) continue;
            else if (act === 'retry' && one.role === 'user')
              await ended(
                (await call('chat.reply', { conversationId: conversation, parentId: one.id, settings })).reply.id,
              );
            else if (act === 'fork' && at % 2 === 0)
              conversation = (await call('conversations.fork', { messageId: one.id })).id;
            else if (act === 'delete-one' || act === 'delete-all')
              await call('messages.delete', { messageId: one.id, following: act === 'delete-all' });
            else if (act === 'undo') await call('messages.restore', { messageId: one.id });
            else if (act === 'select' && visibleMessages(all).has(one.id))
              await call('conversations.select', { id: conversation, messageId: one.id });

            const now = await call('conversations.get', { id: conversation });
            const stand = visibleMessages(now.messages);
            const current = now.conversation.currentMessageId;
            expect(current === null ? stand.size : stand.has(current)).toBe(current === null ? 0 : true);
            expect(now.conversation.messageCount).toBe(
              now.messages.filter(({ deletedAt }) => deletedAt === undefined).length,
            );
            for (const m of now.messages) if (!known.has(m.id)) known.set(m.id, m.text);
            for (const [id, text] of known) expect(message(id).text).toBe(text);
          }
          // every deletion can be taken back, and then nothing is missing anywhere
          for (const { id } of store.conversations.list()) {
            for (const m of store.messages.ofConversation(id))
              if (m.deletedWith === m.id) await call('messages.restore', { messageId: m.id });
            const { messages, conversation: c } = await call('conversations.get', { id });
            expect(messages.filter(({ deletedAt }) => deletedAt !== undefined)).toEqual([]);
            expect(c.messageCount).toBe(messages.length);
          }
        } finally {
          await chat.shutdown();
          store.close();
          rmSync(dataDir, { recursive: true, force: true });
        }
      }),
      { seed: 20261125, numRuns: 25 },
    );
  });
});

describe('a database from before', () => {
  it('keeps its conversations, none of them deleted or forked', () => {
    const before = migrations.findIndex(({ name }) => name === 'versions');
    const db = openDb(path.join(dataDir, 'mezzotint.db'), 'better-sqlite3');
    migrate(db, migrations.slice(0, before));
    db.exec(`INSERT INTO conversations (id, title, title_source, created_at, updated_at) VALUES ('c', 'Old', 'auto', 1, 2);
      INSERT INTO messages (id, conversation_id, parent_id, role, text, status, created_at) VALUES ('q', 'c', NULL, 'user', 'Before?', 'complete', 1), ('r', 'c', 'q', 'assistant', 'Before.', 'complete', 2);
      UPDATE conversations SET current_message_id = 'r'`);
    db.close();
    open();
    expect(store.conversations.list()).toMatchObject([{ id: 'c', messageCount: 2, currentMessageId: 'r' }]);
    expect(store.conversations.get('c').forkedFrom).toBeUndefined();
    expect(store.messages.ofConversation('c').map(({ text, deletedAt }) => [text, deletedAt])).toEqual([
      ['Before?', undefined],
      ['Before.', undefined],
    ]);
  });
});
