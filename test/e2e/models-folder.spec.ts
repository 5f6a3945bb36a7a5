/** Models in a folder of the person's own, a load that is ended, a model that leaves the memory, and a download's limit. */
import AxeBuilder from '@axe-core/playwright';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { inRoot } from '../../scripts/lib/common.mjs';
import { goldens } from '../fixtures/checkpoints/folder.ts';
import { filesOf, startHub } from '../fixtures/hub/server.ts';
import { ask, composer, ended, plainSettings } from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';
import { engineOf, hasProc } from './support/processes.ts';
import { engineReady, type App } from './support/runtimes.ts';

const sheet = (page: Page) => page.getByTestId('models-sheet');
async function openModels(page: Page): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.keyboard.type('models on this machine');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('models-folder')).toBeVisible();
}
async function soundly(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().include('dialog[open]').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}
const shown = (app: App, name: string): Promise<unknown> =>
  app.page.screenshot({ path: path.join(inRoot('test-results'), `folder-${app.runtime}-${name}.png`) });
async function importSdar(app: App): Promise<{ builtIn: string; other: string }> {
  const builtIn = (await app.call('models.list', {})).current;
  await app.call('models.import', { path: path.join(goldens, 'sdar') });
  await expect.poll(async () => (await app.call('models.list', {})).job?.stage, { timeout: 60_000 }).toBe('done');
  const { models } = await app.call('models.cancel', {});
  return { builtIn, other: models.find(({ id }) => id !== builtIn)?.id ?? '' };
}

test('models are kept on another disk: chosen by keyboard, moved, unplugged, found again', async ({
  start,
  runtime,
}) => {
  // Electron asks by the system's dialog, which no test can answer
  test.skip(runtime === 'electron');
  const dataDir = newDataDir();
  const disks = newDataDir();
  const folder = path.join(disks, 'disk');
  const app = await start({ dataDir });
  const { page } = app;
  await engineReady(app);
  const { other } = await importSdar(app);
  await openModels(page);
  const part = page.getByTestId('models-folder');
  await expect(part).toContainText(path.join(dataDir, 'models'));
  await part.getByRole('button', { name: 'Change…' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('models-folder-path')).toBeFocused();
  // what speaks against a folder is said before anything is written
  await page.keyboard.type(path.join(dataDir, 'models', 'mine'));
  await page.keyboard.press('Enter');
  await expect(part.getByRole('alert')).toContainText('lies within the folder of models');
  await page.getByTestId('models-folder-path').fill(folder);
  await page.keyboard.press('Enter');
  await expect(part).toContainText('One model');
  await expect(part.getByRole('button', { name: 'Move them' })).toBeFocused();
  expect(existsSync(folder)).toBe(false);
  await soundly(page);
  for (const [theme, language, width] of [
    ['paper', 'en', 1280],
    ['plate', 'zh', 390],
  ] as const) {
    await app.call('settings.set', { theme, language });
    await page.setViewportSize({ width, height: 800 });
    await expect(part.getByRole('button', { name: language === 'en' ? 'Move them' : '移过去' })).toBeInViewport({
      ratio: 0.5,
    });
    await soundly(page);
    await shown(app, `plan-${theme}-${language}`);
  }
  await app.call('settings.set', { theme: 'system', language: 'en' });
  await page.setViewportSize({ width: 1280, height: 800 });
  await part.getByRole('button', { name: 'Move them' }).press('Enter');
  await expect(part).toContainText(`Models lie in ${folder} now.`);
  expect(readdirSync(folder)).toContain(other);
  expect(existsSync(path.join(dataDir, 'models', other))).toBe(false);
  await expect(part.getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(part.getByRole('button', { name: 'Back to the usual folder…' })).toBeVisible();
  await sheet(page).locator(`[data-model="${other}"]`).getByRole('button', { name: /^Use/ }).click();
  await expect(sheet(page)).toHaveCount(0);
  await engineReady(app);
  await app.close();

  // the disk is not connected: its empty mount point is there
  renameSync(folder, `${folder}-unplugged`);
  mkdirSync(folder);
  const without = await start({ dataDir });
  await engineReady(without);
  await openModels(without.page);
  const alone = without.page.getByTestId('models-folder');
  await expect(alone.getByRole('alert')).toContainText('which is not there now');
  await soundly(without.page);
  await shown(without, 'away');
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
  renameSync(`${folder}-unplugged`, folder);
  await alone.getByRole('button', { name: 'Look again' }).click();
  await expect(alone.getByRole('alert')).toHaveCount(0);
  // these tests name the pack of each start, which comes before the choice that is remembered
  await sheet(without.page).locator(`[data-model="${other}"]`).getByRole('button', { name: /^Use/ }).click();
  await expect(sheet(without.page)).toHaveCount(0);
  await engineReady(without);
  expect((await without.call('models.list', {})).loaded).toBe(other);
});

/** A load that hangs: the process that `begin` starts answers nothing from its first moments on. */
async function hangs(app: App, begin: () => Promise<unknown>): Promise<void> {
  const before = engineOf(app.mainPid);
  await begin();
  await expect
    .poll(
      () => {
        const loading = engineOf(app.mainPid);
        if (loading === undefined || loading === before) return false;
        return process.kill(loading, 'SIGSTOP');
      },
      { intervals: [5] },
    )
    .toBe(true);
}

test('a load is ended by keyboard, and the model from before answers', async ({ start }) => {
  test.skip(!hasProc);
  const app = await start();
  const { page } = app;
  await engineReady(app);
  await plainSettings(app, { maxTokens: 12 });
  const { builtIn, other } = await importSdar(app);
  await app.call('models.use', { id: other });
  await engineReady(app);
  await hangs(app, () => page.getByTestId('model').selectOption(builtIn));
  const stop = page.getByTestId('stop-load');
  await expect(stop).toHaveAccessibleName(/answers again$/);
  await shown(app, 'load');
  await stop.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('model')).toHaveValue(other);
  await engineReady(app);
  await expect(stop).toHaveCount(0);
  await ask(page, 'What is a copper plate?');
  await ended(page);
  const { current, loaded } = await app.call('models.list', {});
  expect([current, loaded]).toEqual([other, other]);
});

test('a conversation whose chosen model is not waited for goes on with the one that wrote in it before', async ({
  start,
}) => {
  test.skip(!hasProc);
  const app = await start();
  const { page } = app;
  await engineReady(app);
  await plainSettings(app, { maxTokens: 12 });
  const { builtIn, other } = await importSdar(app);
  await ask(page, 'What is a copper plate?');
  await ended(page);
  const model = page.getByTestId('model');
  const stop = page.getByTestId('stop-load');
  const own = async (): Promise<string | undefined> =>
    (await app.call('conversations.list', {}))[0]?.setup?.model ?? undefined;
  // back to the model of all chats: the conversation has none of its own, as before
  await hangs(app, () => model.selectOption(other));
  await expect.poll(own).toBe(other);
  await stop.click();
  await expect(model).toHaveValue(builtIn);
  await expect.poll(own).toBeUndefined();
  await engineReady(app);
  // back to its own one
  await model.selectOption(other);
  await expect.poll(async () => (await app.call('models.list', {})).loaded).toBe(other);
  await engineReady(app);
  await hangs(app, () => model.selectOption(builtIn));
  await stop.click();
  await expect(model).toHaveValue(other);
  await expect.poll(own).toBe(other);
  await engineReady(app);
  await ask(page, 'And a burr?');
  await ended(page);
  const [newest] = await app.call('conversations.list', {});
  const { messages } = await app.call('conversations.get', { id: newest?.id ?? '' });
  expect(messages.flatMap(({ generation }) => generation?.pack?.id ?? [])).toEqual([builtIn, other]);
  // what other chats begin with was never touched
  expect((await app.call('models.list', {})).current).toBe(builtIn);
});

test('a model that nobody used for so long leaves the memory, says so, and the next question loads it', async ({
  start,
}) => {
  const app = await start({ env: { MEZZOTINT_MINUTE_MS: '200' } });
  const { page } = app;
  await engineReady(app);
  await plainSettings(app, { maxTokens: 8 });
  await app.call('settings.set', { unloadAfter: 5 });
  await expect(page.getByTestId('engine-unloaded')).toBeVisible();
  await expect(page.getByTestId('engine-unloaded')).toContainText('not in memory');
  await ask(page, 'What is a burr?');
  await ended(page);
  await expect(page.getByTestId('engine-unloaded')).toBeVisible();
});

test('a download keeps to the limit that is typed, until it is taken away', async ({ start }) => {
  const hub = await startHub({
    'JetLM/SDAR-1.7B-Chat': { files: filesOf(path.join(goldens, 'sdar')), licence: 'mit' },
  });
  try {
    const app = await start({ env: { HF_ENDPOINT: hub.endpoint, HF_TOKEN: '' } });
    const { page } = app;
    await engineReady(app);
    // slow at first: the field stands beside a download
    hub.fault = ({ route }) => (route === 'store' ? { kind: 'slow', bytes: 4096, ms: 100 } : null);
    await app.call('models.fetch', { source: 'JetLM/SDAR-1.7B-Chat' });
    await openModels(page);
    const field = page.getByTestId('download-limit');
    await field.fill('0.01');
    await field.press('Tab');
    await expect.poll(async () => (await app.call('settings.get', {})).downloadLimit).toBe(0.01);
    hub.fault = () => null;
    // ten kilobytes a second of some seven hundred: it comes to no end
    const rate = async (): Promise<number | null> =>
      (await app.call('models.downloads', {})).downloads[0]?.rate ?? null;
    await expect.poll(rate, { timeout: 20_000 }).toBeLessThan(20_000);
    // a number that is none is not taken
    await field.fill('0');
    await field.press('Tab');
    await expect(field).toHaveValue('0.01');
    await soundly(page);
    await field.fill('');
    await field.press('Tab');
    await expect.poll(async () => (await app.call('settings.get', {})).downloadLimit).toBe(null);
    await expect(page.getByTestId('import-done')).toBeVisible({ timeout: 60_000 });
    await page.keyboard.press('Escape');
    await expect(composer(page)).toBeVisible();
  } finally {
    await hub.close();
  }
});
