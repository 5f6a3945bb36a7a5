/** GGUF files, whole or split: their metadata by the names that config.json uses, their tensors by rows. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gguf, GGMLQuantizationType } from '@huggingface/gguf';
import { failure, type MezzotintError } from '../contract/result.ts';
import { Config } from '../model/families/config.ts';
import { tokenizerFromGguf } from '../text/tokenizer-json.ts';
import { ggmlBlocks, ggmlFloats, unreadable } from './gguf-blocks.ts';
import { columnsOf, type CheckpointReader, type CheckpointText, type TensorInfo } from './reader.ts';

type Metadata = Record<string, unknown>;
interface TensorAt {
  fd: number;
  at: number;
  size: number;
}

/** GGUF keys, without the architecture before them, by the names that families read. */
const keyNames: Readonly<Record<string, string>> = {
  block_count: 'num_hidden_layers',
  embedding_length: 'hidden_size',
  'attention.head_count': 'num_attention_heads',
  'attention.head_count_kv': 'num_key_value_heads',
  'attention.key_length': 'head_dim',
  feed_forward_length: 'intermediate_size',
  context_length: 'max_position_embeddings',
  'rope.freq_base': 'rope_theta',
  'rope.dimension_count': 'rotary_dim',
  'attention.layer_norm_rms_epsilon': 'rms_norm_eps',
  'attention.sliding_window': 'sliding_window',
};
const scalingNames: Readonly<Record<string, string>> = {
  type: 'type',
  factor: 'factor',
  original_context_length: 'original_max_position_embeddings',
  yarn_beta_fast: 'beta_fast',
  yarn_beta_slow: 'beta_slow',
  attn_factor: 'attention_factor',
};
/** llama.cpp's own notes: what the file is, not how it is computed. */
const notes =
  /^(causal_attention|attention\.causal|tensor_data_layout|pooling_type|attention\.value_length|diffusion\.shift_logits|vocab_size)$/;

/** float32 constants of the metadata as they were meant: 9.99999974e-6 → 1e-5. */
const plain = (value: unknown): unknown =>
  typeof value === 'bigint'
    ? Number(value)
    : typeof value === 'number' && !Number.isInteger(value)
      ? Number(value.toPrecision(6))
      : value;

function configOf(metadata: Metadata, architecture: string, file: string): Config {
  const values: Record<string, unknown> = {};
  const scaling: Record<string, unknown> = {};
  const prefix = `${architecture}.`;
  for (const [key, raw] of Object.entries(metadata)) {
    if (!key.startsWith(prefix)) continue;
    const own = key.slice(prefix.length);
    const value = plain(raw);
    if (own === 'attention.value_length' && value !== plain(metadata[`${prefix}attention.key_length`]))
      values[own] = value;
    if (notes.test(own)) continue;
    if (own.startsWith('rope.scaling.')) {
      const part = own.slice('rope.scaling.'.length);
      if (part !== 'finetuned' && !(part === 'type' && value === 'none')) scaling[scalingNames[part] ?? part] = value;
    } else values[keyNames[own] ?? own] = value;
  }
  if ('type' in scaling) values['rope_scaling'] = scaling;
  else if (Object.keys(scaling).length > 0) values['rope_scaling'] = { type: 'linear', ...scaling };
  values['hidden_act'] = 'silu'; // all architectures that are read here; GGUF does not say
  return new Config(values, "the GGUF's metadata", file);
}

const cutOff = (tensor: string, file: string): MezzotintError => failure('gguf.cut', { tensor }, { file });

/** The files of a split GGUF, or the one. */
function filesOf(file: string): string[] {
  const split = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/.exec(basename(file));
  if (!split) return [file];
  return Array.from({ length: Number(split[3]) }, (_, i) => {
    const part = join(dirname(file), `${split[1]}-${String(i + 1).padStart(5, '0')}-of-${split[3]}.gguf`);
    if (!existsSync(part))
      throw failure('gguf.part-missing', { part: basename(part), name: basename(file) }, { file: part });
    return part;
  });
}

/** @throws MezzotintError `file-invalid` where it is no readable GGUF */
export async function openGguf(file: string): Promise<CheckpointReader> {
  const files = filesOf(file);
  const tensors = new Map<string, TensorInfo>();
  const places = new Map<string, TensorAt>();
  const fds: number[] = [];
  let metadata: Metadata | undefined;
  try {
    for (const part of files) {
      const parsed = await gguf(part, { allowLocalFile: true }).catch((cause: unknown) => {
        throw failure('gguf.unreadable', { name: basename(part) }, { file: part, cause });
      });
      metadata ??= parsed.metadata as unknown as Metadata;
      const fd = openSync(part, 'r');
      fds.push(fd);
      const { size } = statSync(part);
      for (const info of parsed.tensorInfos) {
        const type = GGMLQuantizationType[info.dtype] ?? String(info.dtype);
        const shape = info.shape.map(Number).reverse();
        const at = Number(parsed.tensorDataOffset) + Number(info.offset);
        const block = ggmlBlocks[type];
        const end = block ? at + (shape.reduce((a, b) => a * b, 1) / block.weights) * block.bytes : at;
        if (end > size) throw cutOff(info.name, part);
        tensors.set(info.name, { type, shape });
        places.set(info.name, { fd, at, size });
      }
    }
  } catch (thrown) {
    fds.forEach((fd) => closeSync(fd));
    throw thrown;
  }
  const facts = metadata ?? {};
  const architecture = String(facts['general.architecture'] ?? 'unknown');
  const rows = (tensor: string, from: number, count: number): Uint8Array => {
    const info = tensors.get(tensor);
    const place = places.get(tensor);
    if (!info || !place) throw failure('checkpoint.no-tensor', { tensor }, { file });
    const block = ggmlBlocks[info.type];
    if (!block) throw unreadable(info.type);
    const bytesPerRow = (columnsOf(info) / block.weights) * block.bytes;
    const at = place.at + from * bytesPerRow;
    const bytes = Buffer.allocUnsafe(count * bytesPerRow);
    if (at + bytes.length > place.size || readSync(place.fd, bytes, 0, bytes.length, at) < bytes.length)
      throw cutOff(tensor, file);
    return bytes;
  };
  const name = typeof facts['general.name'] === 'string' ? facts['general.name'] : basename(file, '.gguf');
  const licence = typeof facts['general.license'] === 'string' ? facts['general.license'] : 'unknown';
  return {
    identity: { format: 'gguf', architecture, modelType: architecture },
    name: basename(file),
    path: file,
    config: configOf(facts, architecture, file),
    tensors,
    types: Object.keys(ggmlBlocks),
    files,
    repositories: [basename(file, '.gguf'), name],
    licence: { spdx: licence, text: null },
    title: name,
    rows,
    floats: (tensor, from, count) => ggmlFloats(tensors.get(tensor)?.type ?? 'missing', rows(tensor, from, count)),
    text: () => readText(facts, file),
    close: () => fds.forEach((fd) => closeSync(fd)),
  };
}

function readText(metadata: Metadata, file: string): CheckpointText {
  const tokenizer = tokenizerFromGguf(metadata);
  const tokens = metadata['tokenizer.ggml.tokens'] as string[];
  const kinds = Array.isArray(metadata['tokenizer.ggml.token_type'])
    ? metadata['tokenizer.ggml.token_type'].map(Number)
    : [];
  const id = (key: string): number | null => {
    const value = metadata[`tokenizer.ggml.${key}_token_id`];
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null;
  };
  const textOf = (key: string): string => tokens[id(key) ?? -1] ?? '';
  const eos = id('eos');
  if (eos === null) throw failure('gguf.no-end', {}, { file });
  const template = metadata['tokenizer.chat_template'];
  const ends = [eos, id('eot'), id('eom')].filter((one) => one !== null);
  return {
    tokenizer,
    chatTemplate: typeof template === 'string' ? template : null,
    bos: textOf('bos'),
    eos: textOf('eos'),
    ends: [...new Set(ends)],
    mask: id('mask'),
    unused: kinds.flatMap((kind, at) => (kind === 5 || kind === 2 ? [at] : [])),
  };
}
