/** What is kept of the API's settings: a file of the data folder that only its owner can read. Of a key its hash alone is in it. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { API_PORT, apiKeySchema, apiPortSchema, originSchema } from '../contract/api.ts';

const schema = v.object({
  version: v.literal(1),
  enabled: v.boolean(),
  port: apiPortSchema,
  origins: v.array(originSchema),
  keys: v.array(v.object({ ...apiKeySchema.entries, hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) })),
});
export type Kept = Omit<v.InferOutput<typeof schema>, 'version'>;

const fileOf = (dataDir: string): string => path.join(dataDir, 'mezzotint.api.json');
const nothing = (): Kept => ({ enabled: false, port: API_PORT, origins: [], keys: [] });

/** Off and without keys where there is no file. One that can't be read opens nothing. */
export function readKept(dataDir: string): Kept {
  const file = fileOf(dataDir);
  if (!existsSync(file)) return nothing();
  try {
    const { version: _, ...kept } = v.parse(schema, JSON.parse(readFileSync(file, 'utf8')));
    return kept;
  } catch {
    return nothing();
  }
}
export function writeKept(dataDir: string, kept: Kept): void {
  const partial = `${fileOf(dataDir)}.part`;
  rmSync(partial, { force: true });
  writeFileSync(partial, `${JSON.stringify({ version: 1, ...kept }, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(partial, fileOf(dataDir));
}
