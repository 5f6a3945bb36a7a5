/** `serve`: the HTTP API without a window. It stores nothing. */
import { randomInt, randomUUID } from 'node:crypto';
import { Api, hashOf, idOfKey, keysOf, newKey, startApiServer } from '../../api/index.ts';
import { chosenFolder, packDir } from '../../app/paths.ts';
import { API_PORT } from '../../contract/api.ts';
import type { KernelsAsked } from '../../contract/kernels.ts';
import { thrownOf } from '../../contract/result.ts';
import { childEngine, createLocalEngine, Idle, realTimers, Scheduler } from '../../engines/index.ts';
import { dataDirOf } from '../../profile/index.ts';
import { defineCommand, UsageError, type Input } from '../command.ts';
import { kernelsFrom, kernelsOption, measuring } from '../kernels.ts';
import { modelFolder } from '../library.ts';
import { engineEntry, modelsDir } from '../places.ts';

/** Set by the build from package.json; absent where this runs from source. */
declare const MEZZOTINT_VERSION: string | undefined;

const options = {
  port: { kind: 'text', value: 'N', help: `the port (default: ${API_PORT}; 0: any free one)` },
  model: {
    kind: 'text',
    value: 'ID|NAME|DIR',
    help: 'one of models list by id or name, or a folder (default: the one that ships)',
  },
  data: {
    kind: 'text',
    value: 'DIR',
    help: 'take the models and keys of this data folder (default: MEZZOTINT_DATA; without it no keys)',
  },
  kernels: kernelsOption,
  'unload-after': {
    kind: 'text',
    value: 'MINUTES',
    help: 'free the model’s memory after so long without a request; the next one loads it again (default: never)',
  },
  origin: { kind: 'list', value: 'URL', help: 'pages of this origin may call too' },
} as const;

export interface ServeArgs {
  port: number;
  packDir: string;
  origins: string[];
  /** Milliseconds without a request after which the memory is freed; null: never. */
  unloadAfterMs: number | null;
  kernels: KernelsAsked;
  /** Whose keys are taken too. */
  dataDir: string | undefined;
}
export function serveArgs({ values, positionals }: Input<typeof options>, env: NodeJS.ProcessEnv): ServeArgs {
  if (positionals.length > 0) throw new UsageError(`serve does not know ${JSON.stringify(positionals[0])}.`);
  const port = values.port === undefined ? API_PORT : Number(values.port);
  if (values.port?.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65535)
    throw new UsageError(`--port needs a number from 0 to 65535, not ${JSON.stringify(values.port)}.`);
  const origins = values.origin.map((given) => {
    try {
      const { origin } = new URL(given);
      if (origin !== 'null') return origin;
    } catch {
      // said below
    }
    throw new UsageError(`--origin needs an address like https://app.example.com, not ${JSON.stringify(given)}.`);
  });
  const minutes = values['unload-after'] === undefined ? null : Number(values['unload-after']);
  if (minutes !== null && !(minutes > 0 && minutes <= 24 * 60 && values['unload-after']?.trim() !== ''))
    throw new UsageError(
      `--unload-after needs minutes, more than 0 and 1440 at most, not ${JSON.stringify(values['unload-after'])}.`,
    );
  const chosen = chosenFolder(values.data, env);
  return {
    port,
    unloadAfterMs: minutes === null ? null : minutes * 60_000,
    kernels: kernelsFrom(values.kernels),
    packDir: values.model === undefined ? packDir(modelsDir, env) : modelFolder(values.model, values.data),
    origins,
    dataDir: chosen === undefined ? undefined : dataDirOf(chosen).dataDir,
  };
}

export const serve = defineCommand({
  name: 'serve',
  takes: '',
  summary: 'Answer programs that speak the API of OpenAI or Ollama.',
  about:
    'It listens on this machine alone, without a window, until Ctrl-C. The key is that of MEZZOTINT_API_KEY; where it is not set, one is made and printed once. Nothing is stored.',
  options,
  async run(input, { stdout, stderr, signal }) {
    const args = serveArgs(input, process.env);
    const given = process.env['MEZZOTINT_API_KEY']?.trim();
    if (given !== undefined && given !== '' && given.length < 8)
      throw new UsageError('MEZZOTINT_API_KEY is too short: a key has 8 characters at least.');
    const key = given || newKey();
    const own = [{ id: 'key', hash: hashOf(key) }];
    const ended = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve());
    });
    const local = createLocalEngine({
      spawn: childEngine(engineEntry),
      packDir: args.packDir,
      kernels: () => args.kernels,
      ...measuring(args.dataDir),
      log: (line) => stderr.write(`${line}\n`),
    });
    const idle = new Idle(local);
    const engine = idle.serve();
    idle.set(args.unloadAfterMs);
    engine.onStatus((status) => {
      if (status.state === 'ready' && status.unloaded)
        stderr.write('The model left the memory. The next request loads it again.\n');
    });
    const scheduler = new Scheduler({ engine, timers: realTimers });
    const api = new Api({
      engine,
      scheduler,
      version: typeof MEZZOTINT_VERSION === 'string' ? MEZZOTINT_VERSION : 'from source',
      randomSeed: () => randomInt(2 ** 32),
      newId: randomUUID,
    });
    try {
      const server = await startApiServer({
        api,
        port: args.port,
        keys: {
          check: (given) => idOfKey(given, [...own, ...(args.dataDir === undefined ? [] : keysOf(args.dataDir))]),
        },
        origins: () => args.origins,
        log: (line, thrown) => stderr.write(`${line}: ${String(thrown)}\n`),
      });
      try {
        if (!given) stdout.write(`Key: ${key}\n`);
        const status = await Promise.race([engine.settled(), ended]);
        if (status?.state === 'failed') throw thrownOf(status.error);
        if (status?.state === 'ready') stdout.write(`Mezzotint answers at ${server.address} with ${status.pack.id}\n`);
        await ended;
      } finally {
        await server.close();
      }
    } finally {
      scheduler.close();
      await engine.shutdown();
    }
    return 0;
  },
});
