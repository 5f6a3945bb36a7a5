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
    for (let layer = 0; layer < 2; layer++)
      for (let t = 0; t < rows; t++)
        for (let line = 0; line < width; line++)
          keys[(layer * rows + t) * width + line] = layer * 1e6 + (cache.length + t) * 10 + line;
    cache.append(
      Array.from({ length: rows }, (_, i) => ids(cache.length + i)),
      { keys, values: keys.map((x) => -x), rows },
    );
  }
  return cache;
}

function expectWhole(cache: KvCache): void {
  for (let layer = 0; layer < 2; layer++) {
    const [keys, values, recentKeys, recentValues] = cache
      .tensors(layer)
      .map((t) => ({ data: t.data as Float32Array, dims: t.dims }));
    if (!keys || !values || !recentKeys || !recentValues) throw new Error('four tensors');
    expect(keys.dims).toEqual([2, 3, cache.capacity]);
    expect(values.dims).toEqual([2, cache.capacity, 3]);
    expect(recentKeys.dims).toEqual([cache.length % CHUNK, 2, 3]);
    for (let t = 0; t < cache.length; t++)
      for (let line = 0; line < width; line++) {
        const expected = layer * 1e6 + t * 10 + line;
        const recent = t >= cache.settled;
        const at = recent ? (t - cache.settled) * width + line : 0;
        expect(recent ? recentKeys.data[at] : keys.data[line * cache.capacity + t]).toBe(expected);
        const head = Math.floor(line / 3);
        expect(recent ? recentValues.data[at] : values.data[(head * cache.capacity + t) * 3 + (line % 3)]).toBe(
          -expected,
        );
      }
  }
}

test.each([5, CHUNK, CHUNK + 1, 3 * CHUNK + 40])('%d tokens lie where the graph reads them', (n) =>
  expectWhole(filled(n)),
);

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
  expect(() => cache.append([1, 2, 3], { keys: new Float32Array(36), values: new Float32Array(36), rows: 3 })).toThrow(
    RangeError,
  );
});

test('a second turn takes the cache of the first; another conversation leaves it whole', () => {
  const turn = filled(200, 17, (i) => i + 1);
  const list = new PrefixCaches(() => turn, 1e9);
  list.take([0], 0);
  expect(
    list.take(
      Array.from({ length: 210 }, (_, i) => i + 1),
      209,
    ).length,
  ).toBe(200);
  const branch = list.take([1, 2, 3, 4, 500, 501], 5);
  expect(branch).not.toBe(turn);
  expect(branch.ids).toEqual([1, 2, 3, 4]);
  expect(turn.length).toBe(200);
});

test('prefixes are shared by whole blocks where a token sees its block, and never where it sees everything', () => {
  const ids = Array.from({ length: 60 }, (_, i) => i + 1);
  const blocks = new PrefixCaches(() => filled(50, 17, (i) => i + 1), 1e9, 16);
  blocks.take([0], 0);
  expect(blocks.take(ids, 59).length).toBe(48);
  expect(blocks.take(ids, 31).length).toBe(16);
  const everything = new PrefixCaches(() => new KvCache(shape), 1e9, 0);
  expect(everything.take(ids, 59)).not.toBe(everything.take(ids, 59));
  expect(everything.count).toBe(0);
});

test('rows by their numbers go into a cache as if they had been appended one by one, over the ends of chunks too', () => {
  const ids300 = Array.from({ length: 300 }, (_, i) => i);
  const keys = new Float32Array(2 * 300 * width);
  for (let layer = 0; layer < 2; layer++)
    for (let t = 0; t < 300; t++)
      for (let line = 0; line < width; line++) keys[(layer * 300 + t) * width + line] = layer * 1e6 + t * 10 + line;
  const made = { keys, values: keys.map((x) => -x), rows: 300 };
  const whole = new KvCache(shape);
  whole.appendRows(ids300, ids300, made);
  const apart = new KvCache(shape);
  for (const row of ids300) apart.appendRows([row], [row], made);
  const some = new KvCache(shape);
  some.appendRows([250, 3, 4, 5], [250, 3, 4, 5], made);
  expectWhole(whole);
  expectWhole(apart);
  expect(whole.ids).toEqual(ids300);
  const picked = some.tensors(1)[2].data as Float32Array;
  expect([250, 3, 4, 5].map((_, i) => picked[i * width])).toEqual([250, 3, 4, 5].map((row) => 1e6 + row * 10));
});

test('a canvas that follows sees those before it, as blocks of a prompt do', () => {
  const rows = {
    ids: [1, 2, 3],
    positions: [0, 1, 2],
    contextRows: 0,
    canvases: [
      { rows: 2, sees: 0, follows: true },
      { rows: 1, sees: 0, follows: true },
    ],
    wanted: [0],
  };
  const bias = visibility(rows, { length: 0, settled: 0, capacity: 0 }, 64);
  const seen = (row: number): number[] =>
    Array.from({ length: 64 }, (_, c) => c).filter((c) => bias[row * 64 + c] === 0);
  expect([seen(0), seen(1), seen(2)]).toEqual([
    [0, 1],
    [0, 1],
    [0, 1, 2],
  ]);
});

test('a second canvas of the same positions sees all of the first but what stands at its own place', () => {
  const rows = {
    ids: [1, 2, 9, 3, 3],
    positions: [0, 1, 2, 1, 2],
    contextRows: 0,
    canvases: [
      { rows: 3, sees: 0 },
      { rows: 2, sees: 0, follows: true, without: 1 },
    ],
    wanted: [0],
  };
  const bias = visibility(rows, { length: 0, settled: 0, capacity: 0 }, 64);
  const seen = (row: number): number[] =>
    Array.from({ length: 64 }, (_, c) => c).filter((c) => bias[row * 64 + c] === 0);
  expect([0, 1, 2, 3, 4].map(seen)).toEqual([
    [0, 1, 2],
    [0, 1, 2],
    [0, 1, 2],
    [0, 2, 3, 4],
    [0, 1, 3, 4],
  ]);
});

test('the least recently used caches go first when over the limit', () => {
  const one = filled(10).bytes;
  const caches = new PrefixCaches(() => new KvCache(shape), 2.5 * one);
  for (let i = 0; i < 5; i++) caches.take([i], 0);
  expect(caches.count).toBe(2);
});

test('context rows see the cache and what stands before them; a canvas sees itself and the rows it builds on', () => {
  const rows = {
    ids: [1, 2, 3, 3, 3],
    positions: [4, 5, 5, 6, 6],
    contextRows: 2,
    canvases: [
      { rows: 2, sees: 1 },
      { rows: 1, sees: 2 },
    ],
    wanted: [0],
  };
  const bias = visibility(rows, { length: 4, settled: 0, capacity: 64 }, 128);
  const seen = (row: number): number[] =>
    Array.from({ length: 128 }, (_, c) => c).filter((c) => bias[row * 128 + c] === 0);
  const cached = [64, 65, 66, 67];
  expect(seen(0)).toEqual([...cached, 68]);
  expect(seen(1)).toEqual([...cached, 68, 69]);
  expect(seen(2)).toEqual([...cached, 68, 70, 71]);
  expect(seen(3)).toEqual([...cached, 68, 70, 71]);
  expect(seen(4)).toEqual([...cached, 68, 69, 72]);
});

test('layers may differ in their heads, and nothing of one runs into another', () => {
  const others = { layers: [1], kvHeads: 1, headDim: 4 };
  const cache = new KvCache({ ...shape, others });
  const widths = [6, 4];
  const number = (layer: number, token: number, line: number): number => layer * 1e6 + token * 10 + line;
  const write = (count: number): void => {
    const rows = Math.min(count, cache.room);
    const keys = widths.flatMap((each, layer) =>
      Array.from({ length: rows * each }, (_, i) => number(layer, cache.length + Math.floor(i / each), i % each)),
    );
    const made = { keys: Float32Array.from(keys), values: Float32Array.from(keys, (x) => -x), rows };
    cache.append(
      Array.from({ length: rows }, (_, i) => cache.length + i),
      made,
    );
  };
  while (cache.length < 2 * CHUNK + 30) write(50);
  cache.truncate(CHUNK + 5);
  while (cache.length < CHUNK + 40) write(7);
  const copy = cache.fork(CHUNK + 20);
  for (const one of [cache, copy])
    for (const [layer, each] of widths.entries()) {
      const [keys, , , recentValues] = one.tensors(layer);
      expect(keys.dims).toEqual(layer === 0 ? [2, 3, one.capacity] : [1, 4, one.capacity]);
      for (let token = 0; token < one.length; token++)
        for (let line = 0; line < each; line++) {
          const settled = token < one.settled;
          const found = settled
            ? keys.data[line * one.capacity + token]
            : -(recentValues.data[(token - one.settled) * each + line] as number);
          expect(found).toBe(number(layer, token, line));
        }
    }
  expect(copy.bytes).toBe(2 * 4 * (6 + 4) * (copy.capacity + CHUNK));
});

test.each([0, 5, CHUNK - 1, CHUNK, CHUNK + 70, 3 * CHUNK + 2])(
  'with a window, a row sees that many tokens and itself among them; a canvas sees all of itself besides (%d cached)',
  (length) => {
    const window = 100;
    const settled = length - (length % CHUNK);
    const cache = { length, settled, capacity: Math.max(64, settled) };
    const rows = {
      ids: Array.from({ length: 20 }, (_, i) => i),
      positions: Array.from({ length: 20 }, (_, i) => length + i),
      contextRows: 8,
      canvases: [{ rows: 12, sees: 8 }],
      wanted: [0],
    };
    const columns = cache.capacity + 256;
    const bias = visibility(rows, cache, columns, window);
    const first = cache.capacity + length - settled;
    const positionAt = (column: number): number | null => {
      if (column < cache.capacity) return column < settled ? column : null;
      return column < first + 20 ? settled + column - cache.capacity : null;
    };
    for (let row = 0; row < 20; row++) {
      const last = row < 8 ? length + row : length + 8;
      const seen = (column: number): boolean => {
        const position = positionAt(column);
        if (position === null) return false;
        if (row >= 8 && position >= length + 8) return true;
        return position > last - window && position <= (row < 8 ? last : last - 1);
      };
      for (let column = 0; column < columns; column++) {
        const shown = bias[row * columns + column] === 0;
        if (shown !== seen(column)) throw new Error(`row ${row} and column ${column}: ${shown} instead`);
      }
    }
  },
);
