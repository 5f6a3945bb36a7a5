/** A running reply in the window: struck words stand a moment, and what a push costs does not grow with the reply. */
import { describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../../core/contract/generation.ts';
import { LiveReply } from '../../../renderer/state/reply/live.svelte.ts';
import { spokenLength } from '../../../renderer/state/reply/reply.ts';
import { sampleSettings } from '../../fixtures/sample-model.ts';
import { script } from '../../fixtures/scripted-reply.ts';
import { settingsWith } from '../../fixtures/settings.ts';

function setUp() {
  const frames: (() => void)[] = [];
  const timers: { task: () => void; ms: number }[] = [];
  const live = new LiveReply('m', 'g', '', {
    schedule: (task) => frames.push(task),
    later: (task, ms) => timers.push({ task, ms }),
    onGap: () => undefined,
    onOver: () => undefined,
  });
  const draw = (): void => frames.splice(0).forEach((task) => task());
  const pass = (): void => timers.splice(0).forEach(({ task }) => task());
  return { live, draw, pass, timers };
}
const forwards = (text: string, pace: number): GenerationEvent[][] => [
  ...script({ text, settings: settingsWith(sampleSettings, { mode: 'exact', maxTokens: 8192 }), seed: 5, pace }),
];
const struck = (live: LiveReply): string[] =>
  live.view.slots.filter(({ state }) => state === 'rejected').map(({ text }) => text);

describe('words that are taken back', () => {
  it('stand struck in their seats, then what replaces them is shown; nothing is lost', () => {
    const { live, draw, pass, timers } = setUp();
    let seen = 0;
    const text = 'A plate is rocked all over, then scraped and burnished where the light is to be. '.repeat(6);
    for (const events of forwards(text, 200)) {
      live.push(events);
      draw();
      if (timers.length === 0) continue;
      seen++;
      expect(struck(live).length).toBeGreaterThan(0);
      expect(timers[0]?.ms).toBeGreaterThan(0);
      expect(timers[0]?.ms).toBeLessThanOrEqual(160);
      // what comes meanwhile waits
      const before = live.view.text;
      draw();
      expect(live.view.text).toBe(before);
      pass();
      draw();
      expect(struck(live)).toEqual([]);
    }
    expect(seen).toBeGreaterThan(3);
    expect(live.view.text).toBe(text);
    expect(live.view.phase).toBe('finished');
  });

  it('are not waited for where the model is faster than motion is seen, nor where the next forward is already there', () => {
    for (const pace of [12, 200]) {
      const { live, draw, timers } = setUp();
      const all = forwards('A plate is rocked all over, then scraped and burnished. '.repeat(6), pace);
      // the first forwards tell the pace
      for (const events of all.splice(0, 3)) {
        live.push(events);
        draw();
        timers.splice(0).forEach(({ task }) => task());
        draw();
      }
      if (pace === 12) {
        for (const events of all) {
          live.push(events);
          draw();
        }
      } else {
        while (all.length > 0) {
          for (const events of all.splice(0, 4)) live.push(events);
          live.push(all.shift() ?? []);
          draw();
          timers.splice(0).forEach(({ task }) => task());
          draw();
        }
      }
      expect(timers).toEqual([]);
      expect(live.view.phase).toBe('finished');
    }
  });
});

it('what a push costs does not grow with the reply', () => {
  const { live, draw, pass } = setUp();
  const all = forwards('item of a long list without an end '.repeat(460), 30);
  const { course } = live;
  let [pushes, copied] = [0, 0];
  for (const events of all) {
    live.push(events);
    draw();
    pass();
    draw();
    pushes++;
    copied += live.view.slots.length + live.step.events.length;
    // one list that grows: it is not copied with each commit
    expect(live.course).toBe(course);
  }
  expect(live.view.text.length).toBeGreaterThan(16_000);
  expect(copied / pushes).toBeLessThan(12);
});

it('what has no sentence for long is read on, so that no token makes all of it be looked through again', () => {
  let [heard, looked, text] = [0, 0, ''];
  for (let i = 0; i < 4000; i++) {
    text += ' word';
    looked += text.length - heard;
    heard += spokenLength(text.slice(heard));
  }
  expect(looked / text.length).toBeLessThan(700);
  expect(spokenLength('One. Two and')).toBe(4);
});
