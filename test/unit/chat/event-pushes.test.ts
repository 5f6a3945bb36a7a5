import { describe, expect, it } from 'vitest';
import { fillsCores, type EngineStatus } from '../../../core/contract/engine.ts';
import { EventPushes, asPushed, intervalFor } from '../../../core/chat/event-pushes.ts';
import { fakeEvents, fakePack, fakeSettings } from '../../fixtures/fake-engine.ts';
import { ManualTime } from '../../fixtures/manual-time.ts';

const events = fakeEvents({ generationId: 'g', messages: [], replyPrefix: [], settings: fakeSettings, seed: 1 });

describe('pushes of generation events', () => {
  it('come at most every 32 ms, the first at once, complete and in order', () => {
    const time = new ManualTime();
    const pushes: { at: number; seqs: number[] }[] = [];
    const paced = new EventPushes(
      (list) => pushes.push({ at: time.now(), seqs: list.map((e) => e.seq) }),
      time.timers,
      time.now,
    );
    for (const event of events) {
      paced.add(event);
      time.advance(3);
    }
    paced.flush();
    expect(pushes[0]).toEqual({ at: 1000, seqs: [0] });
    expect(pushes.flatMap((p) => p.seqs)).toEqual(events.map((e) => e.seq));
    for (let i = 1; i < pushes.length - 1; i++)
      expect((pushes[i]?.at ?? 0) - (pushes[i - 1]?.at ?? 0)).toBeGreaterThanOrEqual(32);
    expect(pushes.length).toBeLessThan(events.length / 3);
  });
  it('come at most every 80 ms where the model fills the cores, complete all the same', () => {
    const ready: Extract<EngineStatus, { state: 'ready' }> = {
      state: 'ready',
      pack: fakePack,
      device: 'cpu',
      refused: [],
      threads: 2,
      loadMs: 1,
    };
    expect(fillsCores(ready, 2)).toBe(true);
    expect(fillsCores(ready, 3)).toBe(true);
    expect(fillsCores(ready, 4)).toBe(false);
    expect(fillsCores({ ...ready, device: 'webgpu' }, 2)).toBe(false);
    expect(fillsCores({ ...ready, device: 'remote' }, 1)).toBe(false);
    expect(fillsCores({ state: 'starting' }, 1)).toBe(false);
    const pushesIn = (fills: boolean): { at: number; seqs: number[] }[] => {
      const time = new ManualTime();
      const pushes: { at: number; seqs: number[] }[] = [];
      const paced = new EventPushes(
        (list) => pushes.push({ at: time.now(), seqs: list.map((e) => e.seq) }),
        time.timers,
        time.now,
        () => intervalFor(fills),
      );
      for (const event of events) {
        paced.add(event);
        time.advance(8);
      }
      paced.flush();
      return pushes;
    };
    const [often, spared] = [pushesIn(false), pushesIn(true)];
    expect(spared.flatMap((p) => p.seqs)).toEqual(events.map((e) => e.seq));
    for (let i = 1; i < spared.length - 1; i++)
      expect((spared[i]?.at ?? 0) - (spared[i - 1]?.at ?? 0)).toBeGreaterThanOrEqual(80);
    expect(spared.length).toBeLessThan(often.length * 0.6);
  });
  it('carry everything of an event but what its tokens might have been', () => {
    const at = { seq: 3, t: 20, forward: 2, block: 0 } as const;
    const alternatives: [number, string, number][] = [
      [5, ' sea', 0.6],
      [6, ' see', 0.2],
    ];
    const change = { slot: 1, state: 'revealed', id: 5, text: ' sea', p: 0.6, entropy: 1.1 } as const;
    const token = { id: 5, text: ' sea', p: 0.6, forward: 2, via: 'revealed' } as const;
    expect(
      asPushed({ type: 'frame', ...at, canvas: { from: 0, length: 4 }, changes: [{ ...change, alternatives }] }),
    ).toEqual({ type: 'frame', ...at, canvas: { from: 0, length: 4 }, changes: [change] });
    expect(asPushed({ type: 'blockCommitted', ...at, from: 0, tokens: [{ ...token, alternatives }] })).toEqual({
      type: 'blockCommitted',
      ...at,
      from: 0,
      tokens: [token],
    });
  });
  it('go at once after a pause, and leave no timer behind when flushed', () => {
    const time = new ManualTime();
    const seen: number[][] = [];
    const paced = new EventPushes((list) => seen.push(list.map((e) => e.seq)), time.timers, time.now);
    for (const event of events.slice(0, 3)) paced.add(event);
    expect(seen).toEqual([[0]]);
    paced.flush();
    expect(seen).toEqual([[0], [1, 2]]);
    expect(time.waiting).toBe(0);
    time.advance(100);
    paced.add(events[3]!);
    expect(seen).toEqual([[0], [1, 2], [3]]);
  });
});
