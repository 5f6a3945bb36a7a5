import path from 'node:path';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '../../..');
const lint = new ESLint({ cwd: root });
/** What lint says of such code in a file of that name. */
async function said(file: string, code: string): Promise<string[]> {
  const [result] = await lint.lintText(code, { filePath: path.join(root, file) });
  return (result?.messages ?? [])
    .filter(({ ruleId }) => ruleId === 'no-restricted-syntax')
    .map(({ message }) => message.split(' ')[1] ?? '');
}
const thrown = "export const a = () => new MezzotintError('conflict', 'It is there already.');\n";
const value = "export const a = { code: 'conflict', message: 'It is there already.' };\n";

test('a sentence of an error is refused everywhere but beside the table of errors', async () => {
  for (const file of ['core/chat/some.ts', 'core/api/some.ts', 'electron/some.ts', 'renderer/state/some.ts']) {
    expect(await said(file, thrown), file).toEqual(['failure(id,']);
    expect(await said(file, value), file).toEqual(['errorOf(id,']);
  }
  expect(await said('core/contract/errors/some.ts', thrown + value.replace('a =', 'b ='))).toEqual([]);
  expect(await said('core/chat/some.ts', "export const a = () => failure('chat.complete');\n")).toEqual([]);
});

test('answers of the HTTP API have their own English words', async () => {
  const answer = "export const a = { status: 404, code: 'not_found', message: 'There is nothing here.' };\n";
  expect(await said('core/api/some.ts', answer)).toEqual([]);
});
