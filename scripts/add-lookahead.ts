/**
 * `node scripts/add-lookahead.ts PACK lookahead.safetensors`: gives a pack's drafter the further slots that models/adapt/lookahead.py
 * trained. Their rows go into a file of their own, the drafter's graph is built again, and the manifest names both.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../core/engine/pack.ts';
import { buildDrafterGraph } from '../core/model/graph/drafter.ts';
import type { Manifest } from '../core/model/manifest.ts';
import { encodeSafetensors, openSafetensors } from '../core/model/safetensors.ts';

const NAME = 'lookahead.safetensors';
const [dir, source] = process.argv.slice(2);
if (dir === undefined || source === undefined) {
  console.error('Usage: node scripts/add-lookahead.ts PACK lookahead.safetensors');
  process.exit(2);
}
const rows = openSafetensors(source);
const shape = rows.shape('lookahead');
const data = rows.floats('lookahead');
rows.close();
const path = join(dir, 'manifest.json');
// the file as it lies there, whatever its format's version: only what is added changes
const stored = JSON.parse(readFileSync(path, 'utf8')) as Pick<Manifest, 'drafter' | 'tensors' | 'files'>;
if (!stored.drafter || shape.length !== 2) throw new Error('the pack has no drafter, or the file no rows');
const { bytes, offsets } = encodeSafetensors([{ name: 'drafter.lookahead', shape, data }], {});
writeFileSync(join(dir, NAME), bytes);
stored.drafter.lookahead = shape[0] as number;
stored.tensors['drafter.lookahead'] = {
  file: NAME,
  offset: offsets['drafter.lookahead'] ?? 0,
  length: data.byteLength,
  dtype: 'float32',
  shape,
};
const record = (name: string): void => {
  const content = readFileSync(join(dir, name));
  stored.files[name] = { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
};
record(NAME);
writeFileSync(path, JSON.stringify(stored));
const { manifest } = readManifest(dir);
writeFileSync(join(dir, stored.drafter.graph), buildDrafterGraph(manifest, 4));
record(stored.drafter.graph);
writeFileSync(path, JSON.stringify(stored));
