/**
 * Lays a pack's matrices out as integers, once for a machine on which that is faster: the model reads a text, the channels of
 * large activation are found, the weights of each layer are written beside the pack's own files, and the model reads another
 * text to show that it still says what it said. A layer that is there already is not written again.
 */
import { createHash } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { memoryFor } from '../checkpoints/index.ts';
import type { IntegersRefused } from '../contract/kernels.ts';
import { buildGraph } from '../model/families/index.ts';
import { integerTensors } from '../model/graph/integers.ts';
import { observed } from '../model/graph/transformer.ts';
import { FASTEST_SCHEME, INTEGER_FILES, integerPlan, SCHEMES, type IntegerPlan } from '../model/integer-plan.ts';
import { integerWeights, type BlockedMatrix, type Peaks } from '../model/integer-weights.ts';
import { sha256Schema, type Manifest, type PackTensor } from '../model/manifest.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { CALIBRATION, HELD_OUT } from './calibration-text.ts';
import { sessionOptions } from './devices.ts';
import { divergence, expectedOf, type SelfTest } from './self-test.ts';
import { ModelSession, type Graphs, type Predictions } from './session.ts';

/** Version of what is written here: of the arithmetic, the texts and the files. */
const VERSION = 1;
const GRAPH = `${INTEGER_FILES}.onnx`;
const CONTEXT_GRAPH = `${INTEGER_FILES}-context.onnx`;
const NOTE = `${INTEGER_FILES}.json`;
/** Rows of a forward while the model reads. */
const PIECE = 32;
/** A shorter rest is not read. */
const LEAST_PIECE = 8;
/** Tokens read as one text: later ones begin another. */
const TEXT = 384;
/** Bytes of memory that other programs keep. */
const SPARE_MEMORY = 2e9;
/** Bytes of the disk that stay free. */
const SPARE = 1e9;
/**
 * Mean KL divergence (nats a row) from the same model in blocks up to which integers serve: as much as the shipped model's
 * blocks differ from float activations on the parity texts.
 */
export const INTEGERS_KL = 0.0043;

const noteSchema = v.object({
  version: v.literal(VERSION),
  /** SHA-256 of the pack's manifest. */
  pack: sha256Schema,
  /** Index into the schemes; null: none of them says what the model says. */
  scheme: v.nullable(v.number()),
  /** Mean KL divergence from the model in blocks, in nats a row, of each scheme that was tried. */
  tried: v.array(v.number()),
  files: v.record(v.string(), v.object({ bytes: v.number(), sha256: sha256Schema, changedMs: v.number() })),
});
type Note = v.InferOutput<typeof noteSchema>;

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
  const known = await readNote(dir, hash);
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
  // what an interrupted run of another process left, or of an older version
  for (const name of readdirSync(dir))
    if (name.startsWith(INTEGER_FILES) && name.endsWith('.part')) rmSync(join(dir, name), { force: true });
  const total = first.files.length + 2;
  onProgress(0, total);
  const seen = await observe(dir, manifest, tokenizer, threads);
  onProgress(1, total);
  const tried: number[] = [];
  for (const [index, scheme] of SCHEMES.entries()) {
    const plan = integerPlan(manifest, scheme);
    if (!plan) continue;
    if (index > 0) for (const { name } of plan.files) rmSync(join(dir, name), { force: true });
    for (const [done, file] of plan.files.entries()) {
      if (!isThere(dir, file.name, file.bytes)) writeLayer(dir, manifest, plan, file, seen.peaks);
      onProgress(1 + done, total);
      await new Promise((resolve) => setImmediate(resolve));
    }
    writeGraphs(dir, manifest, plan);
    const kl = await divergenceFrom(seen.expected, graphsIn(dir, manifest), manifest, tokenizer, threads);
    tried.push(kl);
    if (kl > limit) continue;
    const names = [
      ...plan.files.map(({ name }) => name),
      GRAPH,
      ...(manifest.graph.context === undefined ? [] : [CONTEXT_GRAPH]),
    ];
    const files: Note['files'] = {};
    for (const name of names) files[name] = stateOf(dir, name);
    const note: Note = { version: VERSION, pack: hash, scheme: index, tried, files };
    writeNote(dir, note);
    return laid(dir, note);
  }
  removeIntegers(dir);
  writeNote(dir, { version: VERSION, pack: hash, scheme: null, tried, files: {} });
  return { refused: 'quality' };
}

/** Whether 8-bit integers in the place of 4-bit blocks would not fit into this machine's memory. */
function tooLarge({ tensors }: Manifest, { layout, files }: IntegerPlan): boolean {
  const sizes = Object.entries(tensors).map(([name, { length }]) => ({ name, length }));
  const bytes = (all: typeof sizes): number => all.reduce((sum, { length }) => sum + length, 0);
  const replaced = sizes.filter(({ name }) => layout.matrices[name.replace(/\.(weight|scales|zeros)$/, '')]);
  const added = files.reduce((sum, file) => sum + file.bytes, 0) - bytes(replaced);
  return added > 0 && memoryFor(bytes(sizes) + added) > totalmem() - SPARE_MEMORY;
}

/** Takes away all that was laid out beside a pack; nothing where that can't be done. */
export function removeIntegers(dir: string): void {
  try {
    for (const name of readdirSync(dir)) if (name.startsWith(INTEGER_FILES)) rmSync(join(dir, name), { force: true });
  } catch {
    // a folder that can't be written holds none
  }
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

function hashOf(file: string): string {
  const hash = createHash('sha256');
  const fd = openSync(file, 'r');
  const piece = Buffer.alloc(1 << 20);
  try {
    for (let read = readSync(fd, piece); read > 0; read = readSync(fd, piece)) hash.update(piece.subarray(0, read));
  } finally {
    closeSync(fd);
  }
  return hash.digest('hex');
}
function stateOf(dir: string, name: string): Note['files'][string] {
  const { size, mtimeMs } = statSync(join(dir, name));
  return { bytes: size, sha256: hashOf(join(dir, name)), changedMs: mtimeMs };
}

/** The note, where it speaks of this pack and its files are what they were; otherwise they are taken away. */
async function readNote(dir: string, hash: string): Promise<Note | null> {
  let text: string;
  try {
    text = readFileSync(join(dir, NOTE), 'utf8');
  } catch {
    return null;
  }
  try {
    const note = v.parse(noteSchema, JSON.parse(text));
    if (note.pack !== hash) throw new RangeError('of another pack');
    for (const [name, { bytes, sha256, changedMs }] of Object.entries(note.files)) {
      const { size, mtimeMs } = statSync(join(dir, name));
      if (size !== bytes || (mtimeMs !== changedMs && hashOf(join(dir, name)) !== sha256))
        throw new RangeError('of other files');
    }
    return note;
  } catch {
    removeIntegers(dir);
    return null;
  }
}
function writeNote(dir: string, note: Note): void {
  const part = join(dir, `${NOTE}.${process.pid}.part`);
  writeFileSync(part, `${JSON.stringify(note)}\n`);
  renameSync(part, join(dir, NOTE));
}

/** The manifest of what reads: the model itself, without what drafts or fills. */
const bare = (manifest: Manifest): Manifest => {
  const { drafter: _, ...rest } = manifest;
  return { ...rest, adapter: null };
};

/** How the model reads a text: as context where it is causal, otherwise as canvases of which every second half is masked. */
async function read(
  session: ModelSession,
  ids: readonly number[],
  onForward: (made: Predictions, rows: number) => void,
): Promise<void> {
  const { diffusion } = session.manifest;
  for (let from = 0; from < ids.length; from += TEXT) {
    const text = ids.slice(from, from + TEXT);
    const cache = session.newCache();
    for (let at = 0; at < text.length;) {
      const causal = diffusion.causalHead;
      const piece = text.slice(at, at + Math.min(PIECE, causal ? cache.room : PIECE));
      const count = piece.length;
      if (count < LEAST_PIECE) break;
      const made = await session.forward(
        {
          ids: causal ? piece : piece.map((id, i) => (i < count / 2 ? id : diffusion.maskToken)),
          positions: piece.map((_, i) => at + i),
          contextRows: causal ? count : 0,
          canvases: causal ? [] : [{ rows: count, sees: 0 }],
          wanted: piece.map((_, i) => i),
        },
        cache,
      );
      onForward(made, count);
      if (causal) cache.append(piece, made);
      at += count;
    }
  }
}

/** What the activations stay below, by matrix, and what the model says of the held-out text, in blocks. */
async function observe(
  dir: string,
  manifest: Manifest,
  tokenizer: Tokenizer,
  threads: number,
): Promise<{ peaks: Map<string, Peaks>; expected: SelfTest['expected'] }> {
  const names = Object.keys(integerPlan(manifest, FASTEST_SCHEME)?.layout.matrices ?? {});
  const graph = join(dir, `${GRAPH}.${process.pid}.part`);
  const bareManifest = bare(manifest);
  try {
    writeFileSync(
      graph,
      buildGraph(bareManifest, {
        arithmetic: 'nbits',
        accuracyLevel: manifest.graph.accuracyLevel,
        observe: new Set(names),
      }),
    );
    const session = await ModelSession.create(
      { all: graph },
      bareManifest,
      sessionOptions('cpu', threads),
      names.map(observed),
    );
    try {
      const all = new Map<string, { usual: Float32Array[]; ever: Float32Array[] }>(
        names.map((name) => [name, { usual: [], ever: [] }]),
      );
      let rows = 0;
      await read(session, tokenizer.encode(CALIBRATION), (made, count) => {
        rows += count;
        for (const [name, { usual, ever }] of all) {
          const both = made.also?.[observed(name)] as Float32Array;
          usual.push(both.slice(0, both.length / 2));
          ever.push(both.slice(both.length / 2));
        }
      });
      const peaks = new Map<string, Peaks>();
      for (const [name, { usual, ever }] of all)
        peaks.set(name, { usual: nth(usual, Math.round(rows / 1000)), ever: nth(ever, 0) });
      const expected: SelfTest['expected'] = [];
      await read(session, tokenizer.encode(HELD_OUT), (made, count) => {
        for (let row = 0; row < count; row++) expected.push(expectedOf(made, row));
      });
      return { peaks, expected };
    } finally {
      await session.release();
    }
  } finally {
    rmSync(graph, { force: true });
  }
}

/** By channel, the largest of several numbers but for `without`. */
function nth(lists: readonly Float32Array[], without: number): Float32Array {
  const length = lists[0]?.length ?? 0;
  const column = new Float32Array(lists.length);
  return Float32Array.from({ length }, (_, channel) => {
    lists.forEach((list, i) => (column[i] = list[channel] as number));
    column.sort();
    return column[Math.max(0, column.length - 1 - without)] as number;
  });
}

/** Mean nats a row. */
async function divergenceFrom(
  expected: SelfTest['expected'],
  { all }: Graphs,
  manifest: Manifest,
  tokenizer: Tokenizer,
  threads: number,
): Promise<number> {
  const session = await ModelSession.create({ all }, manifest, sessionOptions('cpu', threads));
  try {
    let sum = 0;
    let at = 0;
    await read(session, tokenizer.encode(HELD_OUT), (made, count) => {
      for (let row = 0; row < count; row++)
        sum += divergence(expected[at++] as SelfTest['expected'][number], made, row);
    });
    return Number.isFinite(sum) ? sum / at : Infinity;
  } finally {
    await session.release();
  }
}

function writeGraphs(dir: string, manifest: Manifest, { layout }: IntegerPlan): void {
  const { accuracyLevel } = manifest.graph;
  const options = { arithmetic: 'nbits', accuracyLevel, integers: layout } as const;
  const write = (name: string, bytes: Uint8Array): void => {
    const part = join(dir, `${name}.${process.pid}.part`);
    writeFileSync(part, bytes);
    renameSync(part, join(dir, name));
  };
  write(GRAPH, buildGraph(manifest, options));
  if (manifest.graph.context !== undefined) write(CONTEXT_GRAPH, buildGraph({ ...manifest, adapter: null }, options));
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
