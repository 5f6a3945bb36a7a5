/** Keys and values that stay on a graphics device, through SwiftShader. `npm test` names the driver, or skips this folder saying why. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sessionOptions } from '../../core/engine/devices.ts';
import { importPack } from '../../core/engine/import.ts';
import type { PrefixCache } from '../../core/engine/cache.ts';
import { PrefixCaches } from '../../core/engine/prefixes.ts';
import { ModelSession, type ForwardRows, type Predictions } from '../../core/engine/session.ts';
import { changed } from '../fixtures/checkpoints/folder.ts';

const driver = process.env['MEZZOTINT_TEST_VULKAN'] ?? '';
Object.assign(process.env, { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: '/tmp' });

const home = mkdtempSync(join(tmpdir(), 'mezzotint-resident-'));
let device: ModelSession;
let processor: ModelSession;

beforeAll(async () => {
  const config = { architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3' };
  const out = join(home, 'pack');
  const manifest = await importPack(changed(home, 'sdar', { config }), {
    out,
    bits: 8,
    accuracyLevel: 0,
    checkMemory: false,
  });
  const graphs = { all: join(out, manifest.graph.file) };
  device = await ModelSession.create(graphs, manifest, sessionOptions('webgpu', 2));
  processor = await ModelSession.create(graphs, manifest, sessionOptions('cpu', 2));
}, 120_000);
afterAll(async () => {
  await device.release();
  await processor.release();
  rmSync(home, { recursive: true });
});

/** Context rows after the cache's end, and masks after them where they are wanted. */
function rowsAfter(cache: PrefixCache, ids: number[], masks = 0): ForwardRows {
  const all = [...ids, ...Array.from({ length: masks }, () => 7)];
  return {
    ids: all,
    positions: all.map((_, i) => cache.length + i),
    contextRows: ids.length,
    canvases: masks > 0 ? [{ rows: masks, sees: ids.length }] : [],
    wanted: [ids.length - 1, ...(masks > 0 ? [ids.length] : [])],
  };
}
const some = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => 10 + ((seed * 31 + i * 17) % 200));

/** The same forward on both, and the same rows committed; the first candidates must be the same. */
async function both(caches: PrefixCache[], ids: number[], keep: number, masks = 0): Promise<void> {
  const made: Predictions[] = [];
  for (const [i, session] of [device, processor].entries()) {
    const cache = caches[i] as PrefixCache;
    const out = await session.forward(rowsAfter(cache, ids, masks), cache);
    cache.append(ids.slice(0, keep), out);
    made.push(out);
  }
  const [there, here] = made as [Predictions, Predictions];
  expect(there.ids[0]).toBe(here.ids[0]);
  there.lse.forEach((lse, i) => expect(Math.abs(lse - (here.lse[i] as number))).toBeLessThan(0.02));
}

test('a cache on the device gives what one on the processor gives: over chunks, after cuts, for a copy', async () => {
  const caches = [device.newCache(), processor.newCache()];
  const fill = async (to: number): Promise<void> => {
    for (let have = caches[0]?.length ?? 0; have < to; have = caches[0]?.length ?? to) {
      const count = Math.min(caches[0]?.room ?? 0, to - have, 70);
      await both(caches, some(count, have), count);
    }
  };
  const cut = (length: number): void => caches.forEach((cache) => cache.truncate(length));
  await fill(300);
  await both(caches, some(5, 1), 2, 3);
  await both(caches, some(4, 2), 4);
  for (const length of [304, 258, 256, 140, 128, 9]) {
    cut(length);
    await both(caches, some(3, length), 2, 2);
    await both(caches, some(2, length + 1), 2);
  }
  await fill(270);
  const copies = caches.map((cache) => cache.fork(200));
  await both(caches, some(3, 5), 3);
  await both(copies, some(3, 6), 3);
  await both(caches, some(3, 7), 1);
  for (const cache of [...caches, ...copies]) cache.dispose();
}, 120_000);

test('what crosses in a forward does not grow with the context', async () => {
  const cache = device.newCache();
  const crossed = async (): Promise<number> => {
    const before = { ...device.traffic };
    // the cache is brought up to date within the forward that follows
    const made = await device.forward(rowsAfter(cache, some(4, 3)), cache);
    cache.append(some(4, 3), made);
    cache.truncate(cache.length - 4);
    return (device.traffic?.sent ?? 0) + (device.traffic?.received ?? 0) - (before.sent ?? 0) - (before.received ?? 0);
  };
  const fill = async (to: number): Promise<void> => {
    while (cache.length < to) {
      const ids = some(Math.min(cache.room, to - cache.length), cache.length);
      cache.append(ids, await device.forward(rowsAfter(cache, ids), cache));
    }
    await cache.ready();
  };
  await fill(70);
  const early = await crossed();
  await fill(70 + 5 * 128);
  expect(await crossed()).toBe(early);
  expect(early).toBeLessThan(8 * 1024);
  cache.dispose();
}, 120_000);

test('conversations that come and go leave nothing on the device', async () => {
  const warm = device.newCache();
  await device.forward(rowsAfter(warm, some(2, 1)), warm);
  await device.forward(rowsAfter(warm, some(2, 1)), warm);
  warm.dispose();
  const before = device.traffic?.tensors;
  const caches = new PrefixCaches(() => device.newCache(), 1);
  for (let turn = 0; turn < 6; turn++) {
    const ids = some(150, turn);
    const cache = caches.take(ids, ids.length - 1);
    while (cache.length < 140) {
      const next = ids.slice(cache.length, Math.min(140, cache.length + cache.room));
      cache.append(next, await device.forward(rowsAfter(cache, next), cache));
    }
    // cancelled here, with a forward's rows not brought into the cache
    cache.append(some(2, turn), await device.forward(rowsAfter(cache, some(2, turn)), cache));
    caches.trim();
    expect(caches.count).toBe(1);
  }
  caches.clear();
  const end = device.newCache();
  await device.forward(rowsAfter(end, some(2, 1)), end);
  end.dispose();
  expect(device.traffic?.tensors).toBe(before);
}, 120_000);
