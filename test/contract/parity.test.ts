/** Golden checkpoints of ten families: imported, their logits and their authors' own sampler traces must come out equal. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importPack } from '../../core/engine/import.ts';
import { parity } from '../parity/parity.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';

/** Families whose graph is not here yet. */
const later = ['diffusion-gemma'];
const folders = readdirSync(goldens, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && !later.includes(entry.name) ? [entry.name] : [],
);

test('there are ten families and fifty traces', () => {
  expect(folders).toHaveLength(10);
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

test.each(later)('%s is refused by name, and nothing is written', async (name) => {
  const home = mkdtempSync(join(tmpdir(), 'mezzotint-later-'));
  await expect(importPack(join(goldens, name), { out: join(home, 'pack') })).rejects.toMatchObject({
    code: 'pack-unsupported',
    message: expect.stringContaining('DiffusionGemmaForBlockDiffusion') as string,
  });
  expect(readdirSync(home)).toEqual([]);
  rmSync(home, { recursive: true });
});
