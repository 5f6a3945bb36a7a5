/** A finished reply, looked into: how sure the model was of each word, and how it was written, step by step. */
import { flatOf, settingsWith } from '../fixtures/settings.ts';
import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { openStore } from '../../core/store/index.ts';
import { Timeline } from '../../renderer/state/inspector/timeline.ts';
import { heatOf } from '../../renderer/state/inspector/token-shades.ts';
import { fakeEvents, fakeSettings, fakeText } from '../fixtures/fake-engine.ts';
import {
  ask,
  ended,
  lastReply,
  letters,
  marked,
  markedAt,
  newChat,
  plainSettings,
  savedFile,
  storedReply,
} from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';
import type { App } from './support/runtimes.ts';

const slider = (page: Page): Locator => page.getByTestId('scrubber').getByRole('slider');
const caption = (page: Page): Locator => page.getByTestId('step-caption');
const story = (page: Page): Locator => page.getByTestId('token-story');

test.beforeEach(async ({ app }, info) => {
  if (info.title.startsWith('a reply of 2,000 tokens')) return; // has an app of its own
  await plainSettings(app, { mode: 'fast', blockLength: 8, maxTokens: 64 });
  await newChat(app.page);
  await ask(app.page, 'Explain in three sentences why the sky is blue.');
  await ended(app.page);
});

async function timelineOf(app: App): Promise<Timeline> {
  const { id } = await storedReply(app);
  return new Timeline((await app.call('generations.trace', { messageId: id, frames: true })).events);
}
/** Presses a button that saves; returns the file. */
const saved = (app: App, button: Locator): Promise<{ name: string; file: string }> =>
  savedFile(app, () => button.click());

test('one key shows the words by confidence; each tells its probability, alternatives, step and way', async ({
  app,
}) => {
  const { page } = app;
  await expect(page.getByTestId('token-view')).toHaveCount(0);
  const { tokens } = await timelineOf(app);
  await page.keyboard.press('Alt+c');
  const words = lastReply(page).getByTestId('token-view');
  // set as in the thread, with a line under the unsure words alone
  const text = words.getByTestId('token-text');
  expect(letters(await text.innerText())).toBe(letters((await storedReply(app)).text));
  const word = ({ token }: (typeof tokens)[number]): string => token.text.replace(/[^\p{L}\p{N}]/gu, '');
  for (const level of [3, 4, 5])
    expect((await marked(page, `unsure-${level}`)).map(letters)).toEqual(
      tokens.filter((story) => heatOf(story.token.p) === level && word(story) !== '').map(word),
    );
  await expect(words.getByTestId('legend')).toContainText('unsure');

  const at = tokens.findIndex(({ token }) => token.text.trim().length > 2 && (token.alternatives?.length ?? 0) > 0);
  const token = tokens[at]?.token;
  await text.focus();
  await page.keyboard.press('Home');
  for (let i = 0; i < at; i++) await page.keyboard.press('ArrowRight');
  const place = await markedAt(page, 'token-own');
  await page.keyboard.press('Home');
  await page.mouse.move(place.x, place.y);
  await expect(story(page)).toContainText(`“${token?.text.trim()}”`);
  await expect(story(page)).toContainText('%');
  await expect(story(page)).toContainText(`forward ${token?.forward}`);
  await expect(story(page)).toContainText(`“${token?.alternatives?.find(([id]) => id !== token.id)?.[1].trim()}”`);

  // by keys: the arrows walk, the choice is a group of radio buttons, Escape closes
  await page.mouse.move(0, 0);
  await page.keyboard.press('Home');
  await expect(story(page)).toContainText(`“${tokens[0]?.token.text.trim()}”`);
  await page.keyboard.press('ArrowRight');
  await expect(story(page)).toContainText(tokens[1]?.token.text.trim() ?? '');
  await words.getByText('Arrival', { exact: true }).click();
  await expect(words).toHaveAttribute('data-by', 'arrival');
  await expect(words.getByTestId('legend')).toContainText('unmasked');
  expect(
    (await new AxeBuilder({ page }).setLegacyMode().include('[data-testid=token-view]').analyze()).violations,
  ).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(words).toHaveCount(0);
  await expect(lastReply(page)).toContainText((await storedReply(app)).text.slice(0, 12));
});

test('the scrubber shows each step as it was, by keys, by hand and playing', async ({ app }) => {
  const { page } = app;
  const timeline = await timelineOf(app);
  const last = timeline.length - 1;
  // where motion is unwanted it waits at its start
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.keyboard.press('Alt+r');
  await expect(slider(page)).toBeFocused();
  await expect(slider(page)).toHaveAttribute('max', String(last));
  await expect(slider(page)).toHaveValue('0');
  await page.keyboard.press('Alt+r');
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await page.keyboard.press('Alt+r');
  const shown = page.getByTestId('replay');
  // else it plays to its end
  await expect(slider(page)).toHaveValue(String(last), { timeout: 60_000 });
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  expect(letters(await shown.innerText())).toBe(letters((await storedReply(app)).text));

  await page.keyboard.press('Home');
  await expect(caption(page)).toContainText('before the first forward');
  await expect(shown.getByTestId('slot')).toHaveCount(8);
  for (const step of [1, Math.floor(last / 3), Math.floor(last / 2), last - 1]) {
    await slider(page).fill(String(step));
    const view = timeline.at(step);
    await expect(shown.getByTestId('slot')).toHaveCount(view.slots.length);
    expect(
      await shown
        .getByTestId('slot')
        .evaluateAll((slots) => slots.map((slot) => (slot as HTMLElement).dataset['state'])),
    ).toEqual(view.slots.map(({ state }) => state));
    expect(letters(await shown.innerText()).startsWith(letters(view.text))).toBe(true);
    await expect(slider(page)).toHaveAttribute(
      'aria-valuetext',
      new RegExp(`^${step === 0 ? 'before' : `forward ${timeline.steps[step]?.forward} of`}`),
    );
  }
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await expect(slider(page)).toHaveValue('1');
  expect(
    (await new AxeBuilder({ page }).setLegacyMode().include('[data-testid=scrubber]').analyze()).violations,
  ).toEqual([]);

  // Space plays to the end and stops there
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('4');
  await slider(page).focus();
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await expect(slider(page)).toHaveValue(String(last));
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('scrubber')).toHaveCount(0);
  await expect(page.locator('[data-view=replay]').last()).toBeFocused();
});

test('a replay goes out as a page that plays by itself, and as its trace', async ({ app }) => {
  const { page } = app;
  const timeline = await timelineOf(app);
  await page.keyboard.press('Alt+r');
  const jsonl = await saved(app, page.getByRole('button', { name: 'Trace (JSONL)' }));
  expect(jsonl.name).toMatch(/^explain-in-three.*\.jsonl$/);
  const [head, ...events] = readFileSync(jsonl.file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(head).toMatchObject({ format: 'mezzotint-trace', text: (await storedReply(app)).text });
  expect(events[0]).toMatchObject({ type: 'started', mode: 'fast' });
  expect(events.at(-1)).toMatchObject({ type: 'finished' });

  const html = await saved(app, page.getByRole('button', { name: 'Web page' }));
  if (app.electron) return; // the window opens no other page; any browser does
  const other = await page.context().newPage();
  const errors: string[] = [];
  other.on('pageerror', (error) => errors.push(error.message));
  other.on('request', (request) => request.url().startsWith('http') && errors.push(request.url()));
  await other.setContent(readFileSync(html.file, 'utf8'));
  const text = (await storedReply(app)).text;
  // opened, it plays from its start to its end
  await expect(other.locator('#committed')).toHaveText(text, { useInnerText: false, timeout: 60_000 });
  await other.keyboard.press('Home');
  await expect(other.locator('#canvas span')).toHaveCount(8);
  await other.keyboard.press('ArrowRight');
  await expect(other.locator('#canvas span')).toHaveCount(timeline.at(1).slots.length);
  await other.keyboard.press('End');
  await expect(other.locator('#canvas span')).toHaveCount(0);
  expect(errors).toEqual([]);
  await other.close();
});

test('from a step another reply is written that shares what stands there, with the fork marked', async ({ app }) => {
  const { page } = app;
  const timeline = await timelineOf(app);
  const before = await storedReply(app);
  await page.keyboard.press('Alt+r');
  const step = Math.floor(timeline.length / 2);
  await slider(page).fill(String(step));
  await page.getByRole('button', { name: 'Branch from here…' }).click();
  const form = page.getByTestId('branch-form');
  expect(
    (await new AxeBuilder({ page }).setLegacyMode().include('[data-testid=branch-form]').analyze()).violations,
  ).toEqual([]);
  await form.getByLabel('Mode').selectOption('exact');
  await form.getByLabel('Seed').fill('12');
  await form.getByRole('button', { name: 'Write on from here' }).click();
  await expect(page.getByText('2 / 2')).toBeVisible();
  await ended(page);
  const branch = await storedReply(app);
  expect(branch.id).not.toBe(before.id);
  expect(branch).toMatchObject({ parentId: before.parentId, generation: { mode: 'exact', seed: 12 } });
  const shared = timeline.at(step).text;
  expect(shared.length).toBeGreaterThan(10);
  expect(branch.text.startsWith(shared)).toBe(true);
  const own = await timelineOf(app);
  const count = timeline.steps[step]?.tokens ?? 0;
  expect(own.tokens.slice(0, count).map(({ token }) => token)).toEqual(
    timeline.tokens.slice(0, count).map(({ token }) => token),
  );

  await page.keyboard.press('Alt+r');
  await expect(page.getByTestId('scrubber')).toContainText('branched here');
  await slider(page).fill(String(own.steps.findIndex(({ marks }) => marks.includes('fork'))));
  await expect(caption(page)).toContainText('branched here');
  expect(letters(await page.getByTestId('replay').innerText()).startsWith(letters(shared))).toBe(true);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Previous version' }).click();
  await expect(lastReply(page)).toHaveAttribute('data-message-id', before.id);
});

/** A data folder with one finished reply of 2,000 tokens. */
function longReply(): string {
  const dataDir = newDataDir();
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  const { store } = opened.value;
  const settings = settingsWith(fakeSettings, { mode: 'fast', blockLength: 16, maxTokens: 2000 });
  const text = Array.from({ length: 60 }, (_, i) => `${fakeText}${i % 4 === 3 ? '\n\n' : ' '}`).join('');
  const events = fakeEvents(
    { generationId: 'g', messages: [], replyPrefix: [], settings, seed: 5 },
    { text, alternatives: 4 },
  );
  const words = events.flatMap((event) =>
    event.type === 'blockCommitted' ? event.tokens.map((token) => token.text) : [],
  );
  expect(words).toHaveLength(2000);
  const reply = {
    id: 'reply',
    parentId: 'question',
    shownChildId: null,
    role: 'assistant' as const,
    text: words.join(''),
    status: 'complete' as const,
    createdAt: 2,
  };
  const generation = {
    id: 'g',
    mode: flatOf(settings).mode,
    seed: 5,
    settings,
    pack: null,
    device: 'cpu',
    reason: 'length' as const,
    counts: null,
    droppedMessages: 0,
    error: null,
    startedAt: 2,
    endedAt: 3,
    events,
  };
  store.archive.write({
    id: 'long',
    title: 'A long reply',
    titleSource: 'person',
    createdAt: 1,
    updatedAt: 3,
    currentMessageId: 'reply',
    messages: [
      {
        id: 'question',
        parentId: null,
        shownChildId: 'reply',
        role: 'user',
        text: 'Tell me everything.',
        status: 'complete',
        createdAt: 1,
        generations: [],
      },
      { ...reply, generations: [generation] },
    ],
  });
  store.close();
  return dataDir;
}

test('a reply of 2,000 tokens is scrubbed and walked through without lag', async ({ start }) => {
  const { page } = await start({ dataDir: longReply() });
  await page.getByTestId('conversation-item').filter({ hasText: 'A long reply' }).click();
  await expect(lastReply(page)).toBeVisible();
  await page.keyboard.press('Alt+r');
  await expect(slider(page)).toBeFocused();
  // drags from end to end and jumps about: what the page needs from the hand's move to the next frame it can draw
  const times = await slider(page).evaluate(async (input) => {
    const range = input as HTMLInputElement;
    const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
    const last = Number(range.max);
    const times: number[] = [];
    for (let i = 0; i < 80; i++) {
      range.value = String(Math.round((i % 2 === 0 ? i / 80 : ((i * 37) % 80) / 80) * last));
      await frame();
      const began = performance.now();
      range.dispatchEvent(new Event('input', { bubbles: true }));
      await Promise.resolve();
      void document.body.offsetHeight; // with its layout
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b);
  });
  const [median, slow] = [
    times[Math.floor(times.length / 2)] ?? Infinity,
    times[Math.floor(times.length * 0.95)] ?? Infinity,
  ];
  test.info().annotations.push({
    type: 'scrub',
    description: `${median.toFixed(1)} ms in the middle, ${slow.toFixed(1)} ms at the 95th percentile`,
  });
  expect(median).toBeLessThan(50);
  await expect(page.getByTestId('replay').getByTestId('canvas')).toHaveCount(1);

  await page.keyboard.press('Alt+c');
  await expect(page.getByTestId('token-view').getByTestId('token-text')).toBeVisible();
  expect((await marked(page, 'unsure-4')).length).toBeGreaterThan(50);
});
