import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import noImportCycle from './scripts/lint/no-import-cycle.mjs';
import noSpreadOfData from './scripts/lint/no-spread-of-data.mjs';
import roomsRule from './scripts/lint/rooms.mjs';

/**
 * Import directions of the house (docs/architecture.md): a room may import only from the rooms named here.
 * text, diffusion, contract ← model ← samplers, checkpoints ← engine; contract ← store; contract ← transfer; store ← profile; contract ← engines; store + engines ← chat;
 * engines ← api, servers; contract, model, hub ← library (the one room of the app that reaches the network, and only when a person asks); chat, transfer, profile, library, api ← app (which puts them together) ← server, cli, electron.
 * markdown imports nothing; the renderer imports contract and markdown. Scripts and tests import what they like, and nobody imports them.
 * A dynamic import stays within its room (scripts/lint/rooms.mjs).
 */
const rooms = {
  'core/contract': [],
  'core/markdown': [],
  'core/text': ['core/contract'],
  'core/sampling': ['core/contract'],
  'core/model': ['core/contract', 'core/text'],
  'core/samplers': ['core/contract', 'core/sampling', 'core/model'],
  'core/checkpoints': ['core/contract', 'core/text', 'core/model'],
  'core/engine': ['core/contract', 'core/text', 'core/sampling', 'core/samplers', 'core/model', 'core/checkpoints'],
  'core/engines': ['core/contract'],
  'core/api': ['core/contract', 'core/engines'],
  'core/hub': ['core/contract', 'core/model', 'core/checkpoints'],
  'core/store': ['core/contract'],
  'core/servers': ['core/contract', 'core/engines'],
  'core/library': ['core/contract', 'core/model', 'core/hub'],
  'core/chat': ['core/contract', 'core/store', 'core/engines'],
  'core/transfer': ['core/contract', 'core/markdown'],
  'core/profile': ['core/contract', 'core/store'],
  'core/app': [
    'core/contract',
    'core/api',
    'core/store',
    'core/chat',
    'core/transfer',
    'core/profile',
    'core/library',
    'core/servers',
    'core/engines',
  ],
  'core/server': ['core/contract', 'core/app', 'core/engines'],
  'core/cli': [
    'core/contract',
    'core/api',
    'core/app',
    'core/server',
    'core/store',
    'core/chat',
    'core/transfer',
    'core/profile',
    'core/library',
    'core/servers',
    'core/model',
    'core/checkpoints',
    'core/engine',
    'core/engines',
    'core/hub',
  ],
  electron: ['core/contract', 'core/app', 'core/server', 'core/engines'],
  renderer: ['core/contract', 'core/markdown'],
  scripts: null,
  test: null,
};
export default ts.config(
  { ignores: ['dist/', 'release/', 'node_modules/', '.cache/', 'models/', 'test-results/', 'playwright-report/'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs['flat/recommended'],
  { languageOptions: { globals: { ...globals.node, ...globals.browser } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] } },
  },
  {
    plugins: {
      mezzotint: {
        rules: { 'no-import-cycle': noImportCycle, 'no-spread-of-data': noSpreadOfData, rooms: roomsRule },
      },
    },
    rules: {
      'mezzotint/no-import-cycle': 'error',
      'mezzotint/no-spread-of-data': 'error',
      'mezzotint/rooms': ['error', { root: import.meta.dirname, rooms }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'svelte/no-at-html-tags': 'error',
      'no-undef': 'off',
      eqeqeq: 'error',
    },
  },
  // errors are ids with parameters: their sentences are written in core/contract/errors/words alone
  {
    files: ['core/**/*.ts', 'electron/**/*.ts', 'renderer/**/*.{ts,svelte}'],
    ignores: ['core/contract/errors/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name="MezzotintError"]',
          message: 'Use failure(id, params). core/contract/errors/table/index.ts says how to add an error.',
        },
        {
          selector:
            'ObjectExpression:has(> Property[key.name="code"][value.type=/^(Literal|TSAsExpression)$/]):has(> Property[key.name="message"]):not(:has(> Property[key.name="status"])):not(:has(> Property[key.name="type"]))',
          message: 'Use errorOf(id, params). core/contract/errors/table/index.ts says how to add an error.',
        },
      ],
    },
  },
  // lists of tests and of this file are written beside their use
  {
    files: ['test/{unit,contract,demo,e2e,fixtures,fuzz,gpu,reference,soak}/**', 'eslint.config.js'],
    rules: { 'mezzotint/no-spread-of-data': 'off' },
  },
);
