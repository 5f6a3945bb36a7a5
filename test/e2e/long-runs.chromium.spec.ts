/** Long runs of any sign: layout that takes time in proportion to them. */
import { expect, test } from './support/fixtures.ts';
import { folderWith } from './support/foreign.ts';

const RUN = 60_000;
/** A run of this length takes some 50 ms; kerned, or with contextual alternates, it takes seconds to minutes. */
const SLOW_MS = 1500;

test('long runs of any sign are shown in time, and what is folded is not in the page', async ({ start }) => {
  const runs = ['-', '>', '=', '.', 'x', '\\', '(', '“', '1x'];
  const parts = [
    ...runs.map((sign) => `a${sign.repeat(RUN / sign.length)}`),
    `\`${'>'.repeat(RUN)}\``,
    `\`\`\`java\n${'$'.repeat(30_000)}\n\`\`\``,
  ];
  const { page } = await start({
    dataDir: folderWith(
      ...parts.map((part, i): [string, string, string] => [
        `Part ${i}`,
        runs[i % runs.length]?.repeat(RUN) ?? '',
        part,
      ]),
      ['As written', 'x', `${'> '.repeat(200)}${'word '.repeat(100_000)}`],
    ),
  });
  for (let i = 0; i < parts.length; i++) {
    await page
      .getByTestId('conversation-item')
      .filter({ has: page.getByText(`Part ${i}`, { exact: true }) })
      .click();
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
    expect({ part: parts[i]?.slice(0, 3), slow: layout > SLOW_MS }).toEqual({
      part: parts[i]?.slice(0, 3),
      slow: false,
    });
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
