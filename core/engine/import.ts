/**
 * A checkpoint into a pack. The pack is written beside its place and renamed into it at the end, so what is there is whole.
 * The self-test is recorded with float32 activations on the pack's own weights (which stay packed: memory stays far below the
 * model's in float32).
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint, preflight, writePack, type ImportOptions } from '../checkpoints/index.ts';
import { failure } from '../contract/result.ts';
import { buildGraph } from '../model/families/index.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { sessionOptions } from './devices.ts';
import { recordSelfTest, runSelfTest } from './self-test.ts';
import { ModelSession } from './session.ts';
import { trustFiles } from './trust.ts';

const PREFIX = 'The picture is worked from solid dark towards light:';
const NEXT = ' first the plate is rocked,';

/**
 * A GGUF file, or a folder of config.json and safetensors (and an adapter) → a complete pack in `options.out`.
 * @throws MezzotintError; then `options.out` is what it was, and nothing lies beside it
 */
export async function importPack(path: string, options: ImportOptions): Promise<Manifest> {
  const reader = await openCheckpoint(path);
  const { out, ...rest } = options;
  try {
    checkPlace(out);
    const flight = preflight(reader, options);
    const partial = `${out}.partial`;
    const clear = (): void => rmSync(partial, { recursive: true, force: true });
    clear(); // of an import that was killed
    const release = clearAtEnd(clear);
    try {
      const manifest = await writePack(reader, flight, partial, rest);
      await finish(partial, manifest, flight.tokenizer);
      replace(partial, out);
      return manifest;
    } catch (thrown) {
      clear();
      throw thrown;
    } finally {
      release();
    }
  } finally {
    reader.close();
  }
}

/** A folder that holds anything but a pack is left alone. */
function checkPlace(out: string): void {
  if (existsSync(out) && !existsSync(join(out, 'manifest.json')) && readdirSync(out).length > 0) {
    throw failure('import.folder-taken', { folder: out }, { file: out });
  }
}

function replace(partial: string, out: string): void {
  const old = `${out}.replaced`;
  rmSync(old, { recursive: true, force: true });
  if (existsSync(out)) renameSync(out, old);
  try {
    renameSync(partial, out);
  } catch (thrown) {
    if (existsSync(old)) renameSync(old, out);
    throw thrown;
  }
  rmSync(old, { recursive: true, force: true });
}

/** Ctrl-C and the like take the half pack with them. @returns what ends the watch */
function clearAtEnd(clear: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const end = (signal: NodeJS.Signals): void => {
    clear();
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    for (const signal of signals) process.off(signal, end);
    process.off('exit', clear);
  };
  for (const signal of signals) process.on(signal, end);
  process.on('exit', clear);
  return release;
}

/** Models below so many weights may be too small for int8 activations: that is tried at once. */
const SMALL = 200e6;

/** A graph whose int8 activations fail the pack's own self-test is written with float ones. */
async function floatWhereInt8Fails(dir: string, manifest: Manifest): Promise<void> {
  if (manifest.graph.accuracyLevel === 0 || manifest.adapter) return;
  const session = await ModelSession.create(
    { all: join(dir, manifest.graph.file) },
    manifest,
    sessionOptions('cpu', 1),
  );
  const reason = await runSelfTest(session, join(dir, manifest.selfTest.file)).finally(() => session.release());
  if (reason === null) return;
  manifest.graph.accuracyLevel = 0;
  const bytes = buildGraph(manifest, { arithmetic: 'nbits', accuracyLevel: 0 });
  writeFileSync(join(dir, manifest.graph.file), bytes);
  manifest.files[manifest.graph.file] = {
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

/** The reference unpacks so many weights at a time into float32: 64 MB. */
const PART_WEIGHTS = 16 * 1024 * 1024;

/** The self-test, then the manifest. */
async function finish(dir: string, manifest: Manifest, tokenizer: Tokenizer): Promise<void> {
  const graph = join(dir, 'reference.onnx.tmp');
  try {
    writeFileSync(graph, buildGraph(manifest, { arithmetic: 'nbits', accuracyLevel: 0, partWeights: PART_WEIGHTS }));
    // without copies for speed the weights stay mapped from their files: memory for them can be taken back
    const session = await ModelSession.create({ all: graph }, manifest, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'basic',
      logSeverityLevel: 3,
      enableCpuMemArena: false,
      extra: { session: { disable_prepacking: '1' } },
    });
    try {
      await recordSelfTest(session, dir, tokenizer.encode(PREFIX), tokenizer.encode(NEXT));
    } finally {
      await session.release();
    }
  } finally {
    rmSync(graph, { force: true });
  }
  if (manifest.parameters < SMALL) await floatWhereInt8Fails(dir, manifest);
  const selfTest = readFileSync(join(dir, manifest.selfTest.file));
  manifest.files[manifest.selfTest.file] = {
    bytes: selfTest.length,
    sha256: createHash('sha256').update(selfTest).digest('hex'),
  };
  const text = `${JSON.stringify(manifest)}\n`;
  writeFileSync(join(dir, 'manifest.json'), text);
  trustFiles(dir, createHash('sha256').update(text).digest('hex'), manifest.files);
}
