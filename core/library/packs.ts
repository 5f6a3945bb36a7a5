/** Packs in folders: what each is, and which of a folder's entries are packs at all. */
import { readdirSync, statSync } from 'node:fs';
import { totalmem } from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { modelIdSchema, type Model } from '../contract/models.ts';
import { errorOf, thrownOf, toAppError, type AppError } from '../contract/result.ts';
import { memoryFor } from '../hub/index.ts';
import { manifestIn } from '../model/manifest-file.ts';
import type { Manifest } from '../model/manifest.ts';
import { skillsOf } from '../model/skills.ts';
import type { Usage, Use } from './usage.ts';

export interface Found {
  dir: string;
  model: Model;
}

export const isModelId = (name: string): boolean => v.is(modelIdSchema, name);

const bitsOf = ({ tensors }: Manifest): 4 | 8 => (Object.values(tensors).some(({ bits }) => bits === 4) ? 4 : 8);

/** Manifests of large models take a while to read: one is read again when it has changed. */
const read = new Map<string, { key: string; model: Omit<Model, 'id' | 'builtIn' | 'addedAt' | keyof Use> }>();

/** @param id what the library calls it; undefined: as its manifest does */
export function describeFolder(dir: string, builtIn: boolean, usage: Usage, id?: string): Found {
  const found = described(dir, builtIn, id);
  return { dir, model: { ...found.model, ...usage.get(found.model.id) } };
}
type Described = { dir: string; model: Omit<Model, keyof Use> };
function described(dir: string, builtIn: boolean, id?: string): Described {
  const file = path.join(dir, 'manifest.json');
  const stat = statSync(file, { throwIfNoEntry: false });
  const key = stat ? `${stat.size} ${stat.mtimeMs}` : '';
  const addedAt = Math.round(stat?.mtimeMs ?? 0);
  const fallback = id ?? (isModelId(path.basename(dir)) ? path.basename(dir) : 'model');
  const known = read.get(dir);
  if (known?.key === key && key !== '')
    return { dir, model: { id: id ?? ownId.get(dir) ?? fallback, builtIn, addedAt, ...known.model } };
  try {
    const { manifest } = manifestIn(dir);
    const model = {
      name: manifest.name,
      family: manifest.family,
      licence: manifest.licence.spdx,
      parameters: manifest.parameters,
      bytes: Object.values(manifest.files).reduce((sum, { bytes }) => sum + bytes, 0),
      bits: bitsOf(manifest),
      contextLength: manifest.contextLength,
      skills: skillsOf(manifest.diffusion),
      error: null,
    };
    read.set(dir, { key, model });
    ownId.set(dir, manifest.id);
    return { dir, model: { id: id ?? manifest.id, builtIn, addedAt, ...model } };
  } catch (thrown) {
    return {
      dir,
      model: {
        id: fallback,
        name: fallback,
        family: '',
        licence: '',
        parameters: 0,
        bytes: 0,
        bits: 8,
        contextLength: 0,
        skills: { exact: false, rewrite: false, length: 'tokens' },
        builtIn,
        addedAt,
        error: toAppError(thrown),
      },
    };
  }
}
const ownId = new Map<string, string>();

/** The packs that lie in a folder, by name; none where it is not there. What begins with a dot is on its way in or out. */
export function packsIn(folder: string, usage: Usage): Found[] {
  let names: string[];
  try {
    names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() && isModelId(entry.name) ? [entry.name] : [],
    );
  } catch {
    return [];
  }
  return names
    .map((name) => describeFolder(path.join(folder, name), false, usage, name))
    .sort((a, b) => a.model.name.localeCompare(b.model.name) || a.model.id.localeCompare(b.model.id));
}

/** What is said of a model that takes more memory than there is; null: it fits. */
function unfit(name: string, bytes: number, has: number): AppError | null {
  const needed = Math.round(memoryFor(bytes));
  return needed > has ? errorOf('library.too-large', { model: name, needed, has }) : null;
}
/** A pack that would not fit is one that can't be used, before the machine swaps. @param memory of this machine, bytes */
export function fitting(found: Found, memory = totalmem()): Found {
  const error = found.model.error ?? unfit(found.model.name, found.model.bytes, memory);
  return { ...found, model: { ...found.model, error } };
}
/** @throws MezzotintError `out-of-memory` with figures for a pack in any folder; what else is wrong with one, the engine says */
export function refuseUnfit(dir: string): void {
  const { model } = described(dir, false);
  const error = model.error ? null : unfit(model.name, model.bytes, totalmem());
  if (error) throw thrownOf(error);
}

/** An id that no other model has, with a name that tells the two apart. */
export function freePlace(id: string, name: string, taken: (id: string) => boolean): { place: string; title: string } {
  if (!taken(id)) return { place: id, title: name };
  for (let n = 2; ; n++) {
    const place = `${id.slice(0, 60)}-${n}`;
    if (!taken(place)) return { place, title: `${name} (${n})` };
  }
}
