import { expect, test } from 'vitest';
import { KvCache } from '../../../core/engine/cache.ts';
import { PrefixCaches } from '../../../core/engine/prefixes.ts';
import { visibility } from '../../../core/engine/session.ts';
import { CHUNK } from '../../../core/model/graph/contract.ts';

const shape = { layers: 2, kvHeads: 2, headDim: 3 };
const width = 6;

/** A cache of `n` tokens whose key numbers say where they belong: layer · 1e6 + token · 10 + line, values the negative. */
function filled(n: number, step = 17, ids = (i: number): number => i): KvCache {
  const cache = new KvCache(shape);
  while (cache.length < n) {
    const rows = Math.min(step, cache.room, n - cache.length);
    const keys = new Float32Array(2 * rows * width);
    for (let layer = 0; layer < 2; layer++) for (let t = 0; t < rows; t++) for (let line = 0; line < width; line++) keys[(layer * rows + t) * width + line] = layer * 1e6 + (cache.length + t) * 10 + line;
    cache.append(Array.from({ length: rows }, (_, i) => ids(cache.length + i)), { keys, values: keys.map((x) => -x), rows });
  }
  return cache;
}

function expectWhole(cache: KvCache): void {
  for (let layer = 0; layer < 2; layer++) {
    const [keys, values, recentKeys, recentValues] = cache.tensors(layer).map((t) => ({ data: t.data as Float32Array, dims: t.dims }));
    if (!keys || !values || !recentKeys || !recentValues) throw new Error('four tensors');
    expect(keys.dims).toEqual([2, 3, cache.capacity]);
    expect(values.dims).toEqual([2, cache.capacity, 3]);
    expect(recentKeys.dims).toEqual([cache.length % CHUNK, 2, 3]);
    for (let t = 0; t < cache.length; t++) for (let line = 0; line < width; line++) {
      const expected = layer * 1e6 + t * 10 + line;
      const recent = t >= cache.settled;
      const at = recent ? (t - cache.settled) * width + line : 0;
      expect(recent ? recentKeys.data[at] : keys.data[line * cache.capacity + t]).toBe(expected);
      const head = Math.floor(line / 3);
      expect(recent ? recentValues.data[at] : values.data[(head * cache.capacity + t) * 3 + (line % 3)]).toBe(-expected);
    }
  }
}

test.each([5, CHUNK, CHUNK + 1, 3 * CHUNK + 40])('%d tokens lie where the graph reads them', (n) => expectWhole(filled(n)));

test('cutting back into settled chunks and writing on loses nothing', () => {
  const cache = filled(2 * CHUNK + 50);
  cache.truncate(CHUNK + 9);
  expect(cache.length).toBe(CHUNK + 9);
  expectWhole(cache);
});

test('a fork is whole and independent', () => {
  const cache = filled(2 * CHUNK + 5);
  const fork = cache.fork(CHUNK + 3);
  expectWhole(fork);
  cache.truncate(1);
  expectWhole(fork);
});

test('rows that would cross the end of a chunk are refused', () => {
  const cache = filled(CHUNK - 2);
  expect(() => cache.append([1, 2, 3], { keys: new Float32Array(36), values: new Float32Array(36), rows: 3 })).toThrow(RangeError);
});

test('a second turn takes the cache of the first; another conversation leaves it whole', () => {
  const turn = filled(200, 17, (i) => i + 1);
  const list = new PrefixCaches(() => turn, 1e9);
  list.take([0], 0);
  expect(list.take(Array.from({ length: 210 }, (_, i) => i + 1), 209).length).toBe(200);
  const branch = list.take([1, 2, 3, 4, 500, 501], 5);
  expect(branch).not.toBe(turn);
  expect(branch.ids).toEqual([1, 2, 3, 4]);
  expect(turn.length).toBe(200);
});

test('the least recently used caches go first when over the limit', () => {
  const one = filled(10).bytes;
  const caches = new PrefixCaches(() => new KvCache(shape), 2.5 * one);
  for (let i = 0; i < 5; i++) caches.take([i], 0);
  expect(caches.count).toBe(2);
});

test('context rows see the cache and what stands before them; a canvas sees itself and the rows it builds on', () => {
  const rows = { ids: [1, 2, 3, 3, 3], positions: [4, 5, 5, 6, 6], contextRows: 2, canvases: [{ rows: 2, sees: 1 }, { rows: 1, sees: 2 }], wanted: [0] };
  const bias = visibility(rows, { length: 4, settled: 0, capacity: 64 }, 128);
  const seen = (row: number): number[] => Array.from({ length: 128 }, (_, c) => c).filter((c) => bias[row * 128 + c] === 0);
  const cached = [64, 65, 66, 67];
  expect(seen(0)).toEqual([...cached, 68]);
  expect(seen(1)).toEqual([...cached, 68, 69]);
  expect(seen(2)).toEqual([...cached, 68, 70, 71]);
  expect(seen(3)).toEqual([...cached, 68, 70, 71]);
  expect(seen(4)).toEqual([...cached, 68, 69, 72]);
});
