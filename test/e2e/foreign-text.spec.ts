/** Text as others wrote it, in any script. */
import { expect, test } from './support/fixtures.ts';
import { folderWith } from './support/foreign.ts';

test('code is coloured by the worker, in the page as it is served', async ({ start }) => {
  const { page } = await start({ dataDir: folderWith(['Code', 'x', '```python\ndef f():\n    return 1\n```']) });
  await page.getByTestId('conversation-item').first().click();
  await expect(page.locator('pre .keyword').first()).toHaveText('def');
  await expect(page.locator('pre')).toHaveText('def f():\n    return 1');
});

test('Arabic and Hebrew run from right to left: question, reply, title, and what is typed', async ({ start }) => {
  const { page } = await start({
    dataDir: folderWith([
      'سؤال قصير',
      'ما هذا؟',
      'مرحبا\n\n- البند الأول\n\n> اقتباس\n\n| أ | ب |\n|--|--|\n| 1 | 2 |\n\nEnglish line.',
    ]),
  });
  const direction = (of: ReturnType<typeof page.locator>): Promise<string> =>
    of.evaluate((element) => getComputedStyle(element).direction);
  const item = page.getByTestId('conversation-item').first();
  expect(await direction(item.locator('.title'))).toBe('rtl');
  await item.click();
  const reply = page.locator('[data-message-id=a0] .prose');
  for (const selector of ['p >> nth=0', 'ul', 'blockquote', '.scroll'])
    expect(await direction(reply.locator(selector))).toBe('rtl');
  expect(await direction(reply.getByText('English line.'))).toBe('ltr');
  // the mark of an item and the bar of a quote stand on the right
  const quote = await reply.locator('blockquote').evaluate((element) => ({
    start: getComputedStyle(element).borderRightWidth,
    end: getComputedStyle(element).borderLeftWidth,
  }));
  expect(quote).toEqual({ start: '1px', end: '0px' });
  const list = await reply.locator('ul').evaluate((element) => ({
    right: getComputedStyle(element).paddingRight,
    left: getComputedStyle(element).paddingLeft,
  }));
  expect(list.left).toBe('0px');
  expect(list.right).not.toBe('0px');
  expect(await direction(page.locator('[data-message-id=q0] .words'))).toBe('rtl');
  await page.locator('#composer').fill('שלום');
  expect(await direction(page.locator('#composer'))).toBe('rtl');
  await page.locator('#composer').fill('Hello');
  expect(await direction(page.locator('#composer'))).toBe('ltr');
});
