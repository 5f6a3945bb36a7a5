/** Whose turn it is: priorities, giving way, cancelling, idle time. Over the scripted engine. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FillRequest } from '../../../core/contract/engine.ts';
import { isFinal, type GenerationEvent } from '../../../core/contract/generation.ts';
import { createLocalEngine, Scheduler, type Engine, type Priority } from '../../../core/engines/index.ts';
import { FakeEngine, fakeEvents, fakeRequest, fakeSettings } from '../../fixtures/fake-engine.ts';
import { ManualTime } from '../../fixtures/manual-time.ts';

const fillRequest = (fillId: string): FillRequest => ({
  fillId,
  messages: [],
  reply: [1, 2, 3],
  ended: true,
  spans: [{ from: 0, to: 1, min: 1, max: 1 }],
  candidates: 1,
  settings: fakeSettings,
  seed: 1,
});

let time: ManualTime;
let fake: FakeEngine;
let engine: Engine;
let scheduler: Scheduler;
/** What was heard, in order. */
let heard: string[];
beforeEach(async () => {
  time = new ManualTime();
  fake = new FakeEngine({ pace: 'manual' });
  engine = createLocalEngine({ spawn: fake.spawn, packDir: '', timers: time.timers, now: time.now });
  await vi.waitFor(() => expect(engine.status.state).toBe('ready'), { interval: 1 });
  scheduler = new Scheduler({ engine, timers: time.timers });
  heard = [];
});
function write(priority: Priority, id: string): GenerationEvent[] {
  const events: GenerationEvent[] = [];
  scheduler.at(priority).generate(
    fakeRequest(id),
    (event) => {
      events.push(event);
      if (event.type === 'started' || isFinal(event)) heard.push(`${id} ${event.type}`);
    },
    ...(priority === 'background'
      ? [
          () => {
            events.length = 0;
            heard.push(`${id} again`);
          },
        ]
      : []),
  );
  return events;
}
const asked = (): string[] => fake.requests.map(({ generationId }) => generationId);
/** Writes what is at work to its end. */
const finish = (): void => void fake.step(10_000);

describe('a person before a program', () => {
  it('a reply that can go on gives way, goes on with what its owner names, and is told nothing of the time between', () => {
    const events: GenerationEvent[] = [];
    const again = vi.fn(() => ({ ...fakeRequest('program'), replyPrefix: [1, 2] }));
    scheduler.at('program').generate(fakeRequest('program'), (event) => events.push(event), again);
    fake.step(4);
    const before = events.length;
    write('person', 'person');
    expect(again).toHaveBeenCalledOnce();
    expect(scheduler.running).toBe('person');
    expect(scheduler.waiting).toEqual(['program']);
    finish();
    expect(fake.requests.at(-1)?.replyPrefix).toEqual([1, 2]);
    finish();
    expect(events.slice(before).map(({ type }) => type)).not.toContain('stopped');
    expect(events.at(-1)?.type).toBe('finished');
  });
  it('one that cannot go on is written to its end; programs do not give way to each other', () => {
    write('background', 'b');
    scheduler.at('program').generate(fakeRequest('first'), () => undefined);
    write('person', 'person');
    write('program', 'second');
    expect(scheduler.running).toBe('first');
    expect(scheduler.waiting).toEqual(['b', 'person', 'second']);
  });
});

describe('turns', () => {
  it('are taken one at a time: a person before a program, in the order they came', () => {
    write('program', 'p1');
    write('program', 'p2');
    write('person', 'a');
    write('person', 'b');
    expect(scheduler.running).toBe('p1');
    expect(scheduler.waiting).toEqual(['p2', 'a', 'b']);
    finish();
    expect(asked()).toEqual(['p1', 'a', 'b', 'p2']);
    expect(heard.filter((what) => what.endsWith('finished'))).toEqual([
      'p1 finished',
      'a finished',
      'b finished',
      'p2 finished',
    ]);
  });
  it('go to whoever asks in the very moment of an end', () => {
    const next: GenerationEvent[] = [];
    scheduler.at('person').generate(fakeRequest('a'), (event) => {
      if (isFinal(event)) scheduler.at('person').generate(fakeRequest('b'), (e) => next.push(e));
    });
    finish();
    finish();
    expect(next).toEqual(fakeEvents(fakeRequest('b')));
  });
  it('of spans that are written anew wait like replies; their stop answers at once', async () => {
    write('person', 'a');
    const waiting = scheduler.at('person').fill(fillRequest('f'));
    const other = scheduler.at('person').fill(fillRequest('g'));
    expect(fake.process.received.some(({ type }) => type === 'fill')).toBe(false);
    scheduler.cancel('g');
    expect(await other).toBeNull();
    finish();
    await waiting;
    expect(fake.process.received.filter(({ type }) => type === 'fill')).toHaveLength(1);
  });
  it('are not waited for by a count of tokens', async () => {
    write('person', 'a');
    expect(
      await scheduler.preview([{ role: 'user', content: 'two words' }], { maxTokens: 10, withText: false }),
    ).toMatchObject({ tokens: 6 });
  });
});

describe('background work', () => {
  it('gives way to a person at once, and begins again once the engine has rested', () => {
    const measured = write('background', 'm');
    fake.step(7);
    expect(scheduler.inBackground).toBe(true);
    const reply = write('person', 'a');
    // asked for in the same moment: the engine ends the one within a forward and begins the other
    expect(asked()).toEqual(['m', 'a']);
    expect(fake.process.received).toContainEqual({ type: 'cancel', generationId: 'm' });
    expect(scheduler.running).toBe('a');
    expect(measured).toEqual([]);
    finish();
    expect(reply.at(-1)?.type).toBe('finished');
    expect(scheduler.inBackground).toBe(false);
    time.advance(2_000);
    expect(scheduler.inBackground).toBe(true);
    finish();
    // nothing of the first try is heard in the second
    expect(measured).toEqual(fakeEvents(fakeRequest('m')));
    expect(heard).toEqual(['m started', 'm again', 'a started', 'a finished', 'm started', 'm finished']);
  });
  it('gives way to a program, to spans, and to a model that is loaded again', async () => {
    write('background', 'm');
    void scheduler.at('program').fill(fillRequest('f'));
    expect(heard).toEqual(['m again']);
    await vi.waitFor(() => expect(scheduler.running).toBeNull(), { interval: 1 });
    time.advance(2_000);
    expect(scheduler.inBackground).toBe(true);
    engine.restart();
    expect(heard).toEqual(['m again', 'm again']);
    expect(scheduler.inBackground).toBe(false);
    await vi.waitFor(() => expect(engine.status.state).toBe('ready'), { interval: 1 });
    expect(scheduler.inBackground).toBe(true);
  });
  it('can be cancelled wherever it is', () => {
    const waits = write('background', 'm');
    write('person', 'a');
    scheduler.cancel('m');
    expect(waits).toMatchObject([{ type: 'stopped', seq: 0 }]);
    finish();
    time.advance(10_000);
    expect(asked()).toEqual(['m', 'a']);
  });
});

describe('idle time', () => {
  it('is counted while nobody wants the engine, and from the start once somebody did', () => {
    const idle = vi.fn();
    scheduler.whenIdle(30_000, idle);
    time.advance(29_000);
    write('person', 'a');
    time.advance(60_000);
    finish();
    time.advance(29_999);
    expect(idle).not.toHaveBeenCalled();
    time.advance(1);
    expect(idle).toHaveBeenCalledOnce();
    time.advance(600_000);
    expect(idle).toHaveBeenCalledOnce();
  });
  it('can be waited for no longer', () => {
    const idle = vi.fn();
    scheduler.whenIdle(1_000, idle)();
    time.advance(10_000);
    expect(idle).not.toHaveBeenCalled();
    expect(time.waiting).toBe(0);
  });
});

it('closing ends what waits, and begins nothing', () => {
  write('person', 'a');
  const waits = write('person', 'b');
  scheduler.close();
  expect(waits).toMatchObject([{ type: 'stopped' }]);
  expect(write('person', 'c')).toMatchObject([{ type: 'stopped' }]);
  finish();
  expect(asked()).toEqual(['a']);
});
