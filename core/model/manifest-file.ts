/** Reads a pack's manifest off its folder. Whether this version can run it is for the engine to say (core/engine/pack.ts). */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { failure, type MezzotintError } from '../contract/result.ts';
import { filesOf, manifestSchema, type Manifest } from './manifest.ts';
import { manifestV1Schema, upgradeManifest } from './manifest-v1.ts';

/**
 * The manifest, and its SHA-256 in hex.
 * @throws MezzotintError `pack-missing`, `pack-damaged`, or `pack-unsupported` for a format of a newer version
 */
export function manifestIn(dir: string): { manifest: Manifest; hash: string } {
  const file = join(dir, 'manifest.json');
  if (!existsSync(file)) throw failure('pack.no-manifest', { folder: dir }, { file });
  const text = readFileSync(file);
  let json: unknown;
  try {
    json = JSON.parse(text.toString('utf8'));
  } catch (cause) {
    throw failure('pack.manifest-not-json', {}, { file, cause });
  }
  const format = (json as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > 2)
    throw failure('pack.newer-format', { format: String(format) }, { file });
  const damaged = (why: string): MezzotintError =>
    failure('pack.manifest-invalid', { reason: why.slice(0, 300) }, { file });
  const parsed =
    format === 1
      ? v.safeParse(v.pipe(manifestV1Schema, v.transform(upgradeManifest)), json)
      : v.safeParse(manifestSchema, json);
  if (!parsed.success) throw damaged(v.summarize(parsed.issues));
  const manifest = parsed.output;
  const unlisted = filesOf(manifest).filter(
    (name) => !Object.hasOwn(manifest.files, name) && !name.endsWith('.onnx.tmp'),
  );
  if (unlisted.length > 0) throw damaged(`it gives no hash for ${unlisted.join(', ')}`);
  return { manifest, hash: createHash('sha256').update(text).digest('hex') };
}
