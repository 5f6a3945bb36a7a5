/**
 * Keys of an input method belong to it, in every text field. Safari ends the composition before the Enter that accepts a
 * candidate: that Enter says so by its key code (229) alone.
 */
import type { Locator, Page } from '@playwright/test';
import { ask, composer, ended, newChat, plainSettings, questions } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';

/** What Safari sends when a candidate is accepted by Enter, or dropped by Escape. */
const accepts = (field: Locator, key: 'Enter' | 'Escape' | 'ArrowDown'): Promise<void> =>
  field.evaluate((element, pressed) => {
    element.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
    element.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true, data: '日本語' }));
    element.dispatchEvent(
      new KeyboardEvent('keydown', {
        key: pressed,
        code: pressed,
        keyCode: 229,
        which: 229,
        bubbles: true,
        cancelable: true,
      }),
    );
  }, key);

/** Nothing has happened: the field is there, has the focus and its words; the same conversation is open. */
async function staysOut(page: Page, field: Locator, words: string): Promise<void> {
  await field.fill(words);
  const address = page.url();
  const asked = await questions(page).count();
  for (const key of ['Enter', 'Escape', 'ArrowDown'] as const) {
    await accepts(field, key);
    // two frames: whatever the key did would be drawn
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await expect(field, key).toBeFocused();
    expect(await field.inputValue(), key).toBe(words);
  }
  expect(page.url()).toBe(address);
  expect(await questions(page).count()).toBe(asked);
}

test('Enter that accepts a candidate sends, opens, keeps and leaves nothing', async ({ app }) => {
  const { page } = app;
  await plainSettings(app, { maxTokens: 8 });
  await newChat(page);
  await ask(page, 'Name a colour.');
  await ended(page);

  await test.step('message box', () => staysOut(page, composer(page), '日本語'));
  await composer(page).fill('');
  await test.step('template', async () => {
    await composer(page).fill('日本語');
    await page.getByTestId('template-toggle').click();
    await staysOut(page, page.getByTestId('template-input'), '日本語 [word]');
    await page.getByTestId('template-toggle').click();
    await composer(page).fill('');
  });
  await test.step('question editor', async () => {
    await questions(page).first().getByTestId('edit').click();
    await staysOut(page, page.getByTestId('edit-question'), '日本語');
    await page.keyboard.press('Escape');
  });
  await test.step('search', async () => {
    await page.keyboard.press('Control+Shift+f');
    await page.getByTestId('search').fill('colour');
    await expect(page.getByTestId('search-results')).toContainText('colour');
    await staysOut(page, page.getByTestId('search'), 'colour');
    await page.keyboard.press('Escape');
  });
  await test.step('find in the conversation', async () => {
    await page.keyboard.press('Control+f');
    await staysOut(page, page.getByTestId('find'), 'colour');
    await page.keyboard.press('Escape');
  });
  await test.step('palette', async () => {
    await page.keyboard.press('Control+k');
    await staysOut(page, page.getByTestId('palette').getByRole('combobox'), 'new');
    await page.keyboard.press('Escape');
  });
  await test.step('rename', async () => {
    await page.getByTestId('conversation-item').first().focus();
    await page.keyboard.press('F2');
    const field = page.getByRole('tree').getByRole('textbox');
    await staysOut(page, field, '日本語');
    await page.keyboard.press('Escape');
  });
  await test.step('the instructions in their sheet', async () => {
    await page.getByTestId('setup-button').click();
    await staysOut(page, page.getByRole('dialog').getByRole('textbox').first(), '日本語');
    await page.keyboard.press('Escape');
  });
});
