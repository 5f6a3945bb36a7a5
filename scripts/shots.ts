/**
 * Screenshots of the window, for judging it: `npm run shots -- [OUT] [--url ADDRESS] [--only NAME] [--width N] [--sheet paper] [--scale 2]`.
 * Without an address it starts the demo (the real service, scripted replies, no model). With one (the address that browser mode prints) it
 * shoots that window as it stands, at every width.
 */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { createServer } from 'vite';
import { settled, type Scene } from './shots/hands.ts';
import { scenes } from './shots/scenes.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' },
    only: { type: 'string' },
    width: { type: 'string' },
    sheet: { type: 'string' },
    scale: { type: 'string' },
  },
});
const out = path.resolve(root, positionals[0] ?? '.cache/shots');
mkdirSync(out, { recursive: true });

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((file) => existsSync(file));
const server =
  values.url === undefined
    ? await createServer({
        configFile: path.join(root, 'vite.config.ts'),
        mode: 'demo',
        server: { port: 0, strictPort: false },
        logLevel: 'warn',
      })
    : null;
await server?.listen();
const base = server?.resolvedUrls?.local[0] ?? '';
const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: ['--no-sandbox'],
});
const widths = (values.width === undefined ? [1440, 900, 390] : values.width.split(',').map(Number)).map((width) => ({
  width,
  height: width < 500 ? 844 : 900,
}));
const sheets = values.sheet === undefined ? (['paper', 'plate'] as const) : [values.sheet];
const chosen: readonly Scene[] =
  values.url === undefined
    ? scenes.filter((scene) => values.only === undefined || values.only.split(',').includes(scene.name))
    : [{ name: 'window', query: '' }];

let trouble = 0;
for (const sheet of sheets)
  for (const size of widths)
    for (const scene of chosen) {
      const context = await browser.newContext({
        viewport: size,
        deviceScaleFactor: Number(values.scale ?? 1),
        colorScheme: sheet === 'plate' ? 'dark' : 'light',
      });
      const page = await context.newPage();
      page.on('console', (message) => message.type() === 'error' && console.error(`${scene.name}: ${message.text()}`));
      page.on('pageerror', (error) => console.error(`${scene.name}: ${error.message}`));
      try {
        await page.goto(values.url ?? `${base}?${scene.query}&theme=${sheet}`);
        await page.getByTestId('composer-input').waitFor();
        await scene.act?.(page);
        await settled(page);
      } catch (error) {
        trouble++;
        console.error(
          `${scene.name} (${size.width}, ${sheet}): ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      await page.screenshot({ path: path.join(out, `${scene.name}-${size.width}-${sheet}.png`) });
      await context.close();
    }
await browser.close();
await server?.close();
console.log(`${out}: ${sheets.length * widths.length * chosen.length} pictures`);
process.exitCode = trouble > 0 ? 1 : 0;
