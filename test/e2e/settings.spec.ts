import { createServer } from 'node:net';
import { openSettings } from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';

test('settings take effect at once and are there after a restart', async ({ start }) => {
  const dataDir = newDataDir();
  const first = await start({ dataDir });
  await openSettings(first.page);
  await first.page.locator('#max-tokens').fill('77');
  await first.page.keyboard.press('Tab');
  await openSettings(first.page, 'Appearance');
  await first.page.getByText('Dark', { exact: true }).click();
  const size = (): Promise<number> =>
    first.page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--text')));
  const before = await size();
  await first.page.getByText('Larger', { exact: true }).click();
  await expect.poll(size).toBeGreaterThan(before);
  await openSettings(first.page, 'Advanced');
  await first.page.getByRole('switch', { name: 'Loop guard' }).click();
  await expect.poll(async () => (await first.call('settings.get', {})).theme).toBe('plate');
  const ground = await first.page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  expect(ground).toContain('dark');
  await first.close();

  const second = await start({ dataDir });
  const settings = await second.call('settings.get', {});
  expect(settings).toMatchObject({
    theme: 'plate',
    textSize: 'larger',
    generation: { ending: { maxTokens: 77, loopGuard: false } },
  });
  await openSettings(second.page);
  await expect(second.page.locator('#max-tokens')).toHaveValue('77');
  await openSettings(second.page, 'Advanced');
  await expect(second.page.getByRole('switch', { name: 'Loop guard' })).not.toBeChecked();
});

test('the four parts are walked with arrows, each with few settings', async ({ app }) => {
  const { page } = app;
  await openSettings(page, 'Appearance');
  for (const part of ['Writing', 'Advanced', 'Your data', 'Appearance']) {
    await page.keyboard.press('ArrowRight');
    await expect(page.getByRole('tab', { name: part })).toBeFocused();
    await expect(page.getByRole('tabpanel', { name: part })).toBeVisible();
  }
  await page.keyboard.press('Escape');
});

test('the number of threads can be named, and the window says what runs the model and why', async ({ start }) => {
  const dataDir = newDataDir();
  const app = await start({ dataDir });
  const { page } = app;
  await openSettings(page, 'Advanced');
  const said = page.getByTestId('kernels');
  // nothing measures by itself in tests
  await expect(said).toContainText('the usual number', { timeout: 60_000 });
  const processor = page.getByRole('region', { name: 'Processor' });
  await processor.getByText('1', { exact: true }).click();
  await expect(said).toContainText('One thread runs the model, as you chose.', { timeout: 60_000 });
  expect(await app.call('engine.status', {})).toMatchObject({ state: 'ready', threads: 1 });
  await app.close();

  const again = await start({ dataDir });
  await openSettings(again.page, 'Advanced');
  await expect(again.page.getByTestId('kernels')).toContainText('as you chose', { timeout: 60_000 });
  await again.page.getByRole('region', { name: 'Processor' }).getByText('As measured', { exact: true }).click();
  await expect(again.page.getByTestId('kernels')).toContainText('the usual number', { timeout: 60_000 });
});

test('a value out of range is not taken', async ({ app }) => {
  const { page } = app;
  const before = await app.call('settings.get', {});
  await openSettings(page);
  await page.locator('#max-tokens').fill('99999');
  await page.keyboard.press('Tab');
  await expect(page.locator('#max-tokens')).toHaveValue(String(before.generation.ending.maxTokens));
  await page.keyboard.press('Escape');
});

test('the local API is switched on with a key that is shown once, and the key is revoked', async ({ start }) => {
  const app = await start({ dataDir: newDataDir() });
  const { page } = app;
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as { port: number };
      probe.close(() => resolve(free));
    });
  });
  await app.call('api.set', { port });
  await openSettings(page, 'Advanced');
  const section = page.getByRole('region', { name: 'Local API' });
  await section.getByRole('switch', { name: 'Answer other programs' }).click();
  await expect(section).toContainText(`http://127.0.0.1:${port}/v1`);
  const key = await section.locator('code').innerText();
  const status = async (): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status;
  await expect.poll(status).toBe(200);
  await section.getByRole('textbox', { name: 'Name of the program' }).fill('Editor');
  await page.keyboard.press('Enter');
  await expect(section.getByText('Editor', { exact: true })).toBeVisible();
  const allowed = async (): Promise<string | null> =>
    (
      await fetch(`http://127.0.0.1:${port}/v1/models`, {
        headers: { authorization: `Bearer ${key}`, origin: 'http://localhost:3000' },
      })
    ).headers.get('access-control-allow-origin');
  expect(await allowed()).toBeNull();
  const origin = section.getByRole('textbox', { name: /^Address of the page/ });
  await origin.fill('a page of mine');
  await page.keyboard.press('Enter');
  await expect(section.getByRole('alert')).toContainText('no address of a page');
  await origin.fill('http://localhost:3000/chat');
  await page.keyboard.press('Enter');
  await expect.poll(allowed).toBe('http://localhost:3000');
  await section.getByRole('button', { name: 'Remove http://localhost:3000' }).click();
  await expect.poll(allowed).toBeNull();
  await section.getByRole('button', { name: 'Revoke the key “First key”' }).click();
  await expect.poll(status).toBe(401);
  await section.getByRole('switch', { name: 'Answer other programs' }).click();
  await expect(section).not.toContainText('http://127.0.0.1');
});
