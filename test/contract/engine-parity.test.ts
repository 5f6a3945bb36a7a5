/** The graph against an independent PyTorch implementation, and against itself. Real pack, real ONNX Runtime. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sessionOptions } from '../../core/engine/devices.ts';
import { graphsOf, readManifest } from '../../core/engine/pack.ts';
import { CANDIDATES } from '../../core/model/graph/contract.ts';
import { ModelSession, type ForwardRows, type Predictions } from '../../core/engine/session.ts';
import type { PrefixCache } from '../../core/engine/cache.ts';
import { buildGraph } from '../../core/model/families/index.ts';
import { buildDrafterGraph } from '../../core/model/graph/drafter.ts';
import { readCanvasParity, readContextParity, type ParityRows } from '../fixtures/parity/read.ts';

const packDir = join(import.meta.dirname, '../../models/smollm2-135m-instruct');
const { manifest } = readManifest(packDir);
const parity = readContextParity();
const context = (ids: number[], at = 0): ForwardRows => ({
  ids,
  positions: ids.map((_, i) => at + i),
  contextRows: ids.length,
  canvases: [],
  wanted: ids.map((_, i) => i),
});

/** Runs a token sequence in pieces; the predictions of all its rows. */
async function rowsOf(
  session: ModelSession,
  ids: number[],
  split: (left: number) => number,
  cache: PrefixCache = session.newCache(),
): Promise<Predictions[]> {
  const made: Predictions[] = [];
  while (cache.length < ids.length) {
    const piece = ids.slice(
      cache.length,
      cache.length + Math.max(1, Math.min(split(ids.length - cache.length), cache.room)),
    );
    const out = await session.forward(context(piece, cache.length), cache);
    made.push(out);
    cache.append(piece, out);
  }
  return made;
}
const flat = (made: Predictions[], key: 'ids' | 'logits' | 'lse' | 'entropy'): number[] =>
  made.flatMap((m) => Array.from(m[key]));

function compare(
  made: Predictions[],
  reference: ParityRows,
): { agree: number; clear: number; clearAgree: number; divergence: number; worst: number } {
  const ids = flat(made, 'ids');
  const logits = flat(made, 'logits');
  const lse = flat(made, 'lse');
  const sum = { agree: 0, clear: 0, clearAgree: 0, divergence: 0, worst: 0 };
  for (let row = 0; row < reference.rows; row++) {
    const at = row * CANDIDATES;
    const logs = new Map(
      Array.from({ length: CANDIDATES }, (_, i) => [ids[at + i], (logits[at + i] as number) - (lse[row] as number)]),
    );
    const last = (logits[at + CANDIDATES - 1] as number) - (lse[row] as number);
    const same = ids[at] === reference.topIds[at];
    if (same) sum.agree++;
    // not a near-tie: the reference's own margin is over a tenth of a nat
    if ((reference.topLogits[at] as number) - (reference.topLogits[at + 1] as number) > 0.1) {
      sum.clear++;
      if (same) sum.clearAgree++;
    }
    for (let i = 0; i < CANDIDATES; i++) {
      const log = (reference.topLogits[at + i] as number) - (reference.lse[row] as number);
      sum.divergence += Math.exp(log) * (log - (logs.get(reference.topIds[at + i]) ?? last));
      if (i < 8) sum.worst = Math.max(sum.worst, Math.abs((logs.get(reference.topIds[at + i]) ?? last) - log));
    }
  }
  return sum;
}

let session: ModelSession;
beforeAll(async () => {
  session = await ModelSession.create({ all: join(packDir, manifest.graph.file) }, manifest, sessionOptions('cpu', 2));
});
afterAll(() => session.release());

describe('context rows', () => {
  test("agree with the independent implementation on the source's own weights", async () => {
    let agree = 0;
    let divergence = 0;
    let rows = 0;
    let clear = 0;
    let clearAgree = 0;
    for (const [i, ids] of parity.texts.entries()) {
      const result = compare(await rowsOf(session, ids, () => 128), parity.gguf[i] as ParityRows);
      agree += result.agree;
      divergence += result.divergence;
      clear += result.clear;
      clearAgree += result.clearAgree;
      rows += ids.length;
    }
    console.log(
      `parity: ${rows} rows, argmax ${((100 * agree) / rows).toFixed(2)} % (${((100 * clearAgree) / clear).toFixed(2)} % of the ${clear} that are no near-ties), mean KL ${(divergence / rows).toFixed(4)}`,
    );
    expect(clearAgree / clear).toBeGreaterThanOrEqual(0.985);
    expect(agree / rows).toBeGreaterThanOrEqual(0.965);
    expect(divergence / rows).toBeLessThanOrEqual(0.006);
  });

  test('in float32, the same graph agrees within 1e-3', async () => {
    const graph = join(packDir, `float32-${process.pid}.onnx.tmp`); // initializers must lie beside the graph
    writeFileSync(graph, buildGraph(manifest, { arithmetic: 'float32', accuracyLevel: 0 }));
    const exact = await ModelSession.create({ all: graph }, manifest, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'basic',
      logSeverityLevel: 3,
    }).finally(() => rmSync(graph));
    for (const i of [0, 5, 11])
      expect(
        compare(await rowsOf(exact, parity.texts[i] as number[], () => 128), parity.pack[i] as ParityRows).worst,
      ).toBeLessThan(1e-3);
    await exact.release();
  });

  test('give the same bits however the sequence is split into forwards, across the end of a chunk too', async () => {
    const ids = [...(parity.texts[0] as number[]), ...(parity.texts[1] as number[])].slice(0, 150);
    const whole = await rowsOf(session, ids, () => 128);
    for (const size of [1, 2, 3, 5, 31]) {
      const head = session.newCache();
      await rowsOf(session, ids.slice(0, 110), () => 128, head);
      const split = await rowsOf(session, ids, () => size, head);
      expect(flat(split, 'lse')).toEqual(flat(whole, 'lse').slice(110));
      expect(flat(split, 'logits')).toEqual(flat(whole, 'logits').slice(110 * CANDIDATES));
    }
  });

  test('do not depend on the canvas rows beside them', async () => {
    const ids = (parity.texts[2] as number[]).slice(0, 60);
    const alone = flat(await rowsOf(session, ids, () => 128), 'logits').slice(-64 * 3);
    const cache = session.newCache();
    const head = ids.slice(0, -3);
    cache.append(head, await session.forward(context(head), cache));
    const mask = manifest.diffusion.maskToken;
    const beside = await session.forward(
      {
        ids: [...ids.slice(-3), mask, mask, mask],
        positions: [57, 58, 59, 60, 61, 58],
        contextRows: 3,
        canvases: [
          { rows: 2, sees: 3 },
          { rows: 1, sees: 1 },
        ],
        wanted: [0, 1, 2],
      },
      cache,
    );
    expect(Array.from(beside.logits)).toEqual(alone);
  });

  test('a cache that was cut and written on gives what a fresh one gives', async () => {
    const a = parity.texts[3] as number[];
    const b = [...a.slice(0, 40), ...(parity.texts[4] as number[]).slice(0, 120)];
    const cache = session.newCache();
    await rowsOf(session, [...a, ...(parity.texts[5] as number[])], () => 128, cache);
    cache.truncate(40);
    const reused = flat(await rowsOf(session, b, () => 16, cache), 'lse');
    expect(reused).toEqual(flat(await rowsOf(session, b, () => 16), 'lse').slice(-reused.length));
  });
});

test('canvas rows agree with the independent implementation of the adapter', async () => {
  const { cases, maskToken } = readCanvasParity();
  expect(maskToken).toBe(manifest.diffusion.maskToken);
  let agree = 0;
  let divergence = 0;
  let rows = 0;
  for (const one of cases) {
    const cache = session.newCache();
    const prefix = (parity.texts[one.text] as number[]).slice(0, one.prefix);
    await rowsOf(session, prefix, () => 128, cache);
    const n = one.slots.length;
    const made = await session.forward(
      {
        ids: one.slots.map((id) => id ?? maskToken),
        positions: one.slots.map((_, i) => one.prefix + i),
        contextRows: 0,
        canvases: [{ rows: n, sees: 0 }],
        wanted: one.slots.map((_, i) => i),
      },
      cache,
    );
    const result = compare([made], one);
    agree += result.agree;
    divergence += result.divergence;
    rows += n;
  }
  console.log(
    `canvas parity: ${rows} rows, argmax ${((100 * agree) / rows).toFixed(1)} %, mean KL ${(divergence / rows).toFixed(4)}`,
  );
  expect(divergence / rows).toBeLessThanOrEqual(0.02);
  expect(agree / rows).toBeGreaterThanOrEqual(0.9);
});

test('the committed graphs are what the builder builds', () => {
  expect(
    Buffer.from(buildGraph(manifest, { arithmetic: 'nbits', accuracyLevel: 4 })).equals(
      readFileSync(join(packDir, manifest.graph.file)),
    ),
  ).toBe(true);
  if (manifest.graph.context !== undefined)
    expect(
      Buffer.from(buildGraph({ ...manifest, adapter: null }, { arithmetic: 'nbits', accuracyLevel: 4 })).equals(
        readFileSync(join(packDir, manifest.graph.context)),
      ),
    ).toBe(true);
  if (manifest.drafter)
    expect(
      Buffer.from(buildDrafterGraph(manifest, 4)).equals(readFileSync(join(packDir, manifest.drafter.graph))),
    ).toBe(true);
});

describe('the graph for context rows alone', () => {
  test('gives the bits of the whole one, which is opened when a canvas first comes', async () => {
    const graphs = graphsOf(packDir, manifest, 'cpu');
    expect(graphsOf(packDir, manifest, 'webgpu').context).toBeUndefined();
    const both = await ModelSession.create(graphs, manifest, sessionOptions('cpu', 2));
    const ids = parity.texts[0]?.slice(0, 40) ?? [];
    const run = async (
      over: ModelSession,
      from: number,
      to: number,
      cache = over.newCache(),
      canvas = false,
    ): Promise<Predictions> => {
      const piece = ids.slice(from, to);
      const masks = canvas ? [manifest.diffusion.maskToken, manifest.diffusion.maskToken] : [];
      const positions = [...piece, ...masks].map((_, i) => from + i);
      const made = await over.forward(
        {
          ids: [...piece, ...masks],
          positions,
          contextRows: piece.length,
          canvases: canvas ? [{ rows: 2, sees: piece.length }] : [],
          wanted: positions.map((_, i) => i),
        },
        cache,
      );
      cache.append(piece, made);
      return made;
    };
    const [mine, whole] = [both.newCache(), session.newCache()];
    for (const [from, to, canvas] of [
      [0, 30, false],
      [30, 31, false],
      [31, 35, true],
      [35, 40, false],
    ] as const) {
      const [a, b] = [await run(both, from, to, mine, canvas), await run(session, from, to, whole, canvas)];
      expect(a.ids).toEqual(b.ids);
      expect(a.logits).toEqual(b.logits);
      expect(a.keys).toEqual(b.keys);
      expect(a.auxiliary).toEqual(b.auxiliary);
    }
    await both.release();
  });
});
