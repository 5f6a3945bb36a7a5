/**
 * Chooses how the processor runs a model, by measuring: candidates run forwards of 1, 8 and 32 rows of the model's shape in
 * turns. What was found is kept in a file, by shape, machine and version of the runtime.
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import * as v from 'valibot';
import {
  timedKernelsSchema,
  USUAL_SPIN_US,
  type KernelChoice,
  type Kernels,
  type KernelsAsked,
  type TimedKernels,
} from '../contract/kernels.ts';
import { GRAPH_BUILDER } from '../model/graph/contract.ts';
import type { Manifest } from '../model/manifest.ts';
import { runtimeVersion, sessionOptions, usualKernels } from './devices.ts';
import { median, openEmpty, shapeOf, type EmptyModel, type ForecastShape } from './forecast.ts';

const ROWS = [1, 8, 32];
/** Milliseconds of measuring, once the candidates are open. */
const BUDGET_MS = 2_000;
const ROUNDS = { least: 3, most: 25 };
/** Layers are run until their weights no longer stay in the processor's cache; a layer of more than `most` is not run. */
const WEIGHTS = { enough: 96e6, most: 300e6 };
const VOCABULARY = 1024;
/** Another candidate must be so much faster than the usual one: less is within the noise. */
const GAIN = 0.95;
/** Entries of the file: the oldest leave it. */
const KEPT = 64;

const entrySchema = v.object({ key: v.string(), at: v.string(), measured: v.array(timedKernelsSchema) });
const fileSchema = v.object({ format: v.literal(1), entries: v.array(entrySchema) });
type Entry = v.InferOutput<typeof entrySchema>;

/** The usual ones first. */
export function candidates(usual: Kernels = usualKernels(), logical = cpus().length): Kernels[] {
  const threads = [...new Set([1, 2, 4, Math.floor(logical / 2), Math.min(16, logical)])].filter(
    (n) => n >= 1 && n <= Math.max(1, logical) && n !== usual.threads,
  );
  return [usual, ...threads.map((n) => ({ threads: n, spinUs: usual.spinUs })), { ...usual, spinUs: 0 }];
}

/**
 * The fastest candidate over the rows that count; the first one, unless another is clearly faster.
 * @param counted numbers of rows: their times weigh alike, each relative to the first candidate's
 */
export function fastest(measured: readonly TimedKernels[], counted: readonly number[]): TimedKernels | undefined {
  const [first] = measured;
  const of = (one: TimedKernels, rows: number): number => one.rows.find((found) => found.rows === rows)?.ms ?? NaN;
  const score = (one: TimedKernels): number =>
    first
      ? Math.exp(
          counted.reduce((sum, rows) => sum + Math.log(of(one, rows) / of(first, rows)), 0) /
            Math.max(1, counted.length),
        )
      : NaN;
  let best = first;
  let least = GAIN;
  for (const one of measured.slice(1))
    if (score(one) < least) {
      least = score(one);
      best = one;
    }
  return best;
}

/** The forwards of its replies: a few context rows where a causal head verifies drafts, else a block. */
export const rowsThatCount = ({ diffusion }: Pick<Manifest, 'diffusion'>): number[] =>
  diffusion.causalHead ? [1, 8] : diffusion.blockLength <= 12 ? [8] : [32];

/** @param file keeps what was measured; undefined: nothing is measured */
export async function chooseKernels(
  manifest: Manifest,
  asked: KernelsAsked,
  file: string | undefined,
  /** Called before anything is run. */
  onMeasure: () => void = () => undefined,
): Promise<KernelChoice> {
  const usual = usualKernels();
  if (typeof asked === 'object') return { ...asked, why: 'asked' };
  if (asked === 'usual' || file === undefined) return { ...usual, why: asked === 'usual' ? 'asked' : 'usual' };
  const shape: ForecastShape = {
    ...shapeOf(manifest, (name) => manifest.tensors[`${name}.weight`]?.bits ?? 8),
    accuracyLevel: manifest.graph.accuracyLevel,
  };
  const tried = candidates(usual);
  const key = keyOf(shape, manifest, tried);
  const entries = read(file);
  let measured = entries.find((entry) => entry.key === key)?.measured;
  if (!measured) {
    const layers = layersToRun(manifest);
    if (layers === null) return { ...usual, why: 'usual' };
    onMeasure();
    try {
      measured = await measure(shape, layers, tried);
    } catch {
      // no room for it: the model itself may still have some
      return { ...usual, why: 'usual' };
    }
    keep(file, { key, at: new Date().toISOString(), measured });
  }
  const best = fastest(measured, rowsThatCount(manifest)) ?? usual;
  return { threads: best.threads, spinUs: best.spinUs, why: 'measured', measured };
}

async function measure(shape: ForecastShape, layers: number, tried: readonly Kernels[]): Promise<TimedKernels[]> {
  const open: { kernels: Kernels; model: EmptyModel; times: Map<number, number[]> }[] = [];
  try {
    for (const kernels of tried)
      open.push({
        kernels,
        model: await openEmpty(
          shape,
          { layers, vocabulary: VOCABULARY },
          sessionOptions('cpu', kernels.threads, kernels.spinUs),
        ),
        times: new Map(ROWS.map((rows) => [rows, []])),
      });
    const began = performance.now();
    for (let round = 0; round <= ROUNDS.most; round++) {
      if (round > ROUNDS.least && performance.now() - began > BUDGET_MS) break;
      for (const { model, times } of open)
        for (const rows of ROWS) {
          // a forward follows its like, with threads awake and weights at hand
          if (rows === ROWS[0]) await model.forward(rows);
          const ms = await model.forward(rows);
          if (round > 0) times.get(rows)?.push(ms);
        }
    }
  } finally {
    for (const { model } of open) await model.close();
  }
  return open.map(({ kernels, times }) => ({
    ...kernels,
    rows: [...times].map(([rows, all]) => ({ rows, ms: median(all) })),
  }));
}

/** How many layers are run; null: one of them is too large. */
function layersToRun({ dimensions: d, experts, tensors }: Manifest): number | null {
  const bits = tensors['layers.0.qkv.weight']?.bits ?? 8;
  const attention = d.hidden * d.headDim * (2 * d.heads + 2 * d.kvHeads);
  const dense = 3 * d.hidden * d.feedForward;
  const routed = experts ? 3 * d.hidden * (experts.count * experts.feedForward + experts.shared) : 0;
  const bytes = ((attention + Math.max(dense, routed)) * (bits + 1.25)) / 8;
  if (bytes > WEIGHTS.most) return null;
  return Math.max(1, experts?.firstDense ?? 0, Math.min(d.layers, Math.ceil(WEIGHTS.enough / bytes)));
}

function keyOf(shape: ForecastShape, manifest: Manifest, tried: readonly Kernels[]): string {
  const bits = Object.keys(manifest.tensors).map((name) => manifest.tensors[name]?.bits ?? 0);
  const machine = [platform(), arch(), cpus()[0]?.model ?? '', cpus().length];
  return createHash('sha256')
    .update(JSON.stringify([shape, bits, machine, runtimeVersion(), GRAPH_BUILDER, USUAL_SPIN_US, tried]))
    .digest('hex')
    .slice(0, 32);
}

/** What can't be read counts as nothing: it is measured again. */
function read(file: string): Entry[] {
  try {
    const parsed = v.safeParse(fileSchema, JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.output.entries : [];
  } catch {
    return [];
  }
}

/** A folder that takes no files costs another measuring at the next start, and nothing else. */
function keep(file: string, entry: Entry): void {
  const entries = [entry, ...read(file).filter(({ key }) => key !== entry.key)].slice(0, KEPT);
  try {
    const part = `${file}.${process.pid}.part`;
    writeFileSync(part, JSON.stringify({ format: 1, entries }), { mode: 0o600 });
    renameSync(part, file);
  } catch {
    // see above
  }
}
