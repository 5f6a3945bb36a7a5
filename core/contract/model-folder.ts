/** Where models lie: the folder that a person chose, what it holds, and the move of models into it. Sizes are bytes; paths are absolute. */
import * as v from 'valibot';
import { errorSchema } from './result.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const folderSchema = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(4000),
  v.check((path) => !path.includes('\0'), 'a path without a zero character was expected'),
);

/**
 * A move under way, or how the last one came out. Models are copied and compared; then the new folder is the one in use, and the
 * old copies are removed. `done` of `total` bytes are copied. `stayed`: names of models whose old copies another app uses.
 */
export const folderMoveSchema = v.variant('stage', [
  v.object({ stage: v.literal('copying'), folder: v.string(), name: v.string(), done: count, total: count }),
  /** All is copied. It waits for the reply under way, then the new folder is used. */
  v.object({ stage: v.literal('ending'), folder: v.string() }),
  v.object({ stage: v.literal('done'), folder: v.string(), stayed: v.array(v.string()) }),
  v.object({ stage: v.literal('failed'), error: errorSchema }),
]);
export type FolderMove = v.InferOutput<typeof folderMoveSchema>;

/** What a change to a folder would mean. Nothing has been written. */
export const folderPlanSchema = v.object({
  /** Where models would lie: the chosen folder, or one within it. */
  folder: v.string(),
  /** The one in the data folder. */
  usual: v.boolean(),
  /** Names of the models that lie there already. */
  there: v.array(v.string()),
  /** What would be moved, downloads begun among it. */
  models: count,
  bytes: count,
  /** null: the file system does not say. */
  free: v.nullable(count),
});
export type FolderPlan = v.InferOutput<typeof folderPlanSchema>;

/** `folder` null: the usual one, in the data folder. */
export const folderChoiceSchema = v.strictObject({ folder: v.nullable(folderSchema) });
export const folderChangeSchema = v.strictObject({
  folder: v.nullable(folderSchema),
  /** move: models and downloads come along · leave: they stay where they are. */
  what: v.picklist(['move', 'leave']),
});
export type FolderChange = v.InferOutput<typeof folderChangeSchema>;
