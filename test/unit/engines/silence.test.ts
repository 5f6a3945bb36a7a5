/** An engine that gives no sign of life: when it counts as silent, and what each kind of request gets then. */
import { describe, expect, it, vi } from 'vitest';
import { beatReader, createLocalEngine, type Engine } from '../../../core/engines/index.ts';
import type { FillRequest, FromEngine, GenerateRequest } from '../../../core/contract/engine.ts';
import { isFinal, type GenerationEvent } from '../../../core/contract/generation.ts';
import { FakeEngine, fakeReady, fakeSettings, type FakeEngineOptions } from '../../fixtures/fake-engine.ts';
import { ManualTime } from '../../fixtures/manual-time.ts';

const request = (generationId: string): GenerateRequest => ({
  generationId,
  messages: [{ role: 'user', content: 'Hello?' }],
  replyPrefix: [],
  settings: fakeSettings,
  seed: 3,
});
const fillRequest: FillRequest = {
  fillId: 'f',
  messages: [],
  reply: [1, 2, 3],
  ended: true,
  spans: [{ from: 0, to: 1, min: 1, max: 1 }],
  candidates: 1,
  settings: fakeSettings,
  seed: 1,
};
const counts = { maxTokens: 100, withText: false };

let time: ManualTime;
let fake: FakeEngine;
let client: Engine;
let forwards = 0;
let cpuMs = 0;
async function open(options: FakeEngineOptions = {}, waitsForReady = true): Promise<void> {
  time = new ManualTime();
  fake = new FakeEngine({ beats: true, pace: 'manual', ...options });
  client = createLocalEngine({ spawn: fake.spawn, packDir: '/packs/fake', timers: time.timers, now: time.now });
  forwards = 0;
  cpuMs = 0;
  if (waitsForReady) await vi.waitFor(() => expect(client.status.state).toBe('ready'), { interval: 1 });
}
/** So many seconds in which the engine beats, with so much work done in each. */
function beating(seconds: number, work: { forwards?: number; cpuMs?: number } = {}): void {
  for (let n = 0; n < seconds; n++) {
    fake.process.emit({ type: 'beat', forwards: (forwards += work.forwards ?? 0), cpuMs: (cpuMs += work.cpuMs ?? 0) });
    time.advance(1000);
  }
}
function generate(id: string): GenerationEvent[] {
  const events: GenerationEvent[] = [];
  client.generate(request(id), (event) => events.push(event));
  return events;
}
const silent = (): boolean => client.status.state !== 'failed' && client.status.silentSince !== undefined;

describe('an engine counts as silent', () => {
  it('when it does not beat for five seconds of work; it is heard again with its next beat', async () => {
    await open();
    generate('a');
    beating(10, { cpuMs: 900 });
    time.advance(3_000);
    expect(silent()).toBe(false);
    time.advance(1_000);
    expect(client.status).toEqual({ ...fakeReady, silentSince: time.now() });
    beating(1, { cpuMs: 900 });
    expect(client.status).toEqual(fakeReady);
  });
  it('never while it has no work', async () => {
    await open();
    time.advance(3_600_000);
    expect(silent()).toBe(false);
    expect(time.waiting).toBe(0);
    const events = generate('a');
    beating(3);
    fake.step(10_000);
    expect(events.some(isFinal)).toBe(true);
    time.advance(3_600_000);
    expect(silent()).toBe(false);
  });
  it('not while it loads or computes for minutes without a word', async () => {
    await open({ ready: null }, false);
    beating(1_800, { cpuMs: 200 });
    expect(silent()).toBe(false);
    await open();
    generate('a');
    beating(500, { cpuMs: 1900 });
    beating(1, { cpuMs: 1900, forwards: 1 });
    beating(500, { cpuMs: 1900 });
    expect(silent()).toBe(false);
  });
  it('when its start or its loading hangs; a cold start has more time', async () => {
    await open({ ready: null }, false);
    time.advance(19_000);
    expect(silent()).toBe(false);
    time.advance(1_000);
    expect(client.status).toMatchObject({ state: 'starting', silentSince: expect.any(Number) as number });
    await vi.waitFor(() => expect(client.status).toMatchObject({ state: 'loading' }), { interval: 1 });
    expect(silent()).toBe(false);
    beating(1);
    time.advance(5_000);
    expect(client.status).toMatchObject({ state: 'loading', silentSince: expect.any(Number) as number });
    expect(client.restart()).toEqual({ state: 'starting' });
    expect(fake.processes.map(({ killed }) => killed)).toEqual([true, false]);
  });
  it('when it beats and does nothing, and when it computes without an end', async () => {
    await open();
    generate('a');
    beating(59);
    expect(silent()).toBe(false);
    beating(3);
    expect(silent()).toBe(true);
    await open();
    generate('a');
    beating(599, { cpuMs: 1900 });
    expect(silent()).toBe(false);
    beating(3, { cpuMs: 1900 });
    expect(silent()).toBe(true);
  });
});

describe('stopping', () => {
  it('a reply of a silent engine ends it at once, and the next one is written by a new process', async () => {
    await open({ hangAfter: 6 });
    const events = generate('a');
    fake.step(6);
    beating(1);
    time.advance(5_000);
    client.cancel('a');
    expect(events.at(-1)).toMatchObject({ type: 'stopped', seq: 6 });
    expect(fake.processes[0]?.killed).toBe(true);
    expect(client.status.state).toBe('starting');
    delete fake.options.hangAfter;
    const next = generate('b');
    await vi.waitFor(() => expect(client.status.state).toBe('ready'), { interval: 1 });
    fake.step(10_000);
    expect(next.at(-1)?.type).toBe('finished');
  });
  it('a reply in the middle of a long step ends it after a second, and the engine is not ended for it', async () => {
    await open({ hangAfter: 6 });
    const events = generate('a');
    fake.step(6);
    beating(1, { cpuMs: 1900 });
    client.cancel('a');
    beating(1, { cpuMs: 1900 });
    expect(events.at(-1)).toMatchObject({ type: 'stopped', seq: 6 });
    beating(100, { cpuMs: 1900 });
    expect(fake.processes).toHaveLength(1);
    expect(fake.process.killed).toBe(false);
    // what it still sends for it is not heard
    fake.process.emit({
      type: 'event',
      generationId: 'a',
      event: { type: 'stopped', seq: 6, t: 1, counts: undefined as never },
    } as unknown as FromEngine);
    expect(events.filter(isFinal)).toHaveLength(1);
  });
  it('one that hangs after its stop is ended by itself: nobody wants what it does', async () => {
    await open({ hangAfter: 6 });
    const events = generate('a');
    fake.step(6);
    beating(1);
    client.cancel('a');
    time.advance(1_000);
    expect(events.at(-1)?.type).toBe('stopped');
    expect(fake.process.killed).toBe(false);
    time.advance(5_000);
    expect(fake.processes.map(({ killed }) => killed)).toEqual([true, false]);
    await vi.waitFor(() => expect(client.status).toEqual(fakeReady), { interval: 1 });
  });
  it('spans that are written anew: at once where the engine is silent, after a second where it is busy', async () => {
    await open({ hangAfter: 0 });
    const busy = client.fill(fillRequest);
    client.cancel('f');
    beating(1, { cpuMs: 900 });
    expect(await busy).toBeNull();
    await open({ hangAfter: 0 });
    const hung = client.fill(fillRequest);
    beating(1);
    time.advance(5_000);
    client.cancel('f');
    expect(await hung).toBeNull();
    expect(fake.processes[0]?.killed).toBe(true);
  });
});

describe('what waits for a silent engine', () => {
  it('counts of tokens and agreements end with a word; new ones are refused', async () => {
    await open({ hangAfter: 0 });
    const waiting = [
      client.preview([], counts),
      client.agree({ messages: [], tokens: [1], settings: fakeSettings, seed: 1 }),
    ];
    const ends = Promise.allSettled(waiting);
    beating(1);
    time.advance(5_000);
    for (const end of await ends)
      expect(end).toMatchObject({
        status: 'rejected',
        reason: { code: 'engine-silent', action: expect.stringContaining('Restart') as string },
      });
    await expect(client.preview([], counts)).rejects.toMatchObject({ code: 'engine-silent' });
    await expect(client.fill(fillRequest)).rejects.toMatchObject({ code: 'engine-silent' });
  });
  it('a count has a limit even where the engine only takes long', async () => {
    await open({ hangAfter: 0 });
    const end = Promise.allSettled([client.preview([], counts)]);
    beating(61, { cpuMs: 900, forwards: 1 });
    expect(await end).toMatchObject([{ status: 'rejected', reason: { code: 'engine-silent' } }]);
  });
  it('a reply waits, and goes on when the engine is heard again or ends when it is restarted', async () => {
    await open();
    const events = generate('a');
    fake.step(3);
    beating(1);
    time.advance(30_000);
    expect(events).toHaveLength(3);
    fake.step(10_000);
    expect(events.at(-1)?.type).toBe('finished');
    const other = generate('b');
    beating(1);
    time.advance(30_000);
    client.restart();
    expect(other.at(-1)).toMatchObject({ type: 'failed', error: { code: 'engine-crashed' } });
  });
  it('closing does not', async () => {
    await open();
    generate('a');
    beating(1);
    time.advance(5_000);
    await client.shutdown();
    expect(fake.process.killed).toBe(true);
  });
});

describe('what an engine prints', () => {
  const read = (...pieces: string[]): { beats: unknown[]; printed: string } => {
    const beats: unknown[] = [];
    let printed = '';
    const take = beatReader(
      (beat) => beats.push(beat),
      (text) => (printed += text),
    );
    for (const piece of pieces) take(piece);
    return { beats, printed };
  };
  it('is beats, whole or in pieces, and lines of its own, which go on as they are', () => {
    expect(read('\u0001be', 'at 3 170', '\nhello\n\u0001beat 4 180\n')).toEqual({
      beats: [
        { type: 'beat', forwards: 3, cpuMs: 170 },
        { type: 'beat', forwards: 4, cpuMs: 180 },
      ],
      printed: 'hello\n',
    });
  });
  it('is never kept without an end', () => {
    expect(read(...Array.from({ length: 100 }, () => 'x'.repeat(100))).printed.length).toBeGreaterThan(9_500);
    expect(read('\u0001beat 1\n').printed).toBe('\u0001beat 1\n');
  });
});
