/** Every screen, on paper and on plate, has no violation that axe finds; and the page says the language it is in. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { composer, ask, ended, lastReply, newChat, plainSettings, openSettings } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';
import type { App } from './support/runtimes.ts';

const CHAT = 'Sorting names';
const ANSWER = [
  '# A list, sorted',
  'Use `sorted`, which **keeps** the [list](https://example.org) as it is.[^1]',
  '```python\nnames = sorted(["Ada", "Grace"], key=len)  # by length\n```',
  '| Name | Letters |\n|:--|--:|\n| Ada | 3 |\n| Grace | 5 |',
  'It takes $O(n \\log n)$ steps:\n\n$$\\sum_{i=1}^{n} \\log i \\approx n \\log n$$',
  '- [x] read\n- [ ] tried\n\n> Simple is better than complex.',
  '[^1]: The method `sort` changes it.',
].join('\n\n');

/** A conversation as an import brings it: no model has to write it. */
async function bring(app: App): Promise<void> {
  const bytes = Buffer.from(
    JSON.stringify({
      title: CHAT,
      messages: [
        { role: 'user', content: CHAT },
        { role: 'assistant', content: ANSWER },
      ],
    }),
  );
  const { importId } = await app.call('import.begin', { files: [{ name: 'chats.jsonl', size: bytes.length }] });
  await app.call('import.add', { importId, file: 0, at: 0, data: bytes.toString('base64') });
  await app.call('import.plan', { importId });
  await app.call('import.run', { importId });
  await expect(app.page.getByTestId('conversation-item').filter({ hasText: CHAT }).first()).toBeVisible();
}
/** In this page alone: Electron opens no other one. `without`: rules that do not fit this screen. */
async function clean(page: Page, screen: string, without: string[] = []): Promise<void> {
  for (const [colorScheme, sheet] of [
    ['light', 'paper'],
    ['dark', 'plate'],
  ] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expect(page.locator('html')).toHaveCSS('color-scheme', colorScheme);
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().disableRules(without).analyze();
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, any }) => `${id}: ${html.slice(0, 140)} ${any[0]?.message ?? ''}`),
    );
    expect.soft(found, `${screen}, ${sheet}`).toEqual([]);
  }
}
const button = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
const openChat = async (page: Page): Promise<void> => {
  await page.getByTestId('conversation-item').filter({ hasText: CHAT }).first().click();
  await expect(page.locator('math').first()).toBeAttached();
};

test('a conversation and what opens in it', async ({ app }) => {
  const { page } = app;
  await plainSettings(app, { mode: 'exact', maxTokens: 24 });
  await newChat(page);
  await clean(page, 'empty screen');
  await bring(app);
  await openChat(page);
  await clean(page, 'code, table, math');

  await newChat(page);
  await ask(page, 'What is the capital of France?');
  await ended(page);
  await page.keyboard.press('Alt+c');
  await expect(page.getByTestId('token-view')).toBeVisible();
  await page.getByTestId('token-text').focus();
  await clean(page, 'token-view');
  await page.keyboard.press('Alt+r');
  await page.getByTestId('scrubber').getByRole('slider').press('ArrowLeft');
  await page.keyboard.press('Alt+e');
  await expect(page.getByTestId('happening')).toBeVisible();
  await clean(page, "replay and learners' panel");
  await page.keyboard.press('Alt+e');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Alt+v');
  await page.getByTestId('rewrite-text').press('Home');
  await clean(page, 'words written anew');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('rewrite')).toHaveCount(0);
  await lastReply(page).getByTestId('more').click();
  await page.getByRole('menuitem', { name: 'Retry' }).press('ArrowRight');
  // a menu stands at the end of the page while it is open, and has the focus: a landmark around it would say nothing
  await clean(page, 'menu of a reply', ['region']);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Alt+w');
  await button(page, 'Another lane');
  await clean(page, 'race');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('race')).toHaveCount(0);
  await page.getByTestId('template-toggle').click();
  await page.getByTestId('template-input').fill('Dear ___, thank you for [3 words].');
  await clean(page, 'template');
  await page.getByTestId('template-toggle').click();
});

test('what opens over it and beside it', async ({ app }) => {
  const { page } = app;
  await newChat(page);
  await page.keyboard.press('Control+,');
  await expect(page.locator('#max-tokens')).toBeVisible();
  for (const part of ['Appearance', 'Writing', 'Advanced', 'Your data'] as const) {
    await openSettings(page, part);
    await clean(page, `settings: ${part}`);
  }
  await button(page, 'Export or import…');
  await expect(page.getByTestId('transfer')).toBeVisible();
  await clean(page, 'export');
  await page.getByTestId('transfer').getByText('Import', { exact: true }).click();
  await clean(page, 'import');
  await page.keyboard.press('Escape');
  await page.getByRole('region', { name: 'Your data' }).getByRole('button').click();
  await expect(page.getByTestId('data-sheet')).toBeVisible();
  await clean(page, 'your data');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+,');
  await page.keyboard.press('Control+/');
  await expect(page.getByRole('dialog')).toBeVisible();
  await clean(page, 'help');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('ne');
  await clean(page, 'palette');
  await page.keyboard.press('Escape');
  await page.getByTestId('setup-button').click();
  await clean(page, 'instructions');
  await button(page, 'Presets…');
  await button(page, 'New preset');
  await clean(page, 'presets');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('Control+Shift+f');
  await page.keyboard.type('e');
  await expect(page.getByTestId('search-results')).toBeVisible();
  await clean(page, 'search');
  await page.keyboard.press('Escape');
  await bring(app);
  const ids = (await app.call('conversations.list', {})).map(({ id }) => id);
  await app.call('conversations.organise', { ids, change: { to: 'trash', on: true } });
  await button(page, 'Trash');
  await expect(page.getByTestId('trashed').first()).toBeVisible();
  await clean(page, 'trash');
  await page.keyboard.press('Escape');
});

test('in Chinese, the page says so', async ({ app }) => {
  const { page } = app;
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await app.call('settings.set', { language: 'zh' });
  await expect(page.locator('html')).toHaveAttribute('lang', /^zh/);
  await expect(composer(page)).toHaveAttribute('placeholder', /\p{Script=Han}/u);
  await clean(page, 'in Chinese');
  await app.call('settings.set', { language: 'en' });
});
