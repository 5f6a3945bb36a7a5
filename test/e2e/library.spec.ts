/** The library of models, against a hub on this machine: found, fetched, killed in the middle, gone on with, used, deleted. */
import AxeBuilder from '@axe-core/playwright';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { inRoot } from '../../scripts/lib/common.mjs';
import { goldens } from '../fixtures/checkpoints/folder.ts';
import { filesOf, startHub, type TestHub } from '../fixtures/hub/server.ts';
import { ask, composer, deleteModel, ended, lastReply, messagesOf, plainSettings } from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';
import { engineReady, type App } from './support/runtimes.ts';

const REPOSITORY = 'JetLM/SDAR-1.7B-Chat';
const GATED = 'gated/model';
let hub: TestHub;
test.beforeEach(async () => {
  const files = filesOf(path.join(goldens, 'sdar'));
  hub = await startHub({
    [REPOSITORY]: { files, licence: 'mit' },
    [GATED]: { files, gated: true, tokens: ['hf_right'] },
  });
});
test.afterEach(() => hub.close());

const sheet = (page: Page) => page.getByTestId('models-sheet');
const env = (): Record<string, string> => ({ HF_ENDPOINT: hub.endpoint, HF_TOKEN: '' });
async function openLibrary(page: Page): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.keyboard.type('get another model');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('any-repository')).toBeVisible();
}
async function soundly(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().include('dialog[open]').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}
const shown = (app: App, name: string): Promise<unknown> =>
  app.page.screenshot({ path: path.join(inRoot('test-results'), `library-${app.runtime}-${name}.png`) });

test('a model is found, fetched, interrupted by a kill, gone on with, used, switched and deleted', async ({
  start,
}) => {
  test.slow();
  const dataDir = newDataDir();
  const first = await start({ dataDir, env: env() });
  await engineReady(first);
  await openLibrary(first.page);
  await expect(sheet(first.page)).toContainText('Nothing is fetched');
  await soundly(first.page);
  // the start, the window and the open library have connected to nothing
  expect(hub.asked).toEqual([]);
  await first.page.getByTestId('any-repository').fill(REPOSITORY);
  await first.page.keyboard.press('Enter');
  const plan = first.page.getByTestId('found-plan');
  await expect(plan).toContainText(REPOSITORY);
  await expect(plan).toContainText('mit');
  await soundly(first.page);
  await shown(first, 'found');
  hub.fault = ({ route }) => (route === 'store' ? { kind: 'slow', bytes: 2048, ms: 60 } : null);
  await first.page.getByTestId('fetch').click();
  const download = sheet(first.page).locator(`[data-download="${REPOSITORY}"]`);
  await expect(download.getByTestId('hosts')).toContainText(hub.storeHost);
  await expect(download).toContainText(/\d+ kB of \d+ kB/);
  await soundly(first.page);
  await expect
    .poll(async () => {
      const { downloads } = await first.call('models.downloads', {});
      return (downloads[0]?.done ?? 0) / (downloads[0]?.total ?? Infinity);
    })
    .toBeGreaterThan(0.2);
  await first.kill();

  hub.fault = () => null;
  const app = await start({ dataDir, env: env() });
  const { page } = app;
  await engineReady(app);
  await plainSettings(app, { maxTokens: 16 });
  const before = await app.call('models.list', {});
  expect(before.models.map(({ builtIn }) => builtIn)).toEqual([true]);
  const asked = hub.asked.length;
  await openLibrary(page);
  const again = sheet(page).locator(`[data-download="${REPOSITORY}"]`);
  await expect(again).toHaveAttribute('data-stage', 'paused');
  await shown(app, 'paused');
  expect(hub.asked.length).toBe(asked);
  await again.getByRole('button', { name: /^Go on/ }).click();
  await expect(page.getByTestId('import-done')).toBeVisible({ timeout: 60_000 });
  expect(hub.asked.slice(asked).some(({ range }) => range !== undefined && !range.startsWith('bytes=0-'))).toBe(true);
  await page.getByTestId('import-use').click();
  await expect(sheet(page)).toHaveCount(0);
  await engineReady(app);
  await ask(page, 'What is a copper plate?');
  await ended(page);
  expect((await lastReply(page).innerText()).length).toBeGreaterThan(0);
  const { current } = await app.call('models.list', {});
  expect(current).not.toBe(before.current);
  // its row says when it was used; its files are what they were
  await page.keyboard.press('Control+k');
  await page.keyboard.type('models on this machine');
  await page.keyboard.press('Enter');
  const row = sheet(page).locator(`[data-model="${current}"]`);
  await expect(row).toContainText('used');
  await row.getByRole('button', { name: /^More about/ }).click();
  await row.getByRole('button', { name: 'Check files' }).click();
  await expect(row).toContainText('Every file is as it was made.');
  await soundly(page);
  await shown(app, 'here');
  // back to the one that comes with the app, and this one goes
  const own = sheet(page).locator(`[data-model="${before.current}"]`);
  await own.getByRole('button', { name: /^Use/ }).click();
  await expect(sheet(page)).toHaveCount(0);
  await engineReady(app);
  // another reply by a model that is not in use: it is loaded for this one, and the one in use comes back
  await page.getByTestId('more').last().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Retry' }).press('ArrowRight');
  await page.getByRole('menuitem', { name: 'With other settings…' }).click();
  await page.getByTestId('retry-model').selectOption(current);
  await page.getByRole('button', { name: 'Write another reply' }).click();
  const packs = async (): Promise<(string | undefined)[]> =>
    (await messagesOf(app)).flatMap(({ status, generation }) =>
      generation && status === 'complete' ? [generation.pack?.id] : [],
    );
  await expect.poll(packs, { timeout: 60_000 }).toEqual([current, current]);
  await expect
    .poll(async () => {
      const status = await app.call('engine.status', {});
      return status.state === 'ready' ? status.pack.id : status.state;
    })
    .toBe(before.current);
  expect((await app.call('models.list', {})).current).toBe(before.current);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('models on this machine');
  await page.keyboard.press('Enter');
  await deleteModel(row, app);
  expect((await app.call('models.list', {})).models).toHaveLength(1);
});

test('a gated model asks for a token where it happened, and an address of another site is refused', async ({
  start,
}) => {
  const app = await start({ env: env() });
  const { page } = app;
  await engineReady(app);
  await openLibrary(page);
  await page.getByTestId('any-repository').fill('https://example.com/org/name');
  await page.keyboard.press('Enter');
  await expect(sheet(page).getByRole('alert')).toContainText('is no repository of');
  expect(hub.asked).toEqual([]);
  await page.getByTestId('any-repository').fill(`${hub.endpoint}/${GATED}`);
  await page.keyboard.press('Enter');
  await expect(sheet(page).getByRole('alert')).toContainText('accepted its terms');
  await soundly(page);
  await shown(app, 'gated');
  const token = sheet(page).getByLabel('Token (hf_…)').first();
  await token.fill('hf_right');
  await token.press('Enter');
  await expect(page.getByTestId('found-plan')).toContainText(GATED);
  await expect(sheet(page)).not.toContainText('hf_right');
  await page.getByRole('button', { name: 'Back' }).click();
  const kept = (await app.call('models.downloads', {})).canKeepToken ? 'kept' : 'session';
  await expect(page.getByTestId('hub-token')).toHaveAttribute('data-state', kept);
});

test('the first window offers a model once, in either language, and never in the way', async ({ start }) => {
  const dataDir = newDataDir();
  const app = await start({ dataDir, env: env() });
  const { page } = app;
  await engineReady(app);
  const welcome = page.getByTestId('welcome');
  await expect(welcome).toBeVisible();
  await expect(composer(page)).toBeFocused();
  await app.call('settings.set', { language: 'zh' });
  await expect(welcome).toContainText('从哪里开始');
  await page.setViewportSize({ width: 390, height: 844 }).catch(() => undefined);
  await shown(app, 'welcome-zh');
  // the choice is whole in sight, above the message box, at every usual height
  for (const theme of ['paper', 'plate'] as const)
    for (const [width, height] of [
      [1280, 800],
      [1280, 700],
      [1280, 600],
      [390, 800],
      [390, 700],
    ] as const) {
      await app.call('settings.set', { theme, language: theme === 'paper' ? 'en' : 'zh' });
      await page.setViewportSize({ width, height }).catch(() => undefined);
      const dismiss = welcome.locator('button').last();
      await expect(dismiss).toBeInViewport({ ratio: 1 });
      await expect
        .poll(async () => {
          const box = await page.locator('form.composer').boundingBox();
          const last = await dismiss.boundingBox();
          const first = await welcome.locator('h2').boundingBox();
          return box && last && first ? last.y + last.height <= box.y && first.y >= 0 : false;
        })
        .toBe(true);
      await shown(app, `welcome-${theme}-${width}-${height}`);
    }
  await app.call('settings.set', { theme: 'system', language: 'zh' });
  await page.setViewportSize({ width: 390, height: 844 }).catch(() => undefined);
  await expect(welcome).toContainText('从哪里开始');
  await welcome.getByRole('button', { name: '我的磁盘上有一个' }).click();
  await expect(page.getByTestId('model-path')).toBeFocused();
  // by keyboard to the catalogue, in Chinese and narrow
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('tab', { name: '获取更多' })).toBeFocused();
  await expect(sheet(page)).toContainText('这台电脑有');
  await soundly(page);
  await shown(app, 'zh');
  await page.keyboard.press('Escape');
  await expect(welcome).toHaveCount(0);
  expect(hub.asked).toEqual([]);
  await app.close();
  const again = await start({ dataDir, env: env() });
  await engineReady(again);
  await expect(again.page.getByTestId('composer-input')).toBeVisible();
  await expect(again.page.getByTestId('welcome')).toHaveCount(0);
  await again.call('settings.set', { welcomed: false });
  await again.page.getByTestId('welcome').getByRole('button', { name: '连接到服务器' }).click();
  await expect(again.page.getByTestId('servers-sheet')).toBeVisible();
});
