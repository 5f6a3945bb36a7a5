/** Browser mode: the service in one process, the page in any browser on this machine. */
import path from 'node:path';
import { failure, toAppError } from '../contract/result.ts';
import { createDispatch } from '../app/dispatch.ts';
import { openHost } from '../app/host.ts';
import { checkChosen, chosenDataDir, defaultDataDir, option, packDir } from '../app/paths.ts';
import { childEngine } from '../engines/index.ts';
import { closeAll } from './closing.ts';
import { readFileMap } from './files.ts';
import { startServer } from './http.ts';
import { writeLaunchFile, type LaunchFile } from './launch-file.ts';
import { serveLocally } from './local.ts';
import { browserExpected, openInBrowser } from './open-in-browser.ts';

/** Set by the build from package.json. */
declare const MEZZOTINT_VERSION: string;
/** Milliseconds between two addresses that pages ask for. */
const PRINT_EVERY_MS = 3000;
const built = import.meta.dirname;

function portOf(args: readonly string[]): number {
  const port = Number(option(args, '--port') ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw failure('server.no-port', { given: option(args, '--port') ?? '' });
  return port;
}

async function run(): Promise<void> {
  const args = process.argv.slice(2);
  const port = portOf(args);
  const chosen = chosenDataDir(args);
  const news = chosen === undefined ? null : checkChosen(chosen);
  if (news !== null) console.log(news);
  const service = openHost({
    home: chosen ?? defaultDataDir(),
    packDir: packDir(path.join(built, '..', 'models')),
    spawnEngine: childEngine(path.join(built, 'engine.cjs')),
    openExternal: async (address) => {
      if (!(await openInBrowser(address))) throw failure('server.no-browser');
    },
    version: MEZZOTINT_VERSION,
    runtime: 'browser',
  });
  let launch: LaunchFile | null = null;
  const dropLaunch = (): void => {
    launch?.remove();
    launch = null;
  };
  let printed = -Infinity;
  /** The address of the moment. Any account of this machine can ask for a page, so it is not printed again and again. */
  const print = (): void => {
    if (performance.now() - printed < PRINT_EVERY_MS) return;
    printed = performance.now();
    console.log(`Mezzotint is at ${server.address()}`);
  };
  const dispatch = createDispatch(service.handlers, (channel, thrown) => console.error(`${channel}:`, thrown));
  const server = await startServer({
    files: readFileMap(path.join(built, 'renderer')),
    dispatch,
    onPush: service.onPush,
    port,
    onOpened: dropLaunch,
    onStranger: print,
  }).catch(async (thrown: unknown) => {
    await service.close();
    throw thrown;
  });

  const local = await serveLocally({ service, dispatch, log: (line) => console.error(line) });

  let closing = false;
  const close = async (): Promise<void> => {
    if (closing) return;
    closing = true;
    dropLaunch();
    await closeAll(service, server, local);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void close());

  print();
  printed = -Infinity;
  console.log('The address works once. A page that needs another one asks for it here by itself.');
  if (!args.includes('--no-open') && browserExpected()) {
    launch = writeLaunchFile(server.address());
    if (!(await openInBrowser(launch.file))) dropLaunch();
  }
}

run().catch((thrown: unknown) => {
  const { code, message, action } = toAppError(thrown);
  console.error([message, action].filter(Boolean).join(' '));
  if (code === 'internal') console.error(thrown);
  process.exit(1);
});
