import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  closeSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { inRoot } from '../../scripts/lib/common.mjs';
import { ask, composer, ended, plainSettings } from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';
import { engineReady, testPack as pack } from './support/runtimes.ts';

/** A copy that shares its files with the pack, all but the one to be damaged. */
function copyPack(own: string): string {
  mkdirSync(inRoot('test-results'), { recursive: true });
  const copy = mkdtempSync(path.join(inRoot('test-results'), 'pack-'));
  const walk = (from: string, to: string): void => {
    mkdirSync(to, { recursive: true });
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
      if (entry.isDirectory()) walk(source, target);
      else if (source === own) cpSync(source, target);
      else linkSync(source, target);
    }
  };
  walk(pack, copy);
  return copy;
}
function flipByte(file: string): void {
  const handle = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  const at = Math.floor(statSync(file).size / 2);
  readSync(handle, byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ 0x10;
  writeSync(handle, byte, 0, 1, at);
  closeSync(handle);
}
/** The largest file: weights. */
const weights = (): string => {
  const files = readdirSync(pack, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return files.sort((a, b) => statSync(b).size - statSync(a).size)[0] ?? '';
};

test('a damaged, cut or missing model file is named, and every conversation is still there', async ({ start }) => {
  const dataDir = newDataDir();
  const whole = await start({ dataDir });
  await engineReady(whole);
  await plainSettings(whole, { maxTokens: 8 });
  await ask(whole.page, 'A question from before the damage');
  await ended(whole.page);
  await whole.close();

  const victim = weights();
  const name = path.basename(victim);
  const damages: Array<[string, (file: string) => void]> = [
    ['a flipped bit', flipByte],
    ['a cut file', (file) => truncateSync(file, statSync(file).size - 1000)],
    ['a missing file', (file) => rmSync(file)],
  ];
  for (const [what, damage] of damages) {
    await test.step(what, async () => {
      const copy = copyPack(victim);
      try {
        damage(path.join(copy, path.relative(pack, victim)));
        const app = await start({ dataDir, env: { MEZZOTINT_PACK: copy } });
        const { page } = app;
        const status = page.getByTestId('engine-status');
        await expect(status).toHaveAttribute('data-state', 'failed', { timeout: 60_000 });
        await expect(status).toContainText(name);
        const said = await app.call('engine.status', {});
        expect(said.state === 'failed' && said.error).toMatchObject({
          code: expect.stringMatching(/^pack-(damaged|missing)$/),
          action: expect.any(String),
        });
        await page.getByTestId('conversation-item').first().click();
        await expect(page.getByTestId('thread')).toContainText('A question from before the damage');
        // what is typed is kept, and cannot be sent into nothing
        await composer(page).fill('Are you there?');
        await expect(page.getByTestId('send')).toBeDisabled();
        await app.close();
      } finally {
        rmSync(copy, { recursive: true, force: true });
      }
    });
  }
  expect(existsSync(victim)).toBe(true);
});
