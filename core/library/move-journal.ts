/**
 * What a move of models has done so far, in `models-move.json` of the home folder. A kill at any moment leaves it: the next start
 * removes the copies where the new folder was not named yet, and the originals where it was.
 */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { ownerState } from '../hub/index.ts';
import { dropLeftovers, removedIn } from './leftovers.ts';
import { disclaim, isThere, writeWhole, type Place } from './place.ts';
import type { Uses } from './uses.ts';

const placeSchema = v.object({ folder: v.string(), id: v.nullable(v.string()) });
const journalSchema = v.object({
  version: v.literal(1),
  owner: v.string(),
  from: placeSchema,
  to: placeSchema,
  /** The folder, or its mark, was made for this move. */
  madeFolder: v.boolean(),
  madeMark: v.boolean(),
  /** Paths of originals, and of their copies that this move made; a copy that was there before is null. */
  items: v.array(v.object({ from: v.string(), to: v.nullable(v.string()), model: v.nullable(v.string()) })),
});
export type Journal = v.InferOutput<typeof journalSchema>;

const fileOf = (home: string): string => path.join(home, 'models-move.json');
function read(home: string): Journal | null {
  try {
    return v.parse(journalSchema, JSON.parse(readFileSync(fileOf(home), 'utf8')));
  } catch {
    return null; // nothing is moved
  }
}
/** @throws what the system says */
export const writeJournal = (home: string, journal: Journal): void => writeWhole(fileOf(home), journal);
export const endJournal = (home: string): void => rmSync(fileOf(home), { force: true });

/** Moves of this very process: its number may have belonged to one that is gone. */
export const moves = new Set<string>();
const isRunning = (home: string, { owner: by }: Journal): boolean => {
  const state = ownerState(by);
  return state === 'mine' ? moves.has(home) : state === 'alive';
};
/** Where models are moved to at this moment, by whatever process; null: none are. */
export function movingTo(home: string): string | null {
  const journal = read(home);
  return journal && isRunning(home, journal) ? journal.to.folder : null;
}

/** Removes a folder so that a kill leaves nothing that looks like a model. */
export function removeFolder(folder: string, within: string): void {
  if (!existsSync(folder)) return;
  const gone = removedIn(within, path.basename(folder));
  renameSync(folder, gone);
  rmSync(gone, { recursive: true, force: true, maxRetries: 5 });
}
/** The copies go; originals are what they were. */
export function undoMove(home: string, { to, items, madeFolder, madeMark }: Journal, uses: Uses): void {
  for (const { to: copy, model } of items)
    if (copy !== null && (model === null || !uses.elsewhere(to.folder, path.basename(copy))))
      removeFolder(copy, to.folder);
  dropLeftovers(to.folder);
  if (madeMark) disclaim(to.folder, madeFolder);
  endJournal(home);
}
/** The originals go, but those that another app uses. @returns names of models that stay */
export function endMove(home: string, { from, items }: Pick<Journal, 'from' | 'items'>, uses: Uses): string[] {
  const stayed: string[] = [];
  for (const { from: original, model } of items)
    if (model !== null && uses.elsewhere(from.folder, path.basename(original))) stayed.push(model);
    else removeFolder(original, from.folder);
  dropLeftovers(from.folder);
  endJournal(home);
  return stayed;
}
/** Ends what a process that is gone has begun. Where a disk is not there, the next start tries again. @param current the folder in use */
export function finishMove(home: string, current: Place, uses: Uses): void {
  const journal = read(home);
  if (!journal || isRunning(home, journal)) return;
  try {
    const named = current.folder === journal.to.folder && current.id === journal.to.id;
    if (named && isThere(journal.from)) endMove(home, journal, uses);
    else if (!named && (isThere(journal.to) || !existsSync(journal.to.folder))) undoMove(home, journal, uses);
    else if (!named && journal.items.length === 0) endJournal(home);
  } catch {
    // a folder that can't be changed now: the next start tries again
  }
}
