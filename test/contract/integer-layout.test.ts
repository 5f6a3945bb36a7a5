/** Matrices laid out as integers: what a model says stays, to the bit whichever rows are computed together; what is laid out lasts, is checked, and goes away. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kernels } from '../../core/contract/kernels.ts';
import { sessionOptions } from '../../core/engine/devices.ts';
import { importPack } from '../../core/engine/import.ts';
import { layOutIntegers } from '../../core/engine/integer-layout.ts';
import { removeIntegers } from '../../core/engine/integer-note.ts';
import { openPack, type Pack } from '../../core/engine/pack.ts';
import { ModelSession, type Graphs, type Predictions } from '../../core/engine/session.ts';
import { sumsIntegersExactly } from '../../core/engine/tuning.ts';
import { childEngine, createLocalEngine } from '../../core/engines/index.ts';
import { filesIn } from '../../core/library/copying.ts';
import { packDir } from '../fixtures/engine-under-test.ts';

const entry = path.join(import.meta.dirname, '../../core/engine/entry.ts');
const goldens = path.join(import.meta.dirname, '../fixtures/goldens');
const home = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-integers-'));
afterAll(() => rmSync(home, { recursive: true }));
const exact = await sumsIntegersExactly();

const namesIn = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => name.startsWith('integers'))
    .sort();
const timesIn = (dir: string): Record<string, number> =>
  Object.fromEntries(namesIn(dir).map((name) => [name, statSync(path.join(dir, name)).mtimeMs]));
/** Small models of random weights are touchier than real ones. */
const LIMIT = 0.03;
const layOut = (pack: Pack, shares: number[] = []) =>
  layOutIntegers({ ...pack, hash: pack.info.hash }, 1, (done, total) => void shares.push(done / total), LIMIT);
async function graphsFor(pack: Pack): Promise<{ graphs: Graphs; kl: number }> {
  const laid = await layOut(pack);
  if ('refused' in laid) throw new Error(`refused: ${laid.refused}`);
  return laid;
}

describe.skipIf(!exact)('a model laid out as integers', () => {
  let pack: Pack;
  beforeAll(async () => {
    const out = path.join(home, 'nemotron');
    await importPack(path.join(goldens, 'nemotron'), { out, bits: 8 });
    pack = await openPack(out);
  });

  it('says what it said in blocks', async () => {
    const shares: number[] = [];
    const laid = await layOut(pack, shares);
    expect(laid).toMatchObject({ graphs: { all: path.join(pack.dir, 'integers.onnx') } });
    expect('kl' in laid && laid.kl).toBeLessThan(LIMIT);
    expect(shares[0]).toBe(0);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(namesIn(pack.dir)).toEqual(['integers-00.bin', 'integers-01.bin', 'integers.json', 'integers.onnx']);
  });

  it('gives a token the same bits alone, with others, and in every split', async () => {
    const { graphs } = await graphsFor(pack);
    const session = await ModelSession.create(graphs, pack.manifest, sessionOptions('cpu', 2));
    const ids = Array.from({ length: 24 }, (_, i) => 20 + ((i * 37) % 300));
    const bits = async (sizes: number[]): Promise<string[]> => {
      const cache = session.newCache();
      const rows: string[] = [];
      for (const size of sizes) {
        const at = cache.length;
        const part = ids.slice(at, at + size);
        const made: Predictions = await session.forward(
          {
            ids: part,
            positions: part.map((_, i) => at + i),
            contextRows: size,
            canvases: [],
            wanted: part.map((_, i) => i),
          },
          cache,
        );
        for (let row = 0; row < size; row++) rows.push(made.logits.slice(row * 64, row * 64 + 64).join());
        cache.append(part, made);
      }
      return rows;
    };
    try {
      const alone = await bits(ids.map(() => 1));
      expect(new Set(alone).size).toBe(ids.length);
      for (const sizes of [[24], [8, 16], [5, 1, 7, 11], [23, 1]]) expect(await bits(sizes)).toEqual(alone);
    } finally {
      await session.release();
    }
  });

  it('is laid out once; an interrupted layout goes on where it was, and a damaged one is made again', async () => {
    await graphsFor(pack);
    const first = timesIn(pack.dir);
    await graphsFor(pack);
    expect(timesIn(pack.dir)).toEqual(first);

    for (const name of ['integers-01.bin', 'integers.json', 'integers.onnx']) rmSync(path.join(pack.dir, name));
    const ended = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(path.join(pack.dir, `integers-01.bin.${ended}.part`), 'half of it');
    const running = path.join(pack.dir, `integers-01.bin.${process.ppid}.part`);
    writeFileSync(running, 'another process writes it');
    const { graphs } = await graphsFor(pack);
    expect(timesIn(pack.dir)['integers-00.bin']).toBe(first['integers-00.bin']);
    expect(statSync(running).size).toBeGreaterThan(0);
    rmSync(running);
    expect(namesIn(pack.dir)).toEqual(['integers-00.bin', 'integers-01.bin', 'integers.json', 'integers.onnx']);

    // another time of change, as a copy of the folder has: compared once, and then known
    utimesSync(path.join(pack.dir, 'integers-00.bin'), 1e9, 1e9);
    await graphsFor(pack);
    expect(timesIn(pack.dir)['integers-00.bin']).toBe(1e12);
    expect(readFileSync(path.join(pack.dir, 'integers.json'), 'utf8')).toContain('"changedMs":1000000000000');

    writeFileSync(path.join(pack.dir, 'integers-01.bin'), 'something else');
    expect(await graphsFor(pack)).toMatchObject({ graphs });
    expect(statSync(path.join(pack.dir, 'integers-01.bin')).size).toBeGreaterThan(1000);
  });

  it('is copied to another disk without what was laid out for this machine', async () => {
    await graphsFor(pack);
    expect(filesIn(pack.dir).filter(({ name }) => name.startsWith('integers'))).toEqual([]);
    removeIntegers(pack.dir);
    expect(namesIn(pack.dir)).toEqual([]);
  });

  it('has its place for canvases too, in 4 bits and in both ways to attend', async () => {
    for (const [name, bits] of [
      ['llada', 8],
      ['fast-dllm-v2', 8],
      ['dream', 4],
    ] as const) {
      const out = path.join(home, `${name}-${bits}`);
      await importPack(path.join(goldens, name), { out, bits });
      const { kl } = await graphsFor(await openPack(out));
      expect(kl, name).toBeLessThan(LIMIT);
    }
  });

  it('is refused where it has experts', async () => {
    const out = path.join(home, 'experts');
    await importPack(path.join(goldens, 'llada-moe'), { out });
    expect(await layOut(await openPack(out))).toEqual({ refused: 'model' });
    expect(namesIn(out)).toEqual([]);
  });

  it('serves where a person asks for it, and leaves nothing where they ask for blocks', async () => {
    const load = async (kernels: Kernels) => {
      const steps: string[] = [];
      const engine = createLocalEngine({
        spawn: childEngine(entry),
        packDir: pack.dir,
        devices: ['cpu'],
        kernels: () => kernels,
      });
      engine.onStatus((status) => void (status.state === 'loading' && steps.push(status.step)));
      const status = await engine.settled();
      await engine.shutdown();
      return { status, steps };
    };
    await graphsFor(pack);
    const integers = await load({ threads: 1, spinUs: 0, products: 'integers' });
    expect(integers.status).toMatchObject({ state: 'ready', kernels: { products: 'integers', why: 'asked' } });
    expect(integers.steps).not.toContain('layout');
    await load({ threads: 1, spinUs: 0 });
    expect(namesIn(pack.dir)).toContain('integers.onnx');
    const blocks = await load({ threads: 1, spinUs: 0, products: 'blocks' });
    expect(blocks.status).toMatchObject({ state: 'ready' });
    expect(namesIn(pack.dir)).toEqual([]);
  });
});

it.skipIf(!exact)('a model that would say other things stays in blocks, and says why', async () => {
  const dir = path.join(home, 'shipped');
  mkdirSync(dir);
  for (const name of readdirSync(packDir))
    if (/\.(bin|safetensors)$/.test(name)) linkOrCopy(path.join(packDir, name), path.join(dir, name));
    else if (!name.startsWith('.') && !name.startsWith('integers'))
      cpSync(path.join(packDir, name), path.join(dir, name));
  const load = async (folder: string): Promise<string[]> => {
    const steps: string[] = [];
    const engine = createLocalEngine({
      spawn: childEngine(entry),
      packDir: folder,
      devices: ['cpu'],
      kernels: () => ({ threads: 2, spinUs: 200, products: 'integers' }),
    });
    engine.onStatus((status) => void (status.state === 'loading' && steps.push(status.step)));
    const status = await engine.settled();
    await engine.shutdown();
    expect(status).toMatchObject({ state: 'ready', kernels: { threads: 2, integersRefused: 'quality' } });
    expect(status.state === 'ready' && status.kernels?.products).toBeUndefined();
    return steps;
  };
  expect(await load(dir)).toContain('layout');
  expect(namesIn(dir)).toEqual(['integers.json']);
  // the shipped pack brings what was found, so nobody waits for it
  expect(await load(packDir)).not.toContain('layout');
});

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to);
  }
}
