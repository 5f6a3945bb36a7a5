/** A folder as transformers saves models: config.json, safetensors in one file or in shards with an index, the tokenizer's files. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { failure } from '../contract/result.ts';
import { Config } from '../model/families/config.ts';
import { openSafetensors, type SafetensorsReader } from '../model/safetensors.ts';
import type { AddedTokenJson, TokenizerJson } from '../text/tokenizer-json.ts';
import { plainFloats } from './gguf-blocks.ts';
import { columnsOf, type CheckpointReader, type CheckpointText, type TensorInfo } from './reader.ts';
import { tokenizerFromVocabulary } from './vocabulary.ts';

const widths: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };
const indexSchema = v.object({ weight_map: v.record(v.string(), v.string()) });
const INDEX = 'model.safetensors.index.json';
const tokenText = v.union([v.string(), v.object({ content: v.string() })]);

type Json = Record<string, unknown>;

/** @throws MezzotintError where the file is there and is not a JSON object */
function readJson(dir: string, name: string): Json | undefined {
  const file = join(dir, name);
  if (!existsSync(file)) return undefined;
  try {
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Json;
  } catch {
    // reported below
  }
  throw failure('folder.not-json', { name }, { file });
}

function openShards(dir: string): { readers: Map<string, SafetensorsReader>; files: string[]; close: () => void } {
  const readers = new Map<string, SafetensorsReader>();
  const opened: SafetensorsReader[] = [];
  const close = (): void => opened.forEach((reader) => reader.close());
  const files: string[] = [];
  const open = (name: string): SafetensorsReader => {
    const file = join(dir, name);
    if (!/^[^/\\]+\.safetensors$/.test(name))
      throw failure(
        'folder.names-no-safetensors',
        { index: INDEX, name: JSON.stringify(name) },
        { file: join(dir, INDEX) },
      );
    if (!existsSync(file)) throw failure('folder.file-missing', { name }, { file });
    const reader = openSafetensors(file);
    opened.push(reader);
    files.push(file);
    return reader;
  };
  try {
    const index = readJson(dir, INDEX);
    if (index) {
      const parsed = v.safeParse(indexSchema, index);
      if (!parsed.success) throw failure('folder.no-weight-map', { index: INDEX }, { file: join(dir, INDEX) });
      const byFile = new Map<string, SafetensorsReader>();
      for (const [tensor, name] of Object.entries(parsed.output.weight_map)) {
        const reader = byFile.get(name) ?? open(name);
        byFile.set(name, reader);
        if (!reader.names.includes(tensor))
          throw failure('folder.tensor-elsewhere', { index: INDEX, tensor, name }, { file: join(dir, name) });
        readers.set(tensor, reader);
      }
      for (const reader of byFile.values())
        for (const tensor of reader.names) if (!readers.has(tensor)) readers.set(tensor, reader);
    } else {
      const reader = open('model.safetensors');
      for (const tensor of reader.names) readers.set(tensor, reader);
    }
    return { readers, files, close };
  } catch (thrown) {
    close();
    throw thrown;
  }
}

/** @throws MezzotintError `file-invalid` where the folder is no complete checkpoint */
export function openFolder(dir: string): CheckpointReader {
  const config = readJson(dir, 'config.json');
  if (!config) throw failure('folder.no-config', { folder: dir }, { file: dir });
  const { architectures, model_type, _name_or_path, ...rest } = config;
  const architecture = Array.isArray(architectures) ? String(architectures[0]) : String(model_type ?? 'unknown');
  const { readers, files, close } = openShards(dir);
  const readerOf = (tensor: string): SafetensorsReader => {
    const reader = readers.get(tensor);
    if (!reader) throw failure('checkpoint.no-tensor', { tensor }, { file: dir });
    return reader;
  };
  const tensors = new Map<string, TensorInfo>();
  for (const [name, reader] of readers) tensors.set(name, { type: reader.type(name), shape: reader.shape(name) });
  const rows = (tensor: string, from: number, count: number): Uint8Array => {
    const info = tensors.get(tensor) as TensorInfo;
    const width = widths[info.type];
    if (width === undefined)
      throw failure('checkpoint.tensor-type', { tensor, type: info.type, known: Object.keys(widths) }, { file: dir });
    const bytes = columnsOf(info) * width;
    return readerOf(tensor).window(tensor, from * bytes, count * bytes);
  };
  const repository = typeof _name_or_path === 'string' ? [_name_or_path] : [];
  const name = basename(dir);
  return {
    identity: { format: 'safetensors', architecture, modelType: String(model_type ?? '') },
    name,
    path: dir,
    config: new Config(rest, 'config.json', join(dir, 'config.json')),
    tensors,
    types: Object.keys(widths),
    files,
    repositories: [name, ...repository, ...cardNames(dir)],
    licence: licenceOf(dir),
    title: repository[0]?.split('/').at(-1) || name,
    rows,
    floats(tensor, from, count) {
      const { type } = tensors.get(tensor) ?? { type: 'missing' };
      return plainFloats(type, rows(tensor, from, count)) ?? new Float32Array(0);
    },
    text: () => readText(dir, config),
    close,
  };
}

/** What the model card's header says the model is called or made from. */
function card(dir: string): string {
  const file = join(dir, 'README.md');
  if (!existsSync(file) || statSync(file).size > 4_000_000) return '';
  return /^---\r?\n([\s\S]*?)\r?\n---/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
}
const cardNames = (dir: string): string[] =>
  [...card(dir).matchAll(/^(?:model_name|name|model-index):\s*(\S+)/gm)].map((match) => match[1] ?? '');

function licenceOf(dir: string): CheckpointReader['licence'] {
  const named = /^license:\s*["']?([\w.+-]+)/m.exec(card(dir))?.[1] ?? 'unknown';
  const file = ['LICENSE', 'LICENSE.txt', 'LICENSE.md', 'LICENCE', 'LICENCE.txt', 'License.txt']
    .map((one) => join(dir, one))
    .find((one) => existsSync(one));
  return { spdx: named, text: file === undefined ? null : readFileSync(file, 'utf8') };
}

function readText(dir: string, config: Json): CheckpointText {
  const settings = readJson(dir, 'tokenizer_config.json') ?? {};
  const generation = readJson(dir, 'generation_config.json') ?? {};
  const special = readJson(dir, 'special_tokens_map.json') ?? {};
  const tokenizer = readTokenizer(dir, settings);
  const idOf = (text: string): number | null =>
    tokenizer.added_tokens.find(({ content }) => content === text)?.id ??
    (Object.hasOwn(tokenizer.model.vocab, text) ? (tokenizer.model.vocab[text] ?? null) : null);
  const named = (key: string): string => {
    const value = v.safeParse(tokenText, settings[key] ?? special[key]);
    return !value.success ? '' : typeof value.output === 'string' ? value.output : value.output.content;
  };
  const ids = (value: unknown): number[] =>
    (Array.isArray(value) ? value : [value]).filter((id): id is number => Number.isInteger(id) && (id as number) >= 0);
  const textOf = (id: unknown): string => tokenizer.added_tokens.find((token) => token.id === id)?.content ?? '';
  const eos = named('eos_token') || textOf(ids(config['eos_token_id'])[0]);
  const ends = [...ids(generation['eos_token_id']), ...ids(config['eos_token_id'])];
  const eosId = eos === '' ? null : idOf(eos);
  const maskId = ids(config['mask_token_id'])[0] ?? ids(generation['mask_token_id'])[0];
  const mask = named('mask_token');
  return {
    tokenizer,
    chatTemplate: readTemplate(dir, settings),
    bos: named('bos_token') || textOf(config['bos_token_id']),
    eos,
    ends: [...new Set([...ends, ...(eosId === null ? [] : [eosId])])],
    mask: maskId ?? (mask === '' ? null : idOf(mask)),
    unused: [],
  };
}

function readTemplate(dir: string, settings: Json): string | null {
  const file = join(dir, 'chat_template.jinja');
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const json = readJson(dir, 'chat_template.json')?.['chat_template'] ?? settings['chat_template'];
  if (typeof json === 'string') return json;
  if (!Array.isArray(json)) return null;
  const found =
    (json as { name?: unknown; template?: unknown }[]).find(({ name }) => name === 'default') ??
    (json as { template?: unknown }[])[0];
  return typeof found?.template === 'string' ? found.template : null;
}

function readTokenizer(dir: string, settings: Json): TokenizerJson {
  const json = readJson(dir, 'tokenizer.json') as unknown as TokenizerJson | undefined;
  if (!json) return tokenizerFromVocabulary(dir, settings);
  if (typeof json.model !== 'object' || !Array.isArray(json.added_tokens))
    throw failure('folder.no-tokenizer-model', {}, { file: join(dir, 'tokenizer.json') });
  // tokens that a tool added to the settings alone, as the mask of adapted models
  const known = new Set(json.added_tokens.map(({ id }) => id));
  const added = Object.entries((settings['added_tokens_decoder'] ?? {}) as Record<string, AddedTokenJson>).flatMap(
    ([id, token]): AddedTokenJson[] => (known.has(Number(id)) ? [] : [{ ...token, id: Number(id) }]),
  );
  return added.length === 0
    ? json
    : { ...json, added_tokens: [...json.added_tokens, ...added].sort((a, b) => a.id - b.id) };
}

export const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();
export const folderOf = (path: string): string => (basename(path) === 'config.json' ? dirname(path) : path);
