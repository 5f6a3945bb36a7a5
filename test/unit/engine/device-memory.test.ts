import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { deviceMemory, neededOnDevice, tooLarge } from '../../../core/engine/device-memory.ts';
import { readManifest } from '../../../core/engine/pack.ts';
import { packDir } from '../../fixtures/engine-under-test.ts';

const home = mkdtempSync(join(tmpdir(), 'mezzotint-cards-'));
afterAll(() => rmSync(home, { recursive: true }));
const MB = 1024 * 1024;

test("a device's memory is what a person allows, else the largest that a driver names, else unknown", () => {
  expect(deviceMemory({}, join(home, 'none'))).toBeNull();
  for (const [card, bytes] of [
    ['card0', null],
    ['card1', 512 * MB],
    ['card2', 8192 * MB],
  ] as const) {
    mkdirSync(join(home, card, 'device'), { recursive: true });
    if (bytes !== null) writeFileSync(join(home, card, 'device', 'mem_info_vram_total'), `${bytes}\n`);
  }
  expect(deviceMemory({}, home)).toBe(8192 * MB);
  expect(deviceMemory({ MEZZOTINT_DEVICE_MEMORY_MB: '300' }, home)).toBe(300 * MB);
  expect(deviceMemory({ MEZZOTINT_DEVICE_MEMORY_MB: 'much' }, home)).toBe(8192 * MB);
});

test('a model that fits, or a device of unknown memory, is tried; one that is larger is named with both figures', () => {
  const { manifest } = readManifest(packDir);
  const needed = neededOnDevice(manifest);
  expect(needed).toBeGreaterThan(150 * MB);
  expect(tooLarge(manifest, null)).toBeNull();
  expect(tooLarge(manifest, needed)).toBeNull();
  expect(tooLarge(manifest, 100 * MB)).toMatch(/needs \d{3} MB on the device, which has 100 MB/);
});
