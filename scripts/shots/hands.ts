/** What a person does before a picture is taken. */
import type { Page } from 'playwright';

export interface Scene {
  name: string;
  /** What the demo's address asks for. */
  query: string;
  act?: (page: Page) => Promise<void>;
}
export const settled = async (page: Page): Promise<void> => {
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await page.waitForTimeout(350);
};
export const ask = async (page: Page, text: string): Promise<void> => {
  await page.getByTestId('composer-input').fill(text);
  await page.getByTestId('send').click();
};
export const showList = async (page: Page): Promise<void> => {
  const show = page.getByRole('button', { name: 'Show conversations' });
  if (await show.isVisible()) await show.click();
  await page.getByTestId('conversation-item').first().waitFor();
};
export const open = async (page: Page, title: string): Promise<void> => {
  await showList(page);
  await page.getByTestId('conversation-item').filter({ hasText: title }).first().click();
  await page.getByTestId('message').first().waitFor();
};
export const frozen = async (page: Page): Promise<void> => {
  await page.getByTestId('slot').first().waitFor();
  await page.waitForTimeout(1400);
};

/** An item of a message's menu, or of a list it opens; the last message's where none is named. */
export async function choose(
  page: Page,
  item: string,
  sub?: string,
  more = page.getByTestId('more').last(),
): Promise<void> {
  await more.focus();
  await page.keyboard.press('Enter');
  if (sub !== undefined && (page.viewportSize()?.width ?? 0) > 820)
    await page.getByRole('menuitem', { name: item }).press('ArrowRight');
  await page.getByRole('menuitem', { name: sub ?? item, exact: true }).click();
}
/** The sheet of models; with a path, what is said of it. */
export async function showModels(page: Page, place?: string): Promise<void> {
  await page.getByTestId('composer-input').press('Control+k');
  await page.keyboard.type('import a model');
  await page.keyboard.press('Enter');
  await page.getByTestId('models-sheet').waitFor();
  if (place === undefined) return;
  await page.getByTestId('model-path').fill(place);
  await page.keyboard.press('Enter');
}
/** Chooses four words of the reply that is being rewritten. */
export async function chooseWords(page: Page): Promise<void> {
  await page.getByTestId('rewrite-text').focus();
  for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowRight');
  for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowRight');
}
export const move = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('tab', { name: 'Your data' }).click();
  await page.getByRole('button', { name: 'Export or import…' }).click();
  await page.getByTestId('transfer').waitFor();
};
export const yourData = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('tab', { name: 'Your data' }).click();
  await page.getByRole('button', { name: 'Show…' }).click();
  await page.getByTestId('backups').waitFor();
};
const conversations = Array.from({ length: 12 }, (_, n) => ({
  id: `chat-${n}`,
  conversations: [
    { from: 'human', value: `Which tools did plate ${n + 1} need?` },
    { from: 'gpt', value: 'A rocker to raise the burr, a scraper, and a burnisher for the lights.' },
  ],
}));
export async function chooseFiles(page: Page): Promise<void> {
  await move(page);
  await page.getByText('Import', { exact: true }).click();
  await page
    .getByLabel('Choose files')
    .setInputFiles([
      { name: 'conversations.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(conversations)) },
    ]);
}

export const search = async (page: Page, words: string): Promise<void> => {
  await page.keyboard.press('Control+Shift+f');
  await page.getByTestId('search').fill(words);
  await page.getByTestId('search-results').waitFor();
};
