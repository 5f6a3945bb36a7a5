import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { ask, composer, newChat, plainSettings } from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';
import { engineReady, type App } from './support/runtimes.ts';

const chat = (page: Page, title: string): Locator => page.getByTestId('conversation-item').filter({ hasText: title });
const folder = (page: Page, name: string): Locator => page.getByTestId('folder').filter({ hasText: name });
const undo = (page: Page): Promise<void> => page.getByRole('button', { name: 'Undo' }).click();
const menu = (page: Page, name: string): Promise<void> => page.getByRole('menuitem', { name }).click();
const names = ['Apples and pears', 'Bread for two', 'Copper plates', 'Dutch tulips', 'Early trains'];
const listed = async (app: App): Promise<string[]> =>
  (await app.call('conversations.list', {})).map(({ title }) => title).sort();

const exchange = (question: string, answer = `About ${question}.`) => [
  { role: 'user', content: question },
  { role: 'assistant', content: answer },
];
/** Conversations as an import brings them: no model has to write them. `turns`: exchanges of each. */
async function bring(
  app: App,
  titles: readonly string[],
  turns: (title: string) => unknown[] = (title) => exchange(title),
): Promise<void> {
  const bytes = Buffer.from(titles.map((title) => JSON.stringify({ messages: turns(title) })).join('\n'));
  const { importId } = await app.call('import.begin', { files: [{ name: 'chats.jsonl', size: bytes.length }] });
  await app.call('import.add', { importId, file: 0, at: 0, data: bytes.toString('base64') });
  await app.call('import.plan', { importId });
  await app.call('import.run', { importId });
  await expect(app.page.getByTestId('conversation-item')).toHaveCount(titles.length);
}
async function clean(page: Page): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
    expect(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`),
    ).toEqual([]);
  }
}

test('conversations are laid into folders, pinned and archived, one or several at once, by pointer and by keys; all of it is undone', async ({
  start,
}) => {
  const app = await start();
  const { page } = app;
  await bring(app, names);

  // a folder is made and named where it stands; a conversation is dragged into it
  await page.getByRole('button', { name: 'New folder' }).click();
  await expect(page.getByRole('textbox', { name: /New folder/ })).toBeFocused();
  await page.keyboard.type('Kitchen');
  await page.keyboard.press('Enter');
  await expect(folder(page, 'Kitchen')).toBeFocused();
  await chat(page, 'Bread for two').dragTo(folder(page, 'Kitchen'));
  await expect(folder(page, 'Kitchen')).toHaveAccessibleName('Folder Kitchen, 1 chat');
  await undo(page);
  await expect(folder(page, 'Kitchen')).toHaveAccessibleName('Folder Kitchen, 0 chats');

  // several are chosen and dragged together
  await chat(page, 'Apples').click({ modifiers: ['ControlOrMeta'] });
  await chat(page, 'Copper').click({ modifiers: ['ControlOrMeta'] });
  await expect(page.getByRole('toolbar', { name: 'Selected chats' })).toContainText('2 selected');
  await clean(page);
  await chat(page, 'Copper').dragTo(folder(page, 'Kitchen'));
  await expect(folder(page, 'Kitchen')).toHaveAccessibleName('Folder Kitchen, 2 chats');
  // the name changes at once; the focus comes back to the list when the service has answered
  await expect(page.getByText('Moved 2 chats to Kitchen.')).toBeVisible();

  // by keys alone: a range, the menu, another folder
  await chat(page, 'Early trains').focus();
  await page.keyboard.press('Shift+ArrowUp');
  await expect(page.getByRole('toolbar', { name: 'Selected chats' })).toContainText('2 selected');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('menu')).toBeVisible();
  await clean(page);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(chat(page, 'Dutch tulips')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('toolbar', { name: 'Selected chats' })).toHaveCount(0);

  // a folder that is folded stays so; one that is deleted keeps its conversations
  await folder(page, 'Kitchen').click();
  await expect(chat(page, 'Apples')).toHaveCount(0);
  await page.reload();
  await expect(folder(page, 'Kitchen')).toHaveAttribute('aria-expanded', 'false');
  await folder(page, 'Kitchen').focus();
  await page.keyboard.press('Delete');
  await expect(folder(page, 'Kitchen')).toHaveCount(0);
  await expect(chat(page, 'Apples')).toBeVisible();
  await undo(page);
  await expect(folder(page, 'Kitchen')).toHaveAccessibleName('Folder Kitchen, 2 chats');

  await chat(page, 'Dutch tulips').click({ button: 'right' });
  await menu(page, 'Pin');
  await expect(page.getByRole('treeitem').first()).toHaveAccessibleName('Pinned');
  await chat(page, 'Dutch tulips').click({ button: 'right' });
  await menu(page, 'Archive');
  await expect(chat(page, 'Dutch tulips')).toHaveCount(0);
  await page.getByRole('button', { name: 'Archive', exact: true }).click();
  await expect(chat(page, 'Dutch tulips')).toBeVisible();
  await page.getByRole('button', { name: 'Back to the chats' }).click();
  expect(await listed(app)).toEqual(names);
});

test('what is deleted lies in the trash and comes back whole; emptying asks once', async ({ start }) => {
  const app = await start();
  const { page } = app;
  await bring(app, names);
  await chat(page, 'Bread').click();
  await expect(page.getByTestId('message')).toHaveCount(2);
  await chat(page, 'Bread').focus();
  await page.keyboard.press('Delete');
  await expect(chat(page, 'Bread')).toHaveCount(0);
  await expect(page.getByTestId('message')).toHaveCount(0);
  await undo(page);
  await expect(page.getByTestId('message')).toHaveCount(2);
  await chat(page, 'Apples').click({ modifiers: ['ControlOrMeta'] });
  await chat(page, 'Copper').click({ modifiers: ['Shift'] });
  await page.getByRole('toolbar', { name: 'Selected chats' }).getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByTestId('conversation-item')).toHaveCount(2);

  await page.getByRole('button', { name: 'Trash', exact: true }).click();
  await expect(page.getByTestId('trashed')).toHaveCount(3);
  await expect(page.getByTestId('trashed').first()).toContainText('30 days left');
  await clean(page);
  await page.getByTestId('trashed').filter({ hasText: 'Bread' }).hover();
  await page.getByRole('button', { name: 'Restore “Bread for two”' }).click();
  await expect(page.getByTestId('trashed')).toHaveCount(2);
  await page.getByRole('button', { name: 'Empty the trash…' }).click();
  await page.getByRole('button', { name: 'Keep them' }).click();
  await expect(page.getByTestId('trashed')).toHaveCount(2);
  await page.getByRole('button', { name: 'Empty the trash…' }).click();
  await page.getByTestId('erase').click();
  await expect(page.getByTestId('trashed')).toHaveCount(0);
  await page.getByRole('button', { name: 'Back to the chats' }).click();
  await chat(page, 'Bread').click();
  await expect(page.getByTestId('message')).toHaveCount(2);
  expect(await listed(app)).toEqual(['Bread for two', 'Dutch tulips', 'Early trains']);
});

test('words that were not sent are there after kill -9, for each conversation; a reply that nobody saw is marked until it is opened', async ({
  start,
}) => {
  const dataDir = newDataDir();
  const first = await start({ dataDir });
  await bring(first, names);
  await composer(first.page).fill('for a new chat');
  await chat(first.page, 'Bread').click();
  await expect(first.page.getByTestId('message')).toHaveCount(2);
  await composer(first.page).pressSequentially('And with rye');
  const id = (await first.call('conversations.list', {})).find(({ title }) => title === 'Bread for two')?.id ?? '';
  await expect
    .poll(async () => (await first.call('drafts.read', { conversationId: id })).draft, {
      timeout: 1000,
      intervals: [50],
    })
    .toBe('And with rye');
  await first.kill();

  const app = await start({ dataDir });
  const { page } = app;
  await page.keyboard.press('Alt+n');
  await expect(composer(page)).toHaveValue('for a new chat');
  await chat(page, 'Bread').click();
  await expect(composer(page)).toHaveValue('And with rye');

  await engineReady(app);
  await plainSettings(app, { maxTokens: 24 });
  await newChat(page);
  await ask(page, 'Name three colours.');
  await chat(page, 'Copper').click();
  await expect(chat(page, 'Name three colours')).toContainText('a new reply', { timeout: 60_000 });
  await expect(page).toHaveTitle(/^\(1\) /);
  await chat(page, 'Name three colours').click();
  await expect(page).toHaveTitle(/^Name three colours/);
  await expect(composer(page)).toHaveValue('');
});

test('a conversation opens where it was read last, also after a restart', async ({ start }) => {
  const dataDir = newDataDir();
  const first = await start({ dataDir });
  const lines = (n: number): string =>
    Array.from(
      { length: 12 },
      (_, i) => `Line ${i + 1} of part ${n}, long enough to stand for a sentence that somebody wrote.`,
    ).join('\n\n');
  await bring(first, names.slice(0, 2), (title) =>
    title.startsWith('Apples')
      ? Array.from({ length: 12 }, (_, n) => exchange(n === 0 ? title : `Part ${n}?`, lines(n))).flat()
      : exchange(title),
  );
  const open = async ({ page }: App, title: string): Promise<void> => {
    await chat(page, title).click();
    await expect(page.locator('h1')).toHaveText(title);
    await expect(page.getByTestId('message').first()).toBeVisible();
  };
  /** Where a line stands on the screen. */
  const placeOf = (page: Page): Promise<number> =>
    page.getByText('Line 6 of part 5,').evaluate((element) => Math.round(element.getBoundingClientRect().top));
  await open(first, names[0] ?? '');
  await expect(first.page.getByText('Line 12 of part 11,')).toBeInViewport();
  await first.page.getByTestId('thread').evaluate((page) => page.scrollTo(0, page.scrollHeight / 2));
  await first.page.getByText('Line 6 of part 5,').scrollIntoViewIfNeeded();
  const id = (await first.call('conversations.list', {})).find(({ title }) => title === names[0])?.id ?? '';
  await expect.poll(async () => (await first.call('drafts.read', { conversationId: id })).place).not.toBeNull();
  const before = await placeOf(first.page);
  await open(first, names[1] ?? '');
  await open(first, names[0] ?? '');
  await expect.poll(async () => Math.abs((await placeOf(first.page)) - before)).toBeLessThan(4);
  await first.kill();

  const second = await start({ dataDir });
  await open(second, names[0] ?? '');
  await expect.poll(async () => Math.abs((await placeOf(second.page)) - before)).toBeLessThan(4);
});
