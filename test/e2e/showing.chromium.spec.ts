/**
 * What a window does while a reply is written, counted: the model shares the processor with it. Nothing is written to the page
 * that is there already, nothing moves by itself, and a word that surfaces changes its own line alone.
 */
import { ask, ended, newChat, plainSettings } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';

interface Seen {
  frames: number;
  moving: number;
  again: string[];
  contained: boolean;
  canvas: boolean;
}

test('while a reply is written, nothing is written again that is there, and nothing moves by itself', async ({
  app,
}) => {
  const { page } = app;
  // any model fills one core
  await page.addInitScript(() => Object.defineProperty(navigator, 'hardwareConcurrency', { get: () => 1 }));
  await page.reload();
  await plainSettings(app, { mode: 'exact', maxTokens: 80 });
  await newChat(page);
  await page.evaluate(() => {
    const seen: Seen = { frames: 0, moving: 0, again: [], contained: false, canvas: false };
    Object.assign(window, { seen });
    const writing = (): Element | null => document.querySelector('[data-role=assistant][data-status=pending]');
    new MutationObserver((records) => {
      for (const { type, target, oldValue, attributeName } of records) {
        if (!writing()?.contains(target)) continue;
        const now = type === 'attributes' ? (target as Element).getAttribute(attributeName ?? '') : target.nodeValue;
        const what = `${target.nodeName} ${attributeName ?? 'text'} ${oldValue}`;
        // one change and back within a frame reads the same: only what is set once is told
        const times = records.filter(
          (other) => other.target === target && other.attributeName === attributeName,
        ).length;
        if (now === oldValue && times === 1 && seen.again.length < 20) seen.again.push(what);
      }
    }).observe(document.body, {
      subtree: true,
      attributes: true,
      attributeOldValue: true,
      characterData: true,
      characterDataOldValue: true,
    });
    const look = (): void => {
      const reply = writing();
      if (reply) {
        seen.frames++;
        const moving = document.getAnimations().some(({ effect, playState }) => {
          const target = effect instanceof KeyframeEffect ? effect.target : null;
          return playState === 'running' && target !== null && reply.contains(target);
        });
        if (moving) seen.moving++;
        const line = reply.querySelector('[data-testid=canvas] .line');
        if (line) {
          seen.canvas = true;
          seen.contained = /size.*layout|strict/.test(getComputedStyle(line).contain);
        }
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await ask(page, 'Explain in three sentences why the sky is blue.');
  await ended(page);
  const seen = await page.evaluate(() => (window as unknown as { seen: Seen }).seen);
  expect(seen.frames).toBeGreaterThan(5);
  expect(seen.again).toEqual([]);
  expect(seen.moving).toBe(0);
  expect(seen.canvas).toBe(true);
  expect(seen.contained).toBe(true);
});
