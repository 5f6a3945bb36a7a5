/** Two ways to run the whole app, behind one face: real Electron, and a real server process with a real Chromium. */
import { spawn } from 'node:child_process';
import { _electron, chromium, expect, type Browser, type ElectronApplication, type Page } from '@playwright/test';
import { WebSocket } from 'ws';
import type { ChannelName, Request, Response } from '../../../core/contract/index.ts';
import type { Result } from '../../../core/contract/result.ts';
import { asRoot, electronBinaryIn } from '../../../scripts/lib/electron.mjs';
import { DEFAULT_PACK } from '../../../core/app/paths.ts';
import { sessionOf, socketAddress } from '../../fixtures/browser-session.ts';
import { inRoot } from '../../../scripts/lib/common.mjs';

export type Runtime = 'electron' | 'chromium';

export interface App {
  runtime: Runtime;
  page: Page;
  dataDir: string;
  /** The process that holds the store: Electron's main process, or the server. */
  mainPid: number;
  /** A call as the page makes it, for what a test needs to know or to set beside what it sees. */
  call<N extends ChannelName>(name: N, request: Request<N>): Promise<Response<N>>;
  /** Ends as a person ends it. */
  close(): Promise<void>;
  /** kill -9 of the main process. */
  kill(): Promise<void>;
  /** Electron only. */
  electron: ElectronApplication | null;
  /** Browser mode only. */
  server: ServerProcess | null;
}
/** dist/server.cjs, running. */
export interface ServerProcess {
  /** The address it printed first: it works once. */
  address: string;
  /** All addresses it has printed. */
  printed(): string[];
  pid: number;
  close(): Promise<void>;
  kill(): Promise<void>;
}
export interface LaunchOptions {
  dataDir: string;
  env?: Record<string, string>;
}

const needed = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the end-to-end tests by npm test -- --only e2e.`);
  return value;
};
/** The pack the tests run with: the default one, or another named for a trial. */
export const testPack = process.env['MEZZOTINT_TEST_PACK'] ?? inRoot('models', DEFAULT_PACK);
const environment = (extra: Record<string, string> = {}): Record<string, string> => {
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  delete env['MEZZOTINT_DATA'];
  delete env['MEZZOTINT_PACK'];
  return { ...env, MEZZOTINT_PACK: testPack, MEZZOTINT_MEASURE: 'asked', ...extra };
};
function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

/** The page is there once it has the service's settings. */
const shown = (page: Page): Promise<void> => expect(page.locator('.window.ready')).toBeVisible();

async function launchElectron({ dataDir, env }: LaunchOptions): Promise<App> {
  const electron = await _electron.launch({
    executablePath: electronBinaryIn(needed('MEZZOTINT_TEST_ELECTRON')),
    args: [inRoot(), '--data', dataDir, ...(asRoot() ? ['--no-sandbox', '--disable-dev-shm-usage'] : [])],
    env: environment(env),
  });
  const child = electron.process();
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const page = await electron.firstWindow();
  await shown(page);
  return {
    runtime: 'electron',
    page,
    dataDir,
    mainPid: child.pid ?? 0,
    electron,
    server: null,
    async call<N extends ChannelName>(name: N, request: Request<N>) {
      const result = await page.evaluate(
        ([channel, payload]) =>
          (
            window as unknown as { mezzotint: { call(name: string, payload: unknown): Promise<unknown> } }
          ).mezzotint.call(channel, payload),
        [name, request] as const,
      );
      return unwrap(result as Result<Response<N>>);
    },
    close: async () => {
      await electron.close();
      await gone;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Starts Electron again as a person does, without a debugger, which would race with a process that ends at once. Its exit code. */
export function startElectronAgain({ dataDir, env }: LaunchOptions): Promise<number | null> {
  const child = spawn(
    electronBinaryIn(needed('MEZZOTINT_TEST_ELECTRON')),
    [inRoot(), '--data', dataDir, ...(asRoot() ? ['--no-sandbox', '--disable-dev-shm-usage'] : [])],
    { env: environment(env), stdio: 'ignore' },
  );
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code));
  });
}

let browser: Promise<Browser> | undefined;
/** One Chromium for all pages of a worker; the app's process is the server. */
const sharedBrowser = (): Promise<Browser> =>
  (browser ??= chromium.launch({
    executablePath: needed('MEZZOTINT_TEST_CHROMIUM'),
    args: asRoot() ? ['--no-sandbox', '--disable-dev-shm-usage'] : [],
  }));
export const closeBrowser = async (): Promise<void> => {
  await (await browser)?.close();
  browser = undefined;
};

/** Speaks to the server as a page does, beside the page. */
async function socketCall<N extends ChannelName>(
  origin: string,
  session: string,
  name: N,
  request: Request<N>,
): Promise<Response<N>> {
  const socket = new WebSocket(socketAddress(origin, session), { origin });
  try {
    return await new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () => socket.send(JSON.stringify({ id: 'test', name, payload: request })));
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as { id?: string; result?: Result<Response<N>> };
        if (message.id !== 'test' || !message.result) return;
        try {
          resolve(unwrap(message.result));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  } finally {
    socket.terminate();
  }
}

/** Starts dist/server.cjs and waits for the line with its address. */
export async function startServerProcess({
  dataDir,
  env,
  port = 0,
  open = false,
}: LaunchOptions & { port?: number; open?: boolean }): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    [inRoot('dist', 'server.cjs'), '--data', dataDir, '--port', String(port), ...(open ? [] : ['--no-open'])],
    { cwd: inRoot(), env: environment(env), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const printed = (): string[] => [...said.matchAll(/^Mezzotint is at (\S+)$/gm)].map(([, found]) => found ?? '');
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const [found] = printed();
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) =>
      reject(new Error(`The server ended with ${code} before it said its address.\n${said}`)),
    );
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await gone;
  };
  return { address, printed, pid: child.pid ?? 0, close: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

async function launchBrowserMode(options: LaunchOptions): Promise<App> {
  const server = await startServerProcess(options);
  const context = await (await sharedBrowser()).newContext({ viewport: { width: 1180, height: 820 } });
  const page = await context.newPage();
  await page.goto(server.address);
  await shown(page);
  const session = await sessionOf(page);
  const { origin } = new URL(server.address);
  return {
    runtime: 'chromium',
    page,
    dataDir: options.dataDir,
    mainPid: server.pid,
    electron: null,
    server,
    call: (name, request) => socketCall(origin, session, name, request),
    close: async () => {
      await context.close();
      await server.close();
    },
    kill: async () => {
      await server.kill();
      await context.close();
    },
  };
}

export const launch = (runtime: Runtime, options: LaunchOptions): Promise<App> =>
  runtime === 'electron' ? launchElectron(options) : launchBrowserMode(options);

/** Waits until the engine says it is ready; a failure is thrown with its message, not waited out. */
export async function engineReady(app: App): Promise<void> {
  await expect
    .poll(
      async () => {
        const status = await app.call('engine.status', {});
        if (status.state === 'failed') throw new Error(`The engine failed: ${status.error.message}`);
        return status.state;
      },
      { timeout: 90_000 },
    )
    .toBe('ready');
}
