/**
 * Builds what the launcher asks for: `bundles` (main, preload, engine, inspect, packing, server, cli: CommonJS by esbuild) and `renderer` (Vite).
 * Targets are Node 18 and Chrome 114: the oldest Electron the end-to-end tests run in.
 * Beside each result lies the list of modules that went into it; the licence collector reads it.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build as bundle, type BuildOptions, type Metafile, type Plugin as BundlePlugin } from 'esbuild';
import { build as buildRenderer, type Plugin } from 'vite';

const root = path.resolve(import.meta.dirname, '..');
const dist = path.join(root, 'dist');

/** dist/<name>.cjs ← entry. */
const entries: Record<string, string> = {
  main: 'electron/main.ts',
  preload: 'electron/preload.ts',
  engine: 'core/engine/entry.ts',
  server: 'core/server/main.ts',
  inspect: 'core/store/recovery/inspect-thread.ts',
  packing: 'core/checkpoints/packing-thread.ts',
  cli: 'core/cli/main.ts',
};

/** Native modules stay outside; Electron is given by its runtime; ws's optional speed-ups are not used. */
const external = ['electron', 'better-sqlite3', 'onnxruntime-node', 'libsql', 'bufferutil', 'utf-8-validate'];

/** Made again each time, never written into: a copy of this folder that shares its files (by hard links) keeps its own. */
const fresh = (name: string): string => {
  const file = path.join(dist, name);
  rmSync(file, { force: true });
  return file;
};
/** `@huggingface/hub` loads this for uploads, which nothing here does. */
const withoutUploads: BundlePlugin = {
  name: 'without-uploads',
  setup(build) {
    build.onResolve({ filter: /^@huggingface\/xetchunk-wasm$/ }, async ({ pluginData, path: specifier, ...from }) => {
      if (pluginData === 'asked') return undefined;
      return { ...(await build.resolve(specifier, { ...from, pluginData: 'asked' })), sideEffects: false };
    });
  },
};
/** Those of which something went into a bundle. */
const bundled = ({ outputs }: Metafile): string[] =>
  Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([name, { bytesInOutput }]) => (bytesInOutput > 0 ? [name] : [])),
  );
const writeModules = (target: string, modules: Iterable<string>): void =>
  writeFileSync(fresh(`.${target}-modules.json`), JSON.stringify([...new Set(modules)].sort()));

async function bundles(): Promise<void> {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const missing = Object.entries(entries).filter(([, entry]) => !existsSync(path.join(root, entry)));
  if (missing.length > 0)
    throw new Error(`These entries are not there: ${missing.map(([, entry]) => entry).join(', ')}.`);
  const common: BuildOptions = {
    absWorkingDir: root,
    outdir: dist,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    external,
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [withoutUploads],
    logLevel: 'warning',
    legalComments: 'none',
  };
  for (const name of Object.keys(entries)) for (const file of [`${name}.cjs`, `${name}.cjs.map`]) fresh(file);
  const { preload = '', ...rest } = entries;
  const results = await Promise.all([
    // a sandboxed preload has nothing of Node's module scope
    bundle({ ...common, metafile: true, entryPoints: { preload }, external: ['electron'] }),
    bundle({
      ...common,
      metafile: true,
      entryPoints: rest,
      // CommonJS has no import.meta: code that finds files beside itself gets the bundle's own address
      define: {
        MEZZOTINT_VERSION: JSON.stringify(version),
        'import.meta.url': '__bundle_url',
        'import.meta.dirname': '__dirname',
        'import.meta.filename': '__filename',
      },
      banner: { js: "const __bundle_url = require('url').pathToFileURL(__filename).href;" },
    }),
  ]);
  writeModules(
    'bundles',
    results.flatMap(({ metafile }) => bundled(metafile)),
  );
}

async function renderer(): Promise<void> {
  const modules: string[] = [];
  const listModules: Plugin = {
    name: 'list-modules',
    generateBundle(_options, output) {
      for (const chunk of Object.values(output)) {
        const ids = chunk.type === 'chunk' ? chunk.moduleIds : chunk.originalFileNames;
        for (const id of ids) modules.push(path.isAbsolute(id) ? path.relative(root, id) : id);
      }
    },
  };
  await buildRenderer({
    configFile: path.join(root, 'vite.config.ts'),
    logLevel: 'warn',
    plugins: [listModules],
    worker: { plugins: () => [listModules] },
  });
  writeModules('renderer', modules);
}

mkdirSync(dist, { recursive: true });
const tasks: Record<string, () => Promise<void>> = { bundles, renderer };
for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(tasks)) {
  const task = tasks[name];
  if (!task) throw new Error(`There is nothing named ${name} to build; there are ${Object.keys(tasks).join(' and ')}.`);
  await task();
}
