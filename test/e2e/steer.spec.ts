/** The person holds the canvas: words written anew, templates, lengths, weak spots. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { ask, composer, ended, lastReply, messagesOf, newChat, plainSettings, replies, storedReply } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';

test.beforeEach(async ({ app }) => {
  await plainSettings(app, { mode: 'exact', maxTokens: 64 });
  await newChat(app.page);
});

test('selected words of a reply are written anew; a candidate accepted is a version of its own, the rest as it was', async ({ app }) => {
  const { page } = app;
  await ask(page, 'What is the capital of France?');
  await ended(page);
  const before = await storedReply(app);
  const { tokens } = await app.call('generations.trace', { messageId: before.id, frames: false });
  const at = tokens.findIndex(({ text }) => text === ' Paris');
  expect(at).toBeGreaterThan(0);

  // words selected in the set text bring the button; by keys the same view opens without it
  await lastReply(page).getByText('Paris').first().selectText();
  await page.keyboard.press('Shift');
  await page.getByTestId('renoise-selection').click();
  const view = lastReply(page).getByTestId('rework');
  await expect(view).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(view).toHaveCount(0);

  await page.keyboard.press('Alt+v');
  await expect(view.getByRole('listbox')).toBeFocused();
  await page.keyboard.press('Home');
  for (let i = 0; i < at; i++) await page.keyboard.press('ArrowRight');
  await expect(view.getByRole('option', { selected: true })).toHaveText([' Paris']);
  expect((await new AxeBuilder({ page }).setLegacyMode().include('[data-testid=rework]').analyze()).violations).toEqual([]);
  await page.keyboard.press('Enter');
  const candidates = view.getByTestId('candidate');
  await expect(candidates.first()).toBeVisible({ timeout: 60_000 });
  await expect(candidates.first().locator('del, ins').first()).toBeVisible();
  await candidates.first().getByRole('button', { name: 'Accept candidate 1' }).click();
  await expect(view).toHaveCount(0);
  await expect(lastReply(page).getByText('2 / 2')).toBeVisible();
  await ended(page);
  const made = await storedReply(app);
  expect(made.id).not.toBe(before.id);
  const textOf = (from: number, to?: number): string => tokens.slice(from, to).map(({ text }) => text).join('');
  expect(made.text).not.toBe(before.text);
  expect(made.text.startsWith(textOf(0, at))).toBe(true);
  expect(made.text.endsWith(textOf(at + 1))).toBe(true);
  expect((await messagesOf(app)).find(({ id }) => id === before.id)?.text).toBe(before.text);
});

test('a template keeps a person’s words and fills the holes', async ({ app }) => {
  const { page } = app;
  await page.getByTestId('template-toggle').click();
  await expect(page.getByTestId('template-input')).toBeFocused();
  await page.getByTestId('template-input').fill('The capital of [country] is Paris.');
  await expect(page.getByTestId('template-preview')).toContainText('1–8 tokens');
  await composer(page).focus();
  await ask(page, 'Which capital do you like?');
  await ended(page);
  expect((await storedReply(app)).text).toMatch(/^The capital of \S[^.]* is Paris\.$/);
  await expect(page.getByTestId('template')).toHaveCount(0);
  await page.keyboard.press('Alt+c');
  await lastReply(page).getByText('Arrival', { exact: true }).click();
  await expect(lastReply(page).locator('.tokens [data-via=locked]').first()).toHaveText('The');
});

test('a reply is made longer and shorter, and a budget is kept; each is a version beside the old', async ({ app }) => {
  const { page } = app;
  await page.getByTestId('length').selectOption('budget');
  await page.getByTestId('budget').fill('40');
  await page.getByTestId('budget').press('Tab');
  await ask(page, 'Give me three tips for sleeping better.');
  await expect(page.getByTestId('reply-line').last()).toContainText('left');
  await ended(page);
  const first = await storedReply(app);
  const count = async (id: string): Promise<number> => (await app.call('generations.trace', { messageId: id, frames: false })).tokens.length;
  expect(await count(first.id)).toBeLessThanOrEqual(40);
  expect(await count(first.id)).toBeGreaterThanOrEqual(24);
  // a length is kept, also for the next window
  await page.reload();
  await expect(page.getByTestId('length')).toHaveValue('budget');
  await expect(page.getByTestId('budget')).toHaveValue('40');
  await page.getByTestId('length').selectOption('auto');

  await lastReply(page).getByTestId('more').click();
  await page.getByRole('menuitem', { name: 'Make it longer' }).click();
  await expect(lastReply(page).getByText('2 / 2')).toBeVisible();
  await ended(page);
  const longer = await storedReply(app);
  expect(longer.text.startsWith(first.text)).toBe(true);
  expect(await count(longer.id)).toBeGreaterThanOrEqual((await count(first.id)) + 24);

  await lastReply(page).getByTestId('more').click();
  await page.getByRole('menuitem', { name: 'Make it shorter' }).click();
  await expect(lastReply(page).getByText('3 / 3')).toBeVisible();
  await ended(page);
  expect(await count((await storedReply(app)).id)).toBeLessThan(await count(longer.id));
  await expect(replies(page)).toHaveCount(1);
});

/** The words that are marked as weak in the page, in order. */
const weakWords = (page: Page): Promise<string[]> => page.evaluate(() => [...(CSS.highlights.get('weak') ?? [])].map(String));

test('weak spots are marked in a reply and counted under it; one key has them written anew and shows what changes', async ({ app }) => {
  const { page } = app;
  // at this temperature some words are unlikely ones
  await plainSettings(app, { mode: 'ar', temperature: 1.3, maxTokens: 32, seed: 5 });
  await ask(page, 'Describe the sea in one sentence.');
  await ended(page);
  await expect(page.getByTestId('weak-note')).toContainText('weak spot');
  const words = await weakWords(page);
  expect(words.length).toBeGreaterThan(0);
  const told = Number.parseInt((await page.getByTestId('weak-note').textContent()) ?? '', 10);
  const { tokens } = await app.call('generations.trace', { messageId: (await storedReply(app)).id, frames: false });
  const unsure = tokens.filter(({ p }) => p !== null && p < 0.3).map(({ text }) => text.replace(/[^\p{L}\p{N}]/gu, '')).filter((text) => text !== '');
  expect(words.length).toBeGreaterThanOrEqual(told);
  for (const word of words) expect(unsure.some((text) => word.includes(text))).toBe(true);
  await app.call('settings.set', { weakMarks: false });
  await expect.poll(() => weakWords(page)).toEqual([]);
  await app.call('settings.set', { weakMarks: true });
  await expect.poll(() => weakWords(page)).toEqual(words);
  // a press on a marked word leads to the same as the key
  const spot = await page.evaluate(() => {
    const [first] = CSS.highlights.get('weak') ?? [];
    const box = (first as Range).getBoundingClientRect();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  });
  await page.mouse.click(spot.x, spot.y);
  await expect(lastReply(page).getByTestId('rework')).toBeVisible();
  // one press ends what is being written anew, the next closes the view
  await expect(async () => {
    await page.keyboard.press('Escape');
    await expect(lastReply(page).getByTestId('rework')).toHaveCount(0, { timeout: 200 });
  }).toPass();
  await expect.poll(() => weakWords(page)).toEqual(words);
  await composer(page).focus();
  await page.keyboard.press('Alt+u');
  const candidate = lastReply(page).getByTestId('candidate');
  await expect(candidate).toBeVisible({ timeout: 60_000 });
  await expect(candidate.locator('del, ins').first()).toBeVisible();
  await page.getByRole('button', { name: 'Accept candidate 1' }).click();
  await expect(lastReply(page).getByText('2 / 2')).toBeVisible();
  await ended(page);
});
