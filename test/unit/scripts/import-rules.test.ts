/** The rules about imports: no cycle of files, directions between rooms, and dynamic imports that stay within their room. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Linter, type Rule } from 'eslint';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
// @ts-expect-error: a script without types
import noImportCycle from '../../../scripts/lint/no-import-cycle.mjs';
// @ts-expect-error: a script without types
import roomsRule from '../../../scripts/lint/rooms.mjs';

let root = '';
beforeEach(() => (root = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-lint-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const rooms = {
  'core/contract': [],
  'core/store': ['core/contract'],
  'core/chat': ['core/contract', 'core/store/rows'],
  'core/cli': ['core/contract', 'core/store', 'core/chat'],
  renderer: ['core/contract'],
  test: null,
};
function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
}
function found(name: string): string[] {
  const linter = new Linter({ cwd: root });
  return linter
    .verify(
      readFileSync(path.join(root, name), 'utf8'),
      [
        { files: ['**/*.ts'], languageOptions: { parser: ts.parser as Linter.Parser } },
        ...(svelte.configs['flat/base'] as Linter.Config[]),
        { files: ['**/*.svelte'], languageOptions: { parserOptions: { parser: ts.parser } } },
        {
          files: ['**/*.ts', '**/*.svelte'],
          plugins: {
            mezzotint: {
              rules: {
                'no-import-cycle': noImportCycle as Rule.RuleModule,
                rooms: roomsRule as Rule.RuleModule,
              },
            },
          },
          rules: { 'mezzotint/no-import-cycle': 'error', 'mezzotint/rooms': ['error', { root, rooms }] },
        },
      ],
      { filename: path.join(root, name) },
    )
    .map(({ message }) => message);
}

describe('a cycle of imports', () => {
  it('is found in each of its files, however long, and its way is named', () => {
    write({
      'core/store/a.ts': "import { b } from './b.ts';\nexport const a = b;",
      'core/store/b.ts': "export * from './c.ts';\nexport const b = 1;",
      'core/store/c.ts': "import { a } from './a.ts';\nexport const c = () => a;",
      'core/store/user.ts': "import { a } from './a.ts';\nexport const user = a;",
    });
    expect(found('core/store/a.ts')).toEqual(['This import leads back here: b.ts → c.ts → a.ts.']);
    expect(found('core/store/b.ts')).toEqual(['This import leads back here: c.ts → a.ts → b.ts.']);
    expect(found('core/store/c.ts')).toHaveLength(1);
    expect(found('core/store/user.ts')).toEqual([]);
  });
  it.each([
    ['of types alone', "import type { A } from './a.ts';\nexport type B = A;"],
    ['of an import within a type', "export type B = import('./a.ts').A;"],
    ['of an import that waits', "export const b = () => import('./a.ts');"],
    ['of an import for what it does', "import './a.ts';"],
  ])('counts %s', (_, b) => {
    write({ 'core/store/a.ts': "import type * as b from './b.ts';\nexport type A = typeof b;", 'core/store/b.ts': b });
    expect(found('core/store/a.ts')).toEqual(['This import leads back here: b.ts → a.ts.']);
    expect(found('core/store/b.ts')).toEqual(['This import leads back here: a.ts → b.ts.']);
  });
  it('is found through components, where one that contains itself is none', () => {
    write({
      'renderer/Tree.svelte': '<script lang="ts">import Tree from "./Tree.svelte";</script>\n<Tree />',
      'renderer/A.svelte': '<script lang="ts">import { b } from "./b.ts";</script>\n{b}',
      'renderer/b.ts': "import A from './A.svelte';\nexport const b = A;",
    });
    expect(found('renderer/Tree.svelte')).toEqual([]);
    expect(found('renderer/A.svelte')).toEqual(['This import leads back here: b.ts → A.svelte.']);
  });
  it('is no more once a file lets go', () => {
    write({ 'core/store/a.ts': "import './b.ts';", 'core/store/b.ts': "import './a.ts';" });
    expect(found('core/store/a.ts')).toHaveLength(1);
    write({ 'core/store/b.ts': "export const alone = 'import ./a.ts';" });
    expect(found('core/store/a.ts')).toEqual([]);
  });
});

describe('an import between rooms', () => {
  const imports = (room: string, code: string): string[] => {
    write({ [`${room}/file.ts`]: code });
    return found(`${room}/file.ts`);
  };
  it.each([
    ['core/store', "import { x } from '../contract/x.ts';"],
    ['core/store', "import { x } from './deep/er.ts';"],
    ['core/store', "import x from 'chat';"],
    ['core/chat', "import { x } from '../store/rows.ts';\nimport { y } from '../store/rows/y.ts';"],
    ['renderer/state', "import type { X } from '../../core/contract/x.ts';\nimport { y } from '../chat/y.ts';"],
    ['test/unit', "import { x } from '../../core/store/x.ts';\nconst y = () => import('../../core/cli/y.ts');"],
    ['scripts', "import { x } from '../core/store/x.ts';"],
  ])('is let be where it is allowed: %s, %s', (room, code) => expect(imports(room, code)).toEqual([]));
  it.each([
    ['core/contract', "import { x } from '../store/x.ts';", 'core/contract may not import core/store.'],
    ['core/contract', "export { x } from '../store/x.ts';", 'core/contract may not import core/store.'],
    ['core/contract', "export * from '../store/x.ts';", 'core/contract may not import core/store.'],
    ['core/contract', "export type X = import('../store/x.ts').X;", 'core/contract may not import core/store.'],
    ['core/contract', "const x = () => import('../store/x.ts');", 'core/contract may not import core/store.'],
    ['core/chat', "import { x } from '../store/rows-of-all.ts';", 'core/chat may not import core/store.'],
    ['renderer', "import { x } from '../test/x.ts';", 'renderer may not import test.'],
    ['renderer/a/b', "const x = () => import('../../../core/chat/x.ts');", 'renderer may not import core/chat.'],
  ])('is an error where it is not: %s, %s', (room, code, message) => expect(imports(room, code)).toEqual([message]));
  it('stays within its room where it is dynamic, even where a static one is allowed', () => {
    expect(imports('core/cli', "import { x } from '../store/x.ts';\nconst y = () => import('./y.ts');")).toEqual([]);
    expect(imports('core/cli', "const x = () => import('../store/x.ts');")).toEqual([
      expect.stringContaining('core/cli imports core/store dynamically'),
    ]);
  });
});
