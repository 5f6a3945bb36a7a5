/** What a forward costs on this machine: for the bench, and for choices that follow measured cost. */
import { defaultThreads, sessionOptions } from './devices.ts';
import { median } from './forecast.ts';
import { graphsOf, readManifest } from './pack.ts';
import { ModelSession } from './session.ts';
import { CHUNK } from '../model/graph/contract.ts';

export interface ForwardCost {
  cached: number;
  rows: number;
  /** How many of the rows, the last ones, are masked slots of one canvas; the others are context rows. */
  canvas: number;
  /** Median milliseconds of a forward, every row of it wanted. */
  ms: number;
}

/**
 * Times forwards on the CPU with random keys and values in the cache; `repeats` counted runs of each after two that are
 * not, the numbers of rows in turns, so that the machine's drift meets all alike. In each turn one run comes first that is
 * not counted: a reply's forwards follow their like, with weights and threads at hand.
 * @param options `canvas`: numbers of rows to time with all but the first on a canvas too, past the first of `cached`
 */
export async function probeForwards(
  packDir: string,
  options: { cached: number[]; rows: number[]; canvas?: number[]; repeats: number; threads?: number },
): Promise<ForwardCost[]> {
  const { manifest } = readManifest(packDir);
  const session = await ModelSession.create(
    graphsOf(packDir, manifest, 'cpu'),
    manifest,
    sessionOptions('cpu', options.threads ?? defaultThreads()),
  );
  const { layers, kvHeads, headDim } = session.shape;
  const numbers = layers * CHUNK * kvHeads * headDim;
  const noise = Float32Array.from({ length: numbers }, (_, i) => Math.sin(i * 12.9898) * 0.5);
  const costs: ForwardCost[] = [];
  for (const cached of options.cached) {
    const cache = session.newCache();
    while (cache.length < cached) {
      cache.append(
        Array.from({ length: Math.min(cache.room, cached - cache.length) }, () => 100),
        { keys: noise, values: noise, rows: CHUNK },
      );
    }
    const canvases = cached === options.cached[0] ? (options.canvas ?? []) : [];
    const shapes = [
      ...options.rows.map((rows) => ({ rows, canvas: 0 })),
      ...canvases.map((rows) => ({ rows, canvas: rows - 1 })),
    ].map((shape) => ({ ...shape, times: [] as number[] }));
    for (let run = -2; run < options.repeats; run++) {
      for (const { rows, canvas, times } of shapes) {
        const context = rows - canvas;
        const request = {
          ids: Array.from({ length: rows }, (_, i) => (i < context ? 200 + i : manifest.diffusion.maskToken)),
          positions: Array.from({ length: rows }, (_, i) => cached + i),
          contextRows: context,
          canvases: canvas > 0 ? [{ rows: canvas, sees: context }] : [],
          wanted: Array.from({ length: rows }, (_, i) => i),
        };
        await session.forward(request, cache);
        const began = performance.now();
        await session.forward(request, cache);
        if (run >= 0) times.push(performance.now() - began);
      }
    }
    for (const { rows, canvas, times } of shapes) costs.push({ cached, rows, canvas, ms: median(times) });
  }
  await session.release();
  return costs;
}
