/** What a shell and a reader get of the table of commands: completions, the manual page, conversations found and shown. Real shells, where they are. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../core/cli/commands/index.ts';
import { completionsFor, shells } from '../../core/cli/completions.ts';
import { manualOf } from '../../core/cli/manual.ts';
import { launcher, OLDEST_NODE, shellFiles } from '../../scripts/lib/shell-files.ts';
import { toy } from '../fixtures/toy-command.ts';

const main = path.resolve('core/cli/main.ts');
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-shell-'));
  writeFileSync(path.join(dir, 'a file.txt'), '');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
interface Ended {
  code: number | null;
  said: string;
  errors: string;
}
const run = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.once('close', (code) => resolve({ code, said, errors }));
  });

describe.skipIf(!has('bash'))('completions in bash', () => {
  /** What bash offers for a line of words, the last of which is being typed. */
  function offered(...words: string[]): string[] {
    const script = `${completionsFor('bash', [...commands, toy])}
COMP_WORDS=(mezzotint "$@"); COMP_CWORD=$#; _mezzotint
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr, status } = spawnSync('bash', ['-c', script, 'bash', ...words], {
      cwd: dir,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout.split('\n').filter(Boolean);
  }
  it('offers commands, then the second words of a group', () => {
    expect(offered('')).toEqual([...new Set(commands.map(({ name }) => name.split(' ')[0])), 'toy', 'help']);
    expect(offered('ch')).toEqual(['chat', 'chats']);
    expect(offered('chats', '')).toEqual(['export', 'import', 'search', 'show']);
    expect(offered('toy', 's')).toEqual(['shout']);
  });
  it("offers each command's own options", () => {
    for (const { name, options } of [...commands, toy])
      expect(offered(...name.split(' '), '-')).toEqual(
        [...Object.keys(options), 'help'].map((option) => `--${option}`),
      );
  });
  it('offers values where they can be listed, files where one is wanted, and nothing for free words', () => {
    expect(offered('ask', '--mode', '')).toEqual(['exact', 'fast', 'ar']);
    expect(offered('completions', 'z')).toEqual(['zsh']);
    expect(offered('chats', 'export', '--out', 'a')).toEqual(['a file.txt']);
    expect(offered('chats', 'import', 'a')).toEqual(['a file.txt']);
    expect(offered('ask', '--seed', '')).toEqual([]);
    expect(offered('nonsense', '')).toEqual([]);
  });
});
describe('completions', () => {
  it.each(shells.filter((shell) => shell !== 'bash'))('are a script that %s can read', (shell) => {
    const script = completionsFor(shell, commands);
    for (const { name, options } of commands)
      for (const word of [...name.split(' '), ...Object.keys(options)]) expect(script).toContain(word);
    // quotes are even: nothing of a help text ends a word
    expect(script.replaceAll("'\\''", '').split("'").length % 2).toBe(1);
    if (!has(shell)) return;
    const { status, stderr } = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
  it('are printed for the shell that is named, and for no other', async () => {
    expect(await run('completions', 'bash')).toEqual({ code: 0, said: completionsFor('bash', commands), errors: '' });
    expect(await run('completions', 'csh')).toMatchObject({
      code: 2,
      said: '',
      errors: expect.stringContaining('completions needs one of bash, zsh, fish.') as string,
    });
  });
});

describe('the manual page', () => {
  it('explains every command, option and exit code', () => {
    const page = manualOf([...commands, toy], '1.2').replaceAll('\\-', '-');
    for (const { name, summary, options } of [...commands, toy]) {
      expect(page).toContain(`.SS ${name}`);
      expect(page).toContain(summary.split('…')[0]);
      for (const option of Object.keys(options)) expect(page).toContain(`\\fB--${option}\\fR`);
    }
    for (const words of ['.TH MEZZOTINT 1', '1.2', '.SH EXIT STATUS', '.SH ENVIRONMENT', 'NO_COLOR', 'MEZZOTINT_DATA'])
      expect(page).toContain(words);
  });
  it.skipIf(!has('groff'))('is set by groff without a warning', () => {
    const { status, stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww'], {
      input: manualOf(commands, '1.2'),
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('EXIT STATUS'.replace(/\S/g, (letter) => `${letter}\b${letter}`));
    expect(stdout).toContain('…');
  });
});

it('a deb has page and completions where Debian looks for them', () => {
  const files = shellFiles('1.2');
  expect(Object.keys(files).sort()).toEqual([
    'usr/share/bash-completion/completions/mezzotint',
    'usr/share/fish/vendor_completions.d/mezzotint.fish',
    'usr/share/man/man1/mezzotint.1.gz',
    'usr/share/zsh/vendor-completions/_mezzotint',
  ]);
  expect(gunzipSync(files['usr/share/man/man1/mezzotint.1.gz'] as Uint8Array).toString('utf8')).toBe(
    manualOf(commands, '1.2'),
  );
});

describe('the command of an installed app', () => {
  const folder = (): string => path.join(dir, 'app', 'resources', 'cli');
  const script = (): string => path.join(folder(), 'mezzotint');
  const start = (args: string[], node = process.execPath): ReturnType<typeof spawnSync> =>
    spawnSync(script(), args, { encoding: 'utf8', env: { PATH: process.env['PATH'], MEZZOTINT_NODE: node } });
  beforeAll(() => {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(script(), launcher(), { mode: 0o755 });
    writeFileSync(path.join(folder(), 'cli.cjs'), 'console.log(JSON.stringify(process.argv.slice(2)));');
    writeFileSync(path.join(dir, 'app', 'mezzotint'), '#!/bin/sh\necho "window $*"\n', { mode: 0o755 });
  });
  it('runs every command of the table in Node.js, with its arguments as they are', () => {
    for (const { name } of commands) {
      const args = [...name.split(' '), 'two words', '--option=$HOME'];
      expect(start(args).stdout).toBe(`${JSON.stringify(args)}\n`);
    }
  });
  it('opens the window with anything else', () => {
    expect(start([]).stdout).toBe('window \n');
    expect(start(['--data', '/somewhere']).stdout).toBe('window --data /somewhere\n');
  });
  it('says what it needs where there is no Node.js', () => {
    const { status, stderr } = start(['ask', 'hello'], path.join(dir, 'no-node'));
    expect(status).toBe(127);
    expect(stderr).toContain(`Node.js ${OLDEST_NODE}`);
    expect(stderr).toContain('MEZZOTINT_NODE');
  });
});

describe('chats search and chats show', () => {
  const data = (): string => path.join(dir, 'data');
  const found = (words: string, ...more: string[]): Promise<Ended> =>
    run('chats', 'search', words, '--data', data(), ...more);
  beforeAll(async () => {
    const line = (question: string, reply: string): string =>
      `${JSON.stringify({
        messages: [
          { role: 'user', content: question },
          { role: 'assistant', content: reply },
        ],
      })}\n`;
    writeFileSync(
      path.join(dir, 'chats.jsonl'),
      line('What is a burr?', 'A raised\u001b[31m edge of COPPER.') + line('Wo liegt Köln?', 'Am Rhein.'),
    );
    expect((await run('chats', 'import', 'chats.jsonl', '--data', data())).code).toBe(0);
  });

  it('a message is found by its words as the window finds it, and nothing in it is obeyed', async () => {
    const { code, said, errors } = await found('copper edge');
    expect({ code, errors }).toEqual({ code: 0, errors: '1 conversation found.\n' });
    expect(said).toMatch(
      /^[\w-]+ {2}\d{4}-\d\d-\d\d {2}What is a burr\?\n {2}assistant: A raised \[31m edge of COPPER\.\n$/,
    );
    expect((await found('koln')).said).toContain('user: Wo liegt Köln?');
    const [group] = (await found('copper', '--json')).said.trim().split('\n');
    expect(JSON.parse(group ?? '')).toMatchObject({ title: 'What is a burr?', hits: [{ role: 'assistant' }] });
  });
  it('says where nothing is found, and what can not be looked for', async () => {
    expect(await found('zinc')).toEqual({ code: 0, said: '', errors: 'No conversation has “zinc”.\n' });
    for (const [words, more, why] of [
      ['', [], 'needs the words to look for'],
      ['x', [], 'needs two letters at least'],
      ['xy', ['--limit', '0'], '--limit needs a whole number from 1 to 1000'],
    ] as const)
      expect(await found(words, ...more)).toMatchObject({ code: 2, errors: expect.stringContaining(why) as string });
    expect(await run('chats', 'search', 'xy', '--data', path.join(dir, 'none'))).toMatchObject({ code: 1, said: '' });
  });
  it('a conversation is listed, and shown by its id', async () => {
    const list = await run('chats', 'show', '--data', data());
    expect(list).toMatchObject({ code: 0, errors: '' });
    const id = /^([\w-]+) {2}\S+ {2}What is a burr\? \(2 messages\)$/m.exec(list.said)?.[1] ?? '';
    expect(await run('chats', 'show', id, '--data', data())).toMatchObject({
      code: 0,
      errors: '',
      said: expect.stringMatching(/What is a burr\?[\s\S]*edge of COPPER\./) as string,
    });
    const whole = JSON.parse((await run('chats', 'show', id, '--json', '--data', data())).said) as object;
    expect(whole).toHaveProperty('format');
    expect(await run('chats', 'show', 'nobody', '--data', data())).toMatchObject({
      code: 1,
      said: '',
      errors: expect.stringMatching(/^Error: /) as string,
    });
  });
});
