/** Seeing what diffusion does: speeds measured here, a race, each step in words, and a replay as a film. */
import { settingsMode } from '../../core/contract/settings.ts';
import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { ask, ended, lastReply, newChat, plainSettings, savedFile, storedReply } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';

const QUESTION = 'Explain in three sentences why the sky is blue.';
const axe = async (page: Page, include: string): Promise<void> =>
  expect((await new AxeBuilder({ page }).setLegacyMode().include(include).analyze()).violations).toEqual([]);

interface Film {
  seconds: number;
  width: number;
  height: number;
  pictures: number;
  /** The first and the last picture are not the same. */
  differ: boolean;
}
/** What the browser's own decoder makes of a GIF. */
const gifSeen = (page: Page, file: string): Promise<Film> =>
  page.evaluate(async (data) => {
    const decoder = new ImageDecoder({ data: Uint8Array.from(atob(data), (c) => c.charCodeAt(0)), type: 'image/gif' });
    await decoder.tracks.ready;
    await decoder.completed;
    const pictures = decoder.tracks.selectedTrack?.frameCount ?? 0;
    const sums: number[] = [];
    const film = { seconds: 0, width: 0, height: 0, pictures, differ: false };
    for (let i = 0; i < pictures; i++) {
      const { image } = await decoder.decode({ frameIndex: i });
      film.seconds += (image.duration ?? 0) / 1e6;
      [film.width, film.height] = [image.displayWidth, image.displayHeight];
      const pixels = new Uint8Array(image.allocationSize());
      await image.copyTo(pixels);
      sums.push(pixels.reduce((a, b) => (a * 31 + b) % 1_000_003, 7));
      image.close();
    }
    return { ...film, differ: sums[0] !== sums.at(-1) };
  }, readFileSync(file).toString('base64'));

/** The same of a video: its packets are read here, its pictures decoded in the page, whose policy lets no media element load a file. */
async function videoSeen(page: Page, file: string): Promise<Film> {
  const input = new Input({ source: new BufferSource(readFileSync(file)), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  const config = await track?.getDecoderConfig();
  if (!track || !config) throw new Error('there is no video in it');
  const packets: { type: 'key' | 'delta'; timestamp: number; data: string }[] = [];
  for await (const packet of new EncodedPacketSink(track).packets())
    packets.push({
      type: packet.type,
      timestamp: Math.round(packet.timestamp * 1e6),
      data: Buffer.from(packet.data).toString('base64'),
    });
  const decoded = await page.evaluate(
    async ([codec, chunks]) => {
      const sums: number[] = [];
      let size = { width: 0, height: 0 };
      const waiting: Promise<void>[] = [];
      const decoder = new VideoDecoder({
        output: (frame) => {
          size = { width: frame.displayWidth, height: frame.displayHeight };
          const pixels = new Uint8Array(frame.allocationSize());
          waiting.push(
            frame.copyTo(pixels).then(() => {
              sums.push(pixels.reduce((a, b) => (a * 31 + b) % 1_000_003, 7));
              frame.close();
            }),
          );
        },
        error: (error) => {
          throw error;
        },
      });
      decoder.configure({ codec });
      for (const { type, timestamp, data } of chunks)
        decoder.decode(
          new EncodedVideoChunk({ type, timestamp, data: Uint8Array.from(atob(data), (c) => c.charCodeAt(0)) }),
        );
      await decoder.flush();
      await Promise.all(waiting);
      return { ...size, pictures: sums.length, differ: sums[0] !== sums.at(-1) };
    },
    [config.codec, packets] as const,
  );
  return { ...decoded, seconds: await input.computeDuration() };
}

test.beforeEach(async ({ app }) => {
  await plainSettings(app, { mode: 'fast', blockLength: 8, maxTokens: 32 });
  await newChat(app.page);
});

test('two lanes race: written in turns, each with its clock, then all start together; they are kept as replies', async ({
  app,
}) => {
  const { page } = app;
  await ask(page, QUESTION);
  await ended(page);
  await page.getByTestId('message').last().hover();
  await page.getByRole('button', { name: 'More for this reply' }).click();
  await page.getByRole('menuitem', { name: 'Race…' }).click();
  const race = page.getByTestId('race');
  await race.getByRole('checkbox', { name: 'Fast' }).uncheck();
  await axe(page, '[data-testid=race]');
  await race.getByRole('button', { name: 'Start 2 lanes' }).click();
  await expect(race).toHaveAttribute('data-over', 'true', { timeout: 60_000 });
  const lanes = page.getByTestId('race-lane');
  await expect(lanes).toHaveCount(2);
  await expect(lanes.nth(0).getByTestId('race-compared')).toHaveText('the same text as Exact');
  expect(await lanes.nth(0).locator('.prose').innerText()).toBe(await lanes.nth(1).locator('.prose').innerText());
  // fastest is who writes the most tokens a second; all are compared at the length that all reached
  await expect(race.getByText('fastest a token')).toHaveCount(1);
  const length = async (n: number): Promise<string | undefined> =>
    /^first (\d+) tokens in [\d.]+ s$/.exec(await lanes.nth(n).getByTestId('race-same-length').innerText())?.[1];
  expect(Number(await length(0))).toBeGreaterThan(0);
  expect(await length(1)).toBe(await length(0));
  const clock = async (n: number): Promise<number> =>
    parseFloat(await lanes.nth(n).getByTestId('race-clock').innerText());
  expect(await clock(0)).toBeGreaterThan(0);
  await axe(page, '[data-testid=race]');

  const time = race.getByRole('slider', { name: 'Time of the race' });
  await time.fill('0');
  expect([await clock(0), await clock(1)]).toEqual([0, 0]);
  await race.getByRole('button', { name: 'All start together' }).click();
  await expect(race.getByRole('button', { name: 'All start together' })).toBeVisible({ timeout: 30_000 });
  expect(await clock(0)).toBeGreaterThan(0);
  const { file, name } = await savedFile(app, () => race.getByRole('button', { name: 'Save as picture' }).click());
  expect(name).toBe('race.png');
  expect(readFileSync(file).subarray(1, 4).toString()).toBe('PNG');

  await page.keyboard.press('Escape');
  await expect(race).toHaveCount(0);
  await expect(page.getByText('/ 3')).toBeVisible();
});

test('a race takes the template along', async ({ app }) => {
  const { page } = app;
  await page.getByTestId('template-toggle').click();
  await page.getByTestId('template-input').fill('The capital of [country] is Paris.');
  await page.getByTestId('composer-input').focus();
  await ask(page, 'Which capital do you like?');
  await ended(page);
  await lastReply(page).getByTestId('more').click();
  await page.getByRole('menuitem', { name: 'Race…' }).click();
  const race = page.getByTestId('race');
  await expect(race.getByTestId('race-template')).toContainText('the same 1 hole');
  await race.getByRole('checkbox', { name: 'Fast' }).uncheck();
  await race.getByRole('button', { name: 'Start 2 lanes' }).click();
  await expect(race).toHaveAttribute('data-over', 'true', { timeout: 60_000 });
  for (const lane of await page.getByTestId('race-lane').all())
    expect((await lane.locator('.prose').innerText()).trim()).toMatch(/^The capital of \S[^.]* is Paris\.$/);
  await page.keyboard.press('Escape');
});

test('what is happening: each step of a replay in words, its entropies, and where the time went', async ({ app }) => {
  const { page } = app;
  await page.keyboard.press('Alt+e');
  const panel = page.getByTestId('happening');
  await expect(panel).toContainText('Send a question');
  await ask(page, QUESTION);
  await ended(page);
  // three plain sentences about the reply; figures are folded
  const lead = page.getByTestId('happening-lead').locator('p');
  await expect(lead).toHaveCount(3);
  const { counts } = (await storedReply(app)).generation ?? {};
  await expect(lead.first()).toContainText(`${counts?.tokens} tokens and took ${counts?.forwards} steps`);
  await expect(page.getByTestId('split')).toHaveCount(0);
  await page.getByTestId('happening-figures').getByText('Figures').click();
  await expect(page.getByTestId('split')).toBeVisible();
  await page.keyboard.press('Alt+r');
  await expect(page.getByTestId('scrubber').getByRole('slider')).toBeFocused();
  await page.keyboard.press('Home');
  await expect(panel).toContainText('nothing is decided there yet');
  await page.keyboard.press('ArrowRight');
  const said = page.getByTestId('happening-said');
  await expect(said).toContainText('The model wrote');
  await expect(page.getByTestId('entropy').getByRole('listitem')).toHaveCount(8);
  await expect(page.getByTestId('entropy')).not.toContainText('not stored');
  await said.getByRole('listitem').first().hover();
  await expect(page.getByTestId('replay').locator('.pointed').first()).toBeVisible();
  await expect(page.getByTestId('split')).toContainText('denoising, with checking');
  await expect(page.getByTestId('course').locator('canvas')).toBeVisible();
  await axe(page, '[data-testid=happening]');
  await page.keyboard.press('Alt+e');
  await expect(panel).toHaveCount(0);
});

test('opening the panel never moves the text, and covers none of it', async ({ app }) => {
  const { page } = app;
  await ask(page, QUESTION);
  await ended(page);
  const size = page.viewportSize();
  const text = async (): Promise<{ x: number; width: number }> => {
    const box = await lastReply(page).boundingBox();
    return { x: box?.x ?? 0, width: box?.width ?? 0 };
  };
  for (const width of [1720, 1440, 1280, 900, 390]) {
    await page.setViewportSize({ width, height: 860 });
    await expect(lastReply(page)).toBeVisible();
    const before = await text();
    await page.keyboard.press('Alt+e');
    await expect(page.getByTestId('happening')).toBeVisible();
    expect(await text(), `at ${width}`).toEqual(before);
    const panel = await page.getByTestId('happening').boundingBox();
    const foot = await page.getByTestId('thread').boundingBox();
    // beside the text, or under the thread
    expect(
      (panel?.x ?? 0) >= before.x + before.width || (panel?.y ?? 0) >= (foot?.y ?? 0) + (foot?.height ?? 0) - 1,
      `at ${width}`,
    ).toBe(true);
    await page.keyboard.press('Alt+e');
    await expect(page.getByTestId('happening')).toHaveCount(0);
  }
  if (size) await page.setViewportSize(size);
});

test('a replay is saved as a GIF and as a video that a browser plays', async ({ app }) => {
  const { page } = app;
  await ask(page, QUESTION);
  await ended(page);
  await page.keyboard.press('Alt+r');
  await page.getByRole('button', { name: 'Film…' }).click();
  const form = page.getByTestId('film-form');
  await form.getByLabel('Width').selectOption('480');
  for (const kind of ['gif', 'webm'] as const) {
    await form.getByLabel('As').selectOption(kind);
    const { name, file } = await savedFile(app, () => form.getByRole('button', { name: 'Make and save' }).click());
    expect(name).toMatch(new RegExp(`^explain-in-three-sentences.*\\.${kind}$`));
    await expect(form).toContainText('Saved as');
    const film = await (kind === 'gif' ? gifSeen : videoSeen)(page, file);
    expect(film.pictures).toBeGreaterThan(5);
    expect(film.width).toBe(480);
    expect(film.height).toBeGreaterThan(100);
    expect(film.seconds).toBeGreaterThan(0.5);
    expect(film.seconds).toBeLessThan(65);
    expect(film.differ).toBe(true);
  }
});

test('the slider shows what this machine measured, and sets mode, threshold and block length together', async ({
  app,
}) => {
  test.setTimeout(180_000);
  const { page } = app;
  const settings = (): Promise<void> => page.getByRole('button', { name: 'Settings', exact: true }).click();
  await settings();
  const slider = page.locator('#speed');
  const figures = page.getByTestId('speed-figures');
  await expect(figures).toContainText('not measured yet');
  await page.getByRole('button', { name: 'Measure now' }).click();
  // a question meanwhile is answered at once
  await expect(page.getByText(/^Measuring: [1-9]/)).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Close settings' }).click();
  await ask(page, QUESTION);
  await ended(page);
  await settings();
  await expect(figures.locator('[data-stop=exact]')).toContainText('100 %', { timeout: 150_000 });
  await page
    .getByRole('button', { name: 'Stop measuring' })
    .or(page.getByRole('button', { name: 'Measure again' }))
    .waitFor();
  await slider.focus();
  await page.keyboard.press('Home');
  await expect(slider).toHaveAttribute('aria-valuetext', /^Blocks forming, /);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  // as it is out of the box
  await expect(slider).toHaveAttribute('aria-valuetext', /^Exact, forming, .* 100 % as Exact$/);
  await page.keyboard.press('ArrowRight');
  await expect(slider).toHaveAttribute(
    'aria-valuetext',
    /^Exact, [\d.]+ times as fast as One by one \([\d.]+ to [\d.]+\), [\d.]+ tokens a second, 100 % as Exact$/,
  );
  await expect.poll(async () => settingsMode((await app.call('settings.get', {})).generation)).toBe('exact');
  // the noise of the measuring is told, and what it means
  await expect(page.getByTestId('speed-noise')).toContainText('differed by up to');
  await page.keyboard.press('End');
  const boldest = (await app.call('speedProfile.get', {})).stops.at(-1)?.sampler;
  await expect.poll(async () => (await app.call('settings.get', {})).generation).toMatchObject({ sampler: boldest });
  await axe(page, '.settings');
  await app.call('speedProfile.measureStop', {});
  await page.keyboard.press('Escape');
  // the same slider stands beside the message box, from watching a block form to the quickest
  const beside = page.getByTestId('speed-control');
  await expect(beside).toContainText(/Watch it form.*Quickest/);
  await beside.getByRole('slider').focus();
  await page.keyboard.press('Home');
  await expect
    .poll(async () => (await app.call('settings.get', {})).generation.sampler)
    .toEqual({ id: 'corrected-threshold', params: { threshold: 0.9, blockLength: 16 } });
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('speed-now')).toHaveText(/^~?\d+(\.\d)? tok\/s$/);
  await expect.poll(async () => settingsMode((await app.call('settings.get', {})).generation)).toBe('exact');
});
