/** What is kept of servers: a file of the data folder that only its owner can read. Keys are elsewhere (keys.ts). */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { idSchema } from '../contract/channel.ts';
import { failure, reasonOf } from '../contract/result.ts';
import { priceSchema } from '../contract/remote.ts';
import { serverSchema } from '../contract/servers.ts';

const { hasKey: _, host: __, price: ___, ...entries } = serverSchema.entries;
const keptServerSchema = v.object({
  ...entries,
  /** As a person entered them, by model. */
  prices: v.optional(v.record(v.string(), priceSchema)),
});
export type KeptServer = v.InferOutput<typeof keptServerSchema>;
const schema = v.object({
  version: v.literal(1),
  servers: v.array(keptServerSchema),
  current: v.nullable(idSchema),
});
export type Kept = Omit<v.InferOutput<typeof schema>, 'version'>;

export const fileOf = (home: string): string => path.join(home, 'mezzotint.servers.json');

/** None where there is no file. @throws MezzotintError file-invalid where it can't be read: it is left as it is */
export function readKept(home: string): Kept {
  const file = fileOf(home);
  if (!existsSync(file)) return { servers: [], current: null };
  try {
    const { version: _version, ...kept } = v.parse(schema, JSON.parse(readFileSync(file, 'utf8')));
    return kept;
  } catch (cause) {
    throw failure('servers.unreadable', { file }, { file, cause });
  }
}
/** @throws MezzotintError store-failed */
export function writeKept(home: string, kept: Kept): void {
  try {
    writePrivately(fileOf(home), { version: 1, ...kept });
  } catch (cause) {
    throw failure('servers.not-stored', { reason: reasonOf(cause) }, { cause });
  }
}

export function writePrivately(file: string, value: unknown): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const partial = `${file}.part`;
  rmSync(partial, { force: true });
  writeFileSync(partial, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(partial, file);
}
