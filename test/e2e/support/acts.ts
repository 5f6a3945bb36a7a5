/** What a person does and sees, named. */
import { settingsWith, type SettingsChange } from '../../fixtures/settings.ts';
import path from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import type { Message } from '../../../core/contract/conversations.ts';
import { newDataDir } from './fixtures.ts';
import type { App } from './runtimes.ts';

export const composer = (page: Page): Locator => page.getByTestId('composer-input');
export const replies = (page: Page): Locator => page.locator('[data-testid=message][data-role=assistant]');
export const questions = (page: Page): Locator => page.locator('[data-testid=message][data-role=user]');
export const lastReply = (page: Page): Locator => replies(page).last();

/** The same reply on every machine and run: greedy, one seed, short. */
export async function plainSettings(app: App, changes: SettingsChange = {}): Promise<void> {
  const { generation } = await app.call('settings.get', {});
  await app.call('settings.set', {
    replyLength: 'auto',
    generation: settingsWith(generation, { temperature: 0, seed: 7, maxTokens: 40, ...changes }),
  });
}

/** Opens the settings, where they are not open, at one of their four parts. */
export async function openSettings(
  page: Page,
  part: 'Appearance' | 'Writing' | 'Advanced' | 'Your data' = 'Writing',
): Promise<void> {
  const settings = page.getByRole('button', { name: 'Settings', exact: true });
  if ((await page.getByRole('tab', { name: part }).count()) === 0) await settings.click();
  await page.getByRole('tab', { name: part }).click();
}

export async function newChat(page: Page): Promise<void> {
  await expect(composer(page)).toBeVisible();
  await page.keyboard.press('Alt+n');
  await expect(replies(page)).toHaveCount(0);
  await expect(composer(page)).toBeFocused();
}
/** Types and sends; resolves once the question stands in the thread. */
export async function ask(page: Page, text: string): Promise<void> {
  const before = await questions(page).count();
  await composer(page).fill(text);
  await expect(page.getByTestId('send')).toBeEnabled();
  await page.keyboard.press('Enter');
  await expect(questions(page)).toHaveCount(before + 1);
}
export const ended = (page: Page, status: Message['status'] = 'complete'): Promise<void> =>
  expect(lastReply(page)).toHaveAttribute('data-status', status, { timeout: 60_000 });

/** Waits until a running reply has this many committed tokens; returns the message and the text committed by then. */
export async function committed(
  app: App,
  atLeast: number,
): Promise<{ message: Message; text: string; conversationId: string }> {
  let found: { message: Message; text: string; conversationId: string } | undefined;
  await expect
    .poll(
      async () => {
        const [newest] = await app.call('conversations.list', {});
        if (!newest) return 0;
        const { messages, active } = await app.call('conversations.get', { id: newest.id });
        const message = messages.find(({ id }) => id === active?.messageId);
        if (!active || !message) return 0;
        found = { message, text: active.tokens.map(({ text }) => text).join(''), conversationId: newest.id };
        return active.tokens.length;
      },
      { timeout: 60_000, intervals: [50] },
    )
    .toBeGreaterThanOrEqual(atLeast);
  if (!found) throw new Error('no reply is running');
  return found;
}
export async function messagesOf(app: App): Promise<Message[]> {
  const [newest] = await app.call('conversations.list', {});
  return newest ? (await app.call('conversations.get', { id: newest.id })).messages : [];
}
/** The stored reply, newest conversation's last. */
export async function storedReply(app: App): Promise<Message> {
  const message = (await messagesOf(app)).filter(({ role }) => role === 'assistant').at(-1);
  if (!message) throw new Error('no reply is stored');
  return message;
}
export const LONG_QUESTION =
  'Write a long story about a lighthouse keeper, a storm and a lost ship. Tell it slowly, in many paragraphs.';
/** Plain text of rendered prose against stored markdown: letters and digits in order. */
export const letters = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, '');

/** Deletes a model by its row in the library: into the trash, where the system has one that takes it. */
export async function deleteModel(row: Locator, app: App): Promise<void> {
  await row.getByRole('button', { name: /^Delete/ }).click();
  if (app.electron) {
    await row.getByRole('button', { name: 'Move to trash' }).click();
    // a system without a trash says so, and the model is as it was
    const forGood = row.getByRole('button', { name: 'Delete for good' });
    await expect.poll(async () => (await row.count()) === 0 || (await forGood.isVisible())).toBe(true);
    if ((await row.count()) > 0) await forGood.click();
  } else await row.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(row).toHaveCount(0);
}

/** The texts marked by a highlight of this name, in order. */
export const marked = (page: Page, name: string): Promise<string[]> =>
  page.evaluate((of) => [...(CSS.highlights.get(of) ?? [])].map(String), name);
/** The middle of the first text that is marked so. */
export const markedAt = (page: Page, name: string): Promise<{ x: number; y: number }> =>
  page.evaluate((of) => {
    const [first] = CSS.highlights.get(of) ?? [];
    if (!(first instanceof Range)) throw new Error(`nothing is marked as ${of}`);
    const box = first.getBoundingClientRect();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }, name);

/** Presses what saves a file; returns the name it was saved under, and where it lies now. */
export async function savedFile(
  { page, electron }: App,
  press: () => Promise<void>,
): Promise<{ name: string; file: string }> {
  if (!electron) {
    const [download] = await Promise.all([page.waitForEvent('download'), press()]);
    return { name: download.suggestedFilename(), file: await download.path() };
  }
  // in place of the system's dialog, which nobody answers here: a folder for the file
  const dir = newDataDir();
  const done = electron.evaluate(
    ({ session }, folder) =>
      new Promise<string>((resolve) => {
        session.defaultSession.once('will-download', (_event, item) => {
          const name = item.getFilename();
          item.setSavePath(`${folder}/saved`);
          item.once('done', (_done, state) => resolve(state === 'completed' ? name : `not saved: ${state}`));
        });
      }),
    dir,
  );
  await press();
  return { name: await done, file: path.join(dir, 'saved') };
}
