/** A conversation of 600 messages: it opens at its end, is read to its top without a hole, and comes back to where it was. */
import { rmSync } from 'node:fs';
import { expect, type Page } from '@playwright/test';
import { copyOfSet, LONG_ID, LONG_TITLE } from '../bench/store/make.ts';
import { scroll } from '../bench/store/page.ts';
import { newDataDir, test } from './support/fixtures.ts';
import type { App } from './support/runtimes.ts';

const thread = (page: Page): ReturnType<Page['getByTestId']> => page.getByTestId('thread');
const rows = (page: Page): ReturnType<Page['locator']> => page.locator('[data-row]');
const message = (page: Page, n: number): ReturnType<Page['locator']> =>
  page.locator(`[data-message-id="${LONG_ID}-${n}"]`);
const item = (page: Page, title: string): ReturnType<Page['locator']> =>
  page.getByTestId('conversation-item').filter({ hasText: title });

async function openLong(start: (options: { dataDir: string }) => Promise<App>): Promise<Page> {
  const dataDir = newDataDir();
  rmSync(dataDir, { recursive: true });
  copyOfSet(0.002, dataDir);
  const { page } = await start({ dataDir });
  await item(page, LONG_TITLE).click();
  await expect(message(page, 599)).toBeInViewport();
  return page;
}

test('a long conversation opens at its end, is read to its top, and comes back to where it was left', async ({
  start,
}) => {
  const page = await openLong(start);
  await expect(message(page, 0)).toHaveCount(0);
  expect(await rows(page).count()).toBeLessThan(60);

  // up, down and over long distances: nothing in sight is missing, nothing moves by itself
  for (const step of [-60, 45, -400]) {
    const { blank, jump, distance } = await scroll(page, step, 120);
    expect({ step, blank }).toEqual({ step, blank: 0 });
    expect(jump).toBeLessThan(2);
    expect(distance).toBeGreaterThan(1000);
  }
  await thread(page).evaluate((element) => element.scrollTo(0, 0));
  await expect(message(page, 0)).toBeInViewport();
  const top = await message(page, 0).evaluate(
    (element) =>
      element.getBoundingClientRect().top - (element.closest('[data-testid=thread]')?.getBoundingClientRect().top ?? 0),
  );
  expect(top).toBeGreaterThan(20);
  expect(top).toBeLessThan(60);
  // in the order they are read aloud
  const numbers = await page
    .getByTestId('message')
    .evaluateAll((all) => all.map((one) => Number((one as HTMLElement).dataset['messageId']?.split('-').at(-1))));
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));

  // a row with the focus stays, however far the page goes
  await message(page, 1).getByRole('button').first().focus();
  await scroll(page, 700, 30);
  await expect(message(page, 1).getByRole('button').first()).toBeFocused();
  await expect(message(page, 0)).not.toBeInViewport();

  // another conversation and back: the same message stands at the same place
  const here = await thread(page).evaluate((element) => {
    const edge = element.getBoundingClientRect().top;
    const found = [...element.querySelectorAll<HTMLElement>('[data-testid=message]')].find(
      (one) => one.getBoundingClientRect().bottom > edge + 200,
    );
    return { id: found?.dataset['messageId'] ?? '', top: (found?.getBoundingClientRect().top ?? 0) - edge };
  });
  await page.getByTestId('conversation-item').filter({ hasNotText: LONG_TITLE }).first().click();
  await expect(page.locator(`[data-message-id="${here.id}"]`)).toHaveCount(0);
  await item(page, LONG_TITLE).click();
  const back = page.locator(`[data-message-id="${here.id}"]`);
  await expect(back).toBeInViewport();
  await expect
    .poll(() =>
      back.evaluate((element) =>
        Math.round(
          element.getBoundingClientRect().top -
            (element.closest('[data-testid=thread]')?.getBoundingClientRect().top ?? 0),
        ),
      ),
    )
    .toBeCloseTo(here.top, -1);

  await page.getByRole('button', { name: 'To the end' }).click();
  await expect(message(page, 599)).toBeInViewport();
});

test('in a long conversation another version of a reply is chosen where it stands', async ({ start }) => {
  const page = await openLong(start);
  const versions = page.getByRole('group', { name: /Version/ }).first();
  for (let i = 0; i < 60 && (await versions.count()) === 0; i++) await scroll(page, -600, 4);
  await versions.scrollIntoViewIfNeeded();
  await expect(versions).toContainText('1 / 2');
  await versions.getByRole('button', { name: 'Next version' }).click();
  await expect(page.getByRole('group', { name: /Version/ }).getByText('2 / 2')).toBeInViewport();
});
