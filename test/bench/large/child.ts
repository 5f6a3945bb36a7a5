/**
 * Steps of the bench in processes of their own, so that their memory can be told apart; each prints a line of JSON.
 * `import CHECKPOINT OUT RECIPE` · `run PACK THREADS REQUEST`
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

process.env['ORT_DISABLE_TELEMETRY'] = '1';

export interface RunRequest {
  layers: number;
  shapes: { rows: number; cached: number }[];
  repeats: number;
}
export interface RunResult {
  loadMs: number;
  forwards: { rows: number; cached: number; ms: number }[];
}
export interface ImportResult {
  seconds: number;
  /** Until the last weight was written: without the self-test. */
  weightsSeconds: number;
  cpuSeconds: number;
  weights: number;
  bits: number;
}

const anyTemplate = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}";

async function importOne(checkpoint: string, out: string, recipe: string): Promise<ImportResult> {
  const { importPack } = await import('../../../core/engine/import.ts');
  const began = performance.now();
  let weights = 0;
  let weightsSeconds = 0;
  let cpuSeconds = 0;
  await importPack(checkpoint, {
    out,
    bits: BITS,
    checkMemory: false,
    chatTemplate: anyTemplate,
    ...(recipe === '' ? {} : { recipe }),
    onProgress: (done) => {
      weights = done;
      weightsSeconds = (performance.now() - began) / 1000;
      const { user, system } = process.cpuUsage();
      cpuSeconds = (user + system) / 1e6;
    },
  });
  return { seconds: (performance.now() - began) / 1000, weightsSeconds, cpuSeconds, weights, bits: BITS };
}

async function run(dir: string, threads: number, { layers, shapes, repeats }: RunRequest): Promise<RunResult> {
  const { readManifest } = await import('../../../core/engine/pack.ts');
  const { sessionOptions } = await import('../../../core/engine/devices.ts');
  const { ModelSession } = await import('../../../core/engine/session.ts');
  const { buildGraph } = await import('../../../core/model/families/index.ts');
  const { CHUNK } = await import('../../../core/model/graph/contract.ts');
  const { manifest: whole } = readManifest(dir);
  const manifest = { ...whole, dimensions: { ...whole.dimensions, layers } };
  const graph = path.join(dir, `bench-${layers}.onnx`);
  writeFileSync(graph, buildGraph(manifest, { arithmetic: 'nbits', accuracyLevel: 4 }));
  const began = performance.now();
  const session = await ModelSession.create({ all: graph }, manifest, sessionOptions('cpu', threads));
  const loadMs = performance.now() - began;
  const { kvHeads, headDim } = session.shape;
  const values = Float32Array.from({ length: layers * CHUNK * kvHeads * headDim }, (_, i) => Math.sin(i * 12.9898) / 2);
  const forwards = [];
  for (const { rows, cached } of shapes) {
    const cache = session.newCache();
    while (cache.length < cached)
      cache.append(
        Array.from({ length: Math.min(cache.room, cached - cache.length) }, () => 100),
        { keys: values, values, rows: CHUNK },
      );
    const ids = Array.from({ length: rows }, () => manifest.diffusion.maskToken);
    const request = {
      ids,
      positions: ids.map((_, i) => cached + i),
      contextRows: 0,
      canvases: [{ rows, sees: 0 }],
      wanted: ids.map((_, i) => i),
    };
    const times: number[] = [];
    for (let i = -1; i < repeats; i++) {
      const from = performance.now();
      await session.forward(request, cache);
      if (i >= 0) times.push(performance.now() - from);
    }
    forwards.push({ rows, cached, ms: times.reduce((a, b) => Math.min(a, b)) });
  }
  await session.release();
  return { loadMs, forwards };
}

const [kind = '', first = '', second = '', third = '', fourth = '8'] = process.argv.slice(2);
const BITS = fourth === '4' ? 4 : 8;
const result =
  kind === 'import'
    ? await importOne(first, second, third)
    : await run(first, Number(second), JSON.parse(third) as RunRequest);
process.stdout.write(JSON.stringify(result));
process.exit(0);
