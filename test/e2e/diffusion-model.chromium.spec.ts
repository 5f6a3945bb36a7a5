import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inRoot } from '../../scripts/lib/common.mjs';
import { ask, ended, lastReply } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';
import { engineReady } from './support/runtimes.ts';

test('a diffusion model that was imported writes replies in its own way, and its samplers are offered', async ({
  start,
}) => {
  const home = mkdtempSync(path.join(tmpdir(), 'mezzotint-imported-'));
  try {
    const pack = path.join(home, 'sdar');
    execFileSync(
      process.execPath,
      [
        inRoot('dist', 'cli.cjs'),
        'import',
        inRoot('test', 'fixtures', 'goldens', 'sdar'),
        '--out',
        pack,
        '--name',
        'Tiny SDAR',
        '--no-speed',
      ],
      { stdio: 'ignore' },
    );
    const app = await start({ env: { MEZZOTINT_PACK: pack } });
    await engineReady(app);
    const status = await app.call('engine.status', {});
    if (status.state !== 'ready') throw new Error('the engine is not ready');
    expect(status.pack.samplers[0]?.id).toBe('low-confidence');
    const { generation } = await app.call('settings.get', {});
    expect(generation.sampler.id).toBe('low-confidence');
    await app.call('settings.set', {
      generation: { ...generation, ending: { ...generation.ending, maxTokens: 24, loopGuard: false } },
    });
    await ask(app.page, 'What is a copper plate?');
    await ended(app.page);
    await expect(lastReply(app.page)).not.toHaveText('');
    await app.page.keyboard.press('Control+,');
    await expect(app.page.locator('#max-tokens')).toBeVisible();
    await app.page.getByRole('tab', { name: 'Advanced' }).click();
    await expect(app.page.getByText('Low confidence').first()).toBeVisible();
    await expect(app.page.getByText('Steps per block').first()).toBeVisible();
    // a number that the authors leave open is shown as that, can be set, and can be left open again
    const open = app.page.getByRole('checkbox', { name: 'One a slot' });
    const steps = app.page.locator('#steps-per-block');
    const stored = async (): Promise<unknown> =>
      (await app.call('settings.get', {})).generation.sampler.params['stepsPerBlock'];
    await expect(open).toBeChecked();
    await expect(steps).toBeDisabled();
    await open.uncheck();
    await expect(steps).toBeEnabled();
    await expect.poll(stored).toBe(32);
    await open.check();
    await expect(steps).toBeDisabled();
    await expect.poll(stored).toBe(null);
    await app.page.screenshot({ path: path.join(inRoot('test-results'), 'diffusion-model.png') });
    // its speeds are measured without a reference that it does not have
    await app.page.getByRole('tab', { name: 'Writing' }).click();
    const figures = app.page.getByTestId('speed-figures');
    await expect(figures.getByRole('row')).toHaveCount(6);
    await app.page.getByRole('button', { name: 'Measure now' }).click();
    await expect(app.page.getByRole('button', { name: 'Measure again' })).toBeVisible({ timeout: 90_000 });
    await expect(figures.locator('[data-stop=recommended]')).toContainText(/\d/);
    await expect(figures.getByRole('columnheader', { name: 'as Exact' })).toHaveCount(0);
    await expect(figures.getByRole('columnheader', { name: 'same' })).toBeVisible();
    await expect(app.page.getByTestId('speed-notes')).toContainText('no causal head');
    await expect(app.page.getByTestId('speed-notes')).toContainText('as with One slot a step');
    await app.page.screenshot({ path: path.join(inRoot('test-results'), 'diffusion-speeds.png') });
    // the slider beside the message box: its ends are the sampler's own
    await app.page.keyboard.press('Escape');
    const slider = app.page.getByTestId('speed-control').getByRole('slider');
    await slider.focus();
    await app.page.keyboard.press('Home');
    const sampler = async () => (await app.call('settings.get', {})).generation.sampler;
    await expect.poll(sampler).toMatchObject({ id: 'low-confidence', params: { threshold: null } });
    await app.page.keyboard.press('End');
    await expect.poll(sampler).toMatchObject({ id: 'low-confidence', params: { threshold: 0.6 } });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test('a model whose noise is uniform shows random tokens as text, and offers neither rewriting nor templates', async ({
  start,
}) => {
  const home = mkdtempSync(path.join(tmpdir(), 'mezzotint-noise-'));
  try {
    const pack = path.join(home, 'gemma');
    const golden = inRoot('test', 'fixtures', 'goldens', 'diffusion-gemma');
    execFileSync(
      process.execPath,
      [inRoot('dist', 'cli.cjs'), 'import', golden, '--out', pack, '--name', 'Tiny DiffusionGemma', '--no-speed'],
      { stdio: 'ignore' },
    );
    const app = await start({ env: { MEZZOTINT_PACK: pack } });
    await engineReady(app);
    const { generation } = await app.call('settings.get', {});
    expect(generation.sampler).toMatchObject({ id: 'renoise', params: { steps: 48, bound: 0.1, blockLength: 16 } });
    await app.call('settings.set', {
      generation: { ...generation, ending: { ...generation.ending, maxTokens: 480, loopGuard: false } },
    });
    await ask(app.page, 'What is a copper plate?');
    const noise = app.page.locator('[data-testid=slot][data-state=noise]');
    await expect(noise.filter({ hasText: /\S/ }).first()).toBeVisible();
    await app.page.screenshot({ path: path.join(inRoot('test-results'), 'uniform-noise.png') });
    await ended(app.page);
    await expect(noise).toHaveCount(0);
    await expect(lastReply(app.page)).not.toHaveText('');
    const state = await app.call('engine.status', {});
    expect(state.state === 'ready' && state.capabilities).toMatchObject({ fill: false, layout: false });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
