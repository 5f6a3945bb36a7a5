/** The person holds the canvas: words written anew, templates, lengths, unsure words. */
import AxeBuilder from '@axe-core/playwright';
import { unsureWords } from '../../renderer/state/rewrite/unsure.ts';
import {
  ask,
  composer,
  ended,
  lastReply,
  letters,
  marked,
  markedAt,
  messagesOf,
  newChat,
  plainSettings,
  replies,
  storedReply,
} from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';

test.beforeEach(async ({ app }) => {
  await plainSettings(app, { mode: 'exact', maxTokens: 64 });
  await newChat(app.page);
});

test('selected words of a reply are written anew; a candidate accepted is a version of its own, the rest as it was', async ({
  app,
}) => {
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
  const view = lastReply(page).getByTestId('rewrite');
  await expect(view).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(view).toHaveCount(0);

  await page.keyboard.press('Alt+v');
  await expect(view.getByTestId('rewrite-text')).toBeFocused();
  // set as in the thread
  expect(letters(await view.getByTestId('rewrite-text').innerText())).toBe(letters(before.text));
  await page.keyboard.press('Home');
  for (let i = 0; i < at; i++) await page.keyboard.press('ArrowRight');
  expect(await marked(page, 'rewrite-chosen')).toEqual(['Paris']);
  expect(
    (await new AxeBuilder({ page }).setLegacyMode().include('[data-testid=rewrite]').analyze()).violations,
  ).toEqual([]);
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
  const textOf = (from: number, to?: number): string =>
    tokens
      .slice(from, to)
      .map(({ text }) => text)
      .join('');
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
  expect((await marked(page, 'via-locked'))[0]).toBe('The');
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
  const count = async (id: string): Promise<number> =>
    (await app.call('generations.trace', { messageId: id, frames: false })).tokens.length;
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

test('unsure words are marked where the person wants them, as the least sure of how many there are, never in code', async ({
  app,
}) => {
  const { page } = app;
  // at this temperature some words are unlikely ones
  await plainSettings(app, { mode: 'ar', temperature: 1.3, maxTokens: 32, seed: 5 });
  await ask(page, 'Describe the sea in one sentence.');
  await ended(page);
  // off until it is asked for
  await expect(page.getByTestId('more').last()).toBeVisible();
  expect(await marked(page, 'unsure')).toEqual([]);
  await expect(page.getByTestId('weak-note')).toHaveCount(0);
  await app.call('settings.set', { unsureMarks: true });
  await expect(page.getByTestId('weak-note')).toContainText('unsure word');
  const { tokens } = await app.call('generations.trace', { messageId: (await storedReply(app)).id, frames: false });
  const told = unsureWords(tokens);
  await expect(page.getByTestId('weak-note')).toHaveText(
    told.shown < told.of
      ? `the ${told.shown} least sure of ${told.of} unsure words`
      : `${told.of} unsure ${told.of === 1 ? 'word' : 'words'}`,
  );
  const words = await marked(page, 'unsure');
  expect(letters(words.join(''))).toBe(
    letters(
      told.ranges
        .map(({ from, to }) =>
          tokens
            .slice(from, to)
            .map(({ text }) => text)
            .join(''),
        )
        .join(''),
    ),
  );
  await app.call('settings.set', { unsureMarks: false });
  await expect.poll(() => marked(page, 'unsure')).toEqual([]);
  await app.call('settings.set', { unsureMarks: true });
  await expect.poll(() => marked(page, 'unsure')).toEqual(words);
  // a press on a marked word leads to the same as the key
  const spot = await markedAt(page, 'unsure');
  await page.mouse.click(spot.x, spot.y);
  await expect(lastReply(page).getByTestId('rewrite')).toBeVisible();
  // one press ends what is being written anew, the next closes the view
  await expect(async () => {
    await page.keyboard.press('Escape');
    await expect(lastReply(page).getByTestId('rewrite')).toHaveCount(0, { timeout: 200 });
  }).toPass();
  await expect.poll(() => marked(page, 'unsure')).toEqual(words);
  await composer(page).focus();
  await page.keyboard.press('Alt+u');
  const candidate = lastReply(page).getByTestId('candidate');
  await expect(candidate).toBeVisible({ timeout: 60_000 });
  await expect(candidate.locator('del, ins').first()).toBeVisible();
  await page.getByRole('button', { name: 'Accept candidate 1' }).click();
  await expect(lastReply(page).getByText('2 / 2')).toBeVisible();
  await ended(page);
  await app.call('settings.set', { unsureMarks: false });
});
