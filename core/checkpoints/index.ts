/** Checkpoints into packs: a GGUF file, or a folder of config.json and safetensors. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { basename } from 'node:path';
import { failure } from '../contract/result.ts';
import { buildDrafterGraph } from '../model/graph/drafter.ts';
import type { Family } from '../model/families/family.ts';
import type { Manifest } from '../model/manifest.ts';
import { packAdapter } from './adapter.ts';
import { convertTensors } from './convert.ts';
import { describeDrafter, packDrafter } from './drafter.ts';
import { folderOf, isFolder, openFolder } from './folder.ts';
import { openGguf } from './gguf.ts';
import { PackWriter } from './pack-writer.ts';
import type { Preflight, PreflightOptions } from './preflight.ts';
import type { CheckpointReader } from './reader.ts';

export { preflight, type Preflight, type PreflightOptions } from './preflight.ts';
export { bitsFor, memoryFor, usualBits, weightBytes, type BitsOf } from './room.ts';
export type { CheckpointReader } from './reader.ts';

export interface ImportOptions extends PreflightOptions {
  /** A diffusion adapter (safetensors) for the canvas rows. */
  adapter?: { file: string; name: string; version: string; training: Record<string, unknown> };
  /** A block drafter (safetensors) for Exact mode. */
  drafter?: { file: string; name: string; version: string };
  id?: string;
  name?: string;
  /** See the manifest. */
  systemPrompt?: string;
  /** Where the checkpoint comes from, in words. */
  source?: string;
  /** Full text of the model's licence, to lie in the pack; without it and without one in the checkpoint a note names the licence. */
  licenceText?: string;
  /** Activations of the pack's graph: 4 = int8 (the default), 0 = float. */
  accuracyLevel?: 0 | 4;
  onProgress?: (done: number, total: number, what: string) => void;
}

/** @throws MezzotintError where there is nothing, or nothing that can be read as a checkpoint */
export async function openCheckpoint(path: string): Promise<CheckpointReader> {
  if (!existsSync(path)) throw failure('checkpoint.not-there', { path }, { file: path });
  const folder = folderOf(path);
  return isFolder(folder) ? openFolder(folder) : openGguf(path);
}

/** Writes every file but the self-test and the manifest into `dir`. @returns the manifest so far */
export async function writePack(
  reader: CheckpointReader,
  flight: Preflight,
  dir: string,
  options: Omit<ImportOptions, 'out'>,
): Promise<Manifest> {
  const base: Manifest = structuredClone(flight.manifest);
  const { adapter, drafter } = options;
  const writer = new PackWriter(dir);
  try {
    const { gains } = await convertTensors(reader, flight, writer, adapter !== undefined, options.onProgress);
    if (adapter) {
      const packed = packAdapter(adapter.file, base.dimensions, gains, {
        name: adapter.name,
        version: adapter.version,
        format: 'int8 blocks of 32, symmetric',
      });
      writer.file(packed.file, packed.bytes);
      Object.assign(writer.tensors, packed.tensors);
      base.defaults = {
        ...base.defaults,
        sampler: { id: 'corrected-threshold', params: { blockLength: 8, threshold: 0.3 } },
      };
      base.adapter = {
        name: adapter.name,
        version: adapter.version,
        rank: packed.rank,
        file: packed.file,
        training: { ...packed.training, ...adapter.training },
      };
    }
    if (drafter) {
      const { file, name, version } = drafter;
      const packed = packDrafter(file, { ...base, tensors: writer.tensors }, dir, {
        name,
        version,
        format: 'int8 blocks of 32, symmetric',
      });
      writer.file(packed.file, packed.bytes);
      Object.assign(writer.tensors, packed.tensors);
      base.drafter = describeDrafter(packed, name, version);
      // the same text as one token at a time, in less time: docs/quality.md
      const { slots } = packed.sizes;
      base.defaults = { ...base.defaults, sampler: { id: 'speculative', params: { draftLength: slots } } };
    }
  } finally {
    writer.abandon();
  }
  writer.file(base.tokenizer.file, JSON.stringify(flight.tokenizerJson));
  writer.file(base.tokenizer.chatTemplate, flight.template.source);
  if (options.id !== undefined) base.id = options.id;
  if (options.name !== undefined) base.name = options.name;
  if (options.systemPrompt !== undefined) base.systemPrompt = options.systemPrompt;
  if (options.source !== undefined) base.source = options.source;
  writer.file(
    base.licence.file,
    `The weights in this folder (${base.name}) are under ${base.licence.spdx}. They were converted from their source as the manifest says, otherwise unchanged.\n\n${options.licenceText ?? reader.licence.text ?? ''}`,
  );
  for (const file of reader.files) base.checkpoint.files.push({ name: basename(file), sha256: await sha256(file) });
  base.tensors = writer.tensors;
  base.files = writer.files;
  base.graph.accuracyLevel = options.accuracyLevel ?? base.graph.accuracyLevel;
  if (base.adapter) base.graph.context = 'context.onnx';
  writeGraphs(base, flight.family, writer);
  return base;
}

function writeGraphs(base: Manifest, family: Family, writer: PackWriter): void {
  const { accuracyLevel } = base.graph;
  writer.file(base.graph.file, family.graph(base, { arithmetic: 'nbits', accuracyLevel }));
  if (base.graph.context !== undefined)
    writer.file(base.graph.context, family.graph({ ...base, adapter: null }, { arithmetic: 'nbits', accuracyLevel }));
  if (base.drafter) writer.file(base.drafter.graph, buildDrafterGraph(base, accuracyLevel));
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
