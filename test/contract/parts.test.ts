/** The reference graph of an import multiplies large matrices in parts: the same numbers, in less memory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { importPack } from '../../core/engine/import.ts';
import { sessionOptions } from '../../core/engine/devices.ts';
import { ModelSession } from '../../core/engine/session.ts';
import { buildGraph } from '../../core/model/families/index.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';

const home = mkdtempSync(join(tmpdir(), 'mezzotint-parts-'));
afterAll(() => rmSync(home, { recursive: true }));

test.each([
  ['sdar', 8],
  ['sdar', 4],
  ['llada2', 4],
  ['a2d-qwen3-mdlm', 8],
] as const)('%s in %i bits gives the same logits in parts of 33 rows as whole', async (name, bits) => {
  const out = join(home, `${name}-${bits}`);
  const recipe = { llada2: 'llada2.0-mini', 'a2d-qwen3-mdlm': 'a2d-mdlm' }[name as string];
  const manifest = await importPack(join(goldens, name), {
    out,
    bits,
    accuracyLevel: 0,
    chatTemplate: "{% for m in messages %}{{ m['content'] }}{% endfor %}",
    ...(recipe === undefined ? {} : { recipe }),
  });
  const ids = [5, 70, 131, 7, 260, 33];
  const rows = {
    ids,
    positions: ids.map((_, i) => i),
    contextRows: 0,
    canvases: [{ rows: ids.length, sees: 0 }],
    wanted: ids.map((_, i) => i),
    whole: true,
  };
  const logitsOf = async (partWeights: number): Promise<Float32Array> => {
    const graph = join(out, `in-parts-of-${partWeights}.onnx`);
    writeFileSync(graph, buildGraph(manifest, { arithmetic: 'nbits', accuracyLevel: 0, partWeights }));
    const session = await ModelSession.create({ all: graph }, manifest, sessionOptions('cpu', 1));
    const { whole } = await session.forward(rows, session.newCache());
    await session.release();
    return (whole as Float32Array).slice();
  };
  const [whole, parts] = [await logitsOf(1e9), await logitsOf(33 * 64)];
  expect(parts.length).toBe(ids.length * 512);
  let worst = 0;
  parts.forEach((logit, i) => (worst = Math.max(worst, Math.abs(logit - (whole[i] as number)))));
  expect(worst).toBeLessThan(1e-4);
});
