/**
 * A toy engine, as a plugin would bring it: `toyEngine` below is its one file, and the row that uses it is one line of the
 * set-up. It knows no token ids, no probabilities and no canvas, as a server far away might. Nothing else is touched.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChatService, type ChatService } from '../../core/chat/index.ts';
import { capabilitiesOf, type Capabilities } from '../../core/contract/capabilities.ts';
import type { EngineStatus } from '../../core/contract/engine.ts';
import { channels } from '../../core/contract/index.ts';
import { pushSchema, type Push } from '../../core/contract/push.ts';
import { openHost } from '../../core/app/host.ts';
import { engines, type CreateEngine, type Engine } from '../../core/engines/index.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { waysFor } from '../../renderer/state/inspector/token-shades.ts';
import { unsureWords } from '../../renderer/state/rewrite/unsure.ts';
import { fakePack } from '../fixtures/fake-engine.ts';
import { ManualTime } from '../fixtures/manual-time.ts';

/* ---- the engine: what a plugin's file would hold ---- */

const cans: Capabilities = {
  tokenIds: false,
  probabilities: false,
  frames: false,
  resume: false,
  seeded: false,
  fill: false,
  preview: false,
  agreement: false,
  layout: false,
};
const cannot = (): Promise<never> => Promise.reject(new Error('This engine can only write.'));

/** Answers every question with its words backwards, a word a block. */
function toyEngine(): Engine {
  const status: EngineStatus = {
    state: 'ready',
    pack: { ...fakePack, id: 'toy', name: 'Toy' },
    device: 'cpu',
    refused: [],
    threads: 0,
    loadMs: 0,
    capabilities: cans,
  };
  const running = new Map<string, () => void>();
  return {
    status,
    onStatus: () => () => undefined,
    generate({ generationId, messages, seed }, onEvent) {
      const words = (messages.at(-1)?.content ?? '').split(' ').reverse();
      const counts = {
        tokens: 0,
        forwards: 0,
        prefillForwards: 0,
        promptTokens: 0,
        cachedTokens: 0,
        drafted: 0,
        accepted: 0,
        msPrefill: 0,
        msDecode: 1,
        msForward: 0,
      };
      let seq = 0;
      let stopped = false;
      running.set(generationId, () => (stopped = true));
      onEvent({
        type: 'started',
        seq: seq++,
        t: 0,
        mode: 'fast',
        seed,
        promptTokens: 0,
        cachedTokens: 0,
        droppedMessages: 0,
        blockLength: 1,
        firstSlot: 0,
        pack: { id: 'toy', name: 'Toy', hash: 't' },
        device: 'far away',
      });
      const write = (): void => {
        const text = words.shift();
        if (stopped) onEvent({ type: 'stopped', seq, t: seq, counts });
        else if (text === undefined) onEvent({ type: 'finished', seq, t: seq, reason: 'end', counts });
        else {
          counts.tokens++;
          onEvent({
            type: 'blockCommitted',
            seq: seq++,
            t: seq,
            forward: counts.tokens,
            block: counts.tokens - 1,
            from: counts.tokens - 1,
            tokens: [
              {
                id: null,
                text: counts.tokens === 1 ? text : ` ${text}`,
                p: null,
                forward: counts.tokens,
                via: 'revealed',
              },
            ],
          });
          setImmediate(write);
        }
      };
      setImmediate(write);
    },
    cancel: (id) => running.get(id)?.(),
    fill: cannot,
    preview: cannot,
    tokenize: cannot,
    agree: cannot,
    settled: () => Promise.resolve(status),
    restart: () => status,
    shutdown: () => Promise.resolve(),
  };
}

/* ---- the row ---- */

const withToy = { ...engines, toy: toyEngine } satisfies Record<string, CreateEngine>;

let dataDir: string;
let store: Store;
let chat: ChatService;
let time: ManualTime;
let pushes: Push[];
beforeEach(() => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-toy-'));
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  ({ store } = opened.value);
  time = new ManualTime();
  pushes = [];
  chat = createChatService({
    store,
    engine: withToy.toy(),
    notify: (push) => void pushes.push(structuredClone(v.parse(pushSchema, push))),
    appInfo: { version: '0', runtime: 'browser', platform: '', dataDir, notices: [] },
    openExternal: () => Promise.resolve(),
    timers: time.timers,
    measureAfter: 1_000,
    load: () => 0,
  });
});
afterEach(async () => {
  await chat.shutdown();
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});
const ask = async (text: string) => {
  const started = await chat.handlers['chat.send']({ conversationId: null, parentId: null, text, settings: {} });
  await vi.waitFor(() => expect(store.messages.get(started.reply.id).status).not.toBe('pending'), { timeout: 20_000 });
  return store.messages.get(started.reply.id);
};

describe('an engine that can only write', () => {
  it('writes a reply, which is stored, told and read back as every other', async () => {
    const reply = await ask('What is a mezzotint?');
    expect(reply).toMatchObject({
      status: 'complete',
      text: 'mezzotint? a is What',
      generation: { pack: { name: 'Toy' }, device: 'far away', reason: 'end' },
    });
    const trace = v.parse(
      channels['generations.trace'].response,
      await chat.handlers['generations.trace']({ messageId: reply.id, frames: true }),
    );
    expect(trace.tokens.map(({ id, p, text }) => [id, p, text])).toEqual([
      [null, null, 'mezzotint?'],
      [null, null, ' a'],
      [null, null, ' is'],
      [null, null, ' What'],
    ]);
    expect(trace.events.map(({ type }) => type)).toEqual([
      'started',
      'blockCommitted',
      'blockCommitted',
      'blockCommitted',
      'blockCommitted',
      'finished',
    ]);
    expect(pushes.some((push) => push.topic === 'generation')).toBe(true);
    store.close();
    const again = openStore({ dataDir });
    if (!again.ok) throw new Error(again.error.message);
    ({ store } = again.value);
    expect(store.generations.tokens(reply.id)).toEqual(trace.tokens);
  });

  it('is stopped, and asked again', async () => {
    const { conversation, reply } = await chat.handlers['chat.send']({
      conversationId: null,
      parentId: null,
      text: 'one '.repeat(40),
      settings: {},
    });
    await chat.handlers['chat.stop']({ messageId: reply.id });
    await vi.waitFor(() => expect(store.messages.get(reply.id).status).toBe('stopped'));
    const retried = await chat.handlers['chat.reply']({
      conversationId: conversation.id,
      parentId: reply.parentId ?? '',
      settings: {},
    });
    await vi.waitFor(() => expect(store.messages.get(retried.reply.id).status).toBe('complete'), { timeout: 20_000 });
  });

  it('is asked for nothing that it cannot do: each is refused in words, and nothing is stored for it', async () => {
    const reply = await ask('What is a mezzotint?');
    const before = store.messages.children(reply.parentId ?? '').length;
    const of = async (work: () => unknown): Promise<void> => {
      await expect((async () => work())()).rejects.toMatchObject({
        code: 'bad-request',
        message: expect.stringMatching(/engine/) as string,
      });
    };
    await of(() =>
      chat.handlers['chat.fill']({
        messageId: reply.id,
        fillId: 'f',
        spans: [{ from: 0, to: 1, min: 1, max: 1 }],
        candidates: 1,
        settings: {},
      }),
    );
    await of(() => chat.handlers['chat.branch']({ messageId: reply.id, tokens: 1, settings: {} }));
    await of(() => chat.handlers['chat.reproduce']({ messageId: reply.id }));
    await of(() =>
      chat.handlers['chat.preview']({
        conversationId: null,
        parentId: null,
        text: 'Hello',
        instructions: '',
        maxTokens: 10,
        withText: true,
      }),
    );
    await of(() =>
      chat.handlers['chat.send']({
        conversationId: null,
        parentId: null,
        text: 'Dear ___',
        settings: {
          layout: [
            { kind: 'locked', text: 'Dear ' },
            { kind: 'hole', min: 1, max: 3 },
          ],
        },
      }),
    );
    expect(store.messages.children(reply.parentId ?? '')).toHaveLength(before);
    expect(store.conversations.list()).toHaveLength(1);
  });

  it('is not measured, however long nobody wants it', async () => {
    time.advance(600_000);
    await chat.handlers['speedProfile.measure']({});
    expect(await chat.handlers['speedProfile.get']({})).toMatchObject({ progress: null, measuredAt: null });
  });

  it('has no heat map and no weak spots in the window', async () => {
    const reply = await ask('What is a mezzotint?');
    const tokens = store.generations.tokens(reply.id);
    expect(waysFor(tokens)).toEqual(['order', 'arrival']);
    expect(unsureWords(tokens).of).toBe(0);
    expect(capabilitiesOf(await chat.handlers['engine.status']({}))).toEqual(cans);
  });

  it('serves the whole app from one row', async () => {
    const service = openHost({
      home: path.join(dataDir, 'app'),
      packDir: '',
      spawnEngine: () => {
        throw new Error('no process is started');
      },
      createEngine: withToy.toy,
      openExternal: () => Promise.resolve(),
      version: '0',
      runtime: 'browser',
    });
    try {
      const { conversation, reply } = await service.handlers['chat.send']({
        conversationId: null,
        parentId: null,
        text: 'one two',
        settings: {},
      });
      await vi.waitFor(
        async () =>
          expect(
            (await service.handlers['conversations.get']({ id: conversation.id })).messages.find(
              ({ id }) => id === reply.id,
            ),
          ).toMatchObject({ status: 'complete', text: 'two one' }),
        { timeout: 20_000 },
      );
    } finally {
      await service.close();
    }
  });
});
