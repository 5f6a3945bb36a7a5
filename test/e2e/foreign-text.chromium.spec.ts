/** Text as others wrote it: any length, any signs, any script. */
import { openStore } from '../../core/store/index.ts';
import { archived, archivedMessage } from '../unit/transfer/make.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';

/** A folder with one conversation for each pair of question and reply, the first on top. */
function folderWith(...pairs: [title: string, question: string, reply: string][]): string {
  const dataDir = newDataDir();
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  const { store } = opened.value;
  pairs.forEach(([title, question, reply], i) => {
    const messages = [archivedMessage({ id: `q${i}`, text: question, shownChildId: `a${i}` }), archivedMessage({ id: `a${i}`, parentId: `q${i}`, role: 'assistant', text: reply })];
    store.archive.write(archived(`c${i}`, messages, { title, updatedAt: 100 - i }));
  });
  store.close();
  return dataDir;
}
const RUN = 60_000;
/** A run of this length takes some 50 ms; kerned, or with contextual alternates, it takes seconds to minutes. */
const SLOW_MS = 1500;

test('long runs of any sign are shown in time, and what is folded is not in the page', async ({ start }) => {
  const runs = ['-', '>', '=', '.', 'x', '\\', '(', '“', '1x'];
  const parts = [...runs.map((sign) => `a${sign.repeat(RUN / sign.length)}`), `\`${'>'.repeat(RUN)}\``, `\`\`\`java\n${'$'.repeat(30_000)}\n\`\`\``];
  const { page } = await start({
    dataDir: folderWith(
      ...parts.map((part, i): [string, string, string] => [`Part ${i}`, runs[i % runs.length]?.repeat(RUN) ?? '', part]),
      ['As written', 'x', `${'> '.repeat(200)}${'word '.repeat(100_000)}`],
    ),
  });
  for (let i = 0; i < parts.length; i++) {
    await page.getByTestId('conversation-item').filter({ has: page.getByText(`Part ${i}`, { exact: true }) }).click();
    const question = page.locator(`[data-message-id=q${i}]`);
    await expect(question).toBeVisible();
    await expect(page.locator(`[data-message-id=a${i}]`)).toBeVisible();
    expect((await question.locator('.words').textContent())?.length).toBeLessThan(1000);
    // laid out again in another width; the least of three counts, as other work on the machine only adds to it
    const layout = await page.locator(`[data-message-id=a${i}] .prose`).evaluate((prose: HTMLElement) =>
      [300, 320, 340].reduce((least, width) => {
        const began = performance.now();
        prose.style.width = `${width}px`;
        prose.getBoundingClientRect();
        return Math.min(least, performance.now() - began);
      }, Infinity),
    );
    expect({ part: parts[i]?.slice(0, 3), slow: layout > SLOW_MS }).toEqual({ part: parts[i]?.slice(0, 3), slow: false });
  }
  const last = page.locator(`[data-message-id=q${parts.length - 1}]`);
  await last.getByRole('button', { name: 'Show all' }).click();
  await expect.poll(async () => (await last.locator('.words').textContent())?.length).toBeGreaterThan(RUN - 100);
  // the page answers while the worker is still at what it will give up
  await page.locator('#composer').fill('\\'.repeat(RUN));
  await expect(page.locator('#composer')).toHaveValue('\\'.repeat(RUN));
  await page.getByTestId('conversation-item').filter({ hasText: 'As written' }).click();
  await expect(page.locator('[data-message-id] .as-written')).toBeVisible();
});

test('code is coloured by the worker, in the page as it is served', async ({ start }) => {
  const { page } = await start({ dataDir: folderWith(['Code', 'x', '```python\ndef f():\n    return 1\n```']) });
  await page.getByTestId('conversation-item').first().click();
  await expect(page.locator('pre .keyword').first()).toHaveText('def');
  await expect(page.locator('pre')).toHaveText('def f():\n    return 1');
});

test('Arabic and Hebrew run from right to left: question, reply, title, and what is typed', async ({ start }) => {
  const { page } = await start({ dataDir: folderWith(['سؤال قصير', 'ما هذا؟', 'مرحبا\n\n- البند الأول\n\n> اقتباس\n\n| أ | ب |\n|--|--|\n| 1 | 2 |\n\nEnglish line.']) });
  const direction = (of: ReturnType<typeof page.locator>): Promise<string> => of.evaluate((element) => getComputedStyle(element).direction);
  const item = page.getByTestId('conversation-item').first();
  expect(await direction(item.locator('.title'))).toBe('rtl');
  await item.click();
  const reply = page.locator('[data-message-id=a0] .prose');
  for (const selector of ['p >> nth=0', 'ul', 'blockquote', '.scroll']) expect(await direction(reply.locator(selector))).toBe('rtl');
  expect(await direction(reply.getByText('English line.'))).toBe('ltr');
  // the mark of an item and the bar of a quote stand on the right
  const quote = await reply.locator('blockquote').evaluate((element) => ({ start: getComputedStyle(element).borderRightWidth, end: getComputedStyle(element).borderLeftWidth }));
  expect(quote).toEqual({ start: '1px', end: '0px' });
  const list = await reply.locator('ul').evaluate((element) => ({ right: getComputedStyle(element).paddingRight, left: getComputedStyle(element).paddingLeft }));
  expect(list.left).toBe('0px');
  expect(list.right).not.toBe('0px');
  expect(await direction(page.locator('[data-message-id=q0] .words'))).toBe('rtl');
  await page.locator('#composer').fill('שלום');
  expect(await direction(page.locator('#composer'))).toBe('rtl');
  await page.locator('#composer').fill('Hello');
  expect(await direction(page.locator('#composer'))).toBe('ltr');
});
