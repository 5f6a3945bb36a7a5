/** Conversations out to a file and in from files, as a person does it: menus, dialog, chosen and dropped files, the list afterwards. */
import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { openSettings, savedFile } from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';
import type { App } from './support/runtimes.ts';

const sheet = (page: Page): Locator => page.getByTestId('transfer');
const entries = (page: Page): Locator => page.getByTestId('conversation-item');
const line = (question: string, answer: string): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  });
const file = (name: string, text: string) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(text),
});

async function openSheet(page: Page, side: 'Export' | 'Import'): Promise<void> {
  await openSettings(page, 'Your data');
  await page.getByRole('button', { name: 'Export or import…' }).click();
  await sheet(page).getByText(side, { exact: true }).click();
}
const choose = (page: Page, ...files: ReturnType<typeof file>[]): Promise<void> =>
  sheet(page).locator('input[type=file]').setInputFiles(files);

/** Presses `Save file` and returns what was saved, under which name. */
async function save(app: App): Promise<{ name: string; text: string }> {
  const { name, file: place } = await savedFile(app, () =>
    sheet(app.page).getByRole('button', { name: 'Save file' }).click(),
  );
  return { name, text: readFileSync(place, 'utf8') };
}

test('conversations of another app come in after a preview, open, and go out to another profile without loss', async ({
  start,
}) => {
  const app = await start();
  const { page } = app;
  // an empty list offers it
  await page.getByRole('button', { name: 'Bring in those of another app' }).click();
  await choose(
    page,
    file(
      'chats.jsonl',
      [line('Where is the plate?', 'On the bench.'), line('And the rocker?', 'In the drawer.'), '{"messages": 7}'].join(
        '\n',
      ),
    ),
    file('diary.txt', 'Dear diary'),
  );
  const preview = sheet(page).getByTestId('import-preview');
  await expect(preview).toContainText('2 to import, 1 that can’t be read.');
  await expect(preview.getByRole('listitem').filter({ hasText: 'line 3' })).toContainText('can’t be read');
  await expect(preview.getByRole('listitem').filter({ hasText: 'Where is the plate?' })).toContainText('new');
  await expect(preview.getByRole('alert')).toContainText('in no format that can be imported');
  expect(await app.call('conversations.list', {})).toEqual([]);

  await preview.getByRole('button', { name: 'Import 2 conversations' }).click();
  await expect(sheet(page)).toContainText('2 conversations imported.');
  await expect(sheet(page)).toContainText('line 3');
  await expect(entries(page)).toHaveCount(2);
  await sheet(page).getByRole('button', { name: 'Open the first' }).click();
  await expect(sheet(page)).toBeHidden();
  await expect(page.getByTestId('message').first()).toContainText('Where is the plate?');
  await expect(page.getByTestId('message').last()).toContainText('On the bench.');

  // the same file again brings nothing
  await openSheet(page, 'Import');
  await choose(page, file('chats.jsonl', line('Where is the plate?', 'On the bench.')));
  await expect(sheet(page)).toContainText('0 to import, 1 here already.');
  await expect(sheet(page).getByRole('button', { name: 'Nothing to import' })).toBeDisabled();
  await page.keyboard.press('Escape');

  // a file in which one went on adds what is new to it, and shows it
  await openSheet(page, 'Import');
  const talk = (...texts: string[]) =>
    JSON.stringify({
      conversation_id: 'plates',
      title: 'Plates',
      messages: texts.map((content, i) => ({ role: i % 2 ? 'assistant' : 'user', content })),
    });
  await choose(page, file('talk.json', talk('Which plate?', 'Copper.')));
  await sheet(page).getByRole('button', { name: 'Import 1 conversation' }).click();
  await expect(sheet(page)).toContainText('1 conversation imported.');
  await sheet(page).getByRole('button', { name: 'Other files' }).click();
  await choose(page, file('talk.json', talk('Which plate?', 'Copper.', 'Why?', 'It holds.')));
  await expect(preview).toContainText('1 to update');
  await expect(preview.getByRole('listitem').filter({ hasText: 'Plates' })).toContainText(/updated.*2 new messages/s);
  await preview.getByRole('button', { name: 'Update 1 conversation' }).click();
  await expect(sheet(page)).toContainText('1 updated.');
  await sheet(page).getByRole('button', { name: 'Open the first' }).click();
  await expect(page.getByTestId('message').last()).toContainText('It holds.');
  expect(
    (await app.call('conversations.list', {}))
      .filter(({ title }) => title === 'Plates')
      .map(({ messageCount }) => messageCount),
  ).toEqual([4]);

  // all of it, out
  await openSheet(page, 'Export');
  await expect(sheet(page)).toContainText('3 conversations');
  const { name, text } = await save(app);
  expect(name).toMatch(/^mezzotint-\d{4}-\d\d-\d\d\.json$/);
  await expect(sheet(page)).toContainText(`Saved as ${name}`);
  await page.keyboard.press('Escape');
  const before = await app.call('conversations.list', {});
  await app.close();

  const other = await start();
  await openSheet(other.page, 'Import');
  await choose(other.page, file(name, text));
  await sheet(other.page).getByRole('button', { name: 'Import 3 conversations' }).click();
  await expect(sheet(other.page)).toContainText('3 conversations imported.');
  expect(await other.call('conversations.list', {})).toEqual(before);
});

test('one conversation goes out from its entry in the list, with keys alone', async ({ start }) => {
  const app = await start();
  const { page } = app;
  await openSheet(page, 'Import');
  await choose(page, file('chats.jsonl', [line('Mine alone', 'Yes.'), line('Another', 'No.')].join('\n')));
  await sheet(page).getByRole('button', { name: 'Import 2 conversations' }).click();
  await expect(sheet(page)).toContainText('2 conversations imported.');
  await expect(entries(page)).toHaveCount(2);
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toBeHidden();
  // the settings, a sheet at this width
  await page.keyboard.press('Escape');
  await expect(page.locator('#max-tokens')).toBeHidden();

  await page.keyboard.press('Alt+l');
  await page.getByRole('treeitem', { name: /Mine alone/ }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('menuitem', { name: 'Export…' }).press('Enter');
  await expect(sheet(page)).toContainText('Mine alone');
  await expect(sheet(page).getByRole('radio', { name: /^Markdown/ })).toBeChecked();
  const { name, text } = await save(app);
  expect(name).toBe('Mine-alone.md');
  expect(text).toMatch(/^# Mine alone\n/);
  expect(text).toContain('## Reply\n\nYes.');
  expect(text).not.toContain('Another');
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toBeHidden();
  await expect(page.getByRole('treeitem', { name: /Mine alone/ })).toBeVisible();
});

test('some conversations are ticked and go out, the others do not', async ({ start }) => {
  const app = await start();
  const { page } = app;
  await openSheet(page, 'Import');
  await choose(
    page,
    file(
      'chats.jsonl',
      ['One plate', 'Two plates', 'Three burrs'].map((question) => line(question, 'Yes.')).join('\n'),
    ),
  );
  await sheet(page).getByRole('button', { name: 'Import 3 conversations' }).click();
  await expect(sheet(page)).toContainText('3 conversations imported.');
  await sheet(page).getByText('Export', { exact: true }).click();
  await sheet(page).getByText('Some', { exact: true }).click();
  await expect(sheet(page).getByRole('button', { name: 'Save file' })).toBeDisabled();
  await sheet(page).getByLabel('Filter by title').fill('plate');
  await expect(sheet(page).getByRole('checkbox', { name: 'Three burrs' })).toHaveCount(0);
  await sheet(page).getByRole('checkbox', { name: 'Two plates' }).check();
  await sheet(page).getByLabel('Filter by title').fill('');
  await sheet(page).getByRole('checkbox', { name: 'Three burrs' }).check();
  await expect(sheet(page)).toContainText('2 conversations ticked');
  await sheet(page).getByText('Plain text', { exact: true }).click();
  const { text } = await save(app);
  expect(text.match(/^YOU\n.*/gm)).toEqual(['YOU\nTwo plates', 'YOU\nThree burrs']);
});

test('a dropped file of some megabytes is read, an import goes on behind the closed sheet and can be stopped', async ({
  start,
}) => {
  const app = await start();
  const { page } = app;
  await openSheet(page, 'Export');
  // more than one frame of the socket carries, and long enough to be stopped
  await page.evaluate((lines) => {
    const data = new DataTransfer();
    data.items.add(
      new File(
        [
          Array.from({ length: lines }, (_, i) =>
            JSON.stringify({
              messages: [
                { role: 'user', content: `Question ${i} ${'x'.repeat(300)}` },
                { role: 'assistant', content: `Answer ${i}` },
              ],
            }),
          ).join('\n'),
        ],
        'dropped.jsonl',
      ),
    );
    const drop = (type: string): boolean =>
      window.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    drop('dragover');
    drop('drop');
  }, 20_000);
  await sheet(page).getByRole('button', { name: 'Import 20,000 conversations' }).click();
  await expect(sheet(page).getByRole('progressbar')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toBeHidden();
  // whoever asks for an export meanwhile gets the export
  await page.keyboard.press('Escape');
  await expect(page.getByRole('tab', { name: 'Your data' })).toBeHidden();
  await page.keyboard.press('Control+k');
  await expect(page.getByTestId('palette').getByRole('combobox')).toBeFocused();
  await page.keyboard.type('export conv');
  await page.keyboard.press('Enter');
  await expect(sheet(page).getByRole('button', { name: 'Save file' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toBeHidden();
  await openSettings(page, 'Your data');
  await page.getByRole('button', { name: 'Export or import…' }).click();
  const stop = sheet(page).getByRole('button', { name: 'Stop' });
  await stop.click();
  await expect(sheet(page)).toContainText(/Ended early: [\d,]+ conversations imported, each of them whole/);
  const kept = (await app.call('conversations.list', {})).length;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(20_000);
  expect((await app.call('conversations.list', {})).every(({ messageCount }) => messageCount === 2)).toBe(true);
});

test('an import that is killed keeps whole conversations, and another try brings the rest', async ({ start }) => {
  const dataDir = newDataDir();
  const lines = Array.from({ length: 3000 }, (_, i) => line(`Question ${i}`, `Answer ${i}`)).join('\n');
  const first = await start({ dataDir });
  await openSheet(first.page, 'Import');
  await choose(first.page, file('chats.jsonl', lines));
  await sheet(first.page).getByRole('button', { name: 'Import 3,000 conversations' }).click();
  await expect
    .poll(async () => (await first.call('conversations.list', {})).length, { intervals: [20] })
    .toBeGreaterThan(50);
  await first.kill();

  const second = await start({ dataDir });
  const kept = await second.call('conversations.list', {});
  expect(kept.length).toBeGreaterThan(50);
  expect(kept.length).toBeLessThan(3000);
  expect(kept.every(({ messageCount, currentMessageId }) => messageCount === 2 && currentMessageId !== null)).toBe(
    true,
  );
  await openSheet(second.page, 'Import');
  await choose(second.page, file('chats.jsonl', lines));
  await expect(sheet(second.page)).toContainText(
    `${(3000 - kept.length).toLocaleString('en')} to import, ${kept.length.toLocaleString('en')} here already.`,
  );
  await sheet(second.page)
    .getByRole('button', { name: /^Import / })
    .click();
  await expect(sheet(second.page)).toContainText('imported.', { timeout: 90_000 });
  expect(await second.call('conversations.list', {})).toHaveLength(3000);
});

test('the sheet has no violation that axe finds, in both themes, before, in and after an import', async ({ start }) => {
  const app = await start();
  const { page } = app;
  for (const theme of ['paper', 'plate'] as const) {
    await app.call('settings.set', { theme });
    await openSheet(page, 'Export');
    const clean = async (): Promise<void> => {
      // in this page alone: Electron opens no other one
      const { violations } = await new AxeBuilder({ page })
        .setLegacyMode(true)
        .include('[data-testid=transfer]')
        .analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    };
    await clean();
    await sheet(page).getByText('Import', { exact: true }).click();
    await clean();
    await choose(
      page,
      file('chats.jsonl', [line(`Where? ${theme}`, 'Here.'), 'x'].join('\n')),
      file('diary.txt', 'Dear diary'),
    );
    await expect(sheet(page).getByTestId('import-preview')).toBeVisible();
    await clean();
    await sheet(page).getByRole('button', { name: 'Import 1 conversation' }).click();
    await expect(sheet(page)).toContainText('1 conversation imported.');
    await clean();
    await page.keyboard.press('Escape');
  }
});
