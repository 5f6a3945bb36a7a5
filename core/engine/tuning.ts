/**
 * Chooses how the processor runs a model, by measuring: candidates run forwards of 1, 8 and 32 rows of the model's shape in
 * turns. What was found is kept in a file, by shape, machine and version of the runtime.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import * as v from 'valibot';
import {
  timedKernelsSchema,
  USUAL_SPIN_US,
  type IntegersRefused,
  type KernelChoice,
  type Kernels,
  type KernelsAsked,
  type TimedKernels,
} from '../contract/kernels.ts';
import { GraphBuilder, types } from '../model/graph/builder.ts';
import { GRAPH_BUILDER } from '../model/graph/contract.ts';
import { FASTEST_SCHEME, integerPlan } from '../model/integer-plan.ts';
import type { Manifest } from '../model/manifest.ts';
import { runtimeVersion, sessionOptions, usualKernels } from './devices.ts';
import { median, openEmpty, shapeOf, type EmptyModel, type ForecastShape } from './forecast.ts';
import { writeWhole } from './write-whole.ts';

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

/** Integers take room on the disk and other bits: they must be faster by more than that. */
const INTEGERS_GAIN = 0.9;

/** The usual ones first. @param integers the model can be laid out for them, and this processor sums them exactly */
export function candidates(usual: Kernels = usualKernels(), logical = cpus().length, integers = false): Kernels[] {
  const threads = [...new Set([1, 2, 4, Math.floor(logical / 2), Math.min(16, logical)])].filter(
    (n) => n >= 1 && n <= Math.max(1, logical) && n !== usual.threads,
  );
  return [
    usual,
    ...threads.map((n) => ({ threads: n, spinUs: usual.spinUs })),
    { ...usual, spinUs: 0 },
    ...(integers ? [{ ...usual, products: 'integers' as const }] : []),
  ];
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
  for (const one of measured.slice(1)) {
    const found = score(one);
    if (!(found < least) || (one.products === 'integers' && found > (least * INTEGERS_GAIN) / GAIN)) continue;
    least = found;
    best = one;
  }
  return best;
}

/** The forwards of its replies: a few context rows where a causal head verifies drafts, else a block. */
export const rowsThatCount = ({ diffusion }: Pick<Manifest, 'diffusion'>): number[] =>
  diffusion.causalHead ? [1, 8] : diffusion.blockLength <= 12 ? [8] : [32];

/** The best kernels without integers, where those were chosen and don't serve. @param counted see `fastest` */
export function inBlocks(choice: KernelChoice, why: IntegersRefused, counted: readonly number[]): KernelChoice {
  const { products: _, ...rest } = choice;
  const measured = rest.measured?.filter(({ products }) => products !== 'integers') ?? [];
  const { threads, spinUs } = fastest(measured, counted) ?? rest;
  return { ...rest, threads, spinUs, integersRefused: why };
}

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
  const integers =
    manifest.graph.accuracyLevel !== 0 &&
    integerPlan(manifest, FASTEST_SCHEME) !== null &&
    (await sumsIntegersExactly());
  const tried = candidates(usual, cpus().length, integers);
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
  const { threads, spinUs, products } = best;
  return { threads, spinUs, ...(products ? { products } : {}), why: 'measured', measured };
}

async function measure(shape: ForecastShape, layers: number, tried: readonly Kernels[]): Promise<TimedKernels[]> {
  const open: { kernels: Kernels; model: EmptyModel; times: Map<number, number[]> }[] = [];
  try {
    for (const kernels of tried)
      open.push({
        kernels,
        model: await openEmpty(
          { ...shape, integers: kernels.products === 'integers' },
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

let exact: Promise<boolean> | undefined;
/**
 * Whether uint8 times int8 gives whole sums here. Processors without instructions for it (AVX2 alone) add pairs in 16 bits,
 * which large numbers overflow.
 */
export function sumsIntegersExactly(): Promise<boolean> {
  return (exact ??= largestSum().then(
    (sum) => sum === 64 * 255 * 127,
    () => false,
  ));
}
async function largestSum(): Promise<number> {
  const g = new GraphBuilder();
  g.input('x', types.uint8, [1, 64]);
  g.op('MatMulInteger', ['x', g.bytes(new Int8Array(64 * 16).fill(127), [64, 16])], {}, 'y');
  g.output('y', types.int32, [1, 16]);
  const session = await InferenceSession.create(g.encode({ name: 'mezzotint', version: '0' }), { logSeverityLevel: 3 });
  try {
    const { y } = await session.run({ x: new Tensor('uint8', new Uint8Array(64).fill(255), [1, 64]) });
    return (y?.data as Int32Array)[0] ?? NaN;
  } finally {
    await session.release();
  }
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
    writeWhole(file, JSON.stringify({ format: 1, entries }), 0o600);
  } catch {
    // see above
  }
}
