/** How the window is laid out: what stands where, what stays where it is, what may not be covered; in few colours, in short and narrow windows. */
import type { Locator, Page } from '@playwright/test';
import type { Response } from '../../core/contract/index.ts';
import { ask, composer, ended, lastReply, newChat, plainSettings, questions } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';
import type { App } from './support/runtimes.ts';

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
const boxOf = async (locator: Locator): Promise<Box> =>
  (await locator.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
const meet = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
let longOne: string | undefined;
/** A conversation longer than the window; made once, as its turns take their time. */
async function long(app: App): Promise<void> {
  const { page } = app;
  if (longOne !== undefined && page.url().endsWith(`c=${longOne}`)) return;
  await plainSettings(app, { maxTokens: 2 });
  const { generation: settings } = await app.call('settings.get', {});
  let last: Response<'chat.send'> | null = null;
  for (let i = 0; i < 12; i++) {
    const sent: Response<'chat.send'> = await app.call('chat.send', {
      conversationId: last?.conversation.id ?? null,
      parentId: last?.reply.id ?? null,
      text: `Of ${i}: a harbour, a lamp, a letter.`,
      settings,
    });
    last = sent;
    await expect
      .poll(async () => (await app.call('conversations.get', { id: sent.conversation.id })).messages.at(-1)?.status, {
        intervals: [50],
      })
      .toBe('complete');
  }
  const id = last?.conversation.id ?? '';
  longOne = id;
  const show = page.getByRole('button', { name: 'Show conversations' });
  if (await show.isVisible()) await show.click();
  await page.locator(`[data-conversation-id="${id}"]`).click();
  await expect(questions(page).last()).toContainText('Of 11');
}
async function sized(page: Page, width: number, height: number, work: () => Promise<void>): Promise<void> {
  const before = page.viewportSize() ?? { width: 1180, height: 820 };
  await page.setViewportSize({ width, height });
  try {
    await work();
  } finally {
    await page.setViewportSize(before);
  }
}

test('a panel, the search in the conversation and the undo move no line of the text, and cover nothing to be pressed', async ({
  app,
}) => {
  const { page } = app;
  await plainSettings(app, { maxTokens: 24 });
  await newChat(page);
  await ask(page, 'Name a colour.');
  await ended(page);
  await sized(page, 1440, 900, async () => {
    const text = lastReply(page).locator('p').first();
    await expect(text).toBeVisible();
    const stands = await boxOf(text);
    const panel = page.locator('aside.right');
    for (const open of ['Control+,', 'Alt+e']) {
      await page.keyboard.press(open);
      await expect(panel).toBeVisible();
      expect(await boxOf(text), open).toEqual(stands);
      expect(meet(await boxOf(panel), stands), open).toBe(false);
      await page.keyboard.press(open);
      await expect(panel).toHaveCount(0);
    }
    await page.keyboard.press('Control+f');
    await expect(page.getByTestId('find-bar')).toBeVisible();
    expect(await boxOf(text)).toEqual(stands);
    await page.keyboard.press('Escape');

    // two chats, one pinned: the word of it leaves the bar of what is chosen free
    await newChat(page);
    await ask(page, 'Name a fruit.');
    await ended(page);
    const items = page.getByTestId('conversation-item');
    await items.nth(0).click();
    await items.nth(1).focus();
    await page.keyboard.press('Delete');
    await expect(page.getByTestId('undo')).toBeVisible();
    await items.nth(0).click({ modifiers: ['Control'] });
    const bar = page.locator('nav [role=toolbar]');
    await expect(bar).toBeVisible();
    expect(meet(await boxOf(page.getByTestId('undo')), await boxOf(bar))).toBe(false);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect(page.getByTestId('undo')).toHaveCount(0);
  });
});

for (const [width, height] of [
  [1440, 900],
  [1180, 820],
  [900, 800],
  [390, 844],
  [720, 450],
] as const)
  test(`at ${width} × ${height} the way to the end stands over no words`, async ({ app }) => {
    const { page } = app;
    await sized(page, width, height, async () => {
      await long(app);
      await page.getByTestId('thread').evaluate((element) => element.scrollTo(0, element.scrollHeight / 3));
      await page.mouse.move(width / 2, height / 3);
      await page.mouse.wheel(0, -60);
      const button = page.getByTestId('to-the-end');
      await expect(button).toBeVisible();
      // what is in sight of the words ends at the thread's edge, and at the column's
      const [at, words, thread, box] = [
        await boxOf(button),
        await boxOf(page.locator('.sheet')),
        await boxOf(page.getByTestId('thread')),
        await boxOf(composer(page)),
      ];
      const column = await boxOf(lastReply(page));
      const seen = {
        ...words,
        x: column.x,
        width: column.width,
        y: Math.max(words.y, thread.y),
        height: Math.min(words.y + words.height, thread.y + thread.height) - Math.max(words.y, thread.y),
      };
      expect(meet(at, seen)).toBe(false);
      await composer(page).fill('w'.repeat(400));
      const inner = await composer(page).evaluate(
        (element) => element.getBoundingClientRect().right - parseFloat(getComputedStyle(element).paddingRight),
      );
      expect(!meet(at, { ...box, width: inner - box.x })).toBe(true);
      await composer(page).fill('');
      await button.click();
      await expect(button).toHaveCount(0);
    });
  });

test('in a short window (a large one at 200 %) the reply has most of the height, beside a panel too', async ({
  app,
}) => {
  const { page } = app;
  await sized(page, 720, 450, async () => {
    await long(app);
    const form = page.locator('form.composer');
    expect((await boxOf(form)).height).toBeLessThan(0.25 * 450);
    expect((await boxOf(page.getByTestId('thread'))).height).toBeGreaterThan(0.6 * 450);
    await page.keyboard.press('Alt+e');
    await expect(page.getByTestId('happening')).toBeVisible();
    expect((await boxOf(page.getByTestId('thread'))).height).toBeGreaterThan(0.33 * 450);
    await page.keyboard.press('Alt+e');
  });
});

test('a file dropped anywhere stays in the window, over a sheet too', async ({ app }) => {
  const { page } = app;
  await newChat(page);
  /** Whether the browser would be left to open what is dropped. */
  const drop = (selector: string, type: 'file' | 'link'): Promise<boolean> =>
    page
      .locator(selector)
      .first()
      .evaluate((element, kind) => {
        const data = new DataTransfer();
        if (kind === 'file') data.items.add(new File(['words'], 'dropped.txt', { type: 'text/plain' }));
        else data.setData('text/uri-list', 'https://example.invalid/');
        const over = element.dispatchEvent(
          new DragEvent('dragover', { dataTransfer: data, bubbles: true, cancelable: true }),
        );
        const dropped = element.dispatchEvent(
          new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }),
        );
        return over || dropped;
      }, type);
  for (const keys of ['Control+/', 'Control+k']) {
    await page.keyboard.press(keys);
    await expect(page.locator('dialog[open]')).toBeVisible();
    expect(await drop('dialog[open]', 'file')).toBe(false);
    expect(await drop('body', 'file')).toBe(false);
    await page.keyboard.press('Escape');
  }
  await expect(page.getByTestId('attached')).toHaveCount(0);
  for (const place of ['nav', 'main', 'header', '[data-testid=thread]'])
    expect(await drop(place, 'link'), place).toBe(false);
  expect(await drop('nav', 'file')).toBe(false);
  await expect(page.getByTestId('attached')).toHaveText(/dropped\.txt/);
  await page.getByRole('button', { name: 'Take “dropped.txt” off' }).click();
});

test('with forced colours a mark is a line under its words, not a block over them', async ({ app }) => {
  const { page } = app;
  await long(app);
  await page.emulateMedia({ forcedColors: 'active' });
  try {
    await page.keyboard.press('Control+f');
    await page.getByTestId('find').fill('lamp');
    await expect(page.getByTestId('find-bar')).toContainText('of 12');
    /** The share of a word's box that has the colour of the page. */
    const ground = async (nth: number): Promise<number> => {
      const clip = await page.getByTestId('thread').evaluate((element, n) => {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        const seen: DOMRect[] = [];
        for (let node = walker.nextNode(); node; node = walker.nextNode())
          for (const found of (node.textContent ?? '').matchAll(/lamp/g)) {
            const range = new Range();
            range.setStart(node, found.index);
            range.setEnd(node, found.index + 4);
            const box = range.getBoundingClientRect();
            if (box.top > 100 && box.bottom < innerHeight - 220) seen.push(box);
          }
        const box = seen[n];
        return box ? { x: box.x, y: box.y, width: box.width, height: box.height } : null;
      }, nth);
      if (!clip) throw new Error('the word is not in sight');
      const picture = (await page.screenshot({ clip })).toString('base64');
      return page.evaluate(async (data) => {
        const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))]));
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        const context = canvas.getContext('2d');
        if (!context) return 0;
        context.drawImage(bitmap, 0, 0);
        const { data: pixels } = context.getImageData(0, 0, bitmap.width, bitmap.height);
        let ground = 0;
        for (let i = 0; i < pixels.length; i += 4)
          if ((pixels[i] ?? 0) > 240 && (pixels[i + 1] ?? 0) > 240 && (pixels[i + 2] ?? 0) > 240) ground++;
        return (4 * ground) / pixels.length;
      }, picture);
    };
    // the last of them is the one that is looked at: a block on purpose
    expect(await ground(0)).toBeGreaterThan(0.5);
    await page.keyboard.press('Escape');
  } finally {
    await page.emulateMedia({ forcedColors: 'none' });
  }
});

test('who asks for more contrast gets 7:1 for text, on both themes', async ({ app }) => {
  const { page } = app;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ contrast: 'more', colorScheme });
    const ratios = await page.evaluate(() => {
      const probe = document.createElement('span');
      document.body.append(probe);
      const luminance = (name: string): number => {
        probe.style.color = `var(${name})`;
        const [r = 0, g = 0, b = 0] = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map((value) => {
          const c = Number(value) / 255;
          return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const against =
        (ground: string) =>
        (ink: string): number => {
          const [a = 0, b = 0] = [luminance(ink), luminance(ground)].sort((x, y) => y - x);
          return (a + 0.05) / (b + 0.05);
        };
      const texts = ['--ink', '--ink-2', '--ink-3', '--copper', '--madder', '--verdigris'];
      const result = {
        text: Math.min(...texts.flatMap((ink) => ['--ground', '--ground-2'].map((ground) => against(ground)(ink)))),
        line: against('--ground')('--hair-2'),
      };
      probe.remove();
      return result;
    });
    expect(ratios.text, colorScheme).toBeGreaterThan(7);
    expect(ratios.line, colorScheme).toBeGreaterThan(4.5);
  }
  await page.emulateMedia({ contrast: null, colorScheme: null });
});
