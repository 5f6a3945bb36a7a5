import path from 'node:path';
import { inRoot } from '../../scripts/lib/common.mjs';
import { ask, ended, newChat, openSettings } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';
import { engineReady, type App } from './support/runtimes.ts';

const sdar = inRoot('test', 'fixtures', 'goldens', 'sdar');

async function withTwoModels(app: App): Promise<{ builtIn: string; other: string; name: string }> {
  await engineReady(app);
  const { generation } = await app.call('settings.get', {});
  await app.call('settings.set', { generation: { ...generation, ending: { ...generation.ending, maxTokens: 12 } } });
  const builtIn = (await app.call('models.list', {})).current;
  await app.call('models.import', { path: sdar });
  await expect.poll(async () => (await app.call('models.list', {})).job?.stage, { timeout: 60_000 }).toBe('done');
  const { models } = await app.call('models.list', {});
  const other = models.find(({ id }) => id !== builtIn);
  if (!other) throw new Error('no second model');
  await app.call('models.cancel', {});
  return { builtIn, other: other.id, name: other.name };
}
const loaded = async (app: App): Promise<string | null> => {
  const status = await app.call('engine.status', {});
  return status.state === 'ready' ? status.pack.id : null;
};

test('a conversation has a model of its own: chosen in mid-conversation, shown, and ready when its question is', async ({
  start,
}) => {
  const app = await start();
  const { page } = app;
  const { builtIn, other, name } = await withTwoModels(app);
  await ask(page, 'What is a copper plate?');
  await ended(page);
  // from the next turn on, here alone
  await page.getByTestId('model').selectOption(other);
  await expect(page.getByTestId('model')).toHaveValue(other);
  await expect.poll(() => loaded(app)).toBe(other);
  await expect(page.getByRole('radio', { name: 'Exact' })).toHaveCount(0);
  expect((await app.call('models.list', {})).current).toBe(builtIn);
  await ask(page, 'And a burr?');
  await ended(page);
  const by = page.getByTestId('reply-model');
  await expect(by).toHaveText(new RegExp(name));
  await page.screenshot({ path: path.join(inRoot('test-results'), 'model-of-a-conversation.png') });
  // a new chat has the usual one: it waits for the first words
  await newChat(page);
  await expect(page.getByTestId('model')).toHaveValue(builtIn);
  await expect(page.getByTestId('engine-waits')).toBeVisible();
  await page.getByTestId('composer-input').fill('Say hello.');
  await expect.poll(() => loaded(app)).toBe(builtIn);
  await page.getByTestId('composer-input').press('Enter');
  await ended(page);
  const [newest, first] = await app.call('conversations.list', {});
  const writers = async (id: string | undefined): Promise<string[]> =>
    (await app.call('conversations.get', { id: id ?? '' })).messages.flatMap(
      ({ generation }) => generation?.pack?.id ?? [],
    );
  expect(await writers(newest?.id)).toEqual([builtIn]);
  expect(await writers(first?.id)).toEqual([builtIn, other]);
  // the first one goes back to the usual model
  await page.getByTestId('conversation-item').nth(1).click();
  await expect(page.getByTestId('model')).toHaveValue(other);
  await page.getByTestId('model').selectOption({ label: 'As in other chats: SmolLM2 135M Instruct' });
  await expect(page.getByTestId('model')).toHaveValue(builtIn);
});

test('a race runs across models, each with its own sampler, and the conversation’s model comes back after it', async ({
  start,
}) => {
  const app = await start();
  const { page } = app;
  const { builtIn, other, name } = await withTwoModels(app);
  await ask(page, 'What is a copper plate?');
  await ended(page);
  await page.keyboard.press('Alt+w');
  const race = page.getByTestId('race');
  const lanes = page.getByTestId('race-lanes');
  // one lane of the model that is loaded, one of the other
  for (const mode of ['One by one', 'Fast']) await lanes.getByRole('checkbox', { name: mode }).uncheck();
  await lanes.getByRole('checkbox', { name }).check();
  await race.getByRole('button', { name: 'Start 2 lanes' }).click();
  const newest = async (): Promise<string> => (await app.call('conversations.list', {}))[0]?.id ?? '';
  const written = async (): Promise<{ id: string; sampler: string; seed: number }[]> =>
    (await app.call('conversations.get', { id: await newest() })).messages
      .filter(({ role, status }) => role === 'assistant' && status === 'complete')
      .map(({ generation }) => ({
        id: generation?.pack?.id ?? '',
        sampler: generation?.settings.sampler.id ?? '',
        seed: generation?.seed ?? -1,
      }));
  await expect.poll(written, { timeout: 60_000 }).toHaveLength(3);
  const [, first, second] = await written();
  expect(first).toMatchObject({ id: builtIn, sampler: 'speculative' });
  expect(second).toMatchObject({ id: other, sampler: 'low-confidence' });
  expect(second?.seed).toBe(first?.seed);
  await expect(race).toHaveAttribute('data-over', 'true');
  await expect(race).toContainText(name);
  await page.screenshot({ path: path.join(inRoot('test-results'), 'race-across-models.png') });
  await expect.poll(() => loaded(app)).toBe(builtIn);
});

test('after how long a model leaves the memory is chosen in the settings', async ({ start }) => {
  const app = await start();
  const { page } = app;
  await engineReady(app);
  await openSettings(page, 'Advanced');
  const choice = page.getByRole('radiogroup', { name: 'Free the model’s memory after' });
  await choice.getByText('5 min', { exact: true }).click();
  await expect.poll(async () => (await app.call('settings.get', {})).unloadAfter).toBe(5);
  await choice.getByText('Never', { exact: true }).click();
  await expect.poll(async () => (await app.call('settings.get', {})).unloadAfter).toBe(null);
});

test('a preset carries a model, and one that is gone is said in the composer and at the question', async ({
  start,
}) => {
  const app = await start();
  const { page } = app;
  const { builtIn, other, name } = await withTwoModels(app);
  await page.getByRole('button', { name: 'Instructions', exact: true }).click();
  await page.getByRole('button', { name: 'Presets…' }).click();
  const sheet = page.getByTestId('presets');
  await sheet.getByRole('button', { name: 'New preset' }).click();
  const form = page.getByTestId('preset-form');
  await form.getByLabel('Name').fill('Plates');
  await form.getByTestId('preset-model').selectOption(other);
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(sheet.getByTestId('preset')).toContainText(name);
  await sheet.getByRole('button', { name: 'Begin new chats with it' }).click();
  await page.screenshot({ path: path.join(inRoot('test-results'), 'preset-model.png') });
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
  await expect(page.getByTestId('model')).toHaveValue(other);
  await page.getByTestId('composer-input').fill('What is a copper plate?');
  await expect.poll(() => loaded(app)).toBe(other);
  await page.getByTestId('composer-input').press('Enter');
  await ended(page);
  await app.call('models.remove', { id: other, forever: true });
  await engineReady(app);
  await expect(page.getByTestId('model').locator('option:checked')).toHaveText(`${other} (not on this machine)`);
  await ask(page, 'And a burr?');
  await ended(page);
  await expect(page.getByText(`The model ${other} is not there any more`)).toBeVisible();
  await expect(page.getByTestId('reply-model')).toHaveText(/SmolLM2/);
  const [newest] = await app.call('conversations.list', {});
  const { messages, conversation } = await app.call('conversations.get', { id: newest?.id ?? '' });
  expect(messages.flatMap(({ generation }) => generation?.pack?.id ?? [])).toEqual([other, builtIn]);
  expect(conversation.setup?.model).toBe(other);
});
