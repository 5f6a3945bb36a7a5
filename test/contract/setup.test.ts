/** Instructions, presets and the preview, over a real store and the scripted engine. */
import { settingsWith } from '../fixtures/settings.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChatService, type ChatService } from '../../core/chat/index.ts';
import { channels, parseRequest, type ChatHandlers, type Request, type Response } from '../../core/contract/index.ts';
import { pushSchema, type Push } from '../../core/contract/push.ts';
import { createLocalEngine } from '../../core/engines/index.ts';
import { openDb } from '../../core/store/db/driver.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { migrate, migrations } from '../../core/store/db/migrations/index.ts';
import { FakeEngine, fakeSettings } from '../fixtures/fake-engine.ts';
import { ManualTime } from '../fixtures/manual-time.ts';

let dataDir: string;
let store: Store;
let fake: FakeEngine;
let chat: ChatService;
let pushes: Push[];

function open(): void {
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  ({ store } = opened.value);
  fake = new FakeEngine({ script: { text: 'A short reply.' } });
  const time = new ManualTime();
  pushes = [];
  let ids = 0;
  const engine = createLocalEngine({ spawn: fake.spawn, packDir: '', timers: time.timers, now: time.now });
  chat = createChatService({
    store,
    engine,
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
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-setup-'));
});
afterEach(async () => {
  await chat?.shutdown();
  store?.close();
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
const ended = (id: string): Promise<void> =>
  vi.waitFor(() => expect(store.messages.get(id).status).not.toBe('pending'), { interval: 1, timeout: 10_000 });
const ready = (): Promise<void> =>
  vi.waitFor(() => expect(pushes.some((p) => p.topic === 'engine' && p.status.state === 'ready')).toBe(true), {
    interval: 1,
  });
const values = {
  name: 'Short',
  instructions: 'Answer in one sentence.',
  settings: { sampling: { temperature: 0 }, ending: { maxTokens: 60 } },
};
const noSetup = { presetId: null, instructions: '', settings: {} };

describe('the settings of a reply', () => {
  const of = (id: string) => store.messages.get(id).generation?.settings;
  const ask = (more: Partial<Request<'chat.send'>> = {}) =>
    call('chat.send', { conversationId: null, parentId: null, text: 'Hello', settings: {}, ...more });
  it('are the app’s, what the conversation chose over them, and what the request says over that, for whoever asks', async () => {
    open();
    await ready();
    const app = await call('settings.set', {
      generation: settingsWith(fakeSettings, { seed: null, temperature: 0.4, maxTokens: 300 }),
    });
    const plain = await ask();
    expect(of(plain.reply.id)).toMatchObject({
      sampling: { temperature: 0.4, topP: app.generation.sampling.topP },
      ending: { maxTokens: 300 },
    });
    await ended(plain.reply.id);
    const own = await ask({ setup: { presetId: null, instructions: '', settings: { ending: { maxTokens: 60 } } } });
    expect(of(own.reply.id)).toMatchObject({ sampling: { temperature: 0.4 }, ending: { maxTokens: 60 } });
    await ended(own.reply.id);
    const asked = await ask({
      conversationId: own.conversation.id,
      parentId: own.reply.id,
      settings: { sampling: { temperature: 0.9 } },
    });
    expect(of(asked.reply.id)).toMatchObject({ sampling: { temperature: 0.9 }, ending: { maxTokens: 60 } });
    await ended(asked.reply.id);
    const again = await call('chat.reply', {
      conversationId: own.conversation.id,
      parentId: own.question?.id ?? '',
      settings: {},
    });
    expect(of(again.reply.id)).toMatchObject({ sampling: { temperature: 0.4 }, ending: { maxTokens: 60 } });
    await ended(again.reply.id);
    const raced = await call('chat.race', {
      conversationId: own.conversation.id,
      parentId: own.question?.id ?? '',
      lanes: [{}, { sampling: { temperature: 0 } }],
      show: 0,
    });
    expect(raced.replies.map(({ id }) => [of(id)?.sampling.temperature, of(id)?.ending.maxTokens])).toEqual([
      [0.4, 60],
      [0, 60],
    ]);
  });
});

describe('the instructions of a conversation', () => {
  it('stand first in what the model reads, are kept with each reply, and follow into a fork', async () => {
    open();
    const setup = { presetId: null, instructions: 'Be brief.', settings: { ending: { maxTokens: 60 } } };
    const { conversation, question, reply } = await call('chat.send', {
      conversationId: null,
      parentId: null,
      text: 'Hello',
      settings,
      setup,
    });
    expect(conversation.setup).toEqual(setup);
    await ended(reply.id);
    expect(fake.requests.at(-1)?.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
    ]);
    expect((await call('conversations.fork', { messageId: reply.id })).setup).toEqual(setup);

    await call('conversations.configure', { id: conversation.id, setup: { ...setup, instructions: 'Be long.' } });
    const again = await call('chat.reply', { conversationId: conversation.id, parentId: question?.id ?? '', settings });
    await ended(again.reply.id);
    expect(fake.requests.at(-1)?.messages[0]?.content).toBe('Be long.');
    // written again as it was, with the instructions of then
    const twin = await call('chat.reproduce', { messageId: reply.id });
    await ended(twin.reply.id);
    expect(fake.requests.at(-1)?.messages[0]?.content).toBe('Be brief.');

    expect((await call('conversations.configure', { id: conversation.id, setup: noSetup })).setup).toBeUndefined();
    const plain = await call('chat.reply', { conversationId: conversation.id, parentId: question?.id ?? '', settings });
    await ended(plain.reply.id);
    expect(fake.requests.at(-1)?.messages).toEqual([{ role: 'user', content: 'Hello' }]);
  });
});

describe('presets', () => {
  it('are made, changed, set as the default, deleted and restored; a conversation that used one keeps its values', async () => {
    open();
    const made = await call('presets.save', { id: null, values });
    const { conversation, reply } = await call('chat.send', {
      conversationId: null,
      parentId: null,
      text: 'Hello',
      settings,
      setup: { presetId: made.id, instructions: made.instructions, settings: made.settings },
    });
    await ended(reply.id);
    await call('presets.save', { id: made.id, values: { ...values, name: 'Shorter', instructions: 'One word.' } });
    expect((await call('presets.setDefault', { id: made.id })).map(({ name, isDefault }) => [name, isDefault])).toEqual(
      [['Shorter', true]],
    );
    await call('presets.delete', { id: made.id });
    expect(await call('presets.list', {})).toEqual([]);
    await expect(call('presets.setDefault', { id: made.id })).rejects.toMatchObject({ code: 'not-found' });
    expect(store.conversations.get(conversation.id).setup).toMatchObject({
      instructions: 'Answer in one sentence.',
      settings: { sampling: { temperature: 0 }, ending: { maxTokens: 60 } },
    });
    expect(await call('presets.restore', { id: made.id })).toMatchObject({ name: 'Shorter', isDefault: true });
    expect(pushes.filter(({ topic }) => topic === 'presets')).toHaveLength(5);
  });

  it('go out as a file and come back; the same again is passed over, another of the same name gets a number', async () => {
    open();
    await call('presets.save', { id: null, values });
    const { text } = await call('presets.export', { ids: null });
    expect(JSON.parse(text)).toEqual({ format: 'mezzotint-presets', version: 1, presets: [values] });
    expect(await call('presets.import', { text })).toMatchObject({ imported: [], duplicates: 1, problems: [] });
    const [mine] = await call('presets.list', {});
    await call('presets.save', { id: mine?.id ?? '', values: { ...values, instructions: 'Changed since.' } });
    expect(await call('presets.import', { text })).toMatchObject({
      imported: [{ name: 'Short 2', instructions: values.instructions }],
      duplicates: 0,
    });
    expect((await call('presets.list', {})).map(({ name, instructions }) => [name, instructions])).toEqual([
      ['Short', 'Changed since.'],
      ['Short 2', values.instructions],
    ]);
  });

  const file = (presets: unknown, more: Record<string, unknown> = {}): string =>
    JSON.stringify({ format: 'mezzotint-presets', version: 1, presets, ...more });
  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['another format', file([], { format: 'something' })],
    ['a newer version', file([], { version: 2 })],
    ['no list', file({ 0: values })],
    ['too many', file(Array.from({ length: 201 }, (_, i) => ({ ...values, name: `P${i}` })))],
  ])('a file that is %s is refused whole, and says why', async (_what, text) => {
    open();
    await expect(call('presets.import', { text })).rejects.toMatchObject({
      code: 'file-invalid',
      message: expect.stringMatching(/\w/) as string,
    });
    expect(await call('presets.list', {})).toEqual([]);
  });

  it('what is bad in a file is named, and the rest imported', async () => {
    open();
    const text = `{"format":"mezzotint-presets","version":1,"presets":[${[
      JSON.stringify({ ...values, name: 'Good \ud800' }),
      JSON.stringify({ ...values, name: ' ' }),
      JSON.stringify({ ...values, settings: { temperature: 99 } }),
      JSON.stringify({ ...values, settings: { unknown: 1 } }),
      '{"__proto__":{"name":"x"},"constructor":1}',
      JSON.stringify({ ...values, instructions: 'x'.repeat(20_001) }),
      'null',
      '7',
      JSON.stringify({ ...values, name: '<img src=x onerror=alert(1)>' }),
    ].join(',')}]}`;
    const { imported, problems } = await call('presets.import', { text });
    expect(imported.map(({ name }) => name)).toEqual(['Good \ufffd', '<img src=x onerror=alert(1)>']);
    expect(problems.map(({ where }) => where.slice(0, 9))).toEqual([
      'presets.1',
      'presets.2',
      'presets.3',
      'presets.4',
      'presets.5',
      'presets.6',
      'presets.7',
    ]);
    expect(Object.hasOwn(Object.prototype, 'name')).toBe(false);
  });

  it('no file can do anything but add presets or be refused', async () => {
    open();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.array(fc.jsonValue(), { maxLength: 4 }).map((presets) => file(presets)),
          fc
            .record({
              name: fc.string(),
              instructions: fc.string(),
              settings: fc.dictionary(fc.constantFrom('mode', 'seed', 'stop', 'x'), fc.jsonValue()),
            })
            .map((one) => file([one])),
        ),
        async (text) => {
          const before = (await call('presets.list', {})).length;
          const result = await call('presets.import', { text }).catch((thrown: unknown) => thrown);
          const added = result instanceof Error ? 0 : (result as Response<'presets.import'>).imported.length;
          expect(await call('presets.list', {})).toHaveLength(before + added);
          if (result instanceof Error)
            expect(result).toMatchObject({ code: expect.stringMatching(/file-invalid|conflict/) as string });
        },
      ),
      { seed: 20261125, numRuns: 200 },
    );
  });
});

describe('the preview', () => {
  it('is what the model would be given, with the stored messages named', async () => {
    open();
    const { conversation, question, reply } = await call('chat.send', {
      conversationId: null,
      parentId: null,
      text: 'Hello',
      settings,
    });
    await ended(reply.id);
    const preview = await call('chat.preview', {
      conversationId: conversation.id,
      parentId: reply.id,
      text: 'And now?',
      instructions: 'Be brief.',
      maxTokens: 60,
      withText: true,
    });
    expect(preview.parts.map(({ messageId, role, text }) => [messageId, role, text])).toEqual([
      [null, 'system', 'Be brief.'],
      [question?.id, 'user', 'Hello'],
      [reply.id, 'assistant', 'A short reply.'],
      [null, 'user', 'And now?'],
    ]);
    expect(preview).toMatchObject({ fits: true, droppedMessages: 0, reserve: 60 });
  });

  it('a question that is too long is refused with the count before anything is stored', async () => {
    open();
    await ready();
    const text = 'word '.repeat(9000);
    await expect(call('chat.send', { conversationId: null, parentId: null, text, settings })).rejects.toMatchObject({
      code: 'prompt-too-long',
      message: expect.stringContaining('9,00') as string,
    });
    expect(store.conversations.list()).toEqual([]);
    expect(fake.requests).toEqual([]);
  });
});

describe('a database from before', () => {
  it('has conversations that choose nothing, and no presets', () => {
    const before = migrations.findIndex(({ name }) => name === 'presets');
    const db = openDb(path.join(dataDir, 'mezzotint.db'), 'better-sqlite3');
    migrate(db, migrations.slice(0, before));
    db.exec(
      "INSERT INTO conversations (id, title, title_source, created_at, updated_at) VALUES ('c', 'Old', 'auto', 1, 2)",
    );
    db.close();
    open();
    expect(store.conversations.get('c').setup).toBeUndefined();
    expect(store.presets.list()).toEqual([]);
  });
});
