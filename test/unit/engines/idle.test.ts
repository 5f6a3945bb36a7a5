/** The memory of a model that nobody uses: when it is freed, and that whatever is asked next loads it again. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { EngineStatus } from '../../../core/contract/engine.ts';
import { isFinal, type GenerationEvent } from '../../../core/contract/generation.ts';
import { createLocalEngine, Idle, Scheduler, type Engine } from '../../../core/engines/index.ts';
import { FakeEngine, fakeReady, fakeRequest } from '../../fixtures/fake-engine.ts';
import { ManualTime } from '../../fixtures/manual-time.ts';

const MINUTE = 60_000;
let time: ManualTime;
let fake: FakeEngine;
let idle: Idle;
let engine: Engine;
let statuses: EngineStatus[];
beforeEach(async () => {
  time = new ManualTime();
  fake = new FakeEngine();
  idle = new Idle(
    createLocalEngine({ spawn: fake.spawn, packDir: '/packs/fake', timers: time.timers, now: time.now }),
    time.timers,
  );
  engine = idle.serve();
  statuses = [];
  engine.onStatus((status) => statuses.push(status));
  await engine.settled();
});
const unloaded = (): boolean => engine.status.state === 'ready' && engine.status.unloaded === true;
const reply = (id: string): Promise<GenerationEvent> =>
  new Promise((resolve) => engine.generate(fakeRequest(id), (event) => isFinal(event) && resolve(event)));

describe('a model that nobody uses', () => {
  it('stays in memory where nothing else was said', () => {
    time.advance(1000 * MINUTE);
    expect(unloaded()).toBe(false);
    expect(fake.processes).toHaveLength(1);
  });
  it('leaves it after the time that was set, and what it can do stays known', () => {
    idle.set(5 * MINUTE);
    time.advance(5 * MINUTE - 1);
    expect(unloaded()).toBe(false);
    time.advance(1);
    expect(engine.status).toEqual({ ...fakeReady, unloaded: true });
    // nothing starts again by itself
    time.advance(1000 * MINUTE);
    expect(fake.processes).toHaveLength(1);
  });
  it('is counted from the end of the last reply, and never while one is written', async () => {
    idle.set(5 * MINUTE);
    time.advance(4 * MINUTE);
    await reply('a');
    time.advance(4 * MINUTE);
    expect(unloaded()).toBe(false);
    time.advance(MINUTE);
    expect(unloaded()).toBe(true);
  });
  it('loads again with its steps when a reply is asked for, and writes it', async () => {
    idle.set(5 * MINUTE);
    time.advance(5 * MINUTE);
    statuses = [];
    expect(await reply('a')).toMatchObject({ type: 'finished' });
    expect(statuses.map(({ state }) => state)).toEqual(expect.arrayContaining(['starting', 'loading', 'ready']));
    expect(fake.processes).toHaveLength(2);
    time.advance(5 * MINUTE);
    expect(unloaded()).toBe(true);
  });
  it('loads again for a question about a prompt, which waits for it', async () => {
    idle.set(5 * MINUTE);
    time.advance(5 * MINUTE);
    const preview = await engine.preview([{ role: 'user', content: 'Hello?' }], { maxTokens: 8, withText: false });
    expect(preview.fits).toBe(true);
    expect(unloaded()).toBe(false);
  });
  it('is not brought back by background work', () => {
    idle.set(5 * MINUTE);
    time.advance(5 * MINUTE);
    const scheduler = new Scheduler({ engine, timers: time.timers });
    const work = vi.fn();
    scheduler.whenIdle(1000, work);
    scheduler.at('background').generate(fakeRequest('measure'), () => undefined);
    time.advance(10 * MINUTE);
    expect(work).not.toHaveBeenCalled();
    expect(fake.processes).toHaveLength(1);
    scheduler.close();
  });
  it('a change of the time counts at once, also back to never', () => {
    idle.set(60 * MINUTE);
    time.advance(10 * MINUTE);
    idle.set(null);
    time.advance(100 * MINUTE);
    expect(unloaded()).toBe(false);
    idle.set(5 * MINUTE);
    time.advance(5 * MINUTE);
    expect(unloaded()).toBe(true);
  });
});
