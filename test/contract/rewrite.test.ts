/** The person holds the canvas, through the chat service: real store, real engine, default pack, greedy. */
import { settingsWith } from '../fixtures/settings.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createChatService, type ChatService } from '../../core/chat/index.ts';
import type { Message } from '../../core/contract/conversations.ts';
import type { CommittedToken, GenerationSettings } from '../../core/contract/generation.ts';
import type { ChatHandlers, Request, Response } from '../../core/contract/index.ts';
import { parseTemplate } from '../../core/contract/template.ts';
import type { Push } from '../../core/contract/push.ts';
import { childEngine, createLocalEngine } from '../../core/engines/index.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { Timeline } from '../../renderer/state/inspector/timeline.ts';
import { engineSettings, packDir } from '../fixtures/engine-under-test.ts';

const dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-steer-'));
let store: Store;
let chat: ChatService;
const pushes: Push[] = [];
const settings: GenerationSettings = settingsWith(engineSettings, { maxTokens: 40 });

async function call<N extends keyof ChatHandlers>(name: N, request: Request<N>): Promise<Response<N>> {
  return (chat.handlers[name] as (request: Request<N>) => Promise<Response<N>> | Response<N>)(request);
}
const ended = (id: string): Promise<void> =>
  vi.waitFor(() => expect(store.messages.get(id).status).not.toBe('pending'), { interval: 20, timeout: 120_000 });
const tokensOf = async (id: string): Promise<CommittedToken[]> =>
  (await call('generations.trace', { messageId: id, frames: false })).tokens;
const textOf = (tokens: readonly CommittedToken[]): string => tokens.map((token) => token.text).join('');

let reply: Message;
beforeAll(async () => {
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  ({ store } = opened.value);
  const engine = createLocalEngine({
    spawn: childEngine(path.join(import.meta.dirname, '../../core/engine/entry.ts')),
    packDir,
    devices: ['cpu'],
  });
  chat = createChatService({
    store,
    engine,
    notify: (push) => void pushes.push(push),
    appInfo: { version: '0', runtime: 'browser', platform: 'linux', dataDir, notices: [] },
    openExternal: () => Promise.resolve(),
    randomSeed: () => 1,
  });
  expect((await engine.settled()).state).toBe('ready');
  ({ reply } = await call('chat.send', {
    conversationId: null,
    parentId: null,
    text: 'What is the capital of France?',
    settings,
  }));
  await ended(reply.id);
});
afterAll(async () => {
  await chat.shutdown();
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('a span of a finished reply', () => {
  test('written anew and accepted is a sibling: what stood before and after it is kept token for token, and nothing is lost', async () => {
    const before = await tokensOf(reply.id);
    const at = before.findIndex((token) => token.text === ' Paris');
    const { result } = await call('chat.fill', {
      messageId: reply.id,
      fillId: 'one',
      spans: [{ from: at, to: at + 1, min: 1, max: 3 }],
      candidates: 2,
      settings,
    });
    const [candidate] = result?.candidates ?? [];
    const span = candidate?.spans[0];
    if (!span) throw new Error('there is no candidate');
    expect(pushes.some((push) => push.topic === 'filling' && push.fillId === 'one' && push.best.length > 0)).toBe(true);
    expect(await tokensOf(reply.id)).toEqual(before);

    const branch = await call('chat.branch', {
      messageId: reply.id,
      tokens: at,
      settings,
      layout: [
        { kind: 'written', tokens: span.tokens },
        { kind: 'kept', from: at + 1, to: before.length },
      ],
    });
    await ended(branch.reply.id);
    const after = await tokensOf(branch.reply.id);
    expect(after.slice(0, at)).toEqual(before.slice(0, at));
    expect(after.slice(at, at + span.tokens.length).map((token) => token.id)).toEqual(
      span.tokens.map((token) => token.id),
    );
    expect(after.slice(at + span.tokens.length).map(({ id, text }) => [id, text])).toEqual(
      before.slice(at + 1).map(({ id, text }) => [id, text]),
    );
    expect(after.slice(at + span.tokens.length).every((token) => token.via === 'locked')).toBe(true);
    const { parentId, text, status } = store.messages.get(branch.reply.id);
    expect({ parentId, text, status }).toEqual({ parentId: reply.parentId, text: textOf(after), status: 'complete' });

    const { events } = await call('generations.trace', { messageId: branch.reply.id, frames: true });
    expect(events.find((event) => event.type === 'started' && event.forkedFrom !== undefined)).toMatchObject({
      forkedFrom: reply.id,
      firstSlot: at,
    });
    const timeline = new Timeline(events);
    expect(timeline.at(timeline.length - 1).text).toBe(text);
  });

  test('several at once are filled in order', async () => {
    const before = await tokensOf(reply.id);
    const spans = [
      { from: 1, to: 2, min: 1, max: 2 },
      { from: 4, to: 5, min: 1, max: 2 },
    ];
    const { result } = await call('chat.fill', { messageId: reply.id, fillId: 'two', spans, candidates: 1, settings });
    expect(result?.original).toHaveLength(2);
    const made = result?.candidates[0]?.spans ?? [];
    expect(made.map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [4, 5],
    ]);
    for (const span of made) expect(textOf(span.tokens)).not.toBe(textOf(before.slice(span.from, span.to)));
  });

  test('that is not there is refused in words', async () => {
    await expect(
      call('chat.fill', {
        messageId: reply.id,
        fillId: 'bad',
        spans: [{ from: 3, to: 900, min: 1, max: 2 }],
        candidates: 1,
        settings,
      }),
    ).rejects.toMatchObject({ code: 'bad-request' });
  });
});

test('a template sent with a question is stored with the reply, and its fixed words are in it', async () => {
  const layout = parseTemplate('My answer: [3 words], I think.');
  const { reply: made } = await call('chat.send', {
    conversationId: null,
    parentId: null,
    text: 'What is the capital of Italy?',
    settings: { ...settings, ...(layout ? { layout } : {}) },
  });
  await ended(made.id);
  const { text, generation } = store.messages.get(made.id);
  expect(text).toMatch(/^My answer: \S.*, I think\.$/);
  expect(generation?.settings.layout).toEqual(layout);
});

test('a longer reply goes on for as long as was asked before it may end; what was there is shared', async () => {
  const before = await tokensOf(reply.id);
  const longer = await call('chat.branch', {
    messageId: reply.id,
    tokens: before.length,
    settings,
    layout: [{ kind: 'hole', min: 12, max: 30 }],
  });
  await ended(longer.reply.id);
  const after = await tokensOf(longer.reply.id);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.length).toBeGreaterThanOrEqual(before.length + 12);
  expect(after.length).toBeLessThanOrEqual(before.length + 30);
});
