import { committed, composer, ended, lastReply, LONG_QUESTION, plainSettings, questions } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';

test('everything is done with keys alone', async ({ app }) => {
  const { page } = app;
  await plainSettings(app, { maxTokens: 24 });

  // a new chat puts the caret in the message box; Enter sends, Shift+Enter breaks the line
  await page.keyboard.press('Alt+n');
  await expect(composer(page)).toBeFocused();
  await page.keyboard.type('The first');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('keyboard question');
  await expect(composer(page)).toHaveValue('The first\nkeyboard question');
  await page.keyboard.press('Enter');
  await ended(page);
  await expect(questions(page)).toContainText('keyboard question');

  // Escape stops a reply
  await page.keyboard.press('Alt+n');
  await plainSettings(app, { maxTokens: 1500 });
  await page.keyboard.type(LONG_QUESTION);
  await page.keyboard.press('Enter');
  await committed(app, 4);
  await page.keyboard.press('Escape');
  await ended(page, 'stopped');
  await expect(lastReply(page)).toContainText('You stopped this reply');

  // the list is reached, walked and opened
  await page.keyboard.press('Alt+l');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(questions(page)).toContainText('keyboard question');
  // neighbours are switched without the list
  await page.keyboard.press('Alt+ArrowUp');
  await expect(questions(page)).toContainText('lighthouse');

  // settings open and close, focus comes back to writing
  await page.keyboard.press('Control+,');
  await expect(page.locator('#max-tokens')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('#max-tokens')).toBeHidden();
  await page.keyboard.press('Control+l');
  await expect(composer(page)).toBeFocused();
});
