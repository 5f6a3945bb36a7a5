/**
 * The canvas as an eye follows it, frame by frame: no word over another, nothing past the column, nothing above that moves, no line
 * that jumps. Whether a struck word is seen depends on the machine, as a quick one drops the motion: unit tests hold that.
 */
import type { SettingsChange } from '../fixtures/settings.ts';
import { ask, ended, newChat, plainSettings } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';
import { beginStrip, endStrip } from './support/strip.ts';

const QUESTION = 'Explain in three sentences why the sky is blue.';
const LIST = 'Give me three tips for sleeping better.';
const ways: { name: string; question: string; settings: SettingsChange }[] = [
  { name: 'Exact', question: QUESTION, settings: { mode: 'exact', maxTokens: 60 } },
  { name: 'Exact, a list', question: LIST, settings: { mode: 'exact', maxTokens: 90 } },
  {
    name: 'Fast with the drafter',
    question: QUESTION,
    settings: { mode: 'fast', blockLength: 4, maxTokens: 60 },
  },
  { name: 'blocks of 16', question: LIST, settings: { mode: 'fast', blockLength: 16, maxTokens: 96 } },
  {
    name: 'a whole canvas of 64',
    question: QUESTION,
    settings: { mode: 'fast', blockLength: 64, maxTokens: 64 },
  },
];

for (const { name, question, settings } of ways)
  for (const [width, theme] of [
    [1440, 'paper'],
    [390, 'plate'],
  ] as const)
    test(`${name}, ${width} wide, ${theme}: nothing stands over anything, nothing above moves, no line jumps`, async ({
      app,
    }) => {
      const { page } = app;
      await page.setViewportSize({ width, height: 860 });
      await app.call('settings.set', { theme });
      await plainSettings(app, settings);
      await newChat(page);
      await beginStrip(page);
      await ask(page, question);
      await ended(page);
      const strip = await endStrip(page);
      expect(strip.faults).toEqual([]);
      expect(strip.frames).toBeGreaterThan(10);
      expect(strip.grain).toBeGreaterThan(5);
    });
