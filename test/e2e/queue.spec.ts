/** Questions asked while a reply is written: seen, changed, sent when it ends, and never lost. */
import type { Page } from '@playwright/test';
import {
  ask,
  committed,
  composer,
  ended,
  LONG_QUESTION,
  newChat,
  plainSettings,
  questions,
  replies,
} from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';
import { engineReady } from './support/runtimes.ts';

const queued = (page: Page) => page.getByTestId('queued');
const queue = (page: Page) => page.getByTestId('queue');
/** Types and presses Enter while a reply is written; resolves once the question waits. */
async function asks(page: Page, text: string): Promise<void> {
  const before = await queued(page).count();
  await composer(page).fill(text);
  await page.keyboard.press('Enter');
  await expect(queued(page)).toHaveCount(before + 1);
  await expect(composer(page)).toHaveValue('');
}

test('a question asked while a reply is written waits in sight, can be changed, and is sent when it ends', async ({
  app,
}) => {
  const { page } = app;
  await plainSettings(app, { maxTokens: 1500 });
  await newChat(page);
  await ask(page, LONG_QUESTION);
  await committed(app, 1);
  await plainSettings(app, { maxTokens: 6 });
  await asks(page, 'Name a colour.');
  await asks(page, 'Name a fruit.');
  await asks(page, 'Name a tool.');
  await expect(queued(page)).toHaveText(['Name a colour.', 'Name a fruit.', 'Name a tool.']);

  // taken off, and back again
  await queued(page).nth(1).getByRole('button', { name: 'Take off' }).click();
  await expect(queued(page)).toHaveText(['Name a colour.', 'Name a tool.']);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(queued(page)).toHaveText(['Name a colour.', 'Name a fruit.', 'Name a tool.']);

  // taken back into the box, changed and asked again: the caret is there
  await queued(page).nth(1).getByRole('button', { name: 'Take back' }).click();
  await expect(composer(page)).toBeFocused();
  await expect(composer(page)).toHaveValue('Name a fruit.');
  await page.keyboard.press('End');
  await page.keyboard.type(' And a herb.');
  await page.keyboard.press('Enter');
  await expect(queued(page)).toHaveText(['Name a colour.', 'Name a tool.', 'Name a fruit. And a herb.']);

  // the first is sent by hand, as this reply would take minutes; each of the others when the reply before it ends
  await page.keyboard.press('Escape');
  await page.getByTestId('queue-send').click();
  await expect(queued(page)).toHaveCount(0, { timeout: 60_000 });
  await expect(questions(page)).toContainText([
    LONG_QUESTION,
    'Name a colour.',
    'Name a tool.',
    'Name a fruit. And a herb.',
  ]);
  await ended(page);
  await expect(replies(page)).toHaveCount(4);
});

test('stopping keeps what waits, and says so; a word sends it', async ({ app }) => {
  const { page } = app;
  await plainSettings(app, { maxTokens: 1500 });
  await newChat(page);
  await ask(page, LONG_QUESTION);
  await committed(app, 1);
  await plainSettings(app, { maxTokens: 6 });
  await asks(page, 'Name a colour.');
  await page.keyboard.press('Escape');
  await ended(page, 'stopped');
  await expect(queue(page)).toContainText('you stopped the reply');
  await expect(questions(page)).toHaveCount(1);
  await page.getByTestId('queue-send').click();
  await expect(questions(page)).toContainText([LONG_QUESTION, 'Name a colour.']);
  await expect(queue(page)).toHaveCount(0);
  await ended(page);
});

test('what waits goes into its own conversation, with its files, though another is open', async ({ app }) => {
  const { page } = app;
  await plainSettings(app, { maxTokens: 120 });
  await newChat(page);
  await ask(page, LONG_QUESTION);
  const { conversationId } = await committed(app, 1);
  await plainSettings(app, { maxTokens: 6 });
  await page
    .getByTestId('attach-files')
    .setInputFiles([{ name: 'colours.txt', mimeType: 'text/plain', buffer: Buffer.from('red and green') }]);
  await expect(page.getByTestId('attached')).toHaveCount(1);
  await asks(page, 'Which colours are in the file?');
  await expect(page.getByTestId('attached')).toHaveCount(0);
  await expect(queued(page)).toContainText('1 file');
  await newChat(page);
  await expect(queue(page)).toHaveCount(0);
  await composer(page).fill('words of another chat');
  await expect
    .poll(
      async () =>
        (await app.call('conversations.get', { id: conversationId })).messages.map(({ role, text, status }) =>
          role === 'user' ? text : status,
        ),
      { timeout: 60_000 },
    )
    .toEqual([LONG_QUESTION, 'complete', 'Which colours are in the file?', 'complete']);
  const { messages } = await app.call('conversations.get', { id: conversationId });
  expect(messages[2]?.attachments).toMatchObject([{ name: 'colours.txt' }]);
  await expect(composer(page)).toHaveValue('words of another chat');
  await expect(questions(page)).toHaveCount(0);
  await composer(page).fill('');
});

test('what waits is there after a reload, and after the app was killed', async ({ start }) => {
  const first = await start();
  const { page, dataDir } = first;
  await engineReady(first);
  await plainSettings(first, { maxTokens: 1500 });
  await ask(page, LONG_QUESTION);
  await committed(first, 1);
  await asks(page, 'Name a colour.');
  await page.reload();
  await expect(queued(page)).toHaveText(['Name a colour.']);
  await first.kill();

  const second = await start({ dataDir });
  await engineReady(second);
  await second.page.getByTestId('conversation-item').first().click();
  await expect(second.page.getByTestId('queue')).toContainText('the app was closed');
  await expect(second.page.getByTestId('queued')).toHaveText(['Name a colour.']);
  await expect(questions(second.page)).toHaveCount(1);
  await plainSettings(second, { maxTokens: 6 });
  await second.page.getByTestId('queue-send').click();
  await expect(questions(second.page)).toContainText([LONG_QUESTION, 'Name a colour.']);
});
