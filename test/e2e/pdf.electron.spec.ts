/** The PDF that the desktop app makes: printed in a window nobody sees, of hostile words too. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, newDataDir, test } from './support/fixtures.ts';

test('a conversation goes out as a PDF of its pages; no window, page or script is left of it', async ({ start }) => {
  const app = await start();
  const { page, electron } = app;
  const nasty = '<script>document.title="run"</script><img src="app://mezzotint/index.html">';
  await page.getByRole('button', { name: 'Bring in those of another app' }).click();
  const sheet = page.getByTestId('transfer');
  const lines = [`Hostile ${nasty}`, 'Second'].map((question) =>
    JSON.stringify({
      messages: [
        { role: 'user', content: question },
        { role: 'assistant', content: `${nasty}\n\n# Heading\n\n${'word '.repeat(3000)}` },
      ],
    }),
  );
  await sheet
    .locator('input[type=file]')
    .setInputFiles({ name: 'chats.jsonl', mimeType: 'text/plain', buffer: Buffer.from(lines.join('\n')) });
  await sheet.getByRole('button', { name: 'Import 2 conversations' }).click();
  await expect(sheet).toContainText('2 conversations imported.');
  await sheet.getByText('Export', { exact: true }).click();
  await sheet.getByText('PDF', { exact: true }).click();

  const dir = newDataDir();
  const asked = electron?.evaluate(({ session }, folder) => {
    return new Promise<string>((resolve) => {
      session.defaultSession.once('will-download', (_event, item) => {
        item.setSavePath(`${folder}/saved`);
        item.once('done', (_done, state) => resolve(`${item.getFilename()} ${state}`));
      });
    });
  }, dir);
  await sheet.getByRole('button', { name: 'Save file' }).click();
  expect(await asked).toMatch(/^mezzotint-.*\.pdf completed$/);
  const pdf = readFileSync(path.join(dir, 'saved')).toString('latin1');
  expect(pdf.startsWith('%PDF-')).toBe(true);
  // each of the two takes several pages
  expect(pdf.match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThan(4);
  expect(await electron?.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  expect(await page.title()).not.toBe('run');
  expect(await page.evaluate(() => fetch('app://mezzotint/print/x').then((answer) => answer.status))).toBe(404);
});
