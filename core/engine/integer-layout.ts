/**
 * Lays a pack's matrices out as integers, once for a machine on which that is faster: the model reads a text, the channels of
 * large activation are found, the weights of each layer are written beside the pack's own files, and the model reads another
 * text to show that it still says what it said. A layer that is there already is not written again.
 */
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { memoryFor } from '../checkpoints/index.ts';
import type { IntegersRefused } from '../contract/kernels.ts';
import { buildGraph } from '../model/families/index.ts';
import { integerTensors } from '../model/graph/integers.ts';
import { FASTEST_SCHEME, INTEGER_FILES, integerPlan, SCHEMES, type IntegerPlan } from '../model/integer-plan.ts';
import { integerWeights, type BlockedMatrix, type Peaks } from '../model/integer-weights.ts';
import type { Manifest, PackTensor } from '../model/manifest.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { hasEnded } from './ended.ts';
import { noted, readNote, removeIntegers, VERSION, writeNote, type Note } from './integer-note.ts';
import { divergenceFrom, observe } from './integer-reading.ts';
import type { Pack } from './pack.ts';
import type { Graphs } from './session.ts';
import { sumsIntegersExactly } from './tuning.ts';
import { writeWhole } from './write-whole.ts';

const GRAPH = `${INTEGER_FILES}.onnx`;
const CONTEXT_GRAPH = `${INTEGER_FILES}-context.onnx`;
/** Bytes of memory that other programs keep. */
const SPARE_MEMORY = 2e9;
/** Bytes of the disk that stay free. */
const SPARE = 1e9;
/**
 * Mean KL divergence (nats a row) from the same model in blocks up to which integers serve: as much as the shipped model's
 * blocks differ from float activations on the parity texts.
 */
export const INTEGERS_KL = 0.0043;

export interface Source {
  dir: string;
  manifest: Manifest;
  /** SHA-256 of the manifest. */
  hash: string;
  tokenizer: Tokenizer;
}
export type LaidIntegers = { graphs: Graphs; kl: number } | { refused: IntegersRefused };

/**
 * The graphs that multiply integers, laid out where they are not there yet.
 * @param onProgress steps done and in all, once there is something to do
 */
export async function layOutIntegers(
  { dir, manifest, hash, tokenizer }: Source,
  threads: number,
  onProgress: (done: number, total: number) => void,
  /** Mean KL divergence from the model in blocks up to which they serve, in nats a row. */
  limit = INTEGERS_KL,
): Promise<LaidIntegers> {
  const known = readNote(dir, hash);
  if (known) return known.scheme === null ? { refused: 'quality' } : laid(dir, known);
  const first = integerPlan(manifest, FASTEST_SCHEME);
  if (!first) return { refused: 'model' };
  if (tooLarge(manifest, first)) return { refused: 'memory' };
  try {
    accessSync(dir, constants.W_OK);
  } catch {
    return { refused: 'read-only' };
  }
  const needed = first.files.reduce((sum, { name, bytes }) => sum + (isThere(dir, name, bytes) ? 0 : bytes), 0);
  const { bavail, bsize } = statfsSync(dir);
  if (bavail * bsize < needed + SPARE) return { refused: 'room' };
  for (const name of readdirSync(dir)) if (isLeftover(name)) rmSync(join(dir, name), { force: true });
  const total = first.files.length + 2;
  onProgress(0, total);
  const names = Object.keys(first.layout.matrices);
  const seen = await observe(join(dir, `${GRAPH}.${process.pid}.part`), names, manifest, tokenizer, threads);
  onProgress(1, total);
  const tried: number[] = [];
  for (const [index, scheme] of SCHEMES.entries()) {
    const plan = integerPlan(manifest, scheme);
    if (!plan) continue;
    for (const [done, file] of plan.files.entries()) {
      if (!isThere(dir, file.name, file.bytes)) writeLayer(dir, manifest, plan, file, seen.peaks);
      onProgress(1 + done, total);
      await new Promise((resolve) => setImmediate(resolve));
    }
    writeGraphs(dir, manifest, plan);
    const kl = await divergenceFrom(seen.expected, graphsIn(dir, manifest), manifest, tokenizer, threads);
    tried.push(kl);
    if (kl > limit) continue;
    const written = [
      ...plan.files.map(({ name }) => name),
      GRAPH,
      ...(manifest.graph.context === undefined ? [] : [CONTEXT_GRAPH]),
    ];
    const files: Note['files'] = {};
    for (const name of written) files[name] = noted(dir, name);
    const note: Note = { version: VERSION, pack: hash, scheme: index, tried, files };
    writeNote(dir, note);
    return laid(dir, note);
  }
  removeIntegers(dir);
  writeNote(dir, { version: VERSION, pack: hash, scheme: null, tried, files: {} });
  return { refused: 'quality' };
}

/** Half a file of a process that has ended. */
function isLeftover(name: string): boolean {
  const pid = Number(name.startsWith(INTEGER_FILES) ? (/\.(\d+)\.part$/.exec(name)?.[1] ?? NaN) : NaN);
  return Number.isInteger(pid) && (pid === process.pid || hasEnded(pid));
}

/** What serves of a pack's integers: `layOutIntegers`, where this processor sums them exactly; an attempt that fails refuses them. */
export async function integersOf(
  { dir, manifest, tokenizer, info }: Pack,
  threads: number,
  onProgress: (done: number, total: number) => void,
): Promise<LaidIntegers> {
  try {
    if (!(await sumsIntegersExactly())) return { refused: 'processor' };
    return await layOutIntegers({ dir, manifest, tokenizer, hash: info.hash }, threads, onProgress);
  } catch {
    // a disk that fills up, no memory for it: the model itself may still serve
    return { refused: 'failed' };
  }
}

/** Whether 8-bit integers in the place of 4-bit blocks would not fit into this machine's memory. */
function tooLarge({ tensors }: Manifest, { layout, files }: IntegerPlan): boolean {
  const sizes = Object.entries(tensors).map(([name, { length }]) => ({ name, length }));
  const bytes = (all: typeof sizes): number => all.reduce((sum, { length }) => sum + length, 0);
  const replaced = sizes.filter(({ name }) => layout.matrices[name.replace(/\.(weight|scales|zeros)$/, '')]);
  const added = files.reduce((sum, file) => sum + file.bytes, 0) - bytes(replaced);
  return added > 0 && memoryFor(bytes(sizes) + added) > totalmem() - SPARE_MEMORY;
}

const laid = (dir: string, { files, tried }: Note): LaidIntegers => ({
  graphs: { all: join(dir, GRAPH), context: files[CONTEXT_GRAPH] ? join(dir, CONTEXT_GRAPH) : undefined },
  kl: tried.at(-1) ?? NaN,
});
const graphsIn = (dir: string, { graph }: Pick<Manifest, 'graph'>): Graphs => ({
  all: join(dir, GRAPH),
  context: graph.context === undefined ? undefined : join(dir, CONTEXT_GRAPH),
});
const isThere = (dir: string, name: string, bytes: number): boolean =>
  statSync(join(dir, name), { throwIfNoEntry: false })?.size === bytes;

function writeGraphs(dir: string, manifest: Manifest, { layout }: IntegerPlan): void {
  const { accuracyLevel } = manifest.graph;
  const options = { arithmetic: 'nbits', accuracyLevel, integers: layout } as const;
  writeWhole(join(dir, GRAPH), buildGraph(manifest, options));
  if (manifest.graph.context !== undefined)
    writeWhole(join(dir, CONTEXT_GRAPH), buildGraph({ ...manifest, adapter: null }, options));
}

function writeLayer(
  dir: string,
  manifest: Manifest,
  { layout }: IntegerPlan,
  file: IntegerPlan['files'][number],
  peaks: ReadonlyMap<string, Peaks>,
): void {
  const part = join(dir, `${file.name}.${process.pid}.part`);
  const fd = openSync(part, 'w', 0o600);
  try {
    const put = (key: string, data: Int8Array | Uint8Array | Float32Array | Int32Array): void => {
      const { offset, length } = layout.tensors[key] as { offset: number; length: number };
      if (data.byteLength !== length) throw new RangeError(`${key} has ${data.byteLength} bytes, not ${length}`);
      const bytes = new Uint8Array(data.buffer, data.byteOffset, length);
      for (let at = 0; at < length;) at += writeSync(fd, bytes, at, length - at, offset + at);
    };
    for (const name of file.matrices) {
      const { groups } = layout.matrices[name] as { groups: number };
      const made = integerWeights(blocked(dir, manifest, name), peaks.get(name) as Peaks, groups);
      put(integerTensors.factors(name), made.factors);
      made.parts.forEach(({ weight, scales }, group) => {
        put(integerTensors.weight(name, group), weight);
        put(integerTensors.scales(name, group), scales);
      });
      put(integerTensors.apart(name), made.apart);
      put(integerTensors.apartWeight(name), made.apartBlocks.values);
      put(integerTensors.apartScales(name), made.apartBlocks.scales);
      put(integerTensors.apartZeros(name), made.apartBlocks.zeros);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(part, join(dir, file.name));
}

function blocked(dir: string, { tensors }: Manifest, name: string): BlockedMatrix {
  const bytesOf = ({ file, offset, length }: PackTensor): Uint8Array<ArrayBuffer> => {
    const bytes = new Uint8Array(length);
    const fd = openSync(join(dir, file), 'r');
    try {
      for (let at = 0; at < length;) {
        const read = readSync(fd, bytes, at, length - at, offset + at);
        if (read === 0) throw new RangeError(`${file} ends early`);
        at += read;
      }
    } finally {
      closeSync(fd);
    }
    return bytes;
  };
  const weight = tensors[`${name}.weight`] as PackTensor;
  const zeros = tensors[`${name}.zeros`];
  const [rows, columns] = weight.shape as [number, number];
  return {
    rows,
    columns,
    bits: weight.bits as 4 | 8,
    values: bytesOf(weight),
    scales: new Float32Array(bytesOf(tensors[`${name}.scales`] as PackTensor).buffer),
    zeros: zeros ? bytesOf(zeros) : null,
  };
}
