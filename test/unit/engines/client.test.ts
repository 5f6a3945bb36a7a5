import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { EngineStatus, FromEngine, GenerateRequest } from '../../../core/contract/engine.ts';
import { isFinal, type GenerationEvent } from '../../../core/contract/generation.ts';
import { createLocalEngine, type Engine } from '../../../core/engines/index.ts';
import { FakeEngine, fakeEvents, fakeReady, fakeSettings, type FakeEngineOptions } from '../../fixtures/fake-engine.ts';
import { ManualTime } from '../../fixtures/manual-time.ts';

const request = (generationId: string): GenerateRequest => ({
  generationId,
  messages: [{ role: 'user', content: 'Hello?' }],
  replyPrefix: [],
  settings: fakeSettings,
  seed: 3,
});
/** Lets what the fake has scheduled happen. */
const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { interval: 1, timeout: 5000 });

let time: ManualTime;
let fake: FakeEngine;
let client: Engine;
let statuses: EngineStatus[];
function open(options: FakeEngineOptions = {}): void {
  time = new ManualTime();
  fake = new FakeEngine(options);
  client = createLocalEngine({
    spawn: fake.spawn,
    packDir: '/packs/fake',
    timers: time.timers,
    now: time.now,
    devices: ['cpu'],
  });
  statuses = [];
  client.onStatus((status) => statuses.push(status));
}
const ready = (): Promise<void> => until(() => client.status.state === 'ready');
function generate(id: string): GenerationEvent[] {
  const events: GenerationEvent[] = [];
  client.generate(request(id), (event) => events.push(event));
  return events;
}
const ended = (events: GenerationEvent[]): boolean => events.some(isFinal);

describe('the engine client', () => {
  beforeEach(() => open());

  it('starts the engine, loads the pack and keeps the newest status', async () => {
    expect(fake.process.received).toEqual([{ type: 'load', packDir: '/packs/fake', devices: ['cpu'] }]);
    await ready();
    expect(client.status).toEqual(fakeReady);
    expect(await client.settled()).toEqual(fakeReady);
  });

  it('starts when it is told to, or when a reply is asked for, once; a restart does not wait', async () => {
    const starts: (() => void)[] = [];
    const held = (): Engine =>
      createLocalEngine({
        spawn: fake.spawn,
        packDir: '/packs/fake',
        timers: time.timers,
        now: time.now,
        startWhen: (start) => starts.push(start),
      });
    fake = new FakeEngine({});
    client = held();
    expect(fake.processes.length).toBe(0);
    expect(client.status).toEqual({ state: 'starting' });
    starts[0]?.();
    starts[0]?.();
    await ready();
    expect(fake.processes.length).toBe(1);
    fake = new FakeEngine({});
    client = held();
    const events = generate('a');
    starts[1]?.();
    await until(() => ended(events));
    expect(fake.processes.length).toBe(1);
    fake = new FakeEngine({});
    client = held();
    client.restart();
    starts[2]?.();
    await ready();
    expect(fake.processes.length).toBe(1);
  });

  it('holds a generation until the engine is ready, then gives every event in order', async () => {
    const events = generate('a');
    expect(fake.requests).toEqual([]);
    await until(() => ended(events));
    expect(events).toEqual(fakeEvents(request('a')));
  });

  it('counts the tokens of a prompt, once a model is loaded', async () => {
    const counts = { maxTokens: 100, withText: false };
    await expect(client.preview([], counts)).rejects.toMatchObject({ code: 'engine-not-ready' });
    await ready();
    expect(await client.preview([{ role: 'user', content: 'two words' }], counts)).toMatchObject({
      tokens: 6,
      fits: true,
    });
  });

  it('cancels: one that waits at once, one that runs by the engine', async () => {
    const waiting = generate('a');
    client.cancel('a');
    expect(waiting).toMatchObject([{ type: 'stopped', seq: 0, counts: { tokens: 0 } }]);
    open({ pace: 'manual' });
    await ready();
    const running = generate('b');
    fake.step(9);
    client.cancel('b');
    client.cancel('b');
    await until(() => ended(running));
    expect(running.at(-1)).toMatchObject({ type: 'stopped', seq: 9 });
    expect(fake.process.received.filter((m) => m.type === 'cancel')).toHaveLength(1);
    expect(time.waiting).toBe(0);
  });

  it('gives a generation that fails at once when the pack could not be loaded, with the reason', async () => {
    open({
      ready: {
        state: 'failed',
        error: { code: 'pack-damaged', message: 'A file differs.', action: 'Import it again.' },
      },
    });
    const before = generate('a');
    await until(() => client.status.state === 'failed');
    const after = generate('b');
    for (const events of [before, after])
      expect(events).toMatchObject([{ type: 'failed', seq: 0, error: { code: 'pack-damaged' } }]);
  });
});

describe('when the engine process dies', () => {
  it('a running reply fails as engine-crashed after what was sent, the engine starts again, and the next reply is written', async () => {
    open({ crashAfter: [12] });
    const first = generate('a');
    await until(() => ended(first));
    expect(first).toHaveLength(13);
    expect(first.at(-1)).toMatchObject({ type: 'failed', seq: 12, error: { code: 'engine-crashed' } });
    expect(first.slice(0, 12)).toEqual(fakeEvents(request('a')).slice(0, 12));
    const second = generate('b');
    await until(() => ended(second));
    expect(second.at(-1)?.type).toBe('finished');
    expect(fake.processes).toHaveLength(2);
    expect(statuses.map((s) => s.state)).toEqual(['loading', 'ready', 'starting', 'loading', 'ready']);
  });

  it('one that asks for the next reply in the very moment of the crash gets it from the new process', async () => {
    open({ crashAfter: [5] });
    await ready();
    const next: GenerationEvent[] = [];
    client.generate(request('a'), (event) => {
      if (isFinal(event)) client.generate(request('b'), (e) => next.push(e));
    });
    await until(() => ended(next));
    expect(next.at(-1)?.type).toBe('finished');
  });

  it('waits before the second start, and gives up after three crashes within a minute', async () => {
    open({ ready: null });
    const waiting = generate('a');
    fake.process.crash();
    expect(fake.processes).toHaveLength(2);
    fake.process.crash();
    expect(fake.processes).toHaveLength(2);
    time.advance(1000);
    expect(fake.processes).toHaveLength(3);
    expect(waiting).toEqual([]);
    fake.process.crash();
    time.advance(100_000);
    expect(fake.processes).toHaveLength(3);
    expect(client.status).toMatchObject({ state: 'failed', error: { code: 'engine-crashed' } });
    expect(waiting).toMatchObject([{ type: 'failed', error: { code: 'engine-crashed' } }]);
    expect(client.restart()).toEqual({ state: 'starting' });
    expect(fake.processes).toHaveLength(4);
  });

  it('goes on when crashes are far apart', async () => {
    open();
    for (let n = 2; n < 9; n++) {
      await ready();
      fake.process.crash();
      expect(fake.processes).toHaveLength(n);
      time.advance(60_000);
    }
    expect(client.status.state).not.toBe('failed');
  });

  it('gives up on a model that never loads, however long each try takes', () => {
    open({ ready: null });
    for (let n = 0; n < 6; n++) {
      fake.process.crash(9);
      time.advance(600_000);
    }
    expect(fake.processes).toHaveLength(3);
    expect(client.status).toMatchObject({
      state: 'failed',
      error: { code: 'out-of-memory', message: expect.stringContaining('memory ran out') as string },
    });
  });

  it.each([
    ['killed by the system', { code: null, signal: 'SIGKILL' }, true],
    ['aborted by a failed allocation', { code: null, signal: 'SIGABRT' }, true],
    ['the same, where only a code is told', { code: 137 }, true],
    ['out of memory on Windows', { code: -1073741801 }, true],
    ['a fault of its own', { code: null, signal: 'SIGSEGV' }, false],
    ['an ordinary end', { code: 1 }, false],
  ] as [string, { code: number | null; signal?: string }, boolean][])(
    '%s: the reply says what to do about it',
    async (_what, exit, memory) => {
      open({ pace: 'manual' });
      await ready();
      const events = generate('a');
      fake.step(3);
      fake.process.crash(exit.code, exit.signal);
      const last = events.at(-1);
      if (last?.type !== 'failed') throw new Error('it has not failed');
      expect(last.error.code).toBe('engine-crashed');
      expect(/memory/.test(last.error.message)).toBe(memory);
      expect(/smaller model/.test(last.error.action ?? '')).toBe(memory);
      expect(last.error.action).toMatch(/continue or retry/);
    },
  );

  it('a process that cannot be started counts as one that died', () => {
    time = new ManualTime();
    let tries = 0;
    client = createLocalEngine({
      spawn: () => {
        tries++;
        throw new Error('ENOENT');
      },
      packDir: '',
      timers: time.timers,
      now: time.now,
    });
    time.advance(5000);
    expect(tries).toBe(3);
    expect(client.status).toMatchObject({ state: 'failed', error: { code: 'engine-crashed' } });
  });

  it('is told to those who count', async () => {
    open();
    await ready();
    fake.process.send = () => undefined;
    const counting = client.preview([], { maxTokens: 100, withText: false });
    fake.process.crash();
    await expect(counting).rejects.toMatchObject({ code: 'engine-crashed' });
  });
});

describe('an engine that does not hear a cancel', () => {
  it('is killed after 10 s; the reply is stopped, others fail, and the next one is written by a new process', async () => {
    open({ hangAfter: 6 });
    await ready();
    const hung = generate('a');
    const behind = generate('b');
    await until(() => hung.length === 6);
    client.cancel('a');
    time.advance(9_999);
    expect(fake.process.killed).toBe(false);
    time.advance(1);
    expect(fake.processes[0]?.killed).toBe(true);
    expect(hung.at(-1)).toMatchObject({ type: 'stopped', seq: 6 });
    expect(behind).toMatchObject([{ type: 'failed', error: { code: 'engine-crashed' } }]);
    delete fake.options.hangAfter;
    const next = generate('c');
    await until(() => ended(next));
    expect(next.at(-1)?.type).toBe('finished');
    expect(fake.processes).toHaveLength(2);
  });
});

describe('an engine that breaks the contract', () => {
  const event = (seq: number): GenerationEvent => ({
    type: 'frame',
    seq,
    t: 0,
    forward: 0,
    block: 0,
    canvas: { from: 0, length: 1 },
    changes: [],
  });
  it.each([
    ['an event out of order', { type: 'event', generationId: 'a', event: event(7) }],
    ['an event that does not fit', { type: 'event', generationId: 'a', event: { type: 'frame', seq: 'x' } }],
  ])('%s ends that reply as internal, and the engine is told', async (_what, message) => {
    open({ pace: 'manual' });
    await ready();
    const events = generate('a');
    fake.step(2);
    fake.process.emit(message as unknown as FromEngine);
    expect(events.at(-1)).toMatchObject({ type: 'failed', seq: 2, error: { code: 'internal' } });
    expect(fake.process.received.at(-1)).toEqual({ type: 'cancel', generationId: 'a' });
    fake.process.emit({ type: 'event', generationId: 'a', event: event(2) });
    expect(events).toHaveLength(3);
  });
  it('a message of no known kind is passed over', async () => {
    open();
    await ready();
    fake.process.emit({ type: 'gossip' } as unknown as FromEngine);
    expect(client.status.state).toBe('ready');
  });
});

describe('restart and shutdown', () => {
  it('restart ends running replies as engine-crashed and loads again', async () => {
    open({ pace: 'manual' });
    await ready();
    const events = generate('a');
    fake.step(3);
    expect(client.restart()).toEqual({ state: 'starting' });
    expect(events.at(-1)).toMatchObject({ type: 'failed', error: { code: 'engine-crashed' } });
    expect(fake.processes[0]?.killed).toBe(true);
    await ready();
    expect(fake.process.received[0]?.type).toBe('load');
  });
  it('shutdown stops what runs, ends the process, and is not taken for a crash', async () => {
    open({ pace: 'manual' });
    await ready();
    const events = generate('a');
    fake.step(3);
    await client.shutdown();
    expect(events.at(-1)?.type).toBe('stopped');
    expect(fake.process.received.at(-1)).toEqual({ type: 'shutdown' });
    expect(fake.process.gone).toBe(true);
    expect(fake.processes).toHaveLength(1);
    expect(generate('b')).toMatchObject([{ type: 'stopped' }]);
  });
  it('shutdown kills a process that does not go', async () => {
    open();
    await ready();
    fake.process.send = () => undefined;
    const closing = client.shutdown();
    time.advance(3000);
    await closing;
    expect(fake.process.killed).toBe(true);
  });
});
