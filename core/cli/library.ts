/** The models of a data folder, for the command line: the library itself, and the app that has the folder open. */
import { chosenFolder, defaultDataDir, packDir } from '../app/paths.ts';
import type { LibraryState, Model } from '../contract/models.ts';
import { childEngine } from '../engines/index.ts';
import { Library } from '../library/index.ts';
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
