/** `export` and `import-chats` as a person runs them: real processes, real files, real databases. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from '../../core/store/index.ts';
import { branched, gpt } from '../unit/transfer/make.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-exchange-cli-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const file = (name: string): string => path.join(dir, name);
function run(...args: string[]): { code: number | null; said: string; errors: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.resolve('core/cli/main.ts'), ...args], {
    cwd: dir,
    encoding: 'utf8',
  });
  return { code: status, said: stdout, errors: stderr };
}

it('a ChatGPT export comes in, is recognised the second time, and goes out to another profile whole', () => {
  writeFileSync(
    file('conversations.json'),
    JSON.stringify([branched(), gpt([]), branched({ title: 'Second', conversation_id: 'd' })]),
  );

  const preview = run('import-chats', 'conversations.json', '--preview', '--data', 'one');
  expect(preview).toMatchObject({
    code: 1,
    said: expect.stringContaining('new  Copper plates (4 messages)') as string,
  });
  expect(preview.said).toContain('not read  conversations.1: It has no messages.');
  // a preview makes nothing, and there is nothing to write out yet
  expect(existsSync(file('one'))).toBe(false);
  expect(run('export', '--out', 'none.json', '--data', 'one')).toMatchObject({
    code: 1,
    errors: expect.stringContaining('There is no folder') as string,
  });

  // one line of JSON for each file, and nothing else on standard output
  const listed = run('import-chats', 'conversations.json', 'missing.json', '--preview', '--json', '--data', 'one');
  const lines = listed.said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { file: string; items?: { standing: string }[]; error?: { message: string } });
  expect(lines.map(({ items, error }) => items?.map(({ standing }) => standing).sort() ?? error?.message)).toEqual([
    ['bad', 'new', 'new'],
    expect.stringContaining('missing.json'),
  ]);
  expect(listed.errors).toContain('new  Copper plates (4 messages)');

  expect(run('import-chats', 'conversations.json', '--data', 'one')).toMatchObject({
    code: 1,
    said: expect.stringContaining('2 conversations imported') as string,
  });
  const known = run('import-chats', 'conversations.json', '--json', '--data', 'one').said;
  expect(JSON.parse(known)).toMatchObject({ file: 'conversations.json', imported: 0, duplicates: 2, bad: 1 });
  const again = run('import-chats', 'conversations.json', '--data', 'one').said;
  expect(again).toContain('0 to import, 0 to update, 2 here already');
  expect(again).toContain('0 conversations imported');

  expect(run('export', '--out', 'all.json', '--frames', '--data', 'one').code).toBe(0);
  expect(run('import-chats', 'all.json', '--data', 'two')).toMatchObject({
    code: 0,
    said: expect.stringContaining('2 conversations imported') as string,
  });
  expect(run('export', '--out', 'all-two.json', '--frames', '--data', 'two').code).toBe(0);
  const content = (name: string): unknown =>
    (JSON.parse(readFileSync(file(name), 'utf8')) as { conversations: unknown }).conversations;
  expect(content('all-two.json')).toEqual(content('all.json'));

  expect(run('export', '--out', 'all.md', '--format', 'markdown', '--data', 'one').code).toBe(0);
  expect(readFileSync(file('all.md'), 'utf8')).toContain('## You\n\nWhat is a burr?\n\n## Reply\n\nA raised edge.');
});

it('a file that is nothing we know is told of, and the next one comes in', () => {
  writeFileSync(file('notes.txt'), 'Dear diary');
  writeFileSync(file('lines.jsonl'), '{"messages":[{"role":"user","content":"Hello"}]}\n');
  const { code, said } = run('import-chats', 'notes.txt', 'missing.json', 'lines.jsonl', '--data', 'one');
  expect(code).toBe(1);
  expect(said).toContain('notes.txt: This file is in no format');
  expect(said).toContain('missing.json: ');
  expect(said).toContain('lines.jsonl: 1 conversation imported.');
});

it('an export that breaks on a conversation leaves no file, keeps the one before, and says which it was', () => {
  writeFileSync(
    file('lines.jsonl'),
    ['One', 'Two'].map((text) => JSON.stringify({ messages: [{ role: 'user', content: text }] })).join('\n'),
  );
  expect(run('import-chats', 'lines.jsonl', '--data', 'one').code).toBe(0);
  const db = new Database(path.join(file('one'), 'mezzotint.db'));
  // a date that is none: every writer stumbles over it
  db.pragma('ignore_check_constraints = ON');
  db.prepare("UPDATE messages SET created_at = 9e15 WHERE text = 'Two'").run();
  db.close();
  writeFileSync(file('all.csv'), 'the one before');
  const { code, errors } = run('export', '--out', 'all.csv', '--format', 'csv', '--data', 'one');
  expect(code).toBe(1);
  expect(errors).toMatch(/“Two” cannot be written: .*No file was saved/);
  expect(readFileSync(file('all.csv'), 'utf8')).toBe('the one before');
  expect(existsSync(file('all.csv.part'))).toBe(false);
});

it('nothing is written where the export fails, and nothing is touched while the app is open', () => {
  writeFileSync(file('first.jsonl'), '{"messages":[{"role":"user","content":"First"}]}\n');
  expect(run('import-chats', 'first.jsonl', '--data', 'one').code).toBe(0);
  expect(run('export', '--out', 'no/such/folder/all.json', '--data', 'one')).toMatchObject({
    code: 1,
    errors: expect.stringContaining("can't be written") as string,
  });
  expect(run('export', '--out', 'x.json', '--id', 'nobody', '--data', 'one').code).toBe(1);
  expect(existsSync(file('x.json')) || existsSync(file('x.json.part'))).toBe(false);
  const opened = openStore({ dataDir: file('one') });
  if (!opened.ok) throw new Error(opened.error.message);
  writeFileSync(file('lines.jsonl'), '{"messages":[{"role":"user","content":"Hello"}]}\n');
  const { code, errors } = run('import-chats', 'lines.jsonl', '--data', 'one');
  expect(opened.value.store.conversations.list()).toHaveLength(1);
  opened.value.store.close();
  expect(code).toBe(1);
  expect(errors).toMatch(/open|another/i);
});
