/**
 * `app`: one running app a worker; settings, the window's size and emulated media are what they were when a test begins.
 * `start`: an app of the test's own.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test as base } from '@playwright/test';
import type { AppSettings } from '../../../core/contract/app.ts';
import { inRoot } from '../../../scripts/lib/common.mjs';
import { closeBrowser, engineReady, launch, type App, type LaunchOptions, type Runtime } from './runtimes.ts';

export { expect } from '@playwright/test';

const dataRoot = inRoot('test-results', 'data');
/** An empty folder that no other test sees. */
export function newDataDir(): string {
  mkdirSync(dataRoot, { recursive: true });
  return mkdtempSync(path.join(dataRoot, 'app-'));
}

interface TestFixtures {
  app: App;
  start: (options?: Partial<LaunchOptions>) => Promise<App>;
}
interface WorkerFixtures {
  runtime: Runtime;
  browserCleanup: void;
  shared: { app: App; settings: AppSettings; size: { width: number; height: number } | null };
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  runtime: [
    // Playwright wants a destructured first argument even where no fixture is used
    // eslint-disable-next-line no-empty-pattern
    async ({}, use, worker) => use(worker.project.name === 'electron' ? 'electron' : 'chromium'),
    { scope: 'worker' },
  ],
  browserCleanup: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      await use();
      await closeBrowser();
    },
    { scope: 'worker', auto: true },
  ],
  shared: [
    async ({ runtime }, use) => {
      const dataDir = newDataDir();
      const app = await launch(runtime, { dataDir });
      await engineReady(app);
      await use({ app, settings: await app.call('settings.get', {}), size: app.page.viewportSize() });
      await app.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  app: async ({ shared: { app, settings, size } }, use) => {
    if (size && JSON.stringify(app.page.viewportSize()) !== JSON.stringify(size)) await app.page.setViewportSize(size);
    await app.page.emulateMedia({ colorScheme: null, reducedMotion: null, forcedColors: null, contrast: null });
    await app.call('settings.set', settings);
    // windows of other tests had the focus meanwhile, and a menu closes in a window that has none
    await app.electron?.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.focus());
    await app.page.bringToFront();
    await use(app);
  },
  start: async ({ runtime }, use) => {
    const started: App[] = [];
    const dirs = new Set<string>();
    await use(async (options = {}) => {
      const dataDir = options.dataDir ?? newDataDir();
      dirs.add(dataDir);
      const app = await launch(runtime, { ...options, dataDir });
      started.push(app);
      return app;
    });
    // closing what a test has closed or killed already does nothing
    for (const app of started) await app.close().catch(() => undefined);
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  },
});
