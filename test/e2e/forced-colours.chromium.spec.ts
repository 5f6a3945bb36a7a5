/** A contrast theme of the system: marks under words stay lines, and what is pointed at is told by the system's own pair. */
import type { Page } from '@playwright/test';
import { ask, ended, lastReply, marked, newChat, plainSettings } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';

/** The share of pixels of a picture that have its commonest colour: the page's ground, where words are not blocks. */
async function groundOf(page: Page, name: string): Promise<number> {
  const clip = await page.evaluate((of) => {
    const [first] = CSS.highlights.get(of) ?? [];
    if (!(first instanceof Range)) throw new Error(`nothing is marked as ${of}`);
    const { x, y, width, height } = first.getBoundingClientRect();
    return { x, y, width, height };
  }, name);
  const picture = (await page.screenshot({ clip })).toString('base64');
  // a page of its own decodes it: the app's policy loads no pictures
  const other = await page.context().newPage();
  const share = await other.evaluate(async (data) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    if (!pen) throw new Error('there is no canvas');
    pen.drawImage(bitmap, 0, 0);
    const { data: pixels } = pen.getImageData(0, 0, bitmap.width, bitmap.height);
    let ground = 0;
    for (let i = 0; i < pixels.length; i += 4)
      if ((pixels[i] ?? 0) > 240 && (pixels[i + 1] ?? 0) > 240 && (pixels[i + 2] ?? 0) > 240) ground++;
    return ground / (pixels.length / 4);
  }, picture);
  await other.close();
  return share;
}

test('marks of unsure words, of confidence and of arrival are lines, not solid blocks', async ({ app }) => {
  const { page } = app;
  await page.emulateMedia({ forcedColors: 'active', colorScheme: 'light' });
  await plainSettings(app, { mode: 'ar', temperature: 1.3, maxTokens: 32, seed: 5 });
  await app.call('settings.set', { unsureMarks: true });
  await newChat(page);
  await ask(page, 'Describe the sea in one sentence.');
  await ended(page);
  await expect.poll(() => marked(page, 'unsure')).not.toEqual([]);
  expect(await groundOf(page, 'unsure')).toBeGreaterThan(0.45);
  await page.keyboard.press('Alt+c');
  await expect(lastReply(page).getByTestId('token-text')).toBeVisible();
  const level = (await marked(page, 'unsure-5')).length > 0 ? 'unsure-5' : 'unsure-4';
  expect(await groundOf(page, level)).toBeGreaterThan(0.4);
  await page.keyboard.press('Escape');
  await app.call('settings.set', { unsureMarks: false });
  await page.emulateMedia({ forcedColors: null, colorScheme: null });
});
