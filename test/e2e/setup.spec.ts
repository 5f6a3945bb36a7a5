import { ask, composer, ended, newChat, plainSettings, questions, storedReply } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';

test.beforeEach(async ({ app }) => {
  await plainSettings(app, { maxTokens: 12 });
  await newChat(app.page);
});

test('instructions of a conversation are read by the model as the preview says, token for token, and become a preset', async ({
  app,
}) => {
  const { page } = app;
  await page.getByTestId('setup-button').click();
  const sheet = page.getByTestId('setup');
  await sheet.getByLabel('Instructions', { exact: true }).fill('Answer with one word.');
  await sheet.getByLabel('Maximum length').fill('5');
  await sheet.getByRole('button', { name: 'Save as a preset…' }).click();
  await page.keyboard.type('One word');
  await page.keyboard.press('Enter');
  await expect(sheet.getByLabel('Preset')).toHaveValue(/./);
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('setup-button')).toContainText('One word');

  await composer(page).fill('Name a colour.');
  await page.getByTestId('setup-button').click();
  await page.getByRole('button', { name: 'What the model reads…' }).click();
  const parts = page.getByTestId('preview-part');
  await expect(parts).toHaveCount(3);
  await expect(parts.first()).toContainText('<|im_start|>system\nAnswer with one word.<|im_end|>');
  const told = await page.getByTestId('preview-total').innerText();
  await page.keyboard.press('Escape');
  await ask(page, 'Name a colour.');
  await ended(page);
  const { generation } = await storedReply(app);
  expect(told).toContain(`${generation?.counts?.promptTokens} tokens of`);
  expect(generation?.settings.ending.maxTokens).toBe(5);

  // the next chat begins without it, until the preset is made the default
  await newChat(page);
  await expect(page.getByTestId('setup-button')).toHaveAccessibleName('Instructions');
  await page.getByTestId('setup-button').click();
  await page.getByRole('button', { name: 'Presets…' }).click();
  await page.getByRole('button', { name: 'Begin new chats with it' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('setup-button')).toContainText('One word');
  await page.getByTestId('setup-button').click();
  await page.getByRole('button', { name: 'Presets…' }).click();
  await page.getByRole('button', { name: 'Delete “One word”' }).click();
  await expect(page.getByTestId('preset')).toHaveCount(0);
  await page.keyboard.press('Escape');
});

test('a question that is too long is told with its count before it is sent', async ({ app }) => {
  const { page } = app;
  await composer(page).fill('a lighthouse '.repeat(5000));
  await expect(page.getByText(/^1\d,\d{3} tokens, and 8,\d{3} can be read/)).toBeVisible();
  await expect(page.getByTestId('send')).toBeDisabled();
  await composer(page).fill('a lighthouse '.repeat(3000));
  await expect(page.getByTestId('token-count')).toContainText('of 8,');
  await expect(page.getByTestId('send')).toBeEnabled();
  await composer(page).fill('');
  await expect(page.getByTestId('token-count')).toHaveCount(0);
});

test('a text file is attached, read by the model as its count says, kept by an edit; a picture is refused', async ({
  app,
}) => {
  const { page } = app;
  await page.getByTestId('attach-files').setInputFiles([
    { name: 'colours.txt', mimeType: 'text/plain', buffer: Buffer.from('red, green, blue') },
    { name: 'x.png', mimeType: 'image/png', buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]) },
  ]);
  await expect(page.getByTestId('attached')).toHaveText(/colours\.txt\s*\d+ tokens/);
  await expect(page.getByText(/“x\.png” is not plain text/)).toBeVisible();
  await ask(page, 'Which comes first?');
  await ended(page);
  await expect(page.getByTestId('attached')).toHaveCount(0);
  const question = questions(page).last();
  await question.getByRole('button', { name: 'colours.txt' }).click();
  await expect(page.getByTestId('file-text')).toContainText('red, green, blue');
  await page.keyboard.press('Escape');
  await question.hover();
  await question.getByTestId('edit').click();
  await page.getByTestId('edit-question').fill('Which comes last?');
  await page.keyboard.press('Enter');
  await expect(questions(page).last()).toContainText('Which comes last?');
  await ended(page);
  await expect(questions(page).last().getByTestId('file')).toHaveCount(1);
});
