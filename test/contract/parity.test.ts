/** Golden checkpoints of eleven families: imported, their logits and their authors' own sampler traces must come out equal. */
import { copyFileSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parity } from '../parity/parity.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';

const folders = readdirSync(goldens, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

test('there are eleven families', () => {
  expect(folders).toHaveLength(11);
});

describe.each([8, 4] as const)('in %i bits', (bits) => {
  test.each(folders)("%s: logits, tokens and forwards are the authors'", async (name) => {
    const result = await parity(join(goldens, name), bits);
    expect(result.error).toBeNull();
    expect(result.logits).toBeLessThanOrEqual(result.tolerance);
    expect(result.traces.length).toBeGreaterThan(0);
    for (const { sampler, args, differs, forwards, expectedForwards } of result.traces)
      expect({ sampler, args, differs, forwards }).toEqual({
        sampler,
        args,
        differs: null,
        forwards: expectedForwards,
      });
    expect(result.holds).toBe(true);
  });
});

test('a config as transformers saves it anew gives the same model', async () => {
  const home = mkdtempSync(join(tmpdir(), 'mezzotint-resaved-'));
  try {
    const dir = join(home, 'diffusion-gemma');
    cpSync(join(goldens, 'diffusion-gemma'), dir, { recursive: true });
    copyFileSync(join(dir, 'config-as-5.24-saves.json'), join(dir, 'config.json'));
    expect(await parity(dir, 4)).toMatchObject({ error: null, holds: true });
  } finally {
    rmSync(home, { recursive: true });
  }
});
