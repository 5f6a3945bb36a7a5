/**
 * The importer's last step: the self-test is recorded with float32 activations on the pack's own weights (which stay
 * packed: memory stays far below the model's in float32), then the manifest is written.
 */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildLlamaGraph } from '../model/families/llama.ts';
import { importGguf, type ImportOptions } from '../model/import/gguf.ts';
import type { Manifest } from '../model/manifest.ts';
import { loadTokenizer, type TokenizerJson } from '../text/tokenizer.ts';
import { recordSelfTest } from './self-test.ts';
import { ModelSession } from './session.ts';

const PREFIX = 'The picture is worked from solid dark towards light:';
const NEXT = ' first the plate is rocked,';

/** GGUF (and adapter) → a complete pack in `options.out`. */
export async function importPack(file: string, options: ImportOptions): Promise<Manifest> {
  const manifest = await importGguf(file, options);
  const dir = options.out;
  const tokenizer = loadTokenizer(JSON.parse(readFileSync(join(dir, manifest.tokenizer.file), 'utf8')) as TokenizerJson);
  const graph = join(dir, 'reference.onnx.tmp');
  try {
    writeFileSync(graph, buildLlamaGraph(manifest, { arithmetic: 'nbits', accuracyLevel: 0 }));
    const session = await ModelSession.create({ all: graph }, manifest, { executionProviders: ['cpu'], graphOptimizationLevel: 'basic', logSeverityLevel: 3, enableCpuMemArena: false });
    await recordSelfTest(session, dir, tokenizer.encode(PREFIX), tokenizer.encode(NEXT));
    await session.release();
  } finally {
    rmSync(graph, { force: true });
  }
  const selfTest = readFileSync(join(dir, manifest.selfTest.file));
  manifest.files[manifest.selfTest.file] = { bytes: selfTest.length, sha256: createHash('sha256').update(selfTest).digest('hex') };
  writeFileSync(join(dir, 'manifest.json'), `${JSON.stringify(manifest)}\n`);
  return manifest;
}
