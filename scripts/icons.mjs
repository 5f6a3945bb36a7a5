/** Draws resources/icons/*.png from icon.svg with a Chromium: run once after the drawing changes; the results are committed. */
import { readFileSync } from 'node:fs';
import { chromium } from '@playwright/test';
import { inRoot, onPath, output } from './lib/common.mjs';

const executablePath =
  process.env.MEZZOTINT_TEST_CHROMIUM ?? (onPath('chromium') ? output('which', ['chromium']) : undefined);
const browser = await chromium.launch({
  ...(executablePath ? { executablePath } : {}),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
const page = await browser.newPage();
const drawing = readFileSync(inRoot('resources', 'icons', 'icon.svg'), 'utf8');
for (const size of [16, 32, 48, 64, 128, 512]) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${drawing}`);
  await page.screenshot({
    path: inRoot('resources', 'icons', size === 512 ? 'icon.png' : `${size}x${size}.png`),
    omitBackground: true,
  });
}
await browser.close();
