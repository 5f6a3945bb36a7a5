import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  test: {
    setupFiles: ['test/setup.ts'],
    include: ['test/unit/**/*.test.ts', 'test/contract/**/*.test.ts', 'test/gpu/**/*.test.ts'],
    // an unattended run tries once more: these start, stop and kill real processes
    retry: process.env['CI'] ? 1 : 0,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
