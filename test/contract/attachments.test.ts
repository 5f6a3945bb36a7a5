/** Files of questions, over a real store and the scripted engine: read, kept, edited, exported. */
import { settingsWith } from '../fixtures/settings.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChatService, type ChatService } from '../../core/chat/index.ts';
import { withFiles } from '../../core/contract/attachments.ts';
import { channels, parseRequest, type ChatHandlers, type Request, type Response } from '../../core/contract/index.ts';
import { prepareExport, writeExport } from '../../core/transfer/index.ts';
import { createLocalEngine } from '../../core/engines/index.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { FakeEngine, fakeSettings } from '../fixtures/fake-engine.ts';
import { ManualTime } from '../fixtures/manual-time.ts';

let dataDir: string;
let store: Store;
let fake: FakeEngine;
let chat: ChatService;

beforeEach(() => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-files-'));
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  ({ store } = opened.value);
  fake = new FakeEngine({ script: { text: 'A short reply.' } });
  const time = new ManualTime();
  let ids = 0;
  chat = createChatService({
    store,
    engine: createLocalEngine({ spawn: fake.spawn, packDir: '', timers: time.timers, now: time.now }),
    notify: () => undefined,
    appInfo: { version: '0.1.0', runtime: 'browser', platform: 'linux', dataDir, notices: [] },
    openExternal: () => Promise.resolve(),
    now: time.now,
    timers: time.timers,
    newId: () => `i-${++ids}`,
    randomSeed: () => 4242,
  });
});
afterEach(async () => {
  await chat.shutdown();
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function call<N extends keyof ChatHandlers>(name: N, request: Request<N>): Promise<Response<N>> {
  const parsed = parseRequest(name, request);
  if (!parsed.ok) throw new Error(parsed.error.message);
  const handler = chat.handlers[name] as (request: Request<N>) => Promise<Response<N>> | Response<N>;
  const response = await handler(parsed.value.request as Request<N>);
  v.parse(channels[name].response as v.GenericSchema, response);
  return response;
}
const settings = settingsWith(fakeSettings, { seed: null });
const files = [
  { name: 'notes.txt', text: 'Buy bread.\nCall Ada.' },
  { name: 'code.md', text: '```js\n1\n```' },
];
const ended = (id: string): Promise<void> =>
  vi.waitFor(() => expect(store.messages.get(id).status).not.toBe('pending'), { interval: 1, timeout: 10_000 });
async function send(
  attachments: Request<'chat.send'>['attachments'],
  conversationId: string | null = null,
  parentId: string | null = null,
) {
  const { conversation, question, reply } = await call('chat.send', {
    conversationId,
    parentId,
    text: 'What is open?',
    settings,
    attachments,
  });
  await ended(reply.id);
  if (!question) throw new Error('no question');
  return { conversation: conversation.id, question, reply: reply.id };
}

describe('files of a question', () => {
  it('are read before its words, each named and fenced, in this turn and the next ones', async () => {
    const one = await send(files);
    const read = 'notes.txt:\n```\nBuy bread.\nCall Ada.\n```\n\ncode.md:\n````\n```js\n1\n```\n````\n\nWhat is open?';
    expect(fake.requests.at(-1)?.messages).toEqual([{ role: 'user', content: read }]);
    await send([], one.conversation, one.reply);
    expect(fake.requests.at(-1)?.messages[0]?.content).toBe(read);
    const preview = await call('chat.preview', {
      conversationId: one.conversation,
      parentId: one.reply,
      text: 'And?',
      instructions: '',
      maxTokens: 60,
      withText: true,
    });
    expect(preview.parts[0]?.text).toBe(read);
  });

  it('are named with the question, and their texts read when asked for', async () => {
    const { conversation, question } = await send(files);
    expect(question).toMatchObject({
      text: 'What is open?',
      attachments: [
        { name: 'notes.txt', characters: 20 },
        { name: 'code.md', characters: 11 },
      ],
    });
    expect(store.messages.ofConversation(conversation)[0]).toEqual(question);
    expect(await call('attachments.text', { messageId: question.id, at: 1 })).toEqual(files[1]);
    await expect(call('attachments.text', { messageId: question.id, at: 2 })).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('stay with an edited question, those that were taken off excepted; and go along into a fork', async () => {
    const one = await send(files);
    const edited = await send(
      [
        { messageId: one.question.id, at: 1 },
        { name: 'new.txt', text: 'x' },
      ],
      one.conversation,
    );
    expect(edited.question.attachments?.map(({ name }) => name)).toEqual(['code.md', 'new.txt']);
    expect(store.messages.get(one.question.id).attachments).toHaveLength(2);
    const fork = await call('conversations.fork', { messageId: one.reply });
    expect(store.messages.ofConversation(fork.id)[0]?.attachments).toEqual(one.question.attachments);
  });

  it('can not be taken from another conversation', async () => {
    const one = await send(files);
    const two = await send([]);
    await expect(
      call('chat.send', {
        conversationId: two.conversation,
        parentId: two.reply,
        text: 'x',
        settings,
        attachments: [{ messageId: one.question.id, at: 0 }],
      }),
    ).rejects.toMatchObject({ code: 'bad-request' });
    await expect(
      call('chat.send', {
        conversationId: null,
        parentId: null,
        text: 'x',
        settings,
        attachments: [{ messageId: one.question.id, at: 0 }],
      }),
    ).rejects.toMatchObject({ code: 'bad-request' });
  });

  it.each([
    ['too many', Array.from({ length: 9 }, (_, i) => ({ name: `${i}`, text: 'x' }))],
    ['one too long', [{ name: 'a', text: 'x'.repeat(200_001) }]],
    ['together too long', Array.from({ length: 3 }, (_, i) => ({ name: `${i}`, text: 'x'.repeat(150_000) }))],
    ['one without a name', [{ name: ' ', text: 'x' }]],
    ['an empty one', [{ name: 'a', text: '' }]],
    ['more than the context, which is told with the count', [{ name: 'a', text: 'word '.repeat(20_000) }]],
  ])('%s: refused before anything is stored', async (_what, attachments) => {
    await vi.waitFor(async () => expect((await call('engine.status', {})).state).toBe('ready'));
    await expect(send(attachments)).rejects.toThrow();
    expect(store.conversations.list()).toEqual([]);
    expect(fake.requests).toEqual([]);
  });

  it('are written into every export for reading', async () => {
    const { conversation } = await send(files);
    for (const format of ['markdown', 'html', 'text', 'openai', 'sharegpt', 'csv'] as const) {
      await prepareExport(format);
      const text = [
        ...writeExport(format, [store.archive.read(conversation, { frames: false })], { exportedAt: 1, frames: false }),
      ].join('');
      for (const words of ['notes.txt', 'Call Ada.', 'What is open?']) expect(text, format).toContain(words);
    }
  });
});

describe('a question with its files', () => {
  it('fences each with more backticks than are in it', () => {
    expect(withFiles('', [{ name: 'a', text: 'x\n' }])).toBe('a:\n```\nx\n```');
    expect(withFiles('Go', [{ name: 'a', text: '`````' }])).toBe('a:\n``````\n`````\n``````\n\nGo');
  });
});
