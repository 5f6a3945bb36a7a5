/** A window as narrow as a phone. */
import { ask, ended, lastReply, newChat, plainSettings, storedReply } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';

test('in a narrow window the list of a menu stands in it, wholly in sight, and works by keys', async ({ app }) => {
  const { page } = app;
  const before = page.viewportSize() ?? { width: 1180, height: 820 };
  await page.setViewportSize({ width: 390, height: 844 });
  try {
    await plainSettings(app, { mode: 'exact', maxTokens: 8 });
    await newChat(page);
    await ask(page, 'Name a colour.');
    await ended(page);
    await lastReply(page).getByTestId('more').focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('menuitem', { name: 'Same settings, new seed' })).toBeFocused();
    const box = await page.getByRole('menu').boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 1000)).toBeLessThanOrEqual(390);
    await page.getByRole('menuitem', { name: 'In One by one mode' }).press('Enter');
    await expect(lastReply(page).getByText('2 / 2')).toBeVisible();
    await ended(page);
    expect((await storedReply(app)).generation?.mode).toBe('ar');
  } finally {
    await page.setViewportSize(before);
  }
});
