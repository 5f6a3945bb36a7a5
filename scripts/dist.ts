/**
 * `npm run dist`: the installable app. `--dir` stops at the unpacked app in release/; otherwise Linux gets tar.gz and deb, macOS dmg,
 * Windows nsis. Needs no network where an Electron is at hand.
 *
 * An Electron older than the store's driver needs makes a *check build*: the stand-in driver lies beside the app, a small entry of its
 * own loads it, and the build says what it is. Nothing of that exists in a build with a current Electron.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { FuseV1Options, FuseVersion, flipFuses, getCurrentFuseWire } from '@electron/fuses';
import { Arch, build, Platform, type AfterPackContext, type Configuration } from 'electron-builder';
import { launcher, shellFiles } from './lib/shell-files.ts';
import { cacheDir, inRoot, readJson } from './lib/common.mjs';
import { electronAt, OLDEST_ELECTRON, type FoundElectron } from './lib/electron.mjs';
import { electronForPackaging, electronForTests } from './lib/test-runtimes.mjs';

const dirOnly = process.argv.includes('--dir');
const release = inRoot('release');
const CHECK_ENTRY = 'check-build.cjs';
const checkParts = path.join(cacheDir, 'check-build');

async function electronAtHand(): Promise<FoundElectron> {
  const runtime = await electronForTests(process.execPath);
  const dist = 'env' in runtime ? runtime.env['MEZZOTINT_TEST_ELECTRON'] : process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  const found = dist === undefined ? null : electronAt(dist);
  if (!found)
    throw new Error(
      `There is no Electron to build with${'reason' in runtime ? `: ${runtime.reason}` : ''}. Name a folder that holds one in ELECTRON_OVERRIDE_DIST_PATH.`,
    );
  return found;
}

/** Off: what would let someone run other code in the app's name. */
const fuses: Array<[FuseV1Options, boolean]> = [
  [FuseV1Options.RunAsNode, false],
  [FuseV1Options.EnableCookieEncryption, true],
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable, false],
  [FuseV1Options.EnableNodeCliInspectArguments, false],
  [FuseV1Options.OnlyLoadAppFromAsar, true],
  [FuseV1Options.GrantFileProtocolExtraPrivileges, false],
  // Linux has no integrity check to switch on
  ...(process.platform === 'linux'
    ? []
    : ([[FuseV1Options.EnableEmbeddedAsarIntegrityValidation, true]] as Array<[FuseV1Options, boolean]>)),
];

async function setFuses(context: AfterPackContext): Promise<void> {
  const { productFilename } = context.packager.appInfo;
  const platform = context.electronPlatformName;
  const executable =
    platform === 'darwin'
      ? `${productFilename}.app`
      : platform === 'win32'
        ? `${productFilename}.exe`
        : ((context.packager.platformSpecificBuildOptions as { executableName?: string }).executableName ??
          productFilename);
  const binary = path.join(context.appOutDir, executable);
  const wire = await getCurrentFuseWire(binary);
  const config: { version: FuseVersion.V1; resetAdHocDarwinSignature: boolean } & Partial<
    Record<FuseV1Options, boolean>
  > = { version: FuseVersion.V1, resetAdHocDarwinSignature: platform === 'darwin' };
  for (const [fuse, on] of fuses) {
    if (fuse in wire) config[fuse] = on;
    else console.log(`  fuse ${FuseV1Options[fuse]} skipped: this Electron does not have it`);
  }
  await flipFuses(binary, config);
  console.log(
    `  fuses set: ${fuses
      .filter(([fuse]) => fuse in wire)
      .map(([fuse, on]) => `${FuseV1Options[fuse]} ${on ? 'on' : 'off'}`)
      .join(', ')}`,
  );
}

/** The command line beside the app on Linux: its bundles, the native modules that they share with the app, and the script that starts it. */
function addCommand(context: AfterPackContext): void {
  if (context.electronPlatformName !== 'linux') return;
  const folder = path.join(context.appOutDir, 'resources', 'cli');
  mkdirSync(folder, { recursive: true });
  for (const name of ['cli.cjs', 'engine.cjs', 'inspect.cjs', 'packing.cjs'])
    cpSync(inRoot('dist', name), path.join(folder, name));
  symlinkSync('../app.asar.unpacked/node_modules', path.join(folder, 'node_modules'));
  writeFileSync(path.join(folder, 'mezzotint'), launcher(), { mode: 0o755 });
}

/** Puts the stand-in driver beside the app of a check build. */
function checkBuild(electron: FoundElectron): Partial<Configuration> {
  console.log(
    `Electron ${electron.version} is older than the store's driver needs (${OLDEST_ELECTRON}): this is a CHECK BUILD with libsql in better-sqlite3's place. Do not release it.`,
  );
  const work = checkParts;
  rmSync(work, { recursive: true, force: true });
  for (const name of ['libsql', '@libsql', '@neon-rs', 'detect-libc']) {
    const from = inRoot('node_modules', name);
    if (existsSync(from)) cpSync(from, path.join(work, 'node_modules', name), { recursive: true });
  }
  writeFileSync(
    path.join(work, 'CHECK-BUILD.txt'),
    `Made with Electron ${electron.version}, for tests only: libsql stands in for better-sqlite3.\n`,
  );
  writeFileSync(
    inRoot('dist', CHECK_ENTRY),
    `const Module = require('module'), path = require('path');
const resolve = Module._resolveFilename;
const standIn = path.join(process.resourcesPath, 'check-build', 'node_modules', 'libsql');
process.env.SQLITE_STAND_IN = standIn;
Module._resolveFilename = function (request, ...rest) { return resolve.call(this, request === 'better-sqlite3' ? standIn : request, ...rest); };
require('./main.cjs');
`,
  );
  return { files: [`dist/${CHECK_ENTRY}`], extraMetadata: { main: `dist/${CHECK_ENTRY}` } };
}

const size = (file: string): number => {
  const stat = lstatSync(file);
  return stat.isDirectory() ? readdirSync(file).reduce((sum, name) => sum + size(path.join(file, name)), 0) : stat.size;
};
const report = (file: string): void =>
  console.log(`${path.relative(inRoot(), file)}: ${(size(file) / 1e6).toFixed(1)} MB`);

/** With the system's tar: electron-builder would fetch a packer of its own. */
function makeTarGz(unpacked: string, name: string): void {
  const done = spawnSync(
    'tar',
    [
      '-czf',
      path.join(release, `${name}.tar.gz`),
      '--owner=0',
      '--group=0',
      `--transform=s,^[^/]*,${name},`,
      '-C',
      path.dirname(unpacked),
      path.basename(unpacked),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (done.status !== 0) throw new Error(`tar could not pack the app${done.error ? ` (${done.error.message})` : ''}.`);
}

/** A deb from the unpacked app with Debian's own tool, so that no packager has to be fetched. */
function makeDeb(unpacked: string, name: string, version: string): void {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch;
  const staging = path.join(cacheDir, 'deb');
  rmSync(staging, { recursive: true, force: true });
  const put = (where: string, text: string | Uint8Array, mode = 0o644): void => {
    mkdirSync(path.join(staging, path.dirname(where)), { recursive: true });
    writeFileSync(path.join(staging, where), text, { mode });
  };
  mkdirSync(path.join(staging, 'opt'), { recursive: true });
  cpSync(unpacked, path.join(staging, 'opt', 'mezzotint'), { recursive: true, verbatimSymlinks: true });
  put(
    'usr/share/applications/mezzotint.desktop',
    '[Desktop Entry]\nName=Mezzotint\nComment=Offline chat with diffusion language models\nExec=/opt/mezzotint/mezzotint %U\nIcon=mezzotint\nType=Application\nCategories=Utility;\nStartupWMClass=Mezzotint\n',
  );
  for (const icon of readdirSync(inRoot('resources', 'icons')).filter((file) => file.endsWith('.png'))) {
    const folder = icon === 'icon.png' ? '512x512' : path.basename(icon, '.png');
    mkdirSync(path.join(staging, `usr/share/icons/hicolor/${folder}/apps`), { recursive: true });
    cpSync(
      inRoot('resources', 'icons', icon),
      path.join(staging, `usr/share/icons/hicolor/${folder}/apps/mezzotint.png`),
    );
  }
  put('usr/share/doc/mezzotint/copyright', readFileSync(inRoot('LICENSE'), 'utf8'));
  for (const [where, text] of Object.entries(shellFiles(version))) put(where, text);
  put('usr/bin/mezzotint', '#!/bin/sh\nexec /opt/mezzotint/resources/cli/mezzotint "$@"\n', 0o755);
  put(
    'DEBIAN/control',
    `Package: mezzotint\nVersion: ${version}\nSection: utils\nPriority: optional\nArchitecture: ${arch}\nInstalled-Size: ${Math.ceil(size(staging) / 1024)}\nMaintainer: The Mezzotint authors <mezzotint@example.invalid>\nDepends: libgtk-3-0, libnss3, libasound2, libgbm1, libxss1, libnotify4, xdg-utils\nSuggests: nodejs (>= 22)\nDescription: Offline desktop chat with diffusion language models\n Replies are written by a model on this machine and shown denoising block by block.\n`,
  );
  // Chromium's sandbox helper must belong to root and be setuid where user namespaces are closed
  put(
    'DEBIAN/postinst',
    '#!/bin/sh\nset -e\nchown root:root /opt/mezzotint/chrome-sandbox && chmod 4755 /opt/mezzotint/chrome-sandbox\n',
    0o755,
  );
  const deb = path.join(release, `${name}.deb`);
  const done = spawnSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', staging, deb], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  rmSync(staging, { recursive: true, force: true });
  if (done.status !== 0)
    throw new Error(`dpkg-deb could not build the deb${done.error ? ` (${done.error.message})` : ''}.`);
}

const electron = await electronAtHand();
const check = electron.major < OLDEST_ELECTRON;
rmSync(inRoot('dist', CHECK_ENTRY), { force: true });
rmSync(release, { recursive: true, force: true });
const { version } = readJson(inRoot('package.json')) as { version: string };
const extra = check ? checkBuild(electron) : {};

const platform = Platform.current();
const linux = platform === Platform.LINUX;
await build({
  targets: platform.createTarget(dirOnly || linux ? 'dir' : null, Arch[process.arch as 'x64' | 'arm64']),
  publish: 'never',
  projectDir: inRoot(),
  config: {
    extends: 'electron-builder.yml',
    ...extra,
    electronVersion: electron.version,
    electronDist: electronForPackaging(electron.dist, path.join(cacheDir, 'electron-for-packaging')),
    afterPack: async (context) => {
      // by hand: electron-builder leaves node_modules out of what it copies beside the app
      if (check)
        cpSync(checkParts, path.join(context.packager.getResourcesDir(context.appOutDir), 'check-build'), {
          recursive: true,
        });
      addCommand(context);
      await setFuses(context);
    },
  },
});
rmSync(inRoot('dist', CHECK_ENTRY), { force: true });

for (const name of readdirSync(release).filter(
  (entry) => statSync(path.join(release, entry)).isDirectory() && /unpacked$|^mac/.test(entry),
)) {
  const unpacked = path.join(release, name);
  if (!linux || dirOnly) continue;
  const artefact = `Mezzotint-${version}${check ? '-CHECK' : ''}-linux-${process.arch}`;
  makeTarGz(unpacked, artefact);
  makeDeb(unpacked, artefact, version);
}
for (const name of readdirSync(release)
  .filter((entry) => !/^builder-|\.blockmap$|\.ya?ml$/.test(entry))
  .sort())
  report(path.join(release, name));
