/** Measuring in the background and races, over a real store and the scripted engine. */
import { settingsWith } from '../fixtures/settings.ts';
import { settingsMode } from '../../core/contract/settings.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChatService, type ChatService } from '../../core/chat/index.ts';
import { speedPrompts } from '../../core/chat/speed-profile-prompts.ts';
import { channels } from '../../core/contract/index.ts';
import { pushSchema, type Push } from '../../core/contract/push.ts';
import { createLocalEngine } from '../../core/engines/index.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import type { GenerationEvent } from '../../core/contract/generation.ts';
import { allCapabilities } from '../../core/contract/capabilities.ts';
import type { EngineStatus, GenerateRequest } from '../../core/contract/engine.ts';
import { samplersFor } from '../../core/samplers/index.ts';
import {
  FakeEngine,
  fakeEvents,
  fakePack,
  fakeReady,
  fakeSettings,
  type FakeEngineOptions,
} from '../fixtures/fake-engine.ts';
import { ManualTime } from '../fixtures/manual-time.ts';

let dataDir: string;
let store: Store;
let fake: FakeEngine;
let chat: ChatService;
let time: ManualTime;
let pushes: Push[];
const readyStatus = fakeReady as Extract<EngineStatus, { state: 'ready' }>;
/** What others use of the machine. */
let load = 0;

function open(options: FakeEngineOptions = {}, measureAfter: number | null = 30_000): void {
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
    now: time.now,
    timers: time.timers,
    measureAfter,
    load: () => load,
  });
}
beforeEach(() => {
  load = 0;
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-speed-'));
});
afterEach(async () => {
  await chat.shutdown();
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});
const ready = (): Promise<void> =>
  vi.waitFor(async () => expect(await chat.handlers['engine.status']({})).toMatchObject({ state: 'ready' }));
const figures = async () => v.parse(channels['speedProfile.get'].response, await chat.handlers['speedProfile.get']({}));
/** Every stop has been measured, however busy this machine is. */
const measured = () =>
  vi.waitFor(
    async () => expect(await figures()).toMatchObject({ progress: null, measuredAt: expect.any(Number) }),
    30_000,
  );
const ask = (text = 'What is a mezzotint?') =>
  chat.handlers['chat.send']({ conversationId: null, parentId: null, text, settings: fakeSettings });
const measuring = (): string[] =>
  fake.requests.filter(({ generationId }) => generationId.startsWith('speed-')).map(({ generationId }) => generationId);

describe('measuring', () => {
  it('begins after a quiet time, measures every stop and keeps the figures for the next start', async () => {
    open();
    await ready();
    expect((await figures()).stops.every(({ measured }) => measured === null)).toBe(true);
    time.advance(29_000);
    expect(measuring()).toEqual([]);
    time.advance(2_000);
    await measured();
    const { stops } = await figures();
    expect(measuring()).toHaveLength(stops.length * speedPrompts.length * 2);
    const of = Object.fromEntries(stops.map(({ id, measured }) => [id, measured]));
    expect(of['exact']).toMatchObject({
      agreement: 1,
      same: speedPrompts.length,
      texts: speedPrompts.length,
    });
    expect(of['fast-bold']?.agreement).toBeLessThan(of['fast-steady']?.agreement ?? 0);
    expect(of['fast-bold']?.rate).toBeGreaterThan(0);
    expect(pushes.some((push) => push.topic === 'speed-profile' && push.figures.progress !== null)).toBe(true);
    // nothing of it is a conversation
    expect(await chat.handlers['conversations.list']({})).toEqual([]);

    await chat.shutdown();
    store.close();
    open();
    await ready();
    time.advance(120_000);
    expect((await figures()).stops).toEqual(stops);
    expect(measuring()).toEqual([]);
    await chat.handlers['speedProfile.measure']({});
    expect((await figures()).progress).toMatchObject({ done: 0, waiting: false });
  });

  it('waits while the machine is busy with something else', async () => {
    open();
    await ready();
    load = 0.6;
    time.advance(300_000);
    expect(measuring()).toEqual([]);
    load = 0.1;
    time.advance(31_000);
    expect(measuring()).toHaveLength(1);
    await measured();
  });

  it('is not misled by bursts of load: they are left out, and ratios say what a quiet machine says', async () => {
    const slowed = (factor: (id: number) => number): FakeEngineOptions => ({
      script: (request) =>
        fakeEvents(request).map((event): GenerationEvent => {
          const by = factor(Number(request.generationId.split('-')[1]));
          return {
            ...event,
            t: event.t * by,
            ...('counts' in event && event.counts
              ? { counts: { ...event.counts, msDecode: event.counts.msDecode * by } }
              : {}),
          } as GenerationEvent;
        }),
    });
    const underLoad = async (factor: (id: number) => number) => {
      open(slowed(factor), null);
      await ready();
      await chat.handlers['speedProfile.measure']({});
      await measured();
      const taken = await figures();
      await chat.shutdown();
      store.close();
      return taken;
    };
    const quiet = await underLoad(() => 0.1);
    const bursts = await underLoad((id) => (id % 4 === 0 ? 0.3 : 0.1));
    const under = await underLoad(() => 0.2);
    expect(quiet).toMatchObject({ reference: 'ar', steady: true });
    for (const [i, stop] of quiet.stops.entries()) {
      expect(stop.measured).toMatchObject({ spread: 0, discarded: 0 });
      expect(bursts.stops[i]?.measured?.rate).toBeCloseTo(stop.measured?.rate ?? 0, 6);
      expect(bursts.stops[i]?.measured?.ratio).toBeCloseTo(stop.measured?.ratio ?? 0, 6);
      // under a load that lasts the rate is what it is, and the ratio stays
      expect(under.stops[i]?.measured?.rate).toBeCloseTo((stop.measured?.rate ?? 0) / 2, 6);
      expect(under.stops[i]?.measured?.ratio).toBeCloseTo(stop.measured?.ratio ?? 0, 6);
    }
    expect(bursts.stops.reduce((sum, { measured: m }) => sum + (m?.discarded ?? 0), 0)).toBeGreaterThan(5);
    expect(quiet.stops.find(({ id }) => id === 'ar')?.measured).toMatchObject({ ratio: 1, ratioRange: [1, 1] });
    open();
  });

  it('makes way for a reply at once, does the broken run again afterwards, and is never waited for', async () => {
    open({ pace: 'manual' });
    await ready();
    time.advance(31_000);
    fake.step(4);
    const [first] = measuring();
    await ask();
    expect(fake.process.received).toContainEqual({ type: 'cancel', generationId: first });
    expect((await figures()).progress).toMatchObject({ done: 0, waiting: true });
    await vi.waitFor(() => expect(fake.step(1000)).toBeGreaterThan(10));
    await vi.waitFor(() => expect(chat.snapshot().running).toBeNull());
    expect(measuring()).toHaveLength(1);
    time.advance(2_001);
    expect(measuring()).toHaveLength(2);
    const [one, two] = fake.requests.filter(({ generationId }) => generationId.startsWith('speed-'));
    expect({ ...two, generationId: '' }).toEqual({ ...one, generationId: '' });
    expect((await figures()).progress).toMatchObject({ done: 0, waiting: false });
  });

  it('makes way for a span that is written anew, too', async () => {
    open({ pace: 'manual' });
    await ready();
    const { reply } = await ask();
    await vi.waitFor(() => expect(fake.step(1000)).toBeGreaterThan(10));
    await vi.waitFor(() => expect(chat.snapshot().running).toBeNull());
    time.advance(31_000);
    const [first] = measuring();
    void Promise.resolve(
      chat.handlers['chat.fill']({
        messageId: reply.id,
        fillId: 'f',
        spans: [{ from: 0, to: 1, min: 1, max: 1 }],
        candidates: 1,
        settings: fakeSettings,
      }),
    ).catch(() => undefined);
    expect(fake.process.received).toContainEqual({ type: 'cancel', generationId: first });
  });

  describe('a diffusion model without a causal head', () => {
    const own = { attention: 'full', causalHead: false, shift: 0, wholeRows: true } as const;
    const samplers = samplersFor({
      causalHead: false,
      canvas: true,
      shift: 0,
      drafterSlots: 0,
      blockLengths: [16],
      own: { ...own, blockLength: 16, blockLengths: [16], sampler: undefined },
    });
    const pack = {
      ...fakePack,
      samplers,
      defaults: { ...fakePack.defaults, sampler: { id: 'threshold', params: { threshold: 0.9 } } },
    };
    const diffusion = (script: NonNullable<FakeEngineOptions['script']>): FakeEngineOptions => ({
      ready: { ...readyStatus, pack, capabilities: { ...allCapabilities, agreement: false } },
      script,
    });

    it('is measured at its own stops; nothing is agreed with, and replies are compared with the slowest', async () => {
      open(diffusion((request) => fakeEvents(request)));
      await ready();
      time.advance(31_000);
      await measured();
      const { stops, reference, compared } = await figures();
      expect(stops.map(({ id }) => id)).toEqual(['one-slot', 'careful', 'recommended', 'bold', 'bolder']);
      expect([reference, compared]).toEqual(['one-slot', 'one-slot']);
      for (const { measured: m } of stops) expect(m).toMatchObject({ agreement: null, texts: speedPrompts.length });
      expect(fake.process.received.some(({ type }) => type === 'agree')).toBe(false);
    });

    it('that is slow is asked one question once, within the same time, and what stood on the canvas counts', async () => {
      // a step of 200 slots takes 0.8 s and fills one, or several where the sampler is bold
      const slow = (request: GenerateRequest): GenerationEvent[] => {
        const threshold = request.settings.sampler.params['threshold'];
        const each = typeof threshold === 'number' ? Math.round(20 * (1 - threshold)) + 1 : 1;
        const events: GenerationEvent[] = [fakeEvents(request)[0] as GenerationEvent];
        for (let slot = 0; slot < 200; slot += each)
          events.push({
            type: 'frame',
            seq: events.length,
            t: 800 * events.length,
            forward: events.length,
            block: 0,
            canvas: { from: 0, length: 200 },
            changes: Array.from({ length: Math.min(each, 200 - slot) }, (_, i) => ({
              slot: slot + i,
              state: 'revealed' as const,
              id: 30 + slot + i,
              text: ' a',
              p: 0.9,
            })),
          });
        return events;
      };
      open({ ...diffusion(slow), pace: 'manual' });
      await ready();
      time.advance(31_000);
      await vi.waitFor(async () => {
        fake.step(1);
        expect(await figures()).toMatchObject({ progress: null, measuredAt: expect.any(Number) as number });
      }, 30_000);
      const { stops, steady } = await figures();
      expect(measuring()).toHaveLength(1 + stops.length);
      // no reply was written twice, so nothing is said of the noise
      expect(steady).toBeUndefined();
      const rates = stops.map(({ measured: m }) => m?.rate ?? 0);
      expect(rates[0]).toBeCloseTo(1 / 0.8, 1);
      for (const [i, rate] of rates.entries()) if (i > 1) expect(rate).toBeGreaterThan(rates[i - 1] ?? Infinity);
    });
  });

  it('only when asked, where it is told so; ends when it is told so', async () => {
    open({ pace: 'manual' }, null);
    await ready();
    time.advance(600_000);
    expect(measuring()).toEqual([]);
    await chat.handlers['speedProfile.measure']({});
    expect(measuring()).toHaveLength(1);
    expect(await chat.handlers['speedProfile.measureStop']({})).toMatchObject({ progress: null, measuredAt: null });
  });
});

describe('a race', () => {
  const lanes = (['ar', 'exact', 'fast'] as const).map((mode) =>
    settingsWith(fakeSettings, { mode, seed: null, maxTokens: 20 }),
  );
  it('writes its lanes in turns, with one seed, as replies to one question', async () => {
    open({}, null);
    await ready();
    const { conversation, question } = await ask();
    await vi.waitFor(() => expect(chat.snapshot().running).toBeNull());
    const started = v.parse(
      channels['chat.race'].response,
      await chat.handlers['chat.race']({
        conversationId: conversation.id,
        parentId: question?.id ?? '',
        lanes,
        show: 1,
      }),
    );
    expect(started.replies.map(({ parentId }) => parentId)).toEqual([question?.id, question?.id, question?.id]);
    expect(new Set(started.replies.map(({ generation }) => generation?.seed)).size).toBe(1);
    expect(started.conversation.currentMessageId).toBe(started.replies[1]?.id);
    await vi.waitFor(() => expect(chat.snapshot()).toEqual({ running: null, queued: [] }));
    const { messages } = await chat.handlers['conversations.get']({ id: conversation.id });
    const written = started.replies.map(({ id }) => messages.find((message) => message.id === id));
    expect(written.map((message) => message?.status)).toEqual(['complete', 'complete', 'complete']);
    expect(fake.requests.slice(-3).map(({ settings }) => settingsMode(settings))).toEqual(['ar', 'exact', 'fast']);
    expect(written[0]?.text).toBe(written[1]?.text);
  });
  it('is refused while a reply to the question is being written', async () => {
    open({ pace: 'manual' }, null);
    await ready();
    const { conversation, question } = await ask();
    expect(() =>
      chat.handlers['chat.race']({ conversationId: conversation.id, parentId: question?.id ?? '', lanes, show: 0 }),
    ).toThrow(/still being written/);
  });
});
