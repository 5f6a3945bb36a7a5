/** Finding: over all conversations, in one, and by name in the palette; with the keys a person presses. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { openStore } from '../../core/store/index.ts';
import { composer } from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';

/** A profile with a long conversation, one with a branch, and one that is about something else. */
function filled(): string {
  const dataDir = newDataDir();
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  const { store } = opened.value;
  let at = Date.UTC(2026, 0, 1);
  const chat = (id: string, title: string, texts: readonly string[]): void => {
    store.conversations.create({ id, title, createdAt: at });
    texts.forEach((text, i) => {
      at += 60_000;
      store.messages.add({
        id: `${id}-${i}`,
        conversationId: id,
        parentId: i === 0 ? null : `${id}-${i - 1}`,
        role: i % 2 ? 'assistant' : 'user',
        text,
        status: 'complete',
        createdAt: at,
      });
    });
    store.conversations.show(id, `${id}-${texts.length - 1}`);
    store.conversations.touch(id, at);
  };
  chat(
    'long',
    'A walk along the coast',
    Array.from({ length: 40 }, (_, i) =>
      i === 5
        ? 'Where does the **Leuchtfeuer** of Übersee stand?'
        : `Step ${i}: over the rocks, past the old boats.\n\n${'The tide goes out and comes in again. '.repeat(12)}`,
    ),
  );
  chat('branch', 'Bread', ['How long does dough rest?', 'About an hour.']);
  store.messages.add({
    id: 'branch-other',
    conversationId: 'branch',
    parentId: 'branch-0',
    role: 'assistant',
    text: 'Overnight, in a cold larder by the lighthouse.',
    status: 'complete',
    createdAt: at,
  });
  store.conversations.show('branch', 'branch-1');
  chat('other', 'Names for a grey cat', ['What shall I call it?', 'Ash, or Smoke.']);
  store.close();
  return dataDir;
}
const found = (page: Page, name: 'found' | 'found-current'): Promise<string[]> =>
  page.evaluate(
    (key) => [...(CSS.highlights.get(key) ?? [])].map((range) => (range instanceof Range ? range.toString() : '')),
    name,
  );
const violations = async (page: Page, part: string) =>
  (await new AxeBuilder({ page }).setLegacyMode().include(part).analyze()).violations;

test('any words are found as one types, opened where they stand, walked through, and called by name', async ({
  start,
}) => {
  const { page } = await start({ dataDir: filled() });
  const results = page.getByTestId('search-results');
  const hits = page.getByTestId('search-hit');
  await expect(page.getByTestId('conversation-item')).toHaveCount(3);

  // as one types: without case and accents, a part of a word
  await page.keyboard.press('Control+Shift+f');
  await expect(page.getByTestId('search')).toBeFocused();
  await page.keyboard.type('uberse');
  await expect(hits).toHaveCount(1);
  await expect(hits.locator('mark')).toHaveText('Überse');
  await expect(results.getByRole('status')).toHaveText('1 conversation');
  expect(await violations(page, '[data-testid=search-results]')).toEqual([]);

  // Enter on a result opens the message, with the words marked
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(hits.first()).toBeFocused();
  await page.keyboard.press('Enter');
  const message = page.locator('[data-message-id=long-5]');
  await expect(message).toBeInViewport();
  await expect(page.getByTestId('find-bar')).toContainText('1 of 1');
  if (await page.evaluate(() => 'highlights' in CSS))
    await expect.poll(() => found(page, 'found-current')).toEqual(['Überse']);

  // on a branch that is not shown
  await page.keyboard.press('Control+Shift+f');
  await page.keyboard.type('larder light');
  await expect(hits).toContainText(['Overnight']);
  await hits.first().click();
  await expect(page.locator('[data-message-id=branch-other]')).toBeInViewport();
  await expect(page.getByTestId('find-bar')).toContainText('1 of 2');

  // a filter that hides it, and the way back
  await results.getByLabel('Written by').selectOption('user');
  await expect(results).toContainText('Nothing found for “larder light”.');
  await results.getByRole('button', { name: 'Search everything' }).click();
  await expect(hits).toHaveCount(1);
  await page.getByTestId('search').press('Escape');
  await expect(page.getByTestId('conversation-item')).toHaveCount(3);

  // inside a conversation: counted, in a circle, marked where one looks
  await page.getByTestId('conversation-item').filter({ hasText: 'coast' }).click();
  await expect(page.locator('[data-message-id=long-5]')).toBeInViewport();
  await page.keyboard.press('Control+f');
  await page.keyboard.type('step 1');
  const bar = page.getByTestId('find-bar');
  await expect(bar).toContainText('11 of 11');
  await page.keyboard.press('Enter');
  await expect(bar).toContainText('1 of 11');
  await expect(page.locator('[data-message-id=long-1]')).toBeInViewport();
  await page.keyboard.press('Shift+Enter');
  await expect(bar).toContainText('11 of 11');
  await expect(page.locator('[data-message-id=long-19]')).toBeInViewport();
  await page.keyboard.press('F3');
  await page.keyboard.press('F3');
  await expect(page.locator('[data-message-id=long-10]')).toBeInViewport();
  if (await page.evaluate(() => 'highlights' in CSS))
    await expect.poll(() => found(page, 'found-current')).toEqual(['Step 1']);
  expect(await violations(page, '[data-testid=find-bar]')).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(bar).toBeHidden();
  await expect(composer(page)).toBeFocused();

  // by name: a conversation, a command, and what neither has
  await page.keyboard.press('Control+k');
  const palette = page.getByTestId('palette');
  await expect(palette.getByRole('combobox')).toBeFocused();
  expect(await violations(page, '[data-testid=palette]')).toEqual([]);
  await page.keyboard.type('grycat');
  await expect(palette.getByRole('option').first()).toContainText('Names for a grey cat');
  await page.keyboard.press('Enter');
  await expect(palette).toBeHidden();
  await expect(page.locator('[data-message-id=other-1]')).toBeInViewport();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('shortcuts');
  await expect(palette).toContainText('Search all messages for “shortcuts”');
  await page.keyboard.press('Control+k');
  await expect(palette).toBeHidden();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('this list');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
});
