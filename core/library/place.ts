/**
 * Where models lie: `models` of the home folder, or the folder that a person chose. `models-folder.json` of the home names that one
 * with an id, and the folder carries the same id in a file of its own. Where that file is not there, neither are the models: their
 * disk is not connected, and what stands in its place is never written to.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { failure, MezzotintError, reasonOf } from '../contract/result.ts';
import { isModelId } from './packs.ts';

/** `id` null: the usual folder, which carries none. */
export interface Place {
  folder: string;
  id: string | null;
}
/** In a chosen folder that holds other things, models lie in a folder of this name. */
const OWN_NAME = 'Mezzotint models';
const MARK = 'mezzotint-models.json';

const absolute = v.pipe(
  v.string(),
  v.check((folder) => path.isAbsolute(folder)),
);
const choiceSchema = v.object({ version: v.literal(1), folder: absolute, id: v.string() });
const markSchema = v.object({ version: v.literal(1), id: v.pipe(v.string(), v.minLength(1)) });

const choiceFile = (home: string): string => path.join(home, 'models-folder.json');
export const usualPlace = (home: string): Place => ({ folder: path.join(home, 'models'), id: null });

/** @returns null where a folder was chosen and can't be known any more */
export function placeOf(home: string): Place | null {
  if (!existsSync(choiceFile(home))) return usualPlace(home);
  try {
    const { folder, id } = v.parse(choiceSchema, JSON.parse(readFileSync(choiceFile(home), 'utf8')));
    return { folder, id };
  } catch {
    return null;
  }
}
/** From now on models lie there. @throws what the system says; the choice is then as it was */
export function writePlace(home: string, { folder, id }: Place): void {
  if (id === null) return rmSync(choiceFile(home), { force: true });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeWhole(choiceFile(home), { version: 1, folder, id });
}
/** The id that a folder of models carries; null: it is none. */
export function markIn(folder: string): string | null {
  try {
    return v.parse(markSchema, JSON.parse(readFileSync(path.join(folder, MARK), 'utf8'))).id;
  } catch {
    return null;
  }
}
/** Whether its disk is. */
export const isThere = ({ folder, id }: Place): boolean => id === null || markIn(folder) === id;

/** What a folder is named with: by the id that it carries, else by a new one. */
export const placeIn = (folder: string): Place => ({ folder, id: markIn(folder) ?? randomUUID() });
/** Makes a folder one of models, where it is none yet. @throws what the system says */
export function claim({ folder, id }: Place): void {
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
  if (markIn(folder) !== id) writeWhole(path.join(folder, MARK), { version: 1, id });
}
/** Takes back what `claim` made, unless something has come into the folder meanwhile. @param drop the folder goes too */
export function disclaim(folder: string, drop: boolean): void {
  if (!existsSync(folder)) return;
  for (const empty of ['.downloads', '.in-use'])
    if (existsSync(path.join(folder, empty)) && readdirSync(path.join(folder, empty)).length === 0)
      rmSync(path.join(folder, empty), { recursive: true });
  if (readdirSync(folder).some((name) => name !== MARK)) return;
  rmSync(path.join(folder, MARK), { force: true });
  if (drop) rmSync(folder, { recursive: true });
}
/** @throws what the system says */
export function writeWhole(file: string, content: object): void {
  const partial = `${file}.${process.pid}.part`;
  try {
    const fd = openSync(partial, 'w', 0o600);
    try {
      writeFileSync(fd, `${JSON.stringify(content)}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(partial, file);
  } catch (thrown) {
    rmSync(partial, { force: true });
    throw thrown;
  }
}

/** The folder itself and those above it, links resolved; what is not there yet is named as it would be. */
function pathUp(folder: string): string[] {
  const above = path.dirname(folder);
  if (!existsSync(folder)) return above === folder ? [folder] : [folder, ...pathUp(above)];
  const all = [realpathSync.native(folder)];
  for (let at = all[0] as string; path.dirname(at) !== at; at = path.dirname(at)) all.push(path.dirname(at));
  return all;
}
/** Whether two paths lead to one folder, by whatever links, mounts or spellings. */
function isSame(a: string, b: string): boolean {
  if (a === b) return true;
  const [one, other] = [a, b].map((folder) => statSync(folder, { throwIfNoEntry: false, bigint: true }));
  return one !== undefined && other !== undefined && one.ino !== 0n && one.ino === other.ino && one.dev === other.dev;
}
const isWithin = (folder: string, other: string): boolean => pathUp(folder).some((above) => isSame(above, other));

const statOf = (folder: string) => statSync(folder, { throwIfNoEntry: false });
/** Whether a folder can be taken as it is: new, empty, marked, or with nothing but models and what belongs to them. */
function isFree(folder: string): boolean {
  if (!existsSync(folder)) return true;
  const names = readdirSync(folder);
  if (names.includes(MARK)) return true;
  return names.every(
    (name) =>
      name === 'lost+found' ||
      name === 'System Volume Information' ||
      /^\.(downloads$|in-use$|incoming-|removed-|Trash|Spotlight|fseventsd$|TemporaryItems$|DS_Store$)/.test(name) ||
      /^(library|usage|costs|speeds)\.json$/.test(name) ||
      (isModelId(name) && existsSync(path.join(folder, name, 'manifest.json'))),
  );
}
/** Folders of this program: what it runs from, and the models that come with it. */
function programFolders(shipped: string): string[] {
  const { resourcesPath } = process as { resourcesPath?: string };
  return [path.dirname(shipped), path.dirname(process.argv[1] ?? ''), path.dirname(process.execPath), resourcesPath]
    .filter((folder): folder is string => folder !== undefined && path.isAbsolute(folder))
    .filter((folder) => path.dirname(folder) !== folder);
}

/**
 * The folder that models come to lie in. Nothing is written.
 * @param chosen by a person; null: the usual one
 * @param shipped the folder of the pack that comes with the app
 * @throws MezzotintError for what speaks against it
 */
export function folderFor(chosen: string | null, home: string, current: string, shipped: string): string {
  const usual = usualPlace(home).folder;
  if (chosen === null) return usual;
  if (!path.isAbsolute(chosen)) throw failure('library.folder-not-absolute');
  const wanted = path.resolve(chosen);
  try {
    return isSame(wanted, usual) ? usual : judged(wanted, { home, usual, current, shipped });
  } catch (cause) {
    // a name that is too long, a folder above that can't be looked into
    if (cause instanceof MezzotintError) throw cause;
    throw failure('library.folder-read-only', { folder: wanted, reason: reasonOf(cause) }, { cause });
  }
}
/** @throws MezzotintError for what speaks against the folder, or what the system says */
function judged(
  wanted: string,
  { home, usual, current, shipped }: Record<'home' | 'usual' | 'current' | 'shipped', string>,
): string {
  const stat = statOf(wanted);
  if (stat && !stat.isDirectory()) throw failure('library.folder-is-file', { folder: wanted });
  const above = path.dirname(wanted);
  if (!stat && !(statOf(above)?.isDirectory() ?? false))
    throw failure('library.folder-above-missing', { folder: above });
  for (const folder of [usual, current])
    if (isWithin(wanted, folder) && !isSame(wanted, folder))
      throw failure('library.folder-in-models', { folder: wanted });
  if (programFolders(shipped).some((folder) => isWithin(wanted, folder)))
    throw failure('library.folder-in-app', { folder: wanted });
  if (isWithin(wanted, home) || isInOtherData(wanted)) throw failure('library.folder-in-data', { folder: wanted });
  accessSync(stat ? wanted : above, constants.W_OK | constants.X_OK);
  return isFree(wanted) ? wanted : path.join(wanted, OWN_NAME);
}
/** Within another data folder; its own folder of models can be shared. */
function isInOtherData(folder: string): boolean {
  const [real = folder, ...above] = pathUp(folder);
  const holdsChats = (at: string): boolean => existsSync(path.join(at, 'mezzotint.db'));
  if (holdsChats(real)) return true;
  return above.some((at, n) => holdsChats(at) && !(n === 0 && path.basename(real) === 'models'));
}
