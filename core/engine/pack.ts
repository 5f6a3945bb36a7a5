/** Opens a pack: manifest, hashes, tokenizer, template. Every failure names the file and what to do. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Device, PackInfo } from '../contract/engine.ts';
import { MezzotintError } from '../contract/result.ts';
import { normalise } from '../contract/settings.ts';
import { GRAPH_BUILDER } from '../model/graph/contract.ts';
import { manifestSchema, type Manifest } from '../model/manifest.ts';
import { samplersFor } from '../samplers/index.ts';
import type { Graphs } from './session.ts';
import { loadTokenizer, type Tokenizer, type TokenizerJson } from '../text/tokenizer.ts';

export interface Pack {
  dir: string;
  manifest: Manifest;
  info: PackInfo;
  tokenizer: Tokenizer;
  template: string;
}

const REPAIR = 'Install the app again, or import the model again; conversations are not touched.';

/** Reads the manifest alone. */
export function readManifest(dir: string): { manifest: Manifest; hash: string } {
  const file = join(dir, 'manifest.json');
  if (!existsSync(file)) throw new MezzotintError('pack-missing', `The model's folder ${dir} has no manifest.json.`, { file, action: REPAIR });
  const text = readFileSync(file);
  let json: unknown;
  try {
    json = JSON.parse(text.toString('utf8'));
  } catch (cause) {
    throw new MezzotintError('pack-damaged', 'The model\'s manifest.json is damaged: it is not JSON.', { file, action: REPAIR, cause });
  }
  const format = (json as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > 1) throw new MezzotintError('pack-unsupported', `The model's manifest is of format ${format}; this version reads format 1.`, { file, action: 'Update the app.' });
  const parsed = v.safeParse(manifestSchema, json);
  if (!parsed.success) throw new MezzotintError('pack-damaged', `The model's manifest.json is not valid: ${v.summarize(parsed.issues).slice(0, 300)}`, { file, action: REPAIR });
  if (parsed.output.graph.builder > GRAPH_BUILDER) throw new MezzotintError('pack-unsupported', 'The model\'s graph was built by a newer version of the app.', { file, action: 'Update the app.' });
  return { manifest: parsed.output, hash: createHash('sha256').update(text).digest('hex') };
}

/** Compares every file with its size and SHA-256. */
export async function verifyFiles(dir: string, files: Manifest['files']): Promise<void> {
  for (const [name, expected] of Object.entries(files)) {
    const file = join(dir, name);
    if (!existsSync(file)) throw new MezzotintError('pack-missing', `The model's file ${name} is missing.`, { file, action: REPAIR });
    const { size } = statSync(file);
    if (size !== expected.bytes) throw new MezzotintError('pack-damaged', `The model's file ${name} is damaged: it has ${size} bytes instead of ${expected.bytes}.`, { file, action: REPAIR });
  }
  for (const [name, expected] of Object.entries(files)) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(join(dir, name), { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
    if (hash.digest('hex') !== expected.sha256) {
      throw new MezzotintError('pack-damaged', `The model's file ${name} is damaged: its contents differ from what the manifest says.`, { file: join(dir, name), action: REPAIR });
    }
  }
}

export async function openPack(dir: string): Promise<Pack> {
  const { manifest, hash } = readManifest(dir);
  await verifyFiles(dir, manifest.files);
  const tokenizer = loadTokenizer(JSON.parse(readFileSync(join(dir, manifest.tokenizer.file), 'utf8')) as TokenizerJson);
  return { dir, manifest, info: describePack(manifest, hash), tokenizer, template: readFileSync(join(dir, manifest.tokenizer.chatTemplate), 'utf8') };
}

export function describePack(m: Manifest, hash: string): PackInfo {
  const samplers = samplersFor({ causalHead: m.diffusion.causalHead, canvas: m.adapter !== null || m.diffusion.attention !== 'causal', drafterSlots: m.drafter?.slots ?? 0, blockLengths: m.diffusion.blockLengths });
  return {
    id: m.id,
    name: m.name,
    family: m.family,
    licence: m.licence.spdx,
    parameters: m.parameters,
    contextLength: m.contextLength,
    hash,
    adapter: m.adapter ? { name: m.adapter.name, version: m.adapter.version } : null,
    samplers,
    // shifted masked rows tell what the right context calls for; other packs are only scored
    rightContext: m.adapter && m.diffusion.predictionShift === 1 ? 'canvas' : 'score',
    defaults: normalise(m.defaults, samplers),
  };
}

/** The graphs to run on a device. On a graphics device one session serves all rows: there memory is dearer, and small products cost less. */
export const graphsOf = (dir: string, { graph }: Pick<Manifest, 'graph'>, device: Device): Graphs => ({
  all: join(dir, graph.file),
  context: device === 'cpu' && graph.context !== undefined ? join(dir, graph.context) : undefined,
});
