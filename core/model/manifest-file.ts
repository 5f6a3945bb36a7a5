/** Reads a pack's manifest off its folder. Whether this version can run it is for the engine to say (core/engine/pack.ts). */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { MezzotintError } from '../contract/result.ts';
import { filesOf, manifestSchema, type Manifest } from './manifest.ts';
import { manifestV1Schema, upgradeManifest } from './manifest-v1.ts';

export const REPAIR = 'Install the app again, or import the model again; conversations are not touched.';

/**
 * The manifest, and its SHA-256 in hex.
 * @throws MezzotintError `pack-missing`, `pack-damaged`, or `pack-unsupported` for a format of a newer version
 */
export function manifestIn(dir: string): { manifest: Manifest; hash: string } {
  const file = join(dir, 'manifest.json');
  if (!existsSync(file))
    throw new MezzotintError('pack-missing', `The model's folder ${dir} has no manifest.json.`, {
      file,
      action: REPAIR,
    });
  const text = readFileSync(file);
  let json: unknown;
  try {
    json = JSON.parse(text.toString('utf8'));
  } catch (cause) {
    throw new MezzotintError('pack-damaged', "The model's manifest.json is damaged: it is not JSON.", {
      file,
      action: REPAIR,
      cause,
    });
  }
  const format = (json as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > 2)
    throw new MezzotintError(
      'pack-unsupported',
      `The model's manifest is of format ${format}; this version reads formats 1 and 2.`,
      { file, action: 'Update the app.' },
    );
  const damaged = (why: string): MezzotintError =>
    new MezzotintError('pack-damaged', `The model's manifest.json is not valid: ${why.slice(0, 300)}`, {
      file,
      action: REPAIR,
    });
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
