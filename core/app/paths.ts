/** Where things lie: the person's data, the pack, the app's own built files. */
import { statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { failure } from '../contract/result.ts';

export const DEFAULT_PACK = 'smollm2-135m-instruct';

/**
 * The data folder where none is named: the same one Electron uses, so that window and browser mode show the same conversations.
 * @param env the environment to read; @param platform as process.platform
 */
export function defaultDataDir(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const home = os.homedir();
  if (platform === 'win32') return path.join(env['APPDATA'] ?? path.join(home, 'AppData', 'Roaming'), 'Mezzotint');
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'Mezzotint');
  return path.join(env['XDG_CONFIG_HOME'] ?? path.join(home, '.config'), 'Mezzotint');
}

/**
 * `--name value` or `--name=value` among the arguments; undefined where it is not there.
 * @throws MezzotintError `bad-request` where the value is missing: an empty shell variable must not mean “the usual one”
 */
export function option(args: readonly string[], name: string): string | undefined {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  const found = args[at];
  if (found === undefined) return undefined;
  const value = found === name ? (args[at + 1] ?? '') : found.slice(name.length + 1);
  if (value.trim() === '' || value.startsWith('--')) throw failure('profile.option-without-value', { option: name });
  return value;
}

/**
 * A data folder that was named: by an option, else by `MEZZOTINT_DATA`; undefined where neither is there. Absolute.
 * @throws MezzotintError `bad-request` where the option is there without a folder
 */
export function chosenFolder(given: string | undefined, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (given?.trim() === '') throw failure('profile.no-folder-named');
  const chosen = given ?? env['MEZZOTINT_DATA'];
  return chosen ? path.resolve(chosen) : undefined;
}
export const chosenDataDir = (args: readonly string[], env: NodeJS.ProcessEnv = process.env): string | undefined =>
  chosenFolder(option(args, '--data'), env);

const isFolder = (folder: string): boolean => statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * A folder that a person named may be new, but not the one above it: that is a mistyped path.
 * @returns what to say where it is new; null where it is there
 * @throws MezzotintError `not-found`
 */
export function checkChosen(folder: string): string | null {
  if (isFolder(folder)) return null;
  const above = path.dirname(folder);
  if (!isFolder(above)) throw failure('profile.no-folder-above', { folder: above }, { file: folder });
  return `A new data folder is made: ${folder}`;
}

/**
 * The folder of the pack that is always there: the one that ships, or the one that `MEZZOTINT_PACK` names.
 * @param models the folder that holds packs: models/ of the repository, resources/models of the installed app
 */
export const packDir = (models: string, env: NodeJS.ProcessEnv = process.env): string =>
  path.resolve(env['MEZZOTINT_PACK'] || path.join(models, DEFAULT_PACK));

/**
 * The file that keeps how fast this machine ran a model with which kernels, as options of an engine; nothing where
 * `MEZZOTINT_MEASURE=asked`. @param home the folder that profiles share
 */
export const measuredIn = (home: string): { measurements?: string } =>
  process.env['MEZZOTINT_MEASURE'] === 'asked' ? {} : { measurements: path.join(home, 'kernels.json') };
