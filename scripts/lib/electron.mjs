/** Which Electron can run here: an override, the installed package's own binary, or a reason in words why none. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheDir, inRoot, readJson, runQuietly, say, withLock, writeJson } from './common.mjs';
import { withNode } from './ready.mjs';

/** better-sqlite3 13 needs Node-API 10, which Electron has from 36 on. */
export const OLDEST_ELECTRON = 36;
const RETRY_AFTER_MS = 6 * 3600_000;
const missingFile = path.join(cacheDir, 'electron-missing.json');

export const electronBinaryIn = (dist) =>
  path.join(
    dist,
    process.platform === 'darwin'
      ? 'Electron.app/Contents/MacOS/Electron'
      : process.platform === 'win32'
        ? 'electron.exe'
        : 'electron',
  );

/** @returns {{binary: string, dist: string, version: string, major: number} | null} */
export function electronAt(dist) {
  const binary = electronBinaryIn(dist);
  if (!existsSync(binary)) return null;
  let version = '0';
  try {
    version = readFileSync(path.join(dist, 'version'), 'utf8').trim().replace(/^v/, '');
  } catch {
    // a dist without its version file counts as too old
  }
  return { binary, dist, version, major: Number(version.split('.')[0]) };
}

/** The Electron that is on this machine already, without fetching anything. */
export function installedElectron() {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override) {
    const found = electronAt(path.resolve(override));
    return found ?? { reason: `ELECTRON_OVERRIDE_DIST_PATH names ${override}, where there is no Electron` };
  }
  const wanted = readJson(inRoot('node_modules', 'electron', 'package.json'))?.version;
  const found = electronAt(inRoot('node_modules', 'electron', 'dist'));
  if (found && found.version === wanted && existsSync(inRoot('node_modules', 'electron', 'path.txt'))) return found;
  return { reason: 'Electron is not downloaded yet', wanted };
}

/** Asks whether the release can be reached, so that a blocked network costs seconds and not a long wait. */
async function reachable(version) {
  const mirror =
    process.env.ELECTRON_MIRROR ??
    process.env.npm_config_electron_mirror ??
    'https://github.com/electron/electron/releases/download/';
  const address = `${mirror.replace(/\/?$/, '/')}v${version}/SHASUMS256.txt`;
  if (process.env.HTTPS_PROXY ?? process.env.https_proxy) return null; // fetch does not go through a proxy: let the installer try
  try {
    const answer = await fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(8000) });
    return answer.ok ? null : `its download answers ${answer.status}`;
  } catch (error) {
    return `its download can't be reached (${error.cause?.code ?? error.name})`;
  }
}

/**
 * An Electron that can run the app, fetched if need be. A failed download is remembered for some hours, so that the next start takes seconds.
 * @param {string} node path of the Node that runs Electron's installer
 */
export async function ensureElectron(node, { retry = false } = {}) {
  const installed = installedElectron();
  if (installed.binary) {
    if (installed.major < OLDEST_ELECTRON && !process.env.SQLITE_STAND_IN)
      return {
        reason: `Electron ${installed.version} is too old for the store (${OLDEST_ELECTRON} or newer is needed)`,
      };
    return installed;
  }
  if (!installed.wanted) return installed;
  const version = installed.wanted;
  const missing = readJson(missingFile);
  if (!retry && missing?.version === version && Date.now() - missing.at < RETRY_AFTER_MS)
    return {
      reason: `Electron isn't there: ${missing.reason}; it is tried again from ${new Date(missing.at + RETRY_AFTER_MS).toLocaleTimeString()}, or at once with --retry-electron`,
    };
  return withLock('electron', async () => {
    const already = installedElectron();
    if (already.binary) return already;
    const remember = (reason) => {
      writeJson(missingFile, { version, at: Date.now(), reason });
      return { reason: `Electron isn't there: ${reason}` };
    };
    const unreachable = await reachable(version);
    if (unreachable) return remember(unreachable);
    say(`Downloading Electron ${version} (about 110 MB) …`);
    mkdirSync(cacheDir, { recursive: true });
    // the package brings the hashes of its archives: nothing may have them fetched from where the archive comes from
    const env = withNode(node);
    delete env.electron_use_remote_checksums;
    delete env.npm_config_electron_use_remote_checksums;
    const code = await runQuietly(node, [inRoot('node_modules', 'electron', 'install.js')], {
      env,
      timeout: 10 * 60_000,
      killSignal: 'SIGKILL',
    });
    const now = installedElectron();
    if (code !== 0 || !now.binary) return remember('its download failed');
    rmSync(missingFile, { force: true });
    return now;
  });
}

/** Null where a window can be shown, else the reason in words. */
export const noDisplay = () =>
  process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY ? 'there is no display' : null;

/** Chromium's sandbox refuses to run as root; everywhere else it stays on. */
export const asRoot = () => process.platform === 'linux' && process.getuid?.() === 0;
