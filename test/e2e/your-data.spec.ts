/** Backups and what they are for, as a person uses them: back up, lose something, bring it back; a database that was damaged. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { ask, ended, openSettings, plainSettings } from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';
import { engineReady } from './support/runtimes.ts';

const sheet = (page: Page): Locator => page.getByTestId('data-sheet');
const entries = (page: Page): Locator => page.getByTestId('conversation-item');
async function openSheet(page: Page): Promise<void> {
  await openSettings(page, 'Your data');
  await page.getByRole('region', { name: 'Your data' }).getByRole('button').click();
  await expect(sheet(page).getByRole('region', { name: 'Backups' })).toBeVisible();
}

test('back up now, delete, and bring it back: merged, and as a profile beside', async ({ start, runtime }) => {
  const app = await start();
  const { page } = app;
  await engineReady(app);
  await plainSettings(app, { maxTokens: 12 });
  await ask(page, 'Name two fruits.');
  await ended(page);

  await openSheet(page);
  await expect(sheet(page)).toContainText(app.dataDir);
  await sheet(page).getByRole('button', { name: 'Back up now' }).click();
  await expect(sheet(page)).toContainText('Backed up: 1 conversation, opened and counted.');
  await expect(sheet(page).getByTestId('backups').getByRole('listitem')).toHaveCount(1);
  await sheet(page).getByRole('button', { name: 'Check', exact: true }).click();
  await expect(sheet(page)).toContainText('Whole: 1 conversation, 2 messages, nothing wrong.');
  if (runtime === 'chromium')
    expect(
      (await new AxeBuilder({ page }).include('[data-testid=data-sheet]').analyze()).violations.map(({ id }) => id),
    ).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toBeHidden();

  const [conversation] = await app.call('conversations.list', {});
  await app.call('conversations.organise', { ids: [conversation?.id ?? ''], change: { to: 'trash', on: true } });
  await expect(entries(page)).toHaveCount(0);
  await openSheet(page);
  await sheet(page)
    .getByRole('button', { name: /^Restore from/ })
    .click();
  await sheet(page).getByRole('button', { name: 'Merge what is missing' }).click();
  await expect(sheet(page)).toContainText('Brought back: 1 conversation from the trash.');
  await expect(entries(page)).toHaveCount(1);

  // the same backup as a profile of its own: the page begins anew there, and comes back
  await app.call('conversations.rename', { id: conversation?.id ?? '', title: 'Renamed since' });
  await sheet(page).getByRole('button', { name: 'Open as a profile of its own' }).click();
  await expect(sheet(page)).toBeHidden();
  await expect(entries(page)).toHaveCount(1);
  await expect(entries(page)).not.toContainText('Renamed since');
  await openSheet(page);
  await sheet(page)
    .getByTestId('profiles')
    .getByRole('button', { name: `Open the profile in ${app.dataDir}` })
    .click();
  await expect(entries(page)).toContainText('Renamed since');
});

test('a damaged database: the window opens, says what came from where, and shows the conversations', async ({
  start,
}) => {
  const dataDir = newDataDir();
  const first = await start({ dataDir });
  await engineReady(first);
  await plainSettings(first, { maxTokens: 12 });
  await ask(first.page, 'Name two fruits.');
  await ended(first.page);
  await first.call('backup.now', {});
  await ask(first.page, 'And two trees.');
  await ended(first.page);
  await first.close();

  const file = path.join(dataDir, 'mezzotint.db');
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0, 0, 100));
  const second = await start({ dataDir });
  const { page } = second;
  await expect(page.getByRole('alert')).toContainText('The database was damaged.');
  await expect(page.getByRole('alert')).toContainText('written since then came from the damaged file');
  await expect(page.getByRole('alert')).toContainText('set aside, not deleted');
  await entries(page).first().click();
  await expect(page.getByTestId('message')).toHaveCount(4);
  await expect(page.getByTestId('message').nth(2)).toContainText('And two trees.');
  expect(readdirSync(dataDir).some((name) => name.startsWith('mezzotint-damaged-'))).toBe(true);
});
