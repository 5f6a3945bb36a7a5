/**
 * GGUF → pack. Reads the header with @huggingface/gguf and streams the tensors in row chunks, so that peak memory is
 * a few megabytes above the file's largest chunk, never the model in float32.
 */
import { createHash } from 'node:crypto';
import { createReadStream, closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { gguf, GGMLQuantizationType, type GGUFTensorInfo } from '@huggingface/gguf';
import { MezzotintError } from '../../contract/result.ts';
import type { GenerationSettings } from '../../contract/settings.ts';
import { tokenizerFromGguf } from '../../text/tokenizer.ts';
import { buildLlamaGraph, tensorPlan, type MatrixPlan } from '../families/llama.ts';
import { buildDrafterGraph } from '../families/llama-drafter.ts';
import { GRAPH_BUILDER } from '../graph/contract.ts';
import type { Manifest } from '../manifest.ts';
import { packAdapter } from './adapter.ts';
import { BLOCK, blockBytes, repackBlocks, type PackedBlocks } from './blocks.ts';
import { describeDrafter, packDrafter } from './drafter.ts';
import { PackWriter } from './pack-writer.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;

export interface ImportOptions {
  out: string;
  /** A diffusion adapter (safetensors) for the canvas rows. */
  adapter?: { file: string; name: string; version: string; training: Record<string, unknown> };
  /** A block drafter (safetensors) for Exact mode. */
  drafter?: { file: string; name: string; version: string };
  id?: string;
  name?: string;
  /** See the manifest. */
  systemPrompt?: string;
  /** Where the GGUF comes from, in words. */
  source?: string;
  /** Full text of the model's licence, to lie in the pack; without it a note names the licence. */
  licenceText?: string;
  onProgress?: (done: number, total: number, what: string) => void;
}

type Metadata = Record<string, unknown>;

/** Writes every file but the self-test and the manifest, which core/engine/import.ts adds. @returns the manifest so far */
export async function importGguf(file: string, options: ImportOptions): Promise<Manifest> {
  if (!existsSync(file)) throw new MezzotintError('not-found', `There is no file ${file}.`, { file, action: 'Check the path.' });
  const parsed = await gguf(file, { allowLocalFile: true }).catch((cause: unknown) => {
    throw new MezzotintError('file-invalid', `${basename(file)} is not a readable GGUF file.`, { file, cause, action: 'Get the file again; its download may have been cut short.' });
  });
  const metadata = parsed.metadata as unknown as Metadata;
  const tensors = new Map(parsed.tensorInfos.map((info) => [info.name, info]));
  const base = describe(metadata, tensors, file);
  const fd = openSync(file, 'r');
  try {
    const read = new TensorReader(fd, Number(parsed.tensorDataOffset), tensors, statSync(file).size);
    const writer = new PackWriter(options.out);
    const plan = tensorPlan(base);
    let done = 0;
    const total = plan.matrices.reduce((sum, m) => sum + m.rows * m.columns, 0);
    const gains: Float32Array[] = [];
    let meanEmbedding = new Float32Array(base.dimensions.hidden);
    for (const matrix of plan.matrices) {
      const mean = writeMatrix(writer, read, matrix, matrix.name === 'embed');
      if (mean) meanEmbedding = mean;
      options.onProgress?.((done += matrix.rows * matrix.columns), total, matrix.name);
    }
    for (const vector of plan.vectors) {
      const values = read.floats(vector.gguf, vector.length);
      gains.push(values);
      writer.add(vector.name, [vector.length], values);
    }
    if (!options.adapter) writer.add('mask_embedding', [base.dimensions.hidden], meanEmbedding);
    writer.closeShard();
    if (options.adapter) {
      const packed = packAdapter(options.adapter.file, base.dimensions, gains, { name: options.adapter.name, version: options.adapter.version, format: 'int8 blocks of 32, symmetric' });
      writer.file(packed.file, packed.bytes);
      Object.assign(writer.tensors, packed.tensors);
      base.defaults = { ...base.defaults, sampler: { id: 'threshold', params: { blockLength: 8, threshold: 0.3 } } };
      base.adapter = { name: options.adapter.name, version: options.adapter.version, rank: packed.rank, file: packed.file, training: { ...packed.training, ...options.adapter.training } };
    }
    if (options.drafter) {
      const { file: source, name, version } = options.drafter;
      const packed = packDrafter(source, { ...base, tensors: writer.tensors }, options.out, { name, version, format: 'int8 blocks of 32, symmetric' });
      writer.file(packed.file, packed.bytes);
      Object.assign(writer.tensors, packed.tensors);
      base.drafter = describeDrafter(packed, name, version);
      // the same text as one token at a time, sooner: docs/quality.md
      const { slots } = packed.sizes;
      base.defaults = { ...base.defaults, sampler: { id: 'speculative', params: { draftLength: slots } } };
    }
    writer.file('tokenizer.json', JSON.stringify(tokenizerFromGguf(metadata)));
    writer.file('chat_template.jinja', text(metadata, 'tokenizer.chat_template'));
    writer.file(
      base.licence.file,
      `The weights in this folder (${base.name}) are under ${base.licence.spdx}. They were converted from their source as the manifest says, otherwise unchanged.\n\n${options.licenceText ?? ''}`,
    );
    base.source = { description: options.source ?? `imported from ${basename(file)}`, file: basename(file), sha256: await sha256(file) };
    if (options.id !== undefined) base.id = options.id;
    if (options.name !== undefined) base.name = options.name;
    if (options.systemPrompt !== undefined) base.systemPrompt = options.systemPrompt;
    base.tensors = writer.tensors;
    base.files = writer.files;
    if (base.adapter) base.graph.context = 'context.onnx';
    writer.file(base.graph.file, buildLlamaGraph(base, { arithmetic: 'nbits', accuracyLevel: 4 }));
    if (base.graph.context !== undefined) writer.file(base.graph.context, buildLlamaGraph({ ...base, adapter: null }, { arithmetic: 'nbits', accuracyLevel: 4 }));
    if (base.drafter) writer.file(base.drafter.graph, buildDrafterGraph(base, 4));
    return base;
  } finally {
    closeSync(fd);
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Reads tensors of the GGUF by rows. */
class TensorReader {
  readonly fd: number;
  readonly start: number;
  readonly tensors: Map<string, GGUFTensorInfo>;
  readonly size: number;

  constructor(fd: number, start: number, tensors: Map<string, GGUFTensorInfo>, size: number) {
    this.fd = fd;
    this.start = start;
    this.tensors = tensors;
    this.size = size;
  }

  type(name: string): string {
    return GGMLQuantizationType[this.#info(name).dtype] ?? String(this.#info(name).dtype);
  }

  /** `rows` rows of `columns` numbers from `row` on, as raw blocks. */
  rows(name: string, row: number, rows: number, columns: number): Uint8Array {
    const bytesPerRow = ((blockBytes[this.type(name)] ?? 0) * columns) / BLOCK;
    const at = this.start + Number(this.#info(name).offset) + row * bytesPerRow;
    const bytes = Buffer.alloc(rows * bytesPerRow);
    if (at + bytes.length > this.size || readSync(this.fd, bytes, 0, bytes.length, at) < bytes.length) {
      throw new MezzotintError('file-invalid', `The GGUF ends inside tensor ${name}.`, { action: 'Get the file again; its download was cut short.' });
    }
    return bytes;
  }

  floats(name: string, length: number): Float32Array {
    if (this.type(name) !== 'F32') throw new MezzotintError('file-invalid', `Tensor ${name} is ${this.type(name)}; norms must be F32.`);
    const bytes = this.rows(name, 0, 1, length);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + length * 4));
  }

  check(name: string, rows: number, columns: number): void {
    const shape = this.#info(name).shape.map(Number); // innermost first
    if (shape[0] !== columns || (shape[1] ?? 1) !== rows) throw new MezzotintError('file-invalid', `Tensor ${name} is [${shape.reverse().join(', ')}]; [${rows}, ${columns}] was expected.`);
  }

  #info(name: string): GGUFTensorInfo {
    const info = this.tensors.get(name);
    if (!info) throw new MezzotintError('file-invalid', `The GGUF has no tensor ${name}.`, { action: 'Use a complete GGUF of a supported family.' });
    return info;
  }
}

/** Writes `.weight`, `.scales` and, unless all are 128, `.zeros`. Returns the mean row where asked. */
function writeMatrix(writer: PackWriter, read: TensorReader, plan: MatrixPlan, wantMean: boolean): Float32Array<ArrayBuffer> | undefined {
  const { rows, columns, name } = plan;
  if (columns % BLOCK !== 0) throw new MezzotintError('file-invalid', `${name} has rows of ${columns} numbers, not a multiple of ${BLOCK}.`);
  const blocks = columns / BLOCK;
  const scales = new Float32Array(rows * blocks);
  const zeros = new Uint8Array(rows * blocks);
  const mean = wantMean ? new Float64Array(columns) : undefined;
  const write = writer.begin(`${name}.weight`, 'uint8', [rows, columns], rows * columns);
  let at = 0; // row in the stacked matrix
  for (const part of plan.parts) {
    read.check(part.gguf, part.rows, columns);
    const headRows = part.heads === undefined ? 1 : part.rows / part.heads;
    const step = Math.max(headRows, Math.floor(CHUNK_BYTES / columns / headRows) * headRows);
    for (let row = 0; row < part.rows; row += step) {
      const count = Math.min(step, part.rows - row);
      let packed = repackBlocks(read.type(part.gguf), read.rows(part.gguf, row, count, columns));
      if (part.heads !== undefined) packed = toHalfSplit(packed, count, columns, headRows);
      write(packed.values);
      scales.set(packed.scales, at * blocks);
      zeros.set(packed.zeros, at * blocks);
      if (mean) addRows(mean, packed, count, columns);
      at += count;
    }
  }
  writer.add(`${name}.scales`, [rows, blocks], scales);
  if (zeros.some((zero) => zero !== 128)) writer.add(`${name}.zeros`, [rows, blocks], zeros);
  return mean && Float32Array.from(mean, (sum) => sum / rows);
}

/** llama.cpp interleaves the two halves of each head's rows (2i, 2i+1) ← (i, i + D/2); this puts them back. */
function toHalfSplit(packed: PackedBlocks, rows: number, columns: number, headRows: number): PackedBlocks {
  const blocks = columns / BLOCK;
  const out: PackedBlocks = { values: new Uint8Array(packed.values.length), scales: new Float32Array(packed.scales.length), zeros: new Uint8Array(packed.zeros.length) };
  for (let row = 0; row < rows; row++) {
    const within = row % headRows;
    const half = headRows / 2;
    const from = row - within + (within < half ? 2 * within : 2 * (within - half) + 1);
    out.values.set(packed.values.subarray(from * columns, (from + 1) * columns), row * columns);
    out.scales.set(packed.scales.subarray(from * blocks, (from + 1) * blocks), row * blocks);
    out.zeros.set(packed.zeros.subarray(from * blocks, (from + 1) * blocks), row * blocks);
  }
  return out;
}

function addRows(sum: Float64Array, packed: PackedBlocks, rows: number, columns: number): void {
  for (let i = 0; i < rows * columns; i++) {
    const block = Math.floor(i / BLOCK);
    const column = i % columns;
    sum[column] = (sum[column] ?? 0) + (packed.scales[block] ?? 0) * ((packed.values[i] ?? 0) - (packed.zeros[block] ?? 0));
  }
}

function number(metadata: Metadata, key: string): number {
  const value = metadata[key];
  if (typeof value !== 'number' && typeof value !== 'bigint') throw new MezzotintError('file-invalid', `The GGUF's metadata has no number ${key}.`);
  return Number(value);
}

function text(metadata: Metadata, key: string): string {
  const value = metadata[key];
  if (typeof value !== 'string') throw new MezzotintError('file-invalid', `The GGUF's metadata has no text ${key}.`, { action: 'Use a GGUF of a chat model.' });
  return value;
}

const licences: Record<string, string> = { 'apache-2.0': 'Apache-2.0', mit: 'MIT' };

/** Everything of the manifest that the metadata and the tensor list tell. */
function describe(metadata: Metadata, tensors: Map<string, GGUFTensorInfo>, file: string): Manifest {
  const architecture = text(metadata, 'general.architecture');
  if (architecture !== 'llama') {
    throw new MezzotintError('pack-unsupported', `The architecture "${architecture}" has no graph here yet.`, { file, action: 'Import a GGUF of the Llama family.' });
  }
  const at = (key: string): number => number(metadata, `${architecture}.${key}`);
  const hidden = at('embedding_length');
  const heads = at('attention.head_count');
  const kvHeads = at('attention.head_count_kv');
  const headDim = `${architecture}.attention.key_length` in metadata ? at('attention.key_length') : hidden / heads;
  const vocabulary = Number(tensors.get('token_embd.weight')?.shape[1] ?? at('vocab_size'));
  const tokens = metadata['tokenizer.ggml.tokens'] as string[];
  const kinds = metadata['tokenizer.ggml.token_type'] as number[];
  const specials = kinds.flatMap((kind, id) => (kind === 3 ? [id] : []));
  const endOfTurn = number(metadata, 'tokenizer.ggml.eos_token_id');
  const named = (candidates: string[]): number | undefined => candidates.map((t) => tokens.indexOf(t)).find((id) => id >= 0);
  const maskToken = named(['<|mask|>', '<|MASK|>', '|<MASK>|', '<|mdm_mask|>']) ?? spareSpecial(specials, endOfTurn);
  const textEnd = named(['<|endoftext|>']);
  const ends = [endOfTurn, ...(textEnd !== undefined && textEnd !== endOfTurn ? [textEnd] : [])];
  const licence = typeof metadata['general.license'] === 'string' ? metadata['general.license'] : 'unknown';
  const name = typeof metadata['general.name'] === 'string' ? metadata['general.name'] : basename(file, '.gguf');
  const parameters = [...tensors.values()].reduce((sum, t) => sum + t.shape.reduce((product, n) => product * Number(n), 1), 0);
  return {
    format: 1,
    id: name.toLowerCase().replace(/[^a-z0-9._-]+/g, '-').slice(0, 64),
    name,
    licence: { spdx: licences[licence] ?? licence, file: 'LICENCE.txt' },
    source: { description: '', file: basename(file), sha256: '0'.repeat(64) },
    family: 'llama',
    dimensions: { layers: at('block_count'), hidden, heads, kvHeads, headDim, feedForward: at('feed_forward_length'), vocabulary },
    norm: { kind: 'rms', epsilon: round6(at('attention.layer_norm_rms_epsilon')) },
    rope: { theta: at('rope.freq_base'), style: 'half-split', dimensions: `${architecture}.rope.dimension_count` in metadata ? at('rope.dimension_count') : headDim },
    bias: { qkv: tensors.has('blk.0.attn_q.bias'), output: false, mlp: false },
    qkNorm: tensors.has('blk.0.attn_q_norm.weight'),
    tiedEmbedding: !tensors.has('output.weight'),
    contextLength: at('context_length'),
    parameters,
    diffusion: { attention: 'causal', predictionShift: 1, blockGrid: 'prompt-end', maskToken, blockLengths: [4, 8, 16], causalHead: true },
    quantization: { bits: 8, block: BLOCK },
    tokens: { endOfTurn: ends, suppressed: specials.filter((id) => !ends.includes(id)) },
    defaults: defaultSettings,
    systemPrompt: null,
    adapter: null,
    graph: { file: 'model.onnx', builder: GRAPH_BUILDER },
    tokenizer: { file: 'tokenizer.json', chatTemplate: 'chat_template.jinja' },
    tensors: {},
    files: {},
    selfTest: { file: 'self-test.json' },
  };
}

/** float32 constants of the metadata as they were meant: 9.99999974e-6 → 1e-5. */
const round6 = (value: number): number => Number(value.toPrecision(6));

/** A special that never occurs in chat: the last one that does not end a turn. */
function spareSpecial(specials: number[], endOfTurn: number): number {
  const spare = specials.filter((id) => id !== endOfTurn).at(-1);
  if (spare === undefined) throw new MezzotintError('file-invalid', 'The vocabulary has no special token that could serve as the mask.');
  return spare;
}

const defaultSettings: GenerationSettings = {
  sampling: { temperature: 0.2, topP: 0.9, topK: 64, repetitionPenalty: 1.05, seed: null },
  // without an adapter the canvas is only noise
  sampler: { id: 'autoregressive', params: {} },
  ending: { maxTokens: 512, stop: [], loopGuard: true },
};
