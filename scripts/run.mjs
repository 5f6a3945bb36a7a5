#!/usr/bin/env node
/**
 * The launcher behind every npm script. Plain JavaScript without dependencies, so that Node 20 and npm are all a machine needs:
 * it installs what is missing, fetches a newer Node for itself where this one is too old, builds what is stale, then runs.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheDir, inRoot, npm, runForeground, say } from './lib/common.mjs';
import { asRoot, ensureElectron, noDisplay } from './lib/electron.mjs';
import { ensureBuilt, ensureModules, ensureNode, withNode } from './lib/ready.mjs';

const [command = 'start', ...args] = process.argv.slice(2);

/** Takes `--name value` or `--name=value` out of a list; null where it is not there. */
function takeOption(list, name) {
  const at = list.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  if (at < 0) return null;
  if (list[at] !== name) return list.splice(at, 1)[0].slice(name.length + 1);
  const [, value = ''] = list.splice(at, 2);
  return value;
}
/** A value that is missing is refused: an empty shell variable must not mean “the usual one”. */
function required(name, value) {
  if (value !== null && (value.trim() === '' || value.startsWith('--')))
    throw new Error(`${name} needs a value. Write it after the option: ${name} VALUE.`);
  return value;
}
function takeFlag(list, name) {
  const at = list.indexOf(name);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}

/** The desktop app said in words why it does not start (electron/main.ts): browser mode would say the same. */
const REFUSED = 3;

async function start(node, env) {
  const rest = [...args];
  const browser = takeFlag(rest, '--browser');
  const retry = takeFlag(rest, '--retry-electron');
  const port = required('--port', takeOption(rest, '--port'));
  const data = required('--data', takeOption(rest, '--data'));
  const noOpen = takeFlag(rest, '--no-open');
  if (rest.length > 0)
    throw new Error(
      `npm start does not know ${rest.join(' ')}. It knows --browser, --port N, --data DIR, --no-open and --retry-electron.`,
    );
  if (port !== null && !(Number.isInteger(Number(port)) && Number(port) >= 0 && Number(port) < 65536))
    throw new Error(`--port needs a number from 0 to 65535, not ${port}.`);
  const appArgs = data === null ? [] : ['--data', path.resolve(from, data)];

  let why = browser ? 'as asked' : noDisplay();
  if (why === null) {
    const electron = await ensureElectron(node, { retry });
    if (electron.binary) {
      if (asRoot())
        say("Running as root: Electron's sandbox is off (--no-sandbox). Start as an ordinary user to have it on.");
      const began = Date.now();
      let ending = false; // nothing else is started in its place
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => (ending = true));
      // set by editors in their terminals: Electron would start as a Node
      delete env.ELECTRON_RUN_AS_NODE;
      const code = await runForeground(electron.binary, [...(asRoot() ? ['--no-sandbox'] : []), inRoot(), ...appArgs], {
        env,
      });
      if (code === REFUSED) return 1;
      if (ending || code === 0 || Date.now() - began > 10_000) return code;
      why = `Electron ended at once with code ${code}`;
    } else why = electron.reason;
  }
  say(`Starting in browser mode: ${why}.`);
  return runForeground(
    node,
    [
      inRoot('dist', 'server.cjs'),
      ...appArgs,
      ...(port === null ? [] : ['--port', port]),
      ...(noOpen ? ['--no-open'] : []),
    ],
    { env },
  );
}

/** The bench's peer is not among the app's dependencies: it is installed aside, once, when the bench first runs, as its lock says. */
async function ensureBenchPeer(env) {
  const prefix = path.join(cacheDir, 'bench');
  const pinned = (name) => readFileSync(inRoot('test', 'bench', 'peer', name), 'utf8');
  const there = (name) =>
    existsSync(path.join(prefix, name)) && readFileSync(path.join(prefix, name), 'utf8') === pinned(name);
  const names = ['package.json', 'package-lock.json'];
  if (names.every(there) && existsSync(path.join(prefix, 'node_modules', '.package-lock.json'))) return;
  say("Installing the bench's peer into .cache/bench …");
  mkdirSync(prefix, { recursive: true });
  for (const name of names) writeFileSync(path.join(prefix, name), pinned(name));
  if ((await npm(['ci', '--prefix', prefix, '--no-audit', '--no-fund', '--ignore-scripts'], { env })) !== 0)
    say("The bench's peer could not be installed: its figures will be missing.");
}

/** The folder the person is in: paths they type or set mean that one. */
const from = process.env.INIT_CWD ?? process.cwd();
if (process.env.MEZZOTINT_DATA) process.env.MEZZOTINT_DATA = path.resolve(from, process.env.MEZZOTINT_DATA);
if (process.env.MEZZOTINT_PACK) process.env.MEZZOTINT_PACK = path.resolve(from, process.env.MEZZOTINT_PACK);

async function main() {
  const node = await ensureNode();
  await ensureModules(node);
  const env = withNode(node);
  const script = (...parts) => runForeground(node, [inRoot(...parts), ...args], { env });
  switch (command) {
    case 'start':
      await ensureBuilt(node);
      return start(node, env);
    case 'build':
      await ensureBuilt(node, undefined, args.includes('--force'));
      return 0;
    case 'test':
      return script('scripts', 'test.ts');
    case 'mezzotint':
    case 'ask':
    case 'import':
    case 'export':
    case 'import-chats':
      await ensureBuilt(node, ['bundles']);
      // paths on the command line mean the folder the person is in
      return runForeground(node, [inRoot('dist', 'cli.cjs'), ...(command === 'mezzotint' ? [] : [command]), ...args], {
        env,
        cwd: from,
      });
    case 'bench':
      await ensureBuilt(node, ['bundles']);
      await ensureBenchPeer(env);
      return script('test', 'bench', 'main.ts');
    case 'fuzz':
      return script('test', 'fuzz', 'main.ts');
    case 'bench:set':
      return script('test', 'bench', 'store', 'generate.ts');
    case 'api:check':
      return script('test', 'api-check', 'main.ts');
    case 'api:holes':
      await ensureBuilt(node);
      return script('test', 'api-measure', 'holes.ts');
    case 'api:values':
      await ensureBuilt(node);
      return script('test', 'api-measure', 'values.ts');
    case 'parity':
      return script('test', 'parity', 'main.ts');
    case 'standing':
      await ensureBuilt(node, ['bundles']);
      await ensureBenchPeer(env);
      return script('test', 'standing', 'main.ts');
    case 'soak':
      await ensureBuilt(node, ['bundles']);
      return script('test', 'soak', 'main.ts');
    case 'bench:lengths':
      await ensureBuilt(node, ['bundles']);
      return script('test', 'bench', 'lengths.ts');
    case 'bench:kernels':
      return script('test', 'bench', 'kernels.ts');
    case 'bench:large':
      return script('test', 'bench', 'large', 'main.ts');
    case 'bench:remote':
      await ensureBuilt(node, ['bundles']);
      return script('test', 'bench', 'remote', 'main.ts');
    case 'bench:store':
      await ensureBuilt(node);
      return script('test', 'bench', 'store', 'main.ts');
    case 'bench:view':
      await ensureBuilt(node);
      return script('test', 'bench', 'view', 'main.ts');
    case 'evaluate':
      await ensureBuilt(node, ['bundles']);
      return script('test', 'evaluate', 'main.ts');
    case 'shots':
      await ensureBuilt(node);
      return script('scripts', 'shots.ts');
    case 'replay-gif':
      await ensureBuilt(node);
      return script('scripts', 'replay-gif.ts');
    case 'dist':
      await ensureBuilt(node);
      return script('scripts', 'dist.ts');
    case 'lint':
      return runForeground(
        node,
        [inRoot('node_modules', 'eslint', 'bin', 'eslint.js'), ...(args.length > 0 ? args : ['.'])],
        { env },
      );
    case 'format':
      return runForeground(
        node,
        [
          inRoot('node_modules', 'prettier', 'bin', 'prettier.cjs'),
          '--write',
          '--log-level',
          'warn',
          ...(args.length > 0 ? args : ['.']),
        ],
        { env },
      );
    case 'types': {
      const checked = await runForeground(
        node,
        [
          inRoot('node_modules', 'typescript', 'bin', 'tsc'),
          '--noEmit',
          '-p',
          '.',
          '--incremental',
          '--tsBuildInfoFile',
          path.join(cacheDir, 'types.tsbuildinfo'),
        ],
        { env },
      );
      const svelte = await runForeground(
        node,
        [
          inRoot('node_modules', 'svelte-check', 'bin', 'svelte-check'),
          '--tsconfig',
          './tsconfig.json',
          '--output',
          'human',
        ],
        { env },
      );
      return checked || svelte;
    }
    case 'exec': {
      const [tool, ...rest] = args;
      if (!tool)
        throw new Error('exec needs the name of a tool, for example: npm run exec vitest run test/unit/server');
      const windows = process.platform === 'win32';
      return runForeground(inRoot('node_modules', '.bin', windows ? `${tool}.cmd` : tool), rest, {
        env,
        shell: windows,
      });
    }
    default:
      throw new Error(
        `There is no task named ${command}. Tasks: start, test, mezzotint, ask, import, export, import-chats, bench, bench:kernels, bench:large, bench:lengths, bench:remote, bench:store, bench:view, bench:set, api:check, api:holes, api:values, fuzz, evaluate, parity, standing, soak, shots, replay-gif, dist, build, lint, types, exec.`,
      );
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
