import {
  ask,
  committed,
  composer,
  ended,
  lastReply,
  letters,
  LONG_QUESTION,
  plainSettings,
  questions,
  storedReply,
} from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';
import { engineOf, hasProc, isAlive } from './support/processes.ts';
import { engineReady } from './support/runtimes.ts';

test('kill -9 of the app in mid-reply: what was committed is there, marked, and can be continued', async ({
  start,
}) => {
  const dataDir = newDataDir();
  const first = await start({ dataDir });
  await engineReady(first);
  await plainSettings(first, { maxTokens: 1500 });
  await ask(first.page, LONG_QUESTION);
  const before = await committed(first, 30);
  const engine = hasProc ? engineOf(first.mainPid) : undefined;
  await first.kill();
  // an engine whose host is gone has nothing to do
  if (engine !== undefined) await expect.poll(() => isAlive(engine), { timeout: 20_000 }).toBe(false);

  const second = await start({ dataDir });
  const { page } = second;
  await page.getByTestId('conversation-item').first().click();
  await ended(page, 'interrupted');
  await expect(questions(page)).toHaveText(new RegExp(LONG_QUESTION.slice(0, 30)));
  const kept = await storedReply(second);
  expect(kept.text.startsWith(before.text)).toBe(true);
  expect(letters(await lastReply(page).innerText())).toContain(letters(before.text).slice(0, 60));

  await engineReady(second);
  await lastReply(page).getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByTestId('stop')).toBeVisible();
  await expect.poll(async () => (await storedReply(second)).status === 'pending').toBe(true);
  const going = await committed(second, 40);
  expect(going.text.startsWith(kept.text)).toBe(true);
  await page.getByTestId('stop').click();
  await ended(page, 'stopped');
  expect((await storedReply(second)).text.length).toBeGreaterThan(kept.text.length);
});

test('kill -9 of the engine in mid-reply: it is said, the text is kept, and the next reply is written', async ({
  start,
}) => {
  test.skip(!hasProc, 'finds the engine process through /proc');
  const app = await start();
  const { page } = app;
  await engineReady(app);
  await plainSettings(app, { maxTokens: 1500 });
  await ask(page, LONG_QUESTION);
  const before = await committed(app, 10);
  const engine = engineOf(app.mainPid);
  expect(engine).toBeDefined();
  process.kill(engine ?? 0, 'SIGKILL');
  await expect(lastReply(page)).toHaveAttribute('data-status', /failed|interrupted/, { timeout: 30_000 });
  await expect(lastReply(page)).toContainText(/engine/i);
  expect((await storedReply(app)).text.startsWith(before.text)).toBe(true);

  await engineReady(app);
  expect(engineOf(app.mainPid)).not.toBe(engine);
  await plainSettings(app);
  await expect(composer(page)).toBeEditable();
  await ask(page, 'Name two fruits.');
  await ended(page);
});

test('an engine that hangs in mid-reply: the window says so, Stop ends the reply at once, and a restart brings it back', async ({
  start,
}) => {
  test.skip(!hasProc, 'finds the engine process through /proc');
  const app = await start();
  const { page } = app;
  await engineReady(app);
  await plainSettings(app, { maxTokens: 1500 });
  await ask(page, LONG_QUESTION);
  await committed(app, 10);
  const hung = engineOf(app.mainPid) ?? 0;
  process.kill(hung, 'SIGSTOP');
  await expect(page.getByTestId('engine-silent')).toContainText('does not answer', { timeout: 60_000 });
  await page.getByTestId('stop').click();
  await ended(page, 'stopped');
  expect((await storedReply(app)).text).not.toBe('');
  await expect.poll(() => isAlive(hung)).toBe(false);
  await engineReady(app);
  await expect(page.getByTestId('engine-silent')).toHaveCount(0);

  await lastReply(page).getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByTestId('stop')).toBeVisible();
  process.kill(engineOf(app.mainPid) ?? 0, 'SIGSTOP');
  await page
    .getByTestId('engine-silent')
    .getByRole('button', { name: 'Restart the engine' })
    .click({ timeout: 60_000 });
  await ended(page, 'interrupted');
  await engineReady(app);
});
