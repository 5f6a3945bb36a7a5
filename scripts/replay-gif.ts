/**
 * Makes docs/replay.gif: a real reply of the model that ships with the app, saved by the window's own film.
 * `node scripts/run.mjs replay-gif [--mode fast] [--out FILE]`
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { inRoot } from './lib/common.mjs';
import { asRoot } from './lib/electron.mjs';
import { chromiumForTests } from './lib/test-runtimes.mjs';

const { values } = parseArgs({
  options: {
    mode: { type: 'string', default: 'Fast' },
    out: { type: 'string' },
    question: { type: 'string', default: 'Explain in three sentences why the sky is blue.' },
  },
});
const out = path.resolve(values.out ?? inRoot('docs', 'replay.gif'));
const found = await chromiumForTests();
if ('reason' in found) throw new Error(found.reason);

const dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-gif-'));
const server = spawn(process.execPath, [inRoot('dist', 'server.cjs'), '--data', dataDir, '--no-open'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, MEZZOTINT_MEASURE: 'asked' },
});
const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
try {
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    server.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      const at = /^Mezzotint is at (\S+)$/m.exec(said)?.[1];
      if (at !== undefined) resolve(at);
    });
    server.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
  });
  const browser = await chromium.launch({
    executablePath: found.env['MEZZOTINT_TEST_CHROMIUM'] ?? '',
    args: asRoot() ? ['--no-sandbox', '--disable-dev-shm-usage'] : [],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, colorScheme: 'light' });
  await page.goto(address);
  await page.getByTestId('composer-input').fill(values.question);
  await page.locator('[data-testid=engine-status][data-state=ready]').waitFor({ timeout: 90_000 });
  await page.getByText(values.mode, { exact: true }).first().click();
  await page.getByTestId('send').click();
  await page.locator('[data-role=assistant][data-status=complete]').waitFor({ timeout: 120_000 });
  await page.keyboard.press('Alt+r');
  await page.getByRole('button', { name: 'Film…' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: 120_000 }),
    page.getByRole('button', { name: 'Make and save' }).click(),
  ]);
  copyFileSync(await download.path(), out);
  await browser.close();
  console.log(`${out}: ${Math.round(statSync(out).size / 1000)} kB`);
} finally {
  server.kill('SIGTERM');
  await gone;
  rmSync(dataDir, { recursive: true, force: true });
}
