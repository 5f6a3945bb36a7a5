import { ask, ended, lastReply, newChat, plainSettings, replies, storedReply } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';

test.beforeEach(async ({ app }) => {
  await plainSettings(app, { maxTokens: 12 });
  await newChat(app.page);
});

test('a reply is retried in another mode from its menu by keys alone; both are kept, and the focus is not lost', async ({ app }) => {
  const { page } = app;
  await ask(page, 'Name a colour.');
  await ended(page);
  const more = lastReply(page).getByTestId('more');
  await more.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Retry' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(more).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('menuitem', { name: 'Same settings, new seed' })).toBeFocused();
  await page.getByRole('menuitem', { name: 'In One by one mode' }).press('Enter');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await ended(page);
  expect((await storedReply(app)).generation?.mode).toBe('ar');
  await expect(replies(page)).toHaveCount(1);
  await expect(lastReply(page).getByText('2 / 2')).toBeVisible();
});
