import AxeBuilder from '@axe-core/playwright';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { inRoot } from '../../scripts/lib/common.mjs';
import { tinyGguf, writeGguf } from '../fixtures/checkpoints/gguf.ts';
import { ask, composer, deleteModel, ended, lastReply } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';
import { engineReady, type App } from './support/runtimes.ts';

const sdar = inRoot('test', 'fixtures', 'goldens', 'sdar');
const sheet = (page: Page) => page.getByTestId('models-sheet');

async function openByMenu({ page, electron }: App): Promise<void> {
  if (electron)
    await electron.evaluate(({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById('import-model')?.click());
  else {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('import a model');
    await page.keyboard.press('Enter');
  }
  await expect(page.getByTestId('model-path')).toBeFocused();
}
const short = async (app: App): Promise<void> => {
  const { generation } = await app.call('settings.get', {});
  await app.call('settings.set', { generation: { ...generation, ending: { ...generation.ending, maxTokens: 16 } } });
};

test('a model is imported from the menu, writes a first reply, and gives way to the built-in one again', async ({
  start,
}) => {
  const app = await start();
  const { page } = app;
  await engineReady(app);
  await short(app);
  const builtIn = (await app.call('models.list', {})).current;
  await openByMenu(app);
  // what can't be honoured is refused in words, and nothing was written
  await page.keyboard.type(inRoot('test', 'fixtures'));
  await page.keyboard.press('Enter');
  await expect(sheet(page).getByRole('alert')).toContainText('config.json');
  await page.getByTestId('model-path').fill(sdar);
  await page.getByTestId('model-path').press('Enter');
  const plan = page.getByTestId('import-plan');
  await expect(plan).toContainText('SDAR');
  await expect(plan).toContainText('No Exact mode');
  await expect(plan).toContainText('block by block');
  // what it would cost here is measured before anything is imported
  const cost = page.getByTestId('import-cost');
  await expect(cost).toHaveAttribute('data-stage', /^(measured|too-long)$/, { timeout: 30_000 });
  await expect(cost).toContainText(/A step of \d+ slots takes about|longer than ten seconds/);
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().include('dialog[open]').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  await page.screenshot({ path: path.join(inRoot('test-results'), 'models-plan.png') });
  await page.getByTestId('import-run').click();
  await expect(page.getByTestId('import-done')).toBeVisible({ timeout: 60_000 });
  await page.getByTestId('import-use').click();
  await expect(sheet(page)).toHaveCount(0);
  await engineReady(app);
  const { current, models } = await app.call('models.list', {});
  expect(current).not.toBe(builtIn);
  await expect(page.getByTestId('model')).toHaveValue(current);
  // what it can't do is not there
  await expect(page.getByRole('radio', { name: 'Exact' })).toHaveCount(0);
  await expect(composer(page)).toBeFocused();
  // the slider has the stops of its authors' sampler, and stands where they recommend
  const slider = page.getByTestId('speed-control').getByRole('slider');
  await expect(slider).toHaveAttribute('aria-valuetext', /^Recommended, /);
  await expect(slider).toHaveAttribute('max', '4');
  await ask(page, 'What is a copper plate?');
  await ended(page);
  const words = await lastReply(page).innerText();
  // the chooser, by keyboard
  await page.keyboard.press('Alt+m');
  await expect(page.getByTestId('model')).toBeFocused();
  await page.keyboard.press('Escape');
  await page.getByTestId('model').selectOption(builtIn);
  await engineReady(app);
  await expect(page.getByTestId('speed-control')).toBeVisible();
  // the reply stays, and a next one is the built-in model's
  expect(await lastReply(page).innerText()).toBe(words);
  await ask(page, 'Say hello.');
  await ended(page);
  const [newest] = await app.call('conversations.list', {});
  const { messages } = await app.call('conversations.get', { id: newest?.id ?? '' });
  expect(messages.flatMap(({ generation }) => generation?.pack?.id ?? [])).toEqual([
    models.find(({ id }) => id === current)?.id,
    builtIn,
  ]);
  // and it goes for good, once that is confirmed
  await openByMenu(app);
  await page.getByRole('tab', { name: 'On this machine' }).click();
  const row = sheet(page).locator(`[data-model="${current}"]`);
  await deleteModel(row, app);
  expect((await app.call('models.list', {})).models.map(({ id }) => id)).toEqual([builtIn]);
});

test('a model that is dropped on the window is looked at; a page that can not tell its place asks for the path', async ({
  start,
}) => {
  const home = mkdtempSync(path.join(tmpdir(), 'mezzotint-dropped-'));
  try {
    mkdirSync(home, { recursive: true });
    const file = path.join(home, 'tiny-llama.gguf');
    const { metadata, tensors } = tinyGguf('llama');
    writeGguf(file, metadata, tensors);
    const app = await start();
    const { page } = app;
    await engineReady(app);
    // the page gets a real file, as from a file manager
    await page.evaluate(() => {
      const field = document.createElement('input');
      field.type = 'file';
      field.id = 'from-outside';
      field.hidden = true;
      document.body.append(field);
    });
    await page.locator('#from-outside').setInputFiles(file);
    await page.evaluate(() => {
      const field = document.querySelector<HTMLInputElement>('#from-outside');
      const data = new DataTransfer();
      for (const one of field?.files ?? []) data.items.add(one);
      document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data }));
    });
    const tells = (await app.electron?.evaluate(() => Number(process.versions.electron?.split('.')[0]) >= 32)) ?? false;
    if (tells) await expect(page.getByTestId('import-plan')).toContainText('Llama');
    else {
      await expect(sheet(page).getByRole('alert')).toContainText('tiny-llama.gguf');
      await page.getByTestId('model-path').fill(file);
      await page.getByTestId('model-path').press('Enter');
      await expect(page.getByTestId('import-plan')).toContainText('Exact mode');
    }
    // nothing is attached to the question
    await page.keyboard.press('Escape');
    await expect(sheet(page)).toHaveCount(0);
    await expect(page.getByTestId('attached')).toHaveCount(0);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
