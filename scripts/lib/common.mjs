/**
 * What the launcher and its tasks share. Plain JavaScript on Node 20 without dependencies: it runs before anything is installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
export const cacheDir = path.join(root, '.cache');
export const inRoot = (...parts) => path.join(root, ...parts);

/** Chatter goes to stderr: stdout belongs to the command that runs (a reply, a JSON object). */
export const say = (line) => process.stderr.write(`${line}\n`);

/** @returns {unknown} parsed JSON, or null when the file is missing or is not JSON */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
export function writeJson(file, value) {
  mkdirSync(path.dirname(file), { recursive: true });
  // a file of its own, also where the one before is shared with another folder by a hard link
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
export const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** Runs a program with stdout sent to stderr; resolves to its exit code (1 when it cannot start). */
export function runQuietly(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr], ...options });
    child.on('error', (error) => {
      say(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code, signal) => resolve(signal ? 1 : (code ?? 1)));
  });
}

/** Runs a program in the foreground with this process's own stdio; signals reach it; resolves to its exit code. */
export function runForeground(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const done = (code) => {
      for (const signal of signals) process.off(signal, forward);
      resolve(code);
    };
    child.on('error', (error) => {
      say(`${command}: ${error.message}`);
      done(1);
    });
    child.on('exit', (code, signal) =>
      done(signal ? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1) : (code ?? 1)),
    );
  });
}

/** How to call npm: the one that started us, else the one on the PATH. */
export function npmCommand() {
  const own = process.env.npm_execpath;
  if (own && /\.c?js$/.test(own) && existsSync(own) && path.basename(own).startsWith('npm'))
    return { command: process.execPath, args: [own], shell: false };
  return process.platform === 'win32'
    ? { command: 'npm.cmd', args: [], shell: true }
    : { command: 'npm', args: [], shell: false };
}
export function npm(args, options = {}) {
  const { command, args: before, shell } = npmCommand();
  return runQuietly(command, [...before, ...args], { shell, ...options });
}

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Runs `work` while holding a lock in .cache, so that two starts at once do not install or build over one another.
 * A lock whose process is gone is taken over.
 */
export async function withLock(name, work) {
  mkdirSync(cacheDir, { recursive: true });
  const file = path.join(cacheDir, `${name}.lock`);
  for (let announced = false; ;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      let holder;
      let age;
      try {
        holder = Number(readFileSync(file, 'utf8'));
        age = Date.now() - statSync(file).mtimeMs;
      } catch {
        continue; // released between the two calls
      }
      if (holder ? !alive(holder) : age > 5000) {
        rmSync(file, { force: true });
        continue;
      }
      if (!announced) say(`Waiting for another start of Mezzotint (process ${holder}) to finish its ${name} …`);
      announced = true;
      await sleep(200);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * A fingerprint of files by path, size and modification time: a few milliseconds where a content hash takes many.
 * @param {string[]} inputs files or folders, relative to the root; what is missing counts as missing
 */
export function fingerprint(inputs) {
  const hash = createHash('sha256');
  const add = (relative) => {
    let stat;
    try {
      stat = statSync(inRoot(relative));
    } catch {
      hash.update(`${relative} missing\n`);
      return;
    }
    if (stat.isDirectory()) for (const name of readdirSync(inRoot(relative)).sort()) add(`${relative}/${name}`);
    else hash.update(`${relative} ${stat.size} ${stat.mtimeMs}\n`);
  };
  for (const input of inputs) add(input);
  return hash.digest('hex');
}

/** True where the program is on the PATH. */
export const onPath = (program) =>
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .some((dir) => dir && existsSync(path.join(dir, process.platform === 'win32' ? `${program}.exe` : program)));

/** stdout of a program, trimmed, or null. */
export function output(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000, ...options });
  return done.status === 0 ? done.stdout.trim() : null;
}
