import {
  ask,
  ended,
  lastReply,
  messagesOf,
  newChat,
  plainSettings,
  questions,
  replies,
  storedReply,
} from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';

test.beforeEach(async ({ app }) => {
  await plainSettings(app, { mode: 'exact', maxTokens: 12 }); // the app is shared with other specs
  await newChat(app.page);
});

test('a reply is retried in another mode from its menu by keys alone; both are kept, and the focus is not lost', async ({
  app,
}) => {
  const { page } = app;
  await ask(page, 'Name a colour.');
  await ended(page);
  const more = lastReply(page).getByTestId('more');
  // the page may still come to rest after the reply's end, and a menu closes when what stands under it moves
  await expect(async () => {
    await more.focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('menuitem', { name: 'Retry' })).toBeFocused({ timeout: 3_000 });
  }).toPass({ timeout: 30_000 });
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

test('a question is edited in its place: Escape keeps the edit, asking keeps the old one beside it', async ({
  app,
}) => {
  const { page } = app;
  await ask(page, 'Name a colour.');
  await ended(page);
  const question = questions(page).last();
  await question.hover();
  await question.getByTestId('edit').click();
  const box = page.getByTestId('edit-question');
  await expect(box).toBeFocused();
  await box.fill('Name a fruit.');
  await page.keyboard.press('Escape');
  await expect(box).toHaveCount(0);
  await expect(question).toContainText('Name a colour.');
  await expect(question.getByTestId('more')).toBeFocused();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Go on editing' }).press('Enter');
  await expect(box).toHaveValue('Name a fruit.');
  await page.keyboard.press('Enter');
  await expect(questions(page).last()).toContainText('Name a fruit.');
  await ended(page);
  await questions(page).last().getByRole('button', { name: 'Previous version' }).click();
  await expect(questions(page).last()).toContainText('Name a colour.');
  expect((await messagesOf(app)).map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
});

test('a reply is written again and says that it came out equal; forked; deleted, and brought back', async ({ app }) => {
  const { page } = app;
  await ask(page, 'Name a colour.');
  await ended(page);
  const choose = async (name: string): Promise<void> => {
    await lastReply(page).getByTestId('more').click();
    await page.getByRole('menuitem', { name }).click();
  };
  await choose('Write it again, the same');
  await expect(lastReply(page).getByText('2 / 2')).toBeVisible();
  await ended(page);
  await expect(lastReply(page).getByTestId('compared')).toHaveAttribute('data-kind', 'equal');

  const { text } = await storedReply(app);
  await choose('Fork from here');
  await expect(page.getByTestId('forked-from')).toContainText('Name a colour');
  await expect(replies(page)).toHaveCount(1);
  expect((await messagesOf(app)).map((m) => m.text)).toEqual(['Name a colour.', text]);

  await choose('Delete');
  await expect(replies(page)).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(replies(page)).toHaveCount(1);

  await page.getByTestId('forked-from').getByRole('button').click();
  await expect(lastReply(page).getByTestId('forks')).toContainText('Name a colour');
});
