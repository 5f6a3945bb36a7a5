/**
 * Which files of a pack were compared with their hashes, and when: a model of 16 GB must start in seconds. A file is trusted
 * while its size and time of change are those it had then. Where the note can't be written, hashes are compared at every start.
 */
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Manifest } from '../model/manifest.ts';

/** Lies in the pack's folder; not one of its files. */
export const TRUST_FILE = '.verified.json';

const trustSchema = v.object({
  /** SHA-256 of the manifest that the files were compared with. */
  manifest: v.string(),
  files: v.record(v.string(), v.object({ bytes: v.number(), changedMs: v.number() })),
});
type Trust = v.InferOutput<typeof trustSchema>;

export const stateOf = (dir: string, name: string): Trust['files'][string] => {
  const { size, mtimeMs } = statSync(join(dir, name));
  return { bytes: size, changedMs: mtimeMs };
};

/** Names of files that are what they were when they were last compared with this manifest. */
export function trustedFiles(dir: string, manifestHash: string): Set<string> {
  try {
    const { manifest, files } = v.parse(trustSchema, JSON.parse(readFileSync(join(dir, TRUST_FILE), 'utf8')));
    if (manifest !== manifestHash) return new Set();
    return new Set(
      Object.entries(files).flatMap(([name, known]) => {
        const now = stateOf(dir, name);
        return now.bytes === known.bytes && now.changedMs === known.changedMs ? [name] : [];
      }),
    );
  } catch {
    return new Set(); // none yet, or a file of it is gone
  }
}

/** Notes that all files were just compared, or just written. */
export function trustFiles(dir: string, manifestHash: string, files: Manifest['files']): void {
  const trust: Trust = { manifest: manifestHash, files: {} };
  const partial = join(dir, `${TRUST_FILE}.${process.pid}.tmp`);
  try {
    for (const name of Object.keys(files)) trust.files[name] = stateOf(dir, name);
    writeFileSync(partial, JSON.stringify(trust));
    renameSync(partial, join(dir, TRUST_FILE));
  } catch {
    // a folder that can't be written: the next start compares again
  }
}
