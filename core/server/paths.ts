/** Where things lie: the person's data, the pack, the app's own built files. */
import os from 'node:os';
import path from 'node:path';

export const DEFAULT_PACK = 'smollm2-135m-instruct';

/**
 * The data folder where none is named: the same one Electron uses, so that window and browser mode show the same conversations.
 * @param env the environment to read; @param platform as process.platform
 */
export function defaultDataDir(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  const home = os.homedir();
  if (platform === 'win32') return path.join(env['APPDATA'] ?? path.join(home, 'AppData', 'Roaming'), 'Mezzotint');
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'Mezzotint');
  return path.join(env['XDG_CONFIG_HOME'] ?? path.join(home, '.config'), 'Mezzotint');
}

/** `--name value` or `--name=value` among the arguments; undefined where it is not there or has no value. */
export function option(args: readonly string[], name: string): string | undefined {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  const found = args[at];
  if (found === undefined) return undefined;
  return (found === name ? args[at + 1] : found.slice(name.length + 1)) || undefined;
}

/** The data folder: `--data DIR`, else `MEZZOTINT_DATA`, else undefined (the caller's default). Absolute. */
export function chosenDataDir(args: readonly string[], env: NodeJS.ProcessEnv = process.env): string | undefined {
  const chosen = option(args, '--data') ?? env['MEZZOTINT_DATA'];
  return chosen ? path.resolve(chosen) : undefined;
}

/**
 * The pack's folder.
 * @param models the folder that holds packs: models/ of the repository, resources/models of the installed app
 */
export const packDir = (models: string, env: NodeJS.ProcessEnv = process.env): string => path.resolve(env['MEZZOTINT_PACK'] ?? path.join(models, DEFAULT_PACK));
