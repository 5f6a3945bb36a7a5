import { defineConfig } from '@playwright/test';

/**
 * The same specs in two runtimes: `electron` (the desktop app) and `chromium` (browser mode with a real server process).
 * A spec for one runtime alone is named so. `npm test` finds the runtimes and names them in the environment.
 */
export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results/e2e',
  // a real model on few cores: one app at a time gives replies their pace
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env['CI']),
  // an unattended run tries once more, and `npm test` prints which needed it
  retries: process.env['CI'] ? 1 : 0,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  use: { trace: 'off', screenshot: 'only-on-failure' },
  projects: [
    { name: 'electron', testIgnore: '**/*.chromium.spec.ts' },
    { name: 'chromium', testIgnore: '**/*.electron.spec.ts' },
  ],
});
