/** What a person chose of a download, beside what was fetched (`choice.json`), and how fast the last download was. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { bitsSchema, recipeIdSchema } from '../contract/models.ts';
import { placeOf } from '../hub/index.ts';

/** `made`: its model is there, and the rest can go. */
const choiceSchema = v.object({
  version: v.literal(1),
  name: v.string(),
  file: v.optional(v.string()),
  recipe: v.optional(recipeIdSchema),
  bits: v.optional(bitsSchema),
  packBytes: v.number(),
  made: v.optional(v.boolean()),
});
export type Choice = v.InferOutput<typeof choiceSchema>;
const rateSchema = v.object({ bytesPerSecond: v.number() });

const choiceFile = (root: string, repository: string): string => path.join(placeOf(root, repository), 'choice.json');
const rateFile = (root: string): string => path.join(root, 'rate.json');

/** null: the command line began it, or nobody did. */
export const choiceIn = (root: string, repository: string): Choice | null =>
  read(choiceSchema, choiceFile(root, repository));
/** Without it a download goes on with the usual choices. */
export const writeChoice = (root: string, repository: string, choice: Choice): void =>
  write(choiceFile(root, repository), choice);
/** Bytes a second; null: there was no download yet. */
export const rateIn = (root: string): number | null => read(rateSchema, rateFile(root))?.bytesPerSecond ?? null;
export function writeRate(root: string, bytesPerSecond: number | null): void {
  if (bytesPerSecond !== null) write(rateFile(root), { bytesPerSecond: Math.round(bytesPerSecond) });
}

function read<T>(schema: v.GenericSchema<unknown, T>, file: string): T | null {
  try {
    return v.parse(schema, JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}
/** A folder that can't be written costs the note; the download itself says what is wrong. */
function write(file: string, content: object): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.part`, `${JSON.stringify(content)}\n`, { mode: 0o600 });
    renameSync(`${file}.part`, file);
  } catch {
    rmSync(`${file}.part`, { force: true });
  }
}
