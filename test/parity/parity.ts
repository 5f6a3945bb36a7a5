/** Imports a golden checkpoint and compares: logits with float activations, then every trace's tokens and forwards. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { importPack } from '../../core/engine/import.ts';
import { readManifest } from '../../core/engine/pack.ts';
import { SessionPasses } from '../../core/engine/passes.ts';
import { ModelSession, type ForwardRows } from '../../core/engine/session.ts';
import { buildGraph } from '../../core/model/families/index.ts';
import type { Manifest } from '../../core/model/manifest.ts';
import { CHUNK } from '../../core/model/graph/contract.ts';
import { CONDITIONED, readGolden, type Golden, type GoldenFolder, type Trace } from './golden.ts';
import { references } from './references.ts';

export interface TraceResult {
  sampler: string;
  args: Record<string, unknown>;
  prompt: number;
  /** null: equal; else where the sequences part, or what went wrong. */
  differs: string | null;
  forwards: number;
  expectedForwards: number;
  holds: boolean;
}
export interface ParityResult {
  folder: string;
  family: string;
  bits: 4 | 8;
  rows: number;
  /** Largest difference of a logit. */
  logits: number;
  tolerance: number;
  logitsHold: boolean;
  traces: TraceResult[];
  /** With int8 activations, as packs ship: rows whose likeliest id is the golden's, and traces that come out the same. Told beside, where asked for. */
  shipped?: { argmax: number; traces: number };
  /** What kept the folder from being compared at all. */
  error: string | null;
  holds: boolean;
}

const options = {
  executionProviders: ['cpu'],
  graphOptimizationLevel: 'all',
  intraOpNumThreads: 1,
  logSeverityLevel: 3,
  enableCpuMemArena: false,
} as const;

/** A template for goldens without one: numbers are compared, not prompts. */
const anyTemplate = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}";

/** What a golden says of itself that a config can't: which of two kinds it is. */
const recipes: Readonly<Record<string, string>> = {
  bd3lm: 'a2d-bd3lm',
  mdlm: 'a2d-mdlm',
  llada2: 'llada2.0-mini',
  llada21: 'llada2.1-mini',
};

/** @param shipped tells what the kernels of shipped packs do, beside */
export async function parity(dir: string, bits: 4 | 8, shipped = false): Promise<ParityResult> {
  const home = mkdtempSync(join(tmpdir(), 'mezzotint-parity-'));
  const result: ParityResult = {
    folder: basename(dir),
    family: '',
    bits,
    rows: 0,
    logits: Infinity,
    tolerance: 0,
    logitsHold: false,
    traces: [],
    error: null,
    holds: false,
  };
  let session: ModelSession | undefined;
  try {
    const folder = readGolden(dir);
    const { golden } = folder;
    const out = join(home, 'pack');
    const recipe = recipes[golden.kind ?? ''] ?? recipes[golden.family];
    await importPack(dir, {
      out,
      bits,
      accuracyLevel: 0,
      checkMemory: false,
      chatTemplate: anyTemplate,
      ...(recipe === undefined ? {} : { recipe }),
    });
    const { manifest } = readManifest(out);
    result.family = manifest.family;
    session = await ModelSession.create({ all: join(out, manifest.graph.file) }, manifest, options);
    if (golden.mask !== null && golden.mask !== manifest.diffusion.maskToken)
      throw new Error(`the mask is ${manifest.diffusion.maskToken} here, ${golden.mask} in the golden`);
    await compareLogits(session, folder, result);
    for (const trace of golden.traces) result.traces.push(await compareTrace(session, trace));
    if (shipped) result.shipped = await withShippedKernels(out, manifest, folder);
  } catch (thrown) {
    result.error = thrown instanceof Error ? thrown.message : String(thrown);
  } finally {
    await session?.release();
    rmSync(home, { recursive: true, force: true });
  }
  result.holds = result.error === null && result.logitsHold && result.traces.every(({ holds }) => holds);
  return result;
}

/** Whether the golden's logits are those of the canvas rows alone: an encoder reads what stands before them. */
const canvasAlone = ({ attention }: Golden): boolean => attention.startsWith('encoder causal');

/** The golden's canvas as one or two forwards under the attention that it names. */
function canvasForwards({ attention, canvas, block, contextRows }: Golden): ForwardRows[] {
  const rows = (from: number, to: number, context: number, lengths: number[]): ForwardRows => {
    const ids = canvas.slice(from, to);
    return {
      ids,
      positions: ids.map((_, i) => from + i),
      contextRows: context,
      canvases: lengths.map((length) => ({ rows: length, sees: 0, follows: true })),
      wanted: ids.map((_, i) => i),
      whole: true,
    };
  };
  const all = canvas.length;
  if (attention === 'full') return [rows(0, all, 0, [all])];
  if (attention === 'block-causal') {
    const size = block ?? all;
    return [
      rows(
        0,
        all,
        0,
        Array.from({ length: Math.ceil(all / size) }, (_, i) => Math.min(size, all - i * size)),
      ),
    ];
  }
  if (attention !== 'causal' && !attention.startsWith('encoder causal'))
    throw new Error(`the attention "${attention}" is not known`);
  const context = contextRows ?? all;
  // causal rows of one forward lie in one chunk of the cache
  const pieces = Array.from({ length: Math.ceil(context / CHUNK) }, (_, i) =>
    rows(i * CHUNK, Math.min(context, (i + 1) * CHUNK), Math.min(CHUNK, context - i * CHUNK), []),
  );
  return [...pieces, ...(context < all ? [rows(context, all, 0, [all - context])] : [])];
}

/** The same pack with the graph that is shipped: int8 activations. Tiny models with random weights suffer most from them. */
async function withShippedKernels(
  out: string,
  manifest: Manifest,
  { golden, logits }: GoldenFolder,
): Promise<NonNullable<ParityResult['shipped']>> {
  const graph = join(out, 'shipped.onnx');
  writeFileSync(graph, buildGraph(manifest, { arithmetic: 'nbits', accuracyLevel: 4 }));
  const session = await ModelSession.create({ all: graph }, manifest, options);
  try {
    const { vocabulary } = manifest.dimensions;
    const best = (row: Float32Array): number =>
      row.reduce((at, logit, id) => (logit > (row[at] as number) ? id : at), 0);
    const cache = session.newCache();
    let row = 0;
    let argmax = 0;
    for (const rows of canvasForwards(golden)) {
      const made = await session.forward(rows, cache);
      if (rows.contextRows > 0) cache.append(rows.ids, made);
      if (rows.contextRows > 0 && canvasAlone(golden)) continue;
      const whole = made.whole ?? new Float32Array(0);
      for (let i = 0; i < rows.ids.length; i++, row++)
        if (
          best(whole.subarray(i * vocabulary, (i + 1) * vocabulary)) ===
          best(logits.subarray(row * vocabulary, (row + 1) * vocabulary))
        )
          argmax++;
    }
    let traces = 0;
    for (const trace of golden.traces) if ((await compareTrace(session, trace)).differs === null) traces++;
    return { argmax: argmax / Math.max(1, row), traces };
  } finally {
    await session.release();
  }
}

async function compareLogits(
  session: ModelSession,
  { golden, logits, conditioned, tolerance }: GoldenFolder,
  result: ParityResult,
): Promise<void> {
  const cache = session.newCache();
  const none = new Float32Array(0);
  let at = 0;
  let worst = 0;
  const compare = (whole: Float32Array, expected: Float32Array, from: number): void => {
    for (let i = 0; i < whole.length; i++) {
      const off = Math.abs((whole[i] as number) - (expected[from + i] ?? NaN));
      if (!(off <= worst)) worst = off;
    }
  };
  for (const rows of canvasForwards(golden)) {
    const made = await session.forward(rows, cache);
    if (rows.contextRows > 0) cache.append(rows.ids, made);
    if (rows.contextRows > 0 && canvasAlone(golden)) continue;
    const whole = made.whole ?? none;
    compare(whole, logits, at);
    at += whole.length;
    if (!conditioned) continue;
    const again = await session.forward({ ...rows, prior: { logits: whole, temperature: CONDITIONED } }, cache);
    compare(again.whole ?? none, conditioned, 0);
  }
  if (at !== logits.length) throw new Error(`the golden has ${logits.length} logits; ${at} were computed`);
  const rows = logits.length / session.manifest.dimensions.vocabulary;
  Object.assign(result, { rows, logits: worst, tolerance, logitsHold: worst <= tolerance });
}

async function compareTrace(session: ModelSession, trace: Trace): Promise<TraceResult> {
  const { sampler, args, prompt, sequence, forwards: expectedForwards } = trace;
  const base = { sampler, args, prompt: prompt.length, expectedForwards };
  const run = references[sampler];
  if (!run) return { ...base, differs: 'this sampler is not known', forwards: 0, holds: false };
  try {
    const passes = new SessionPasses((rows, cache) => session.forward(rows, cache), session.newCache());
    const made = await run(passes, session.manifest, trace);
    const length = Math.max(made.sequence.length, sequence.length);
    const at = Array.from({ length }, (_, i) => i).find((i) => made.sequence[i] !== sequence[i]);
    const differs =
      at === undefined
        ? null
        : `from position ${at} of ${sequence.length} on (${made.sequence[at]} here, ${sequence[at]} there)`;
    return { ...base, differs, forwards: made.forwards, holds: differs === null && made.forwards === expectedForwards };
  } catch (thrown) {
    return { ...base, differs: thrown instanceof Error ? thrown.message : String(thrown), forwards: 0, holds: false };
  }
}
