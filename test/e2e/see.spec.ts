/** Seeing what diffusion does: speeds measured here, a race, each step in words, and a replay as a film. */
import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { ask, ended, newChat, plainSettings, savedFile } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';

const QUESTION = 'Explain in three sentences why the sky is blue.';
const axe = async (page: Page, include: string): Promise<void> => expect((await new AxeBuilder({ page }).setLegacyMode().include(include).analyze()).violations).toEqual([]);

/** What a browser makes of a film: length in seconds, size, and whether its first and last pictures differ. */
async function looked(page: Page, file: string, type: string): Promise<{ seconds: number; width: number; height: number; differ: boolean }> {
  const base64 = readFileSync(file).toString('base64');
  return page.evaluate(
    async ([data, kind]) => {
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      const sums: number[] = [];
      const sum = (source: CanvasImageSource, width: number, height: number): void => {
        const canvas = document.createElement('canvas');
        canvas.width = width;
        canvas.height = height;
        const pen = canvas.getContext('2d');
        pen?.drawImage(source, 0, 0);
        sums.push([...(pen?.getImageData(0, 0, width, height).data ?? [])].reduce((a, b) => (a * 31 + b) % 1_000_003, 7));
      };
      if (kind === 'image/gif') {
        const decoder = new ImageDecoder({ data: bytes, type: kind });
        await decoder.tracks.ready;
        await decoder.completed;
        const count = decoder.tracks.selectedTrack?.frameCount ?? 0;
        let seconds = 0;
        let size = { width: 0, height: 0 };
        for (let i = 0; i < count; i++) {
          const { image } = await decoder.decode({ frameIndex: i });
          seconds += (image.duration ?? 0) / 1e6;
          size = { width: image.displayWidth, height: image.displayHeight };
          if (i === 0 || i === count - 1) sum(image, size.width, size.height);
          image.close();
        }
        return { seconds, ...size, differ: sums[0] !== sums[1] };
      }
      const video = document.createElement('video');
      video.muted = true;
      // the app's own policy lets a page load no media: the file is read through a source the policy knows
      const stream = new MediaSource();
      video.src = URL.createObjectURL(stream);
      await new Promise((resolve, reject) => {
        stream.addEventListener('sourceopen', resolve, { once: true });
        video.addEventListener('error', () => reject(new Error(video.error?.message ?? 'no video')), { once: true });
      });
      const codec = /vp8|vp09|V_VP8|V_VP9|V_AV1/.exec(new TextDecoder('latin1').decode(bytes.subarray(0, 2000)))?.[0] ?? '';
      const source = stream.addSourceBuffer(`video/webm; codecs="${codec === 'V_VP8' ? 'vp8' : codec === 'V_AV1' ? 'av01.0.01M.08' : 'vp9'}"`);
      source.appendBuffer(bytes);
      await new Promise((resolve) => source.addEventListener('updateend', resolve, { once: true }));
      stream.endOfStream();
      for (const at of [0, Math.max(0, video.duration - 0.1)]) {
        video.currentTime = at;
        await new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }));
        sum(video, video.videoWidth, video.videoHeight);
      }
      return { seconds: video.duration, width: video.videoWidth, height: video.videoHeight, differ: sums[0] !== sums[1] };
    },
    [base64, type] as const,
  );
}

test.beforeEach(async ({ app }) => {
  await plainSettings(app, { mode: 'fast', blockLength: 8, maxTokens: 32 });
  await newChat(app.page);
});

test('two lanes race: written in turns, each with its clock, then all start together; they are kept as replies', async ({ app }) => {
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
  const clock = async (n: number): Promise<number> => parseFloat(await lanes.nth(n).getByTestId('race-clock').innerText());
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

test('what is happening: each step of a replay in words, its entropies, and where the time went', async ({ app }) => {
  const { page } = app;
  await page.keyboard.press('Alt+e');
  const panel = page.getByTestId('happening');
  await expect(panel).toContainText('Send a question');
  await ask(page, QUESTION);
  await ended(page);
  await page.keyboard.press('Alt+r');
  await page.keyboard.press('Home');
  await expect(panel).toContainText('nothing is decided there yet');
  await page.keyboard.press('ArrowRight');
  const said = page.getByTestId('happening-said');
  await expect(said).toContainText('The causal head drew');
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
    const film = await looked(page, file, kind === 'gif' ? 'image/gif' : 'video/webm');
    expect(film.width).toBe(480);
    expect(film.height).toBeGreaterThan(100);
    expect(film.seconds).toBeGreaterThan(2.5);
    expect(film.seconds).toBeLessThan(65);
    expect(film.differ).toBe(true);
  }
});

test('the slider shows what this machine measured, and sets mode, threshold and block length together', async ({ app }) => {
  test.setTimeout(180_000);
  const { page } = app;
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const slider = page.getByRole('slider', { name: 'Speed ↔ quality' });
  const figures = page.getByTestId('speed-figures');
  await expect(figures).toContainText('not measured yet');
  await page.getByRole('button', { name: 'Measure now' }).click();
  // a question meanwhile is answered at once
  await expect(page.getByText(/^Measuring: [1-9]/)).toBeVisible({ timeout: 60_000 });
  await page.getByTestId('composer-input').fill(QUESTION);
  await page.keyboard.press('Enter');
  await ended(page);
  await expect(figures.locator('[data-stop=exact]')).toContainText('100 %', { timeout: 150_000 });
  await page.getByRole('button', { name: 'Stop measuring' }).or(page.getByRole('button', { name: 'Measure again' })).waitFor();
  await slider.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await expect(slider).toHaveAttribute('aria-valuetext', /^Exact, [\d.]+ tokens a second, 100 % as Exact$/);
  await expect.poll(async () => (await app.call('settings.get', {})).generation.mode).toBe('exact');
  await page.keyboard.press('End');
  await expect.poll(async () => (await app.call('settings.get', {})).generation).toMatchObject({ mode: 'fast', threshold: 0.15 });
  await axe(page, '.settings');
  await app.call('calibration.stop', {});
  await page.keyboard.press('Escape');
});
