/** Whoever begins to type writes a message: from the first moment, with no key or click before, and after whatever was open. */
import type { Page } from '@playwright/test';
import { ask, composer, ended, lastReply, newChat, openSettings, plainSettings, questions } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';
import { engineReady } from './support/runtimes.ts';

/** Types at once, and takes the words away again. */
async function typesIntoTheBox(page: Page, words: string): Promise<void> {
  const before = await composer(page).inputValue();
  await page.keyboard.type(words);
  expect(await composer(page).inputValue()).toBe(before + words);
  await composer(page).fill('');
}
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first();

test('typing at once after start, reload and a new chat writes into the box', async ({ start }) => {
  const app = await start();
  const { page } = app;
  await page.keyboard.type('First words');
  expect(await composer(page).inputValue()).toBe('First words');
  await expect.poll(async () => (await app.call('drafts.read', { conversationId: null })).draft).toBe('First words');

  await page.reload();
  await expect(page.locator('.window.ready')).toBeVisible();
  await page.keyboard.type(' and more');
  await expect(composer(page)).toHaveValue('First words and more');

  await composer(page).fill('');
  await button(page, 'New chat').click();
  await typesIntoTheBox(page, 'Another');

  // a conversation that the address names
  await engineReady(app);
  await plainSettings(app, { maxTokens: 8 });
  await ask(page, 'Name a colour.');
  await typesIntoTheBox(page, 'while it is written');
  await ended(page);
  await typesIntoTheBox(page, 'when it has ended');
  await page.reload();
  await expect(questions(page)).toHaveCount(1);
  await typesIntoTheBox(page, 'after the reload');
  await page.getByTestId('conversation-item').first().click();
  await typesIntoTheBox(page, 'after the list');
});

test('typing after a sheet, a panel or a menu has closed writes into the box', async ({ app }) => {
  const { page } = app;
  await plainSettings(app, { maxTokens: 8 });
  await newChat(page);
  await ask(page, 'Name a colour.');
  await ended(page);

  const settings = (): Promise<void> => openSettings(page);
  const opened = (testid: string): Promise<void> => expect(page.getByTestId(testid)).toBeVisible();
  const sheets: Record<string, () => Promise<void>> = {
    help: async () => button(page, 'Keyboard shortcuts').click(),
    palette: async () => page.keyboard.press('Control+k'),
    settings,
    'export and import': async () => {
      await openSettings(page, 'Your data');
      await button(page, 'Export or import…').click();
      await opened('transfer');
    },
    'your data': async () => {
      await openSettings(page, 'Your data');
      await button(page, 'Show…').click();
      // without a list of backups where none was made yet
      await expect(page.getByRole('dialog', { name: 'Your data' })).toBeVisible();
    },
    conversation: async () => page.getByTestId('setup-button').click(),
    race: async () => page.keyboard.press('Alt+w'),
    'find in the conversation': async () => {
      await page.keyboard.press('Control+f');
      await expect(page.getByTestId('find')).toBeFocused();
    },
    'a menu': async () => {
      await lastReply(page).getByTestId('more').click();
      await expect(page.getByRole('menu')).toBeVisible();
    },
  };
  for (const [name, open] of Object.entries(sheets)) {
    await test.step(name, async () => {
      await open();
      for (let i = 0; i < 3; i++) await page.keyboard.press('Escape');
      await expect(page.locator('dialog[open], [role=menu], [data-testid=find-bar], [role=tablist]')).toHaveCount(0);
      // nobody types faster than the window draws
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      await typesIntoTheBox(page, `after ${name}`);
    });
  }
  await test.step('a panel closed by its button', async () => {
    await settings();
    await button(page, 'Close settings').click();
    await typesIntoTheBox(page, 'after the panel');
  });
  await test.step('a click on the page', async () => {
    await questions(page).first().click();
    await typesIntoTheBox(page, 'after a click');
  });
  // a button keeps the focus it has from the keys, and loses no words
  await test.step('from a button reached by keys', async () => {
    await page.keyboard.press('Tab');
    await typesIntoTheBox(page, 'From a button');
  });
});
