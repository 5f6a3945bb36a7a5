/** Replies whose model was deleted: everything about them is read from what was stored, and goes out in every format. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from '@playwright/test';
import { exportFormats, type ExportFormat } from '../../core/contract/transfer.ts';
import { inRoot } from '../../scripts/lib/common.mjs';
import { Timeline } from '../../renderer/state/inspector/timeline.ts';
import { ask, ended, lastReply, letters, plainSettings, savedFile, storedReply } from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';
import { engineReady, type App } from './support/runtimes.ts';

const QUESTION = 'What is a copper plate?';

/** Imports a checkpoint of the goldens, answers with it and deletes it. The reply stays. */
async function replyWithoutItsModel(app: App, family: string): Promise<{ model: string }> {
  await engineReady(app);
  const builtIn = (await app.call('models.list', {})).current;
  await app.call('models.import', { path: inRoot('test', 'fixtures', 'goldens', family), bits: 8 });
  const job = async () => (await app.call('models.list', {})).job;
  await expect.poll(async () => (await job())?.stage, { timeout: 60_000 }).toBe('done');
  const done = await job();
  if (done?.stage !== 'done') throw new Error('the model was not imported');
  const ready = (id: string): Promise<void> =>
    expect
      .poll(async () => {
        const status = await app.call('engine.status', {});
        return status.state === 'ready' ? status.pack.id : status.state;
      })
      .toBe(id);
  await app.call('models.use', { id: done.id });
  await ready(done.id);
  await plainSettings(app, { maxTokens: 48 });
  await ask(app.page, QUESTION);
  await ended(app.page);
  await app.call('models.use', { id: builtIn });
  await ready(builtIn);
  await app.call('models.remove', { id: done.id, forever: true });
  return { model: done.name };
}

/** What each format holds of the reply. */
const holds: Record<Exclude<ExportFormat, 'pdf'>, (text: string, reply: string, model: string) => void> = {
  json: (text, reply, model) => {
    const { conversations } = JSON.parse(text) as {
      conversations: [{ messages: { text: string; generations: { pack: unknown; events: unknown[] }[] }[] }];
    };
    const message = conversations[0].messages.at(-1);
    expect(message?.text).toBe(reply);
    expect(message?.generations[0]?.pack).toMatchObject({ name: model });
    expect(message?.generations[0]?.events).toContainEqual(expect.objectContaining({ type: 'frame' }));
  },
  markdown: (text, reply, model) => {
    expect(letters(text)).toContain(letters(reply));
    expect(letters(text)).toContain(letters(model));
  },
  html: (text, reply, model) => {
    expect(text).toContain('<!doctype html>');
    expect(text).toContain(QUESTION);
    expect(text).toContain(model);
    const bare = text.replace(/<[^>]*>/g, '').replace(/&(?:amp|lt|gt|quot|#\d+);/g, '');
    expect(letters(bare)).toContain(letters(reply));
  },
  text: (text, reply) => expect(letters(text)).toContain(letters(reply)),
  openai: (text, reply) => expect(text).toContain(JSON.stringify(reply)),
  sharegpt: (text, reply) => expect(text).toContain(JSON.stringify(reply)),
  csv: (text, reply) => expect(letters(text)).toContain(letters(reply)),
};

for (const family of ['sdar', 'diffusion-gemma'])
  test(`a reply of ${family} whose model is gone is looked into, replayed and exported in every format`, async ({
    start,
  }) => {
    test.slow();
    const dataDir = newDataDir();
    const first = await start({ dataDir });
    const { model } = await replyWithoutItsModel(first, family);
    const reply = await storedReply(first);
    await first.close();

    // no model at all: whatever is shown and written now comes from what was stored
    const app = await start({ dataDir, env: { MEZZOTINT_PACK: path.join(dataDir, 'no-such-model') } });
    const { page } = app;
    await expect(page.getByTestId('engine-status')).toHaveAttribute('data-state', 'failed', { timeout: 60_000 });
    await page.getByTestId('conversation-item').first().click();
    expect(letters(await lastReply(page).locator('.prose').first().innerText())).toBe(letters(reply.text));
    const { events } = await app.call('generations.trace', { messageId: reply.id, frames: true });
    const timeline = new Timeline(events);
    const last = timeline.length - 1;

    // its words, each with its story
    await page.keyboard.press('Alt+c');
    const words = page.getByTestId('token-view');
    await words.getByTestId('token-text').focus();
    await page.keyboard.press('Home');
    await expect(page.getByTestId('token-story')).toContainText('%');
    await page.keyboard.press('Escape');

    // its steps, as they were, with the panel that says what happened
    await page.keyboard.press('Alt+r');
    const slider = page.getByTestId('scrubber').getByRole('slider');
    const replay = page.getByTestId('replay');
    await expect(slider).toHaveAttribute('max', String(last));
    for (const step of [1, Math.floor(last / 2), last]) {
      await slider.fill(String(step));
      expect(
        await replay
          .getByTestId('slot')
          .evaluateAll((slots) => slots.map((slot) => (slot as HTMLElement).dataset['state'])),
      ).toEqual(timeline.at(step).slots.map(({ state }) => state));
    }
    await page.keyboard.press('Alt+e');
    await expect(page.getByTestId('happening-lead').locator('p').first()).toContainText(/\d+ tokens/);
    await page.keyboard.press('Alt+e');

    // the replay as a page, a trace and a film
    const save = (button: Locator) => savedFile(app, () => button.click());
    const trace = await save(page.getByRole('button', { name: 'Trace (JSONL)' }));
    const [head, ...lines] = readFileSync(trace.file, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(head ?? '')).toMatchObject({ text: reply.text, generation: { pack: { name: model } } });
    expect(lines).toHaveLength(events.length);
    const html = await save(page.getByRole('button', { name: 'Web page' }));
    const other = await page.context().newPage();
    await other.emulateMedia({ reducedMotion: 'reduce' });
    await other.setContent(readFileSync(html.file, 'utf8'));
    await other.locator('#slider').fill('1');
    expect(
      await other
        .locator('#canvas span')
        .evaluateAll((all) => all.map((slot) => (slot as HTMLElement).dataset['state'])),
    ).toEqual(timeline.at(1).slots.map(({ state }) => state));
    await other.keyboard.press('End');
    await expect(other.locator('#committed')).toHaveText(reply.text, { useInnerText: false });
    await other.close();
    await page.getByRole('button', { name: 'Film…' }).click();
    const film = await save(page.getByTestId('film-form').getByRole('button', { name: 'Make and save' }));
    expect(readFileSync(film.file).subarray(0, 4).toString('latin1')).toBe('GIF8');

    // every format of the conversation
    await page.keyboard.press('Escape');
    for (const format of exportFormats) {
      if (format === 'pdf') continue;
      const { exportId } = await app.call('export.begin', { format, ids: null, frames: format === 'json' });
      let text = '';
      for (let piece = 0, done = false; !done; piece++) {
        const read = await app.call('export.read', { exportId, piece });
        text += read.text;
        done = read.done;
      }
      holds[format](text, reply.text, model);
    }
  });
