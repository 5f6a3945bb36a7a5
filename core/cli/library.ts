/** The models of a data folder, for the command line: the library itself, and the app that has the folder open. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { chosenFolder, defaultDataDir, packDir } from '../app/paths.ts';
import type { LibraryState, Model } from '../contract/models.ts';
import { failure, thrownOf } from '../contract/result.ts';
import { childEngine } from '../engines/index.ts';
import { Library, refuseUnfit } from '../library/index.ts';
import { dataDirOf } from '../profile/index.ts';
import { engineEntry, modelsDir } from './places.ts';
import { reachApp, type RunningApp } from './running-app.ts';

export interface LibraryUse {
  /** `--data`, as it was typed. */
  data: string | undefined;
  onChange?: (state: LibraryState) => void;
}

export const homeOf = (data: string | undefined): string => chosenFolder(data) ?? defaultDataDir();

export const openLibrary = ({ data, onChange }: LibraryUse): Library =>
  new Library({
    home: homeOf(data),
    builtIn: packDir(modelsDir),
    spawn: childEngine(engineEntry),
    named: Boolean(process.env['MEZZOTINT_PACK']),
    ...(onChange ? { onChange } : {}),
  });

/**
 * The folder of a model: by its id or its name in the library, by its name among those that ship, or the folder itself.
 * @throws MezzotintError `not-found` with the models there are, or why the model can't be used
 */
export function modelFolder(model: string, data: string | undefined): string {
  const folder = path.resolve(model);
  const isPack = (dir: string): boolean => existsSync(path.join(dir, 'manifest.json'));
  const fits = (dir: string): string => {
    refuseUnfit(dir);
    return dir;
  };
  if (/[/\\]/.test(model)) {
    if (isPack(folder)) return fits(folder);
    throw failure('cli.no-model', { model: JSON.stringify(model), folder }, { file: folder });
  }
  const library = openLibrary({ data });
  const { models } = library.state;
  const listed =
    models.find(({ id }) => id === model) ?? models.find(({ name }) => name.toLowerCase() === model.toLowerCase());
  const other = [path.join(modelsDir, model), folder].find(isPack);
  if (!listed && other !== undefined) return fits(other);
  const found = library.find(listed?.id ?? model);
  if (found.model.error) throw thrownOf(found.model.error);
  return found.dir;
}

/** Lets the app that has the folder open do it, so that it knows at once; else `alone` does. */
export async function withApp<T>(
  data: string | undefined,
  through: (app: RunningApp) => Promise<T>,
  alone: () => T | Promise<T>,
): Promise<T> {
  const app = await reachApp(dataDirOf(homeOf(data)).dataDir);
  if (!app) return alone();
  try {
    return await through(app);
  } finally {
    app.close();
  }
}

const size = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.max(1, Math.round(bytes / 1e6))} MB`;
/** One line of a list. */
export const modelLine = (model: Model, current: string): string =>
  [
    `${model.id === current ? '*' : ' '} ${model.id}`,
    model.name,
    model.error ? model.error.message : `${size(model.bytes)}, ${model.bits} bits, ${model.licence}`,
  ].join('  ');
