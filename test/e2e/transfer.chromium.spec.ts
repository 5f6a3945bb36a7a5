/** What was exported and what comes from elsewhere, in a real browser: a web page with hostile words in it, and ChatGPT's zip. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { branched, gpt, gptMessage, zipOf } from '../unit/transfer/make.ts';
import { openSettings } from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';

const nasty =
  '<script>document.title = "run"</script><img src=x onerror="document.title=\'run\'"><a href="javascript:document.title=\'run\'">x</a>';
const hostile = gpt(
  [
    { id: 'q', children: ['a'], message: gptMessage('user', [nasty]) },
    {
      id: 'a',
      parent: 'q',
      message: gptMessage('assistant', [
        `${nasty}\n\n[link](javascript:document.title='run') ![picture](http://127.0.0.1:9/x.png)\n\n- **bold**`,
      ]),
    },
  ],
  { title: `Hostile ${nasty}`, current_node: 'a' },
);

test('ChatGPT’s zip comes in, and its words go out as a web page that runs nothing, loads nothing and prints', async ({
  start,
  browserName,
}) => {
  expect(browserName).toBe('chromium');
  const app = await start();
  const { page } = app;
  await openSettings(page, 'Your data');
  await page.getByRole('button', { name: 'Export or import…' }).click();
  const sheet = page.getByTestId('transfer');
  await sheet.getByText('Import', { exact: true }).click();
  const zip = zipOf([
    { name: 'conversations-000.json', data: JSON.stringify([branched(), hostile]) },
    { name: 'user.json', data: '{}' },
    { name: '../../conversations-001.json', data: Buffer.alloc(64 * 1024 * 1024, 0x20) },
  ]);
  await sheet
    .locator('input[type=file]')
    .setInputFiles({ name: 'chatgpt.zip', mimeType: 'application/zip', buffer: zip });
  const preview = sheet.getByTestId('import-preview');
  await expect(preview).toContainText('2 to import');
  await expect(preview).toContainText('chatgpt.zip: conversations-000.json');
  await expect(preview.getByRole('alert')).toContainText('would grow to 67 MB out of almost nothing');
  await preview.getByRole('button', { name: 'Import 2 conversations' }).click();
  await expect(sheet).toContainText('2 conversations imported.');
  expect(await page.title()).not.toBe('run');

  await sheet.getByText('Export', { exact: true }).click();
  await sheet.getByText('Web page', { exact: true }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    sheet.getByRole('button', { name: 'Save file' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^mezzotint-.*\.html$/);
  const file = path.join(newDataDir(), 'out.html');
  await download.saveAs(file);

  const reader = await page.context().newPage();
  const asked: string[] = [];
  reader.on('request', (request) => asked.push(request.url()));
  await reader.goto(pathToFileURL(file).href);
  await expect(reader).toHaveTitle('Conversations from Mezzotint');
  expect(asked).toEqual([pathToFileURL(file).href]);
  await expect(reader.getByRole('heading', { level: 1 })).toHaveCount(2);
  await expect(reader.getByText('<script>document.title').first()).toBeVisible();
  await expect(reader.locator('strong', { hasText: 'bold' })).toBeVisible();
  expect(await reader.locator('script, img, iframe, object, embed, form, input, link').count()).toBe(0);
  expect(await reader.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))).toEqual([
    'http://127.0.0.1:9/x.png',
  ]);
  // two conversations begin a page each
  const pdf = await reader.pdf({ preferCSSPageSize: true });
  writeFileSync(path.join(path.dirname(file), 'out.pdf'), pdf);
  expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length).toBe(2);
});
