/**
 * How fast a model of a given shape would write on this machine, before there is one: a few layers of it without contents are
 * run, and the rest follows from them. A product takes the same time whatever its numbers are.
 */
import { mkdtempSync, openSync, readdirSync, closeSync, ftruncateSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { weightBytes, type BitsOf } from '../checkpoints/index.ts';
import { failure } from '../contract/result.ts';
import { familyById } from '../model/families/index.ts';
import { planFor } from '../model/families/plan.ts';
import { GRAPH_BUILDER } from '../model/graph/contract.ts';
import type { Manifest, PackTensor } from '../model/manifest.ts';
import { FASTEST_SCHEME, integerPlan } from '../model/integer-plan.ts';
import { BLOCK, rowBytes, zeroBytes } from '../model/quantisation.ts';
import { defaultThreads, sessionOptions } from './devices.ts';
import { hasEnded } from './ended.ts';
import { ModelSession } from './session.ts';

export interface ForecastShape extends Pick<Manifest, 'dimensions' | 'qkNorm' | 'tiedEmbedding'> {
  qkvBias: boolean;
  experts?: Manifest['experts'];
  windows?: Manifest['windows'];
  family: string;
  bitsOf: BitsOf;
  blockLength: number;
  /** Of its matrix products; absent: 4. */
  accuracyLevel?: 0 | 4;
  /** Its matrices are multiplied as integers, as far as they can be. */
  integers?: boolean;
}
export interface Forecast {
  /** Rows of a denoising step: the block, or the whole canvas where nothing is kept between steps. */
  rows: number;
  /** Milliseconds of one. */
  forwardMs: number;
  /** With one slot a step, which is the slowest way; samplers that unmask several at once are faster. */
  tokensPerSecond: number;
}

/** Rows of the vocabulary in the small run and in the larger one. */
const SMALL = 1024;
const LARGE = 8192;
/** Of models whose every step reads everything: a prompt and a reply of 64 tokens each. */
const CANVAS = 128;
const REPEATS = 3;
/** A short probe: of longer canvases so many rows are run. */
const MOST_ROWS = 32;

export interface Size {
  layers: number;
  vocabulary: number;
}

/** @throws MezzotintError `pack-unsupported` for a family that is not there, `out-of-memory` where a layer does not fit */
export async function forecast(shape: ForecastShape, threads = defaultThreads()): Promise<Forecast> {
  const family = familyById(shape.family);
  if (!family) throw failure('pack.unknown-family', { family: shape.family });
  const keeps = family.diffusion.attention !== 'full';
  const rows = keeps ? shape.blockLength : CANVAS;
  const tried = Math.min(rows, MOST_ROWS);
  // a mixture's first layers are dense: one of each kind is in the larger run
  const dense = shape.experts?.firstDense ?? 0;
  const least = Math.max(1, dense);
  const { dimensions } = shape;
  const small = await timed(shape, { layers: least, vocabulary: SMALL }, tried, threads);
  const more = await timed(shape, { layers: least + 1, vocabulary: SMALL }, tried, threads);
  const wider = await timed(shape, { layers: least, vocabulary: LARGE }, tried, threads);
  const layer = Math.max(0, more - small);
  const word = Math.max(0, wider - small) / (LARGE - SMALL);
  const triedMs = small + layer * (dimensions.layers - least) + word * (dimensions.vocabulary - SMALL);
  // rows past these cost what they cost: products that large go by their rows
  const forwardMs = (triedMs * rows) / tried;
  // a finished block takes one forward more, which keeps it
  const steps = keeps && family.diffusion.firstSlot === 'own' ? (rows + 1) / rows : 1;
  return { rows, forwardMs, tokensPerSecond: 1000 / (forwardMs * steps) };
}

const PREFIX = 'mezzotint-forecast-';
/** A probe that was ended half-way could not clear up. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(name.startsWith(PREFIX) ? name.slice(PREFIX.length).split('-')[0] : NaN);
    if (Number.isInteger(pid) && hasEnded(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** Median milliseconds of a forward with every row wanted. */
async function timed(shape: ForecastShape, size: Size, rows: number, threads: number): Promise<number> {
  const model = await openEmpty(shape, size, sessionOptions('cpu', threads));
  try {
    await model.forward(rows);
    const times: number[] = [];
    for (let run = 0; run < REPEATS; run++) times.push(await model.forward(rows));
    return median(times);
  } finally {
    await model.close();
  }
}

/** The upper one of two in the middle; sorts `times`. NaN where there are none. */
export const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1] ?? NaN;

export interface EmptyModel {
  /** Runs so many rows of one canvas, every row wanted. @returns milliseconds */
  forward(rows: number): Promise<number>;
  /** Frees it and its files. */
  close(): Promise<void>;
}

/** A model of a shape without contents: its weights are holes. @throws MezzotintError `out-of-memory` where it does not fit */
export async function openEmpty(
  shape: ForecastShape,
  size: Size,
  options: InferenceSession.SessionOptions,
): Promise<EmptyModel> {
  sweep();
  const dir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  try {
    const manifest = emptyPack(shape, size, dir);
    const session = await ModelSession.create({ all: join(dir, manifest.graph.file) }, manifest, options);
    const cache = session.newCache();
    return {
      async forward(rows) {
        const request = {
          ids: Array.from({ length: rows }, () => 3),
          positions: Array.from({ length: rows }, (_, i) => i),
          contextRows: 0,
          canvases: [{ rows, sees: 0 }],
          wanted: Array.from({ length: rows }, (_, i) => i),
        };
        const began = performance.now();
        await session.forward(request, cache);
        return performance.now() - began;
      },
      async close() {
        await session.release();
        remove();
      },
    };
  } catch (thrown) {
    remove();
    throw thrown;
  }
}

/** What a forecast needs of a model that is there, or of one that an import would make. */
export function shapeOf(
  m: Pick<
    Manifest,
    'family' | 'dimensions' | 'qkNorm' | 'tiedEmbedding' | 'bias' | 'experts' | 'windows' | 'diffusion'
  >,
  bitsOf: BitsOf,
): ForecastShape {
  return {
    dimensions: m.dimensions,
    qkNorm: m.qkNorm,
    tiedEmbedding: m.tiedEmbedding,
    qkvBias: m.bias.qkv,
    ...(m.experts ? { experts: m.experts } : {}),
    ...(m.windows ? { windows: m.windows } : {}),
    family: m.family,
    blockLength: m.diffusion.blockLength,
    bitsOf,
  };
}

function hole(file: string, bytes: number): void {
  const fd = openSync(file, 'w');
  ftruncateSync(fd, bytes);
  closeSync(fd);
}

/** The graph, and weights of nothing but holes: a file of their full length takes no room on the disk. */
function emptyPack(shape: ForecastShape, size: Size, dir: string): Manifest {
  const family = familyById(shape.family);
  const naming = family?.naming.safetensors ?? family?.naming.gguf;
  if (!family || !naming) throw new RangeError(`no family ${shape.family}`);
  const dimensions = { ...shape.dimensions, ...size };
  const { qkNorm, tiedEmbedding, bitsOf, blockLength, experts, windows } = shape;
  const optional = { ...(experts ? { experts } : {}), ...(windows ? { windows } : {}) };
  const bias = { qkv: shape.qkvBias };
  const plan = planFor(
    family,
    { dimensions, bias, qkNorm, tiedEmbedding, routerBias: naming.names['router_bias'] !== undefined, ...optional },
    naming,
  );
  const tensors: Record<string, PackTensor> = {};
  let at = 0;
  const add = (name: string, dtype: 'uint8' | 'float32', dims: number[], length: number, blocks = {}): void => {
    tensors[name] = { file: 'weights.bin', offset: at, length, dtype, shape: dims, ...blocks };
    at = Math.ceil((at + length) / 4096) * 4096;
  };
  for (const { name, rows, columns } of plan.matrices) {
    const bits = bitsOf(name);
    const blocks = columns / BLOCK;
    add(`${name}.weight`, 'uint8', [rows, columns], rows * rowBytes(columns, bits), { bits, block: BLOCK });
    add(`${name}.scales`, 'float32', [rows, blocks], rows * blocks * 4);
    add(`${name}.zeros`, 'uint8', [rows, zeroBytes(columns, bits)], rows * zeroBytes(columns, bits));
  }
  for (const { name, shape: dims } of plan.vectors)
    add(name, 'float32', dims, 4 * dims.reduce((product, n) => product * n, 1));
  const integers = shape.integers ? integerPlan({ dimensions, tensors, ...optional }, FASTEST_SCHEME) : null;
  for (const file of integers?.files ?? []) hole(join(dir, file.name), file.bytes);
  if (at < weightBytes(plan, bitsOf)) throw new RangeError('the weights were counted wrongly');
  hole(join(dir, 'weights.bin'), at);
  const manifest: Manifest = {
    format: 2,
    id: 'forecast',
    name: 'forecast',
    licence: { spdx: 'none', file: 'none' },
    source: 'nothing',
    checkpoint: { format: 'safetensors', architecture: 'none', recipe: null, files: [] },
    family: family.id,
    dimensions,
    norm: { epsilon: 1e-6 },
    rope: { theta: 1e6, dimensions: dimensions.headDim },
    bias,
    qkNorm,
    ...optional,
    tiedEmbedding,
    contextLength: 4096,
    parameters: 1,
    diffusion: { ...family.diffusion, blockLength, blockLengths: [blockLength], maskToken: 3 },
    tokens: { endOfTurn: [1], suppressed: [3], known: dimensions.vocabulary },
    defaults: {
      sampling: { temperature: 0, topP: 1, topK: 64, repetitionPenalty: 1, seed: null },
      sampler: { id: 'threshold', params: {} },
      ending: { maxTokens: 64, stop: [], loopGuard: true },
    },
    systemPrompt: null,
    adapter: null,
    graph: { file: 'model.onnx', builder: GRAPH_BUILDER, accuracyLevel: shape.accuracyLevel ?? 4 },
    tokenizer: { file: 'none', chatTemplate: 'none' },
    template: { bos: '', eos: '', variables: {}, system: true, alternates: false },
    tensors,
    files: {},
    selfTest: { file: 'none' },
  };
  writeFileSync(
    join(dir, manifest.graph.file),
    family.graph(manifest, {
      arithmetic: 'nbits',
      accuracyLevel: manifest.graph.accuracyLevel,
      ...(integers ? { integers: integers.layout } : {}),
    }),
  );
  return manifest;
}
