import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * The renderer's build. Asset paths are relative, so the same files work under app:// and http://127.0.0.1.
 * Nothing is inlined: the content security policy allows neither inline scripts nor data: fonts.
 * `--mode demo` (development server only) puts the scripted client of test/fixtures behind the window.
 */
export default defineConfig(({ mode, command }) => ({
  root: at('renderer'),
  base: './',
  plugins: [svelte({ configFile: at('svelte.config.js') })],
  define: { __DEMO__: JSON.stringify(mode === 'demo' && command === 'serve') },
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
