import type { Page } from '@playwright/test';
import { expect, newDataDir, test } from './support/fixtures.ts';

const openSettings = async (page: Page): Promise<void> => {
  await page.keyboard.press('Control+,');
  await expect(page.locator('#max-tokens')).toBeVisible();
};

test('settings take effect at once and are there after a restart', async ({ start }) => {
  const dataDir = newDataDir();
  const first = await start({ dataDir });
  await openSettings(first.page);
  await first.page.locator('#max-tokens').fill('77');
  await first.page.keyboard.press('Tab');
  await first.page.getByText('Plate', { exact: true }).click();
  await first.page.getByRole('switch', { name: 'Loop guard' }).click();
  await expect.poll(async () => (await first.call('settings.get', {})).theme).toBe('plate');
  const ground = await first.page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  expect(ground).toContain('dark');
  await first.close();

  const second = await start({ dataDir });
  const settings = await second.call('settings.get', {});
  expect(settings).toMatchObject({ theme: 'plate', generation: { ending: { maxTokens: 77, loopGuard: false } } });
  await openSettings(second.page);
  await expect(second.page.locator('#max-tokens')).toHaveValue('77');
  await expect(second.page.getByRole('switch', { name: 'Loop guard' })).not.toBeChecked();
});

test('a value out of range is not taken', async ({ app }) => {
  const { page } = app;
  const before = await app.call('settings.get', {});
  await openSettings(page);
  await page.locator('#max-tokens').fill('99999');
  await page.keyboard.press('Tab');
  await expect(page.locator('#max-tokens')).toHaveValue(String(before.generation.ending.maxTokens));
  await page.keyboard.press('Escape');
});
