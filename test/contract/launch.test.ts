/** Browser mode as `npm start` runs it: what other accounts of the machine can see of it. The built server, a real process list. */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exchange, postSession } from '../fixtures/browser-session.ts';
import { inRoot } from '../../scripts/lib/common.mjs';

const linux = process.platform === 'linux';
let dir: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-launch-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null) continue;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }
  rmSync(dir, { recursive: true, force: true });
});

/** Starts the server with a stand-in for the system's opener on its PATH, which writes down what it was given and stays. */
function start(...args: string[]): { said: () => string; address: () => Promise<string> } {
  const bin = path.join(dir, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(
    path.join(bin, 'xdg-open'),
    `#!/bin/sh\nprintf '%s\\n' "$@" > ${dir}/opened.part\nprintf '%s' $$ > ${dir}/opener\nmv ${dir}/opened.part ${dir}/opened\nwhile [ -e ${dir}/opener ]; do sleep 0.1; done\n`,
  );
  chmodSync(path.join(bin, 'xdg-open'), 0o755);
  const child = spawn(process.execPath, [inRoot('dist', 'server.cjs'), ...args], {
    cwd: dir,
    env: {
      ...process.env,
      CI: '',
      DISPLAY: ':0',
      MEZZOTINT_DATA: '',
      TMPDIR: dir,
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  return {
    said: () => said,
    address: () =>
      vi.waitFor(() => /^Mezzotint is at (\S+)$/m.exec(said)?.[1] ?? Promise.reject(new Error(said)), {
        timeout: 30_000,
      }),
  };
}
const commandLines = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return ''; // it ended meanwhile
      }
    });

describe.runIf(linux)('the address that opens the page', () => {
  it('stands in no program’s argument list; the browser is given a file that nobody else can read, which goes once it was used', async () => {
    const address = await start('--data', path.join(dir, 'data')).address();
    const [, code = ''] = address.split('#code=');
    expect(code).toHaveLength(43);
    const opened = await vi.waitFor(() => readFileSync(path.join(dir, 'opened'), 'utf8').trim(), { timeout: 30_000 });
    // the opener is still running: what it was given can be seen by all
    const lines = commandLines();
    expect(lines.some((line) => line.includes(opened))).toBe(true);
    expect(lines.filter((line) => line.includes(code))).toEqual([]);
    expect(statSync(path.dirname(opened)).mode & 0o777).toBe(0o700);
    expect(statSync(opened).mode & 0o777).toBe(0o600);
    expect(readFileSync(opened, 'utf8')).toContain(`url=${address}`);

    await exchange(address);
    await vi.waitFor(() => expect(existsSync(path.dirname(opened))).toBe(false), { timeout: 10_000 });
    rmSync(path.join(dir, 'opener'), { force: true });
  });
  it('is taken away when the program ends before anybody used it', async () => {
    await start('--data', path.join(dir, 'data')).address();
    const opened = await vi.waitFor(() => readFileSync(path.join(dir, 'opened'), 'utf8').trim(), { timeout: 30_000 });
    rmSync(path.join(dir, 'opener'), { force: true });
    const [child] = children.splice(0);
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child?.kill('SIGTERM');
    await gone;
    expect(existsSync(path.dirname(opened))).toBe(false);
  });
  it('is printed anew for a page that needs one, but not for each of a thousand requests', async () => {
    const server = start('--data', path.join(dir, 'data'), '--no-open');
    const first = await server.address();
    await exchange(first);
    const { origin } = new URL(first);
    for (let i = 0; i < 50; i++) await postSession(origin, { session: '' });
    await vi.waitFor(() => expect(server.said().match(/^Mezzotint is at /gm)?.length).toBe(2));
    const second =
      server
        .said()
        .match(/^Mezzotint is at (\S+)$/gm)?.[1]
        ?.split(' ')
        .at(-1) ?? '';
    expect(second).not.toBe(first);
    expect(await exchange(second)).toHaveLength(43);
  });
});

describe('a data folder that was mistyped', () => {
  it('ends the start in words, and nothing is made', async () => {
    const server = start('--data', path.join(dir, 'no', 'such'));
    const [child] = children;
    expect(await new Promise((resolve) => child?.once('exit', resolve))).toBe(1);
    expect(server.said()).toContain(`There is no folder ${path.join(dir, 'no')}`);
    expect(existsSync(path.join(dir, 'no'))).toBe(false);
  });
  it('that is new is told of', async () => {
    const server = start('--data', path.join(dir, 'new'), '--no-open');
    await server.address();
    expect(server.said()).toContain(`A new data folder is made: ${path.join(dir, 'new')}`);
  });
});
