/** A film of a replay: which steps it shows and how long, and how its text is laid out. */
import { settingsWith } from '../../fixtures/settings.ts';
import { describe, expect, it } from 'vitest';
import { Lines, plainText } from '../../../renderer/export/film/lines.ts';
import { HOLD_MS, planFilm, SHORTEST_MS } from '../../../renderer/export/film/plan.ts';
import { Timeline } from '../../../renderer/state/inspector/timeline.ts';
import { fakeEvents, fakeSettings, fakeText } from '../../fixtures/fake-engine.ts';

const timeline = new Timeline(
  fakeEvents({
    generationId: 'g',
    messages: [],
    replyPrefix: [],
    settings: settingsWith(fakeSettings, { mode: 'fast' }),
    seed: 3,
  }),
);

describe('a plan', () => {
  it.each([0.5, 1, 4])(
    'at %s× shows the first step first and the last one last, in order, as long as it took',
    (speed) => {
      const { frames, ms } = planFilm(timeline, speed);
      expect(frames.at(-1)).toEqual({ step: timeline.length - 1, ms: HOLD_MS });
      const steps = frames.map(({ step }) => step);
      expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
      for (const frame of frames) expect(frame.ms).toBeGreaterThanOrEqual(SHORTEST_MS);
      expect(Math.abs(ms - HOLD_MS - timeline.duration / speed)).toBeLessThan(SHORTEST_MS * 2);
    },
  );
  it('is never longer than allowed: it goes faster instead, and says how fast', () => {
    const plan = planFilm(timeline, 0.5, 500);
    expect(plan.ms).toBeLessThanOrEqual(500 + HOLD_MS);
    expect(plan.speed).toBeCloseTo(timeline.duration / 500);
  });
});

describe('lines', () => {
  const wide = (text: string): number => text.length;
  it('break between words; a text that grows gives the lines of the whole text', () => {
    const grown = new Lines(24, wide);
    for (let end = 0; end <= fakeText.length; end += 7) grown.of(fakeText.slice(0, end));
    const lines = grown.of(fakeText);
    expect(lines).toEqual(new Lines(24, wide).of(fakeText));
    expect(lines.every((line) => line.trimEnd().length <= 24)).toBe(true);
    expect(lines.map((line) => line.trim()).join(' ')).toBe(fakeText);
  });
  it('keep line ends; marks of Markdown are left out', () => {
    expect(new Lines(80, wide).of('one\n\ntwo')).toEqual(['one', '', 'two']);
    expect(plainText('## A **bold** `word`\n* item')).toBe('A bold word\n• item');
  });
});
