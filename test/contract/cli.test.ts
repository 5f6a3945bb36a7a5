/** The command line where it meets the system: slow pipes, full disks, devices, links, folders that are not there. Real processes. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  createReadStream,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const posix = process.platform !== 'win32';
const linux = process.platform === 'linux';
let root: string;
let dir: string;
const main = path.resolve('core/cli/main.ts');
const file = (name: string): string => path.join(dir, name);
const environment = { ...process.env, MEZZOTINT_DATA: '' };

interface Ended {
  code: number | null;
  said: string;
  errors: string;
}
/** Runs through a shell where `shell` is a redirection; the words stay arguments. */
function run(args: string[], redirection = ''): Ended {
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', `exec "$@" ${redirection}`, 'sh', process.execPath, main, ...args],
    { cwd: dir, encoding: 'utf8', env: environment, timeout: 60_000 },
  );
  return { code: status, said: stdout, errors: stderr };
}
const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [main, ...args], { cwd: dir, env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
async function ended(child: ChildProcess): Promise<Ended> {
  let said = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said, errors };
}
/** Everything an export of the store holds, as one text. */
const exported = (out: string): string => readFileSync(out, 'utf8');

beforeAll(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-cli-'));
  dir = root;
  writeFileSync(
    file('chats.jsonl'),
    '{"messages":[{"role":"user","content":"What is a burr?"},{"role":"assistant","content":"A raised edge."}]}\n',
  );
  expect(run(['import-chats', 'chats.jsonl', '--data', path.join(root, 'store')])).toMatchObject({ code: 0 });
});
beforeEach(() => {
  dir = mkdtempSync(path.join(root, 'case-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
const exportTo = (out: string, redirection = ''): Ended =>
  run(['export', '--data', path.join(root, 'store'), '--format', 'text', '--out', out], redirection);

describe('a question from standard input', () => {
  it('may come slowly', async () => {
    const child = start('ask', '--max-tokens', '2', '--json');
    const done = ended(child);
    child.stdin?.write('Say ');
    // the second half comes once the first has been taken: the pipe is empty and open in between
    await new Promise((resolve) => setTimeout(resolve, 400));
    child.stdin?.end('hi');
    const { code, said, errors } = await done;
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(JSON.parse(said)).toMatchObject({ tokens: 2 });
  });
  it.runIf(posix)('is refused in words where there is none, where it is no text, and where it has no end', () => {
    expect(run(['ask'], '< /dev/null')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('standard input was empty') as string,
    });
    expect(run(['ask'], `< ${os.tmpdir()}`)).toMatchObject({
      code: 1,
      errors: expect.stringContaining("Standard input can't be read") as string,
    });
    writeFileSync(file('latin1.txt'), Buffer.from([0x63, 0x61, 0x66, 0xe9]));
    expect(run(['ask'], '< latin1.txt')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('not UTF-8') as string,
    });
    expect(run(['ask'], '< /dev/zero')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('more than') as string,
    });
  });
});

describe.runIf(linux)('standard output', () => {
  it('that is full is told of, with exit code 1', () => {
    for (const args of [['ask', '--max-tokens', '2', 'Hi'], ['ask', '--max-tokens', '2', '--json', 'Hi'], ['--help']]) {
      const { code, errors } = run(args, '> /dev/full');
      expect({ args, code, errors }).toMatchObject({
        code: 1,
        errors: expect.stringMatching(/^Error: Standard output can't be written: ENOSPC[^\n]*\n$/) as string,
      });
    }
    expect(exportTo('-', '> /dev/full')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('ENOSPC') as string,
    });
    // what the command is for is done; that nobody could be told is told
    expect(exportTo('all.txt', '> /dev/full').code).toBe(1);
    expect(exported(file('all.txt'))).toContain('A raised edge.');
  });
  it('that takes a part of it alone is told of too', () => {
    // at most one block of 512 or 1024 bytes; the help is longer
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', 'ulimit -f 1; exec "$@" > part', 'sh', process.execPath, main, '--help'],
      { cwd: dir, encoding: 'utf8', env: environment },
    );
    expect(status).toBe(1);
    expect(stderr).toContain("Standard output can't be written");
  });
  it('whose reader went away costs nothing and says nothing', async () => {
    for (const args of [
      ['ask', '--max-tokens', '8', 'Hi'],
      ['--help'],
      ['export', '--data', path.join(root, 'store'), '--out', '-'],
    ]) {
      const child = start(...args);
      child.stdout?.destroy();
      child.stdin?.end();
      let errors = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect({ args, code, errors }).toEqual({ args, code: 0, errors: '' });
    }
  });
  it('whose reader went away does not keep an import from ending', async () => {
    writeFileSync(
      file('more.jsonl'),
      Array.from({ length: 20 }, (_, i) => `{"messages":[{"role":"user","content":"Question ${i}"}]}\n`).join(''),
    );
    const child = start('import-chats', 'more.jsonl', '--data', 'own');
    child.stdout?.destroy();
    child.stdin?.end();
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    expect(run(['export', '--data', 'own', '--format', 'text', '--out', 'own.txt']).said).toContain('20 conversations');
  });
  it('and standard error that are both full still give the exit code', () => {
    expect(run(['ask', '--nonsense'], '> /dev/full 2> /dev/full').code).toBe(2);
  });
});

describe.runIf(posix)('export --out', () => {
  it('writes into a pipe, and leaves it a pipe', async () => {
    spawnSync('mkfifo', [file('pipe')]);
    const read = new Promise<string>((resolve) => {
      let text = '';
      createReadStream(file('pipe'), 'utf8')
        .on('data', (chunk) => (text += String(chunk)))
        .on('close', () => resolve(text));
    });
    expect(
      await ended(start('export', '--data', path.join(root, 'store'), '--format', 'text', '--out', 'pipe')),
    ).toMatchObject({ code: 0 });
    expect(await read).toContain('A raised edge.');
    expect(lstatSync(file('pipe')).isFIFO()).toBe(true);
  });
  it('writes into a device, and leaves it a device', () => {
    // a device of its own where that is allowed, so that a fault can't cost the machine's
    const made = spawnSync('mknod', [file('null'), 'c', '1', '3']).status === 0;
    if (!made && process.getuid?.() === 0) return;
    const device = made ? file('null') : '/dev/null';
    expect(exportTo(device).code).toBe(0);
    expect(lstatSync(device).isCharacterDevice()).toBe(true);
    if (existsSync('/dev/full'))
      expect(exportTo('/dev/full')).toMatchObject({ code: 1, errors: expect.stringContaining('ENOSPC') as string });
  });
  it('follows links, also to where nothing is yet', () => {
    writeFileSync(file('target'), 'old');
    symlinkSync('target', file('link'));
    symlinkSync('link', file('link-to-link'));
    expect(exportTo('link-to-link').code).toBe(0);
    expect(lstatSync(file('link')).isSymbolicLink() && lstatSync(file('link-to-link')).isSymbolicLink()).toBe(true);
    expect(exported(file('target'))).toContain('A raised edge.');
    symlinkSync('later', file('dangling'));
    expect(exportTo('dangling').code).toBe(0);
    expect(lstatSync(file('dangling')).isSymbolicLink()).toBe(true);
    expect(exported(file('later'))).toContain('A raised edge.');
    symlinkSync('round', file('round'));
    expect(exportTo('round')).toMatchObject({ code: 1, errors: expect.stringContaining('too many links') as string });
  });
  it('keeps the mode of a file that was there, and other names of it', () => {
    for (const mode of [0o600, 0o640, 0o666]) {
      writeFileSync(file('plain'), 'old');
      chmodSync(file('plain'), mode);
      expect(exportTo('plain').code).toBe(0);
      expect(statSync(file('plain')).mode & 0o777).toBe(mode);
    }
    writeFileSync(file('one'), 'x'.repeat(100_000));
    linkSync(file('one'), file('two'));
    expect(exportTo('one').code).toBe(0);
    expect(statSync(file('one')).ino).toBe(statSync(file('two')).ino);
    expect(exported(file('two'))).toBe(exported(file('plain')));
  });
  it('gives a new file the mode that the person’s umask asks for', () => {
    spawnSync(
      'sh',
      [
        '-c',
        'umask 077; exec "$@"',
        'sh',
        process.execPath,
        main,
        'export',
        '--data',
        path.join(root, 'store'),
        '--out',
        'new.json',
      ],
      { cwd: dir, env: environment },
    );
    expect(statSync(file('new.json')).mode & 0o777).toBe(0o600);
  });
  it('can be standard output, under each of its names; words to the person go to standard error', () => {
    for (const out of ['-', '/dev/stdout']) {
      const { code, said } = exportTo(out);
      expect(code).toBe(0);
      expect(said).toContain('A raised edge.');
    }
    expect(exportTo('-').said).not.toContain('1 conversation written');
    writeFileSync(file('log'), 'before\n');
    expect(exportTo('/dev/stdout', '>> log').code).toBe(0);
    expect(exported(file('log'))).toMatch(/^before\n[^]*A raised edge\./);
  });
  it('leaves nothing behind where it fails', () => {
    mkdirSync(file('folder'));
    writeFileSync(file('kept'), 'kept');
    expect(exportTo('folder')).toMatchObject({ code: 1, errors: expect.stringContaining('is a folder') as string });
    expect(exportTo('no/such/folder/all.txt')).toMatchObject({
      code: 1,
      errors: expect.stringContaining("can't be written") as string,
    });
    expect(run(['export', '--data', path.join(root, 'store'), '--id', 'nobody', '--out', 'kept']).code).toBe(1);
    const { status, stderr } = spawnSync(
      'sh',
      [
        '-c',
        'ulimit -f 0; exec "$@"',
        'sh',
        process.execPath,
        main,
        'export',
        '--data',
        path.join(root, 'store'),
        '--out',
        'kept',
      ],
      { cwd: dir, encoding: 'utf8', env: environment },
    );
    expect({ status, stderr }).toMatchObject({ status: 1 });
    expect(exported(file('kept'))).toBe('kept');
    expect(readdirSync(dir).sort()).toEqual(['folder', 'kept']);
  });
});

describe.runIf(posix)('chats import', () => {
  const line = '{"messages":[{"role":"user","content":"Hello"}]}\n';
  it('reads standard input and pipes', async () => {
    writeFileSync(file('in.jsonl'), line);
    expect(run(['chats', 'import', '-', '--data', 'one'], '< in.jsonl')).toMatchObject({
      code: 0,
      said: expect.stringContaining('-: 1 conversation imported') as string,
    });
    spawnSync('mkfifo', [file('pipe.jsonl')]);
    const child = start('chats', 'import', 'pipe.jsonl', '--data', 'two');
    writeFileSync(file('pipe.jsonl'), line);
    expect(await ended(child)).toMatchObject({
      code: 0,
      said: expect.stringContaining('1 conversation imported') as string,
    });
  });
  it('says what it can’t read, and goes on with the next', () => {
    writeFileSync(file('in.jsonl'), line);
    mkdirSync(file('folder'));
    const { code, said } = run(['chats', 'import', 'folder', 'missing.json', 'in.jsonl', '--data', 'one']);
    expect(code).toBe(1);
    expect(said).toContain('is a folder');
    expect(said).toContain("missing.json can't be read");
    expect(said).toContain('in.jsonl: 1 conversation imported');
  });
});

describe('a data folder that is not there', () => {
  it.each([
    ['a mistyped path', 'no/such/folder'],
    ['a folder that is new', 'new'],
  ])('%s is refused where something is to be read, and nothing is made', (_, folder) => {
    const { code, errors } = run(['export', '--data', folder, '--out', 'all.json']);
    expect({ code, errors }).toMatchObject({ code: 1, errors: expect.stringContaining(file(folder)) as string });
    expect(readdirSync(dir)).toEqual([]);
  });
  it('is refused where it holds other things than conversations', () => {
    writeFileSync(file('letter.txt'), 'Dear');
    expect(run(['export', '--data', '.', '--out', 'all.json'])).toMatchObject({
      code: 1,
      errors: expect.stringContaining('no conversations of Mezzotint') as string,
    });
    expect(readdirSync(dir)).toEqual(['letter.txt']);
  });
  it('is refused without its name, under either of its spellings', () => {
    writeFileSync(file('chats.jsonl'), '{"messages":[{"role":"user","content":"Hello"}]}\n');
    for (const args of [
      ['export', '--out', 'x', '--data', ''],
      ['export', '--out', 'x', '--data='],
      ['import-chats', 'chats.jsonl', '--data', ' '],
    ])
      expect(run(args)).toMatchObject({ errors: expect.stringContaining('--data needs a folder') as string });
    expect(readdirSync(dir)).toEqual(['chats.jsonl']);
  });
  it('is made by an import, which says so; but not the folder above it', () => {
    writeFileSync(file('chats.jsonl'), '{"messages":[{"role":"user","content":"Hello"}]}\n');
    expect(run(['import-chats', 'chats.jsonl', '--data', 'one/two'])).toMatchObject({
      code: 1,
      errors: expect.stringContaining(`There is no folder ${file('one')}`) as string,
    });
    expect(existsSync(file('one'))).toBe(false);
    const preview = run(['import-chats', 'chats.jsonl', '--preview', '--data', 'one']);
    expect(preview).toMatchObject({ code: 0, said: expect.stringContaining('1 to import') as string });
    expect(existsSync(file('one'))).toBe(false);
    expect(run(['import-chats', 'chats.jsonl', '--data', 'one'])).toMatchObject({
      code: 0,
      said: expect.stringContaining(`A new data folder is made: ${file('one')}`) as string,
    });
  });
});
