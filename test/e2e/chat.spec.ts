import {
  ask,
  committed,
  composer,
  ended,
  lastReply,
  letters,
  LONG_QUESTION,
  messagesOf,
  newChat,
  plainSettings,
  questions,
  replies,
  storedReply,
} from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';
import { engineReady } from './support/runtimes.ts';

test.beforeEach(async ({ app }) => {
  await plainSettings(app);
  await newChat(app.page);
});

test('two turns: each is answered, and the second runs only its new tokens', async ({ app }) => {
  const { page } = app;
  await ask(page, 'Name three colours.');
  await ended(page);
  await ask(page, 'Which of them is the darkest?');
  await ended(page);
  await expect(questions(page)).toHaveCount(2);
  await expect(replies(page)).toHaveCount(2);

  const written = (await messagesOf(app)).filter(({ role }) => role === 'assistant');
  expect(written).toHaveLength(2);
  for (const [at, message] of written.entries()) {
    expect(message.text.length).toBeGreaterThan(10);
    expect(letters((await replies(page).nth(at).innerText()).slice(0, 400))).toContain(
      letters(message.text).slice(0, 20),
    );
  }
  const [first, second] = written.map(({ generation }) => generation?.counts);
  expect(first?.tokens).toBeGreaterThan(0);
  expect(second?.cachedTokens).toBeGreaterThan(0);
  expect(second?.promptTokens).toBeGreaterThan(second?.cachedTokens ?? Infinity);
});

for (const mode of ['exact', 'fast'] as const) {
  test(`a reply in ${mode} mode is seen to come out of masked slots`, async ({ app }) => {
    const { page } = app;
    await plainSettings(app, { mode, maxTokens: 64, draftLength: 4, blockLength: 8 });
    // every change of the canvas is written down from before the question is sent
    await page.evaluate(() => {
      const seen: Array<Array<{ state: string; text: string }>> = [];
      const look = (): void => {
        const slots = [...document.querySelectorAll<HTMLElement>('[data-testid=canvas] [data-testid=slot]')];
        if (slots.length > 0)
          seen.push(slots.map((slot) => ({ state: slot.dataset['state'] ?? '', text: slot.textContent ?? '' })));
      };
      new MutationObserver(look).observe(document.body, {
        subtree: true,
        childList: true,
        attributes: true,
        characterData: true,
      });
      Object.assign(window, { seenFrames: seen });
    });
    await ask(page, 'Explain in three sentences why the sky is blue.');
    await ended(page);
    const frames = await page.evaluate(
      () => (window as unknown as { seenFrames: Array<Array<{ state: string; text: string }>> }).seenFrames,
    );
    const first = frames[0] ?? [];
    expect(first.length).toBeGreaterThan(1);
    expect(first.every(({ state, text }) => state === 'masked' && text.trim() === '')).toBe(true);
    // words surface while other slots of the same canvas are still masked, or as drafts before they are committed
    const surfaced = frames.filter((frame) =>
      frame.some(({ state, text }) => (state === 'draft' || state === 'revealed') && text.trim() !== ''),
    );
    expect(surfaced.length).toBeGreaterThan(2);
    if (mode === 'fast')
      expect(
        frames.some(
          (frame) => frame.some(({ state }) => state === 'masked') && frame.some(({ state }) => state === 'revealed'),
        ),
      ).toBe(true);
    const { generation } = await storedReply(app);
    expect(generation?.mode).toBe(mode);
    expect(generation?.counts?.forwards).toBeGreaterThan(0);
    await expect(page.getByTestId('canvas')).toHaveCount(0);
  });
}

test('out of the box a reply is seen as blocks of sixteen slots, with guesses beside drafts and committed words', async ({
  app,
}) => {
  const { page } = app;
  const { generation } = await app.call('settings.get', {});
  await engineReady(app);
  const status = await app.call('engine.status', {});
  if (status.state !== 'ready') throw new Error('the engine is not ready');
  const { samplers, defaults } = status.pack;
  await app.call('settings.set', {
    generation: { ...generation, sampler: defaults.sampler, ending: { ...generation.ending, maxTokens: 64 } },
  });
  expect(samplers.find(({ id }) => id === defaults.sampler.id)?.guarantee).toBe('lossless');
  await page.evaluate(() => {
    const seen: string[][] = [];
    const look = (): void => {
      const slots = [...document.querySelectorAll<HTMLElement>('[data-testid=canvas] [data-testid=slot]')];
      if (slots.length > 0) seen.push(slots.map((slot) => slot.dataset['state'] ?? ''));
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
    Object.assign(window, { seenFrames: seen });
  });
  await ask(page, LONG_QUESTION);
  await ended(page);
  const frames = await page.evaluate(() => (window as unknown as { seenFrames: string[][] }).seenFrames);
  expect(frames[0]).toEqual(Array.from({ length: 16 }, () => 'masked'));
  const together = frames.filter((states) => states.includes('committed') && states.includes('guess'));
  expect(together.length).toBeGreaterThan(0);
  for (const states of frames) expect(states.length).toBeLessThanOrEqual(16);
  // what was shown is kept: the stored steps have the guesses, each with its probability
  const { id } = await storedReply(app);
  const { events } = await app.call('generations.trace', { messageId: id, frames: true });
  const guesses = events.flatMap((event) =>
    event.type === 'frame' ? event.changes.filter(({ state }) => state === 'guess') : [],
  );
  expect(guesses.length).toBeGreaterThan(0);
  for (const { p } of guesses) expect(p).toBeGreaterThanOrEqual(0.1);
});

test('committed text stays as it is while the reply goes on', async ({ app }) => {
  const { page } = app;
  await plainSettings(app, { maxTokens: 120 });
  await ask(page, LONG_QUESTION);
  const early = await committed(app, 20);
  await ended(page);
  expect((await storedReply(app)).text.startsWith(early.text)).toBe(true);
});

test('stop ends a reply at once and keeps what is committed', async ({ app }) => {
  const { page } = app;
  await plainSettings(app, { maxTokens: 1500 });
  await ask(page, LONG_QUESTION);
  const before = await committed(app, 8);
  await page.getByTestId('stop').click();
  await ended(page, 'stopped');
  const after = await storedReply(app);
  expect(after.text.startsWith(before.text)).toBe(true);
  expect(after.generation?.counts?.tokens).toBeLessThan(1500);
  await expect(lastReply(page)).toContainText('You stopped this reply');
  await expect(composer(page)).toBeEditable();
  // and the next reply is written
  await plainSettings(app);
  await ask(page, 'Say hello.');
  await ended(page);
});

test('the page obeys its own content security policy from its first script to a finished reply', async ({ app }) => {
  const { page } = app;
  await page.addInitScript(() => {
    const found: string[] = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      found.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
    Object.assign(window, { violations: found });
  });
  await page.reload();
  await plainSettings(app, { maxTokens: 80 });
  await newChat(page);
  await ask(page, 'Write a Python function that adds two numbers, in a code block.');
  await ended(page);
  await page.keyboard.press('Control+,');
  await expect(page.locator('#max-tokens')).toBeVisible();
  await page.keyboard.press('Escape');
  expect(await page.evaluate(() => (window as unknown as { violations: string[] }).violations)).toEqual([]);
});
