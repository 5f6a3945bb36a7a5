/** The table of commands: their help, their names of before, what is not understood; and a command that is added by one file and one row. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { helpOf, overviewOf } from '../../core/cli/command.ts';
import { commands } from '../../core/cli/commands/index.ts';

const run = (program: string, args: readonly string[]): { code: number | null; said: string; errors: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.resolve(program), ...args], {
    encoding: 'utf8',
    input: '',
  });
  return { code: status, said: stdout, errors: stderr };
};
const cli = (...args: string[]) => run('core/cli/main.ts', args);
const toyCli = (...args: string[]) => run('test/fixtures/toy-cli.ts', args);

describe('help', () => {
  it('lists every command; each says what it takes, under each of its names', () => {
    const all = cli('--help');
    expect(all.code).toBe(0);
    expect(all.said).toContain(overviewOf(commands));
    for (const command of commands) {
      const { name, aliases = [], options } = command;
      expect(all.said).toContain(`  ${name}`);
      expect(helpOf(command)).toContain(`Usage: mezzotint ${name} `);
      for (const option of [...Object.keys(options), 'help']) expect(helpOf(command)).toContain(`--${option}`);
      // each of its old names, and one command of every group
      for (const words of [...aliases, ...(name.endsWith('list') || name === 'chats export' ? [name] : [])])
        expect({ words, ...cli(...words.split(' '), '--help') }).toMatchObject({
          code: 0,
          said: `${helpOf(command)}\n`,
        });
    }
  });
  it('fits a terminal of 100 columns', () => {
    for (const page of [overviewOf(commands), ...commands.map(helpOf)])
      for (const line of page.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
  it('is not meant by words after --', () =>
    expect(cli('ask', '--max-tokens', 'x', '--', '--help')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('--max-tokens needs a number') as string,
    }));
});

describe('what is not understood', () => {
  it.each([
    [[], 'Usage: mezzotint COMMAND'],
    [['chats'], 'chats export'],
    [['nonsense'], 'There is no command "nonsense"'],
    [['--nonsense'], 'Usage: mezzotint COMMAND'],
    [['chats', 'export'], 'chats export needs --out FILE'],
    [['chats', 'export', '--nonsense'], "'--nonsense'"],
    [['import-chats'], 'mezzotint chats import --help shows what it takes.'],
    [['ask'], 'standard input was empty'],
  ])('%j is exit code 2, with what to do', (args, words) => {
    const { code, said, errors } = cli(...args);
    expect({ code, said }).toEqual({ code: 2, said: '' });
    expect(errors).toContain(words);
  });
});

describe('a command', () => {
  it('is added by one file and one row: it is listed, explained, run and corrected like the others', () => {
    expect(toyCli('--help').said).toContain('toy shout WORDS …');
    expect(toyCli('toy', 'shout', '--help').said).toMatch(
      /Usage: mezzotint toy shout \[options\] WORDS …\n\nSay words loudly\.\n\n {2}--times N +how often \(default: 1\)\n {2}--calm +without the mark/,
    );
    expect(toyCli('toy', 'shout', 'rocked', 'plates', '--times', '2')).toEqual({
      code: 0,
      said: 'ROCKED PLATES!\nROCKED PLATES!\n',
      errors: '',
    });
    expect(toyCli('toy', 'shout', '--calm', 'burr').said).toBe('BURR\n');
    expect(toyCli('toy', 'shout', '--times', 'x').errors).toBe(
      '--times needs a whole number.\nmezzotint toy shout --help shows what it takes.\n',
    );
    expect(toyCli('toy').errors).toContain('toy shout');
  });
  it('is a file of core/cli/commands and a row of its table, each of them', () => {
    const files = readdirSync('core/cli/commands').filter((name) => name !== 'index.ts');
    expect(files.map((name) => name.replace(/\.ts$/, '').replace('-', ' ')).sort()).toEqual(
      commands.map(({ name }) => name).sort(),
    );
  });
  it('has its names of before as npm scripts', () => {
    const { scripts, bin } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
      bin: Record<string, string>;
    };
    expect(bin).toEqual({ mezzotint: 'scripts/mezzotint.mjs' });
    for (const alias of ['mezzotint', ...commands.flatMap(({ aliases = [] }) => aliases)])
      expect(scripts[alias]).toBe(`node scripts/run.mjs ${alias}`);
  });
});
