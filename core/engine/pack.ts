/** Opens a pack: manifest, hashes, tokenizer, template. Every failure names the file and what to do. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { allCapabilities, type Capabilities } from '../contract/capabilities.ts';
import type { Device, PackInfo } from '../contract/engine.ts';
import { failure } from '../contract/result.ts';
import { normalise } from '../contract/settings.ts';
import { GRAPH_BUILDER } from '../model/graph/contract.ts';
import { familyById } from '../model/families/index.ts';
import { manifestIn } from '../model/manifest-file.ts';
import type { Manifest } from '../model/manifest.ts';
import { skillsOf } from '../model/skills.ts';
import { samplersFor } from '../samplers/index.ts';
import type { Graphs } from './session.ts';
import type { ChatTemplate } from '../text/template.ts';
import { loadTokenizer, type Tokenizer, type TokenizerJson } from '../text/tokenizer.ts';
import { ownCapabilities } from './diffuse.ts';
import { trustedFiles, trustFiles } from './trust.ts';

export interface Pack {
  dir: string;
  manifest: Manifest;
  info: PackInfo;
  tokenizer: Tokenizer;
  template: ChatTemplate;
}

/** Reads the manifest alone. @throws MezzotintError, also for a model that this version can't run */
export function readManifest(dir: string): { manifest: Manifest; hash: string } {
  const { manifest, hash } = manifestIn(dir);
  const file = join(dir, 'manifest.json');
  if (manifest.graph.builder > GRAPH_BUILDER) throw failure('pack.newer-graph', {}, { file });
  if (!familyById(manifest.family)) throw failure('pack.unknown-family', { family: manifest.family }, { file });
  return { manifest, hash };
}

/**
 * Compares every file with its size and SHA-256. @param trusted names whose contents were compared before and have not changed
 * @throws MezzotintError that names the file
 */
export async function verifyFiles(
  dir: string,
  files: Manifest['files'],
  trusted: ReadonlySet<string> = new Set(),
): Promise<void> {
  const home = realpathSync(dir);
  for (const [name, expected] of Object.entries(files)) {
    const file = join(dir, name);
    if (!existsSync(file)) throw failure('pack.file-missing', { name }, { file });
    if (dirname(realpathSync(file)) !== home) throw failure('pack.file-elsewhere', { name }, { file });
    const { size } = statSync(file);
    if (size !== expected.bytes)
      throw failure('pack.file-size', { name, has: size, expected: expected.bytes }, { file });
  }
  for (const [name, expected] of Object.entries(files)) {
    if (trusted.has(name)) continue;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(join(dir, name), { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
    if (hash.digest('hex') !== expected.sha256) {
      throw failure('pack.file-differs', { name }, { file: join(dir, name) });
    }
  }
}

/** @param thorough compares all contents with their hashes, also of files that have not changed since that was done */
export async function openPack(dir: string, thorough = false): Promise<Pack> {
  const { manifest, hash } = readManifest(dir);
  const trusted = thorough ? new Set<string>() : trustedFiles(dir, hash);
  await verifyFiles(dir, manifest.files, trusted);
  if (Object.keys(manifest.files).some((name) => !trusted.has(name))) trustFiles(dir, hash, manifest.files);
  const tokenizer = loadTokenizer(
    JSON.parse(readFileSync(join(dir, manifest.tokenizer.file), 'utf8')) as TokenizerJson,
  );
  return {
    dir,
    manifest,
    info: describePack(manifest, hash),
    tokenizer,
    template: { ...manifest.template, source: readFileSync(join(dir, manifest.tokenizer.chatTemplate), 'utf8') },
  };
}

export function describePack(m: Manifest, hash: string): PackInfo {
  const { causalHead, attention, shift, blockLengths, sampler } = m.diffusion;
  const own = ownCapabilities(m);
  const offered = samplersFor({
    causalHead,
    canvas: m.adapter !== null || attention !== 'causal',
    shift,
    drafterSlots: m.drafter?.slots ?? 0,
    lookahead: m.drafter?.lookahead ?? 0,
    blockLengths,
    ...(own ? { own } : {}),
  });
  // the authors' own sampler is what its mode stands for
  const samplers = [
    ...offered.filter(({ id }) => id === sampler?.id),
    ...offered.filter(({ id }) => id !== sampler?.id),
  ];
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
    rightContext: m.adapter && m.diffusion.shift === 1 ? 'canvas' : 'score',
    defaults: normalise(m.defaults, samplers),
  };
}

/** What a model can't do is absent from the window: without a causal head there is no exact text to agree with. */
export const capabilitiesFor = ({ diffusion }: Pick<Manifest, 'diffusion'>): Capabilities => ({
  ...allCapabilities,
  agreement: diffusion.causalHead,
  fill: skillsOf(diffusion).rewrite,
  layout: skillsOf(diffusion).rewrite,
});

/** The graphs to run on a device. On a graphics device one session serves all rows: there memory is dearer, and small products cost less. */
export const graphsOf = (dir: string, { graph }: Pick<Manifest, 'graph'>, device: Device): Graphs => ({
  all: join(dir, graph.file),
  context: device === 'cpu' && graph.context !== undefined ? join(dir, graph.context) : undefined,
});
