import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin, type UserConfig } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Loaded by Node itself and only for the demo: it brings the whole service along. */
const demo = async (): Promise<Plugin> =>
  ((await import(at('test/demo/plugin.ts'))) as typeof import('./test/demo/plugin.ts')).demo();

/**
 * The renderer's build. Asset paths are relative, so the same files work under app:// and http://127.0.0.1.
 * Nothing is inlined: the content security policy allows neither inline scripts nor data: fonts.
 * `--mode demo` (development server only) starts the service over a filled folder and a scripted engine behind the window.
 */
export default defineConfig(async ({ mode, command }): Promise<UserConfig> => ({
  root: at('renderer'),
  base: './',
  plugins: [
    svelte({ configFile: at('svelte.config.js') }),
    ...(mode === 'demo' && command === 'serve' ? [await demo()] : []),
  ],
  server: { host: '127.0.0.1', fs: { allow: [at('.')] } },
  worker: { format: 'es' },
  build: {
    outDir: at('dist/renderer'),
    emptyOutDir: true,
    target: ['chrome114', 'firefox115', 'safari16.4'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
}));
