/**
 * Runs a function that the model wrote, and calls it, in a process of its own that is killed after `limitMs`.
 * JavaScript: Node's permission model (no files, processes, workers or addons), a bare context without globals of Node, no code
 * from strings. Python: isolated mode, few builtins, an audit hook that refuses everything outside plain computing, limits on
 * memory and processor time. Where the system can (`unshare`), neither has a network at all.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface Program {
  language: 'python' | 'javascript';
  code: string;
  /** The function that is called. */
  name: string;
  calls: { args: unknown[] }[];
}
export type CallResult = { value: unknown } | { error: string };

const LIMIT_MS = 4000;
const MOST_OUTPUT = 64 * 1024;
const MEMORY_MB = 64;

let python: string | null | undefined;
/** Path of the Python interpreter itself (not of a wrapper that starts it), or null where there is none. */
export function findPython(): string | null {
  if (python !== undefined) return python;
  for (const name of ['python3', 'python']) {
    const asked = spawnSync(name, ['-c', 'import sys; print(sys.executable if sys.version_info >= (3, 8) else "")'], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    if (asked.status === 0 && asked.stdout.trim() !== '') return (python = asked.stdout.trim());
  }
  return (python = null);
}

let alone: string[] | undefined;
/** The command that takes the network away, as far as this system has one. */
function withoutNetwork(): string[] {
  if (alone !== undefined) return alone;
  for (const command of [
    ['unshare', '-n'],
    ['unshare', '-r', '-n'],
  ]) {
    if (
      process.platform === 'linux' &&
      spawnSync(command[0] as string, [...command.slice(1), 'true'], { timeout: 10_000 }).status === 0
    )
      return (alone = command);
  }
  return (alone = []);
}

const here = (name: string): string => path.join(import.meta.dirname, name);

function commandFor(language: Program['language']): string[] | null {
  if (language === 'python') {
    const found = findPython();
    return found === null ? null : [found, '-I', '-S', '-B', here('sandbox.py')];
  }
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  const child = here('sandbox-child.mjs');
  return [
    process.execPath,
    permission,
    `--allow-fs-read=${child}`,
    '--disallow-code-generation-from-strings',
    `--max-old-space-size=${MEMORY_MB}`,
    '--no-warnings',
    child,
  ];
}

/** @returns a result for each call; null where the machine has no runtime for the language */
export async function runProgram(program: Program, limitMs = LIMIT_MS): Promise<CallResult[] | null> {
  const command = commandFor(program.language);
  if (command === null) return null;
  const [binary, ...args] = [...withoutNetwork(), ...command] as [string, ...string[]];
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-sandbox-'));
  const failed = (error: string): CallResult[] => program.calls.map(() => ({ error }));
  try {
    return await new Promise<CallResult[]>((resolve) => {
      const child = spawn(binary, args, {
        cwd: folder,
        env: process.platform === 'win32' ? { SystemRoot: process.env['SystemRoot'] ?? '' } : {},
        stdio: ['pipe', 'pipe', 'ignore'],
        windowsHide: true,
      });
      let out = '';
      let why = 'it gave no result';
      const kill = (reason: string): void => {
        why = reason;
        child.kill('SIGKILL');
      };
      const timer = setTimeout(() => kill('it ran past its time'), limitMs);
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text;
        if (out.length > MOST_OUTPUT) kill('it gave too much');
      });
      child.stdin.on('error', () => undefined); // a child that is gone reads nothing
      child.on('error', (error) => {
        clearTimeout(timer);
        resolve(failed(error.message));
      });
      child.on('close', () => {
        clearTimeout(timer);
        try {
          const results = JSON.parse(out) as CallResult[];
          resolve(Array.isArray(results) && results.length === program.calls.length ? results : failed(why));
        } catch {
          resolve(failed(why));
        }
      });
      child.stdin.end(JSON.stringify(program));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
