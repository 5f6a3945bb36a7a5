/**
 * The file that `--out` names, written as a person expects of it. A plain file is replaced whole or not at all and keeps its mode
 * and owner; a link is followed; a pipe or a terminal is written to as it stands.
 */
import {
  chmodSync,
  chownSync,
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  type Stats,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { failure, MezzotintError, reasonOf } from '../contract/result.ts';
import { readerLeft, writeAll, type Output } from './output.ts';

export interface Target {
  write(piece: string | Uint8Array): void;
  /** All was written: puts it in its place. */
  finish(): Promise<void>;
  /** Leaves what was there as it was. Does nothing after `finish`. */
  discard(): void;
}

/** As the kernel's own bound on a chain of links. */
const MOST_LINKS = 40;
/** Names of this process's own open files: the kernel resolves them, their link's text (“pipe:[4711]”) is no path. */
const OPEN_FILE = /^\/(dev|proc\/self)\/fd\/\d+$/;
const STANDARD_OUTPUT = new Set(['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1']);

/** Where a chain of links ends, which may be a place where nothing is yet. */
function behindLinks(file: string): string {
  let at = path.resolve(file);
  for (let n = 0; n < MOST_LINKS; n++) {
    if (OPEN_FILE.test(at)) return statSync(at).isFile() ? realpathSync(at) : at;
    if (!lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) return at;
    at = path.resolve(path.dirname(at), readlinkSync(at));
  }
  throw Object.assign(new Error('too many links lead on from it'), { code: 'ELOOP' });
}

/** Written as it comes, into what takes it away at once. */
function stream(file: string): Target {
  const fd = openSync(file, 'w');
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    closeSync(fd);
  };
  return {
    write: (piece) => writeAll(fd, typeof piece === 'string' ? Buffer.from(piece) : piece),
    finish: async () => close(),
    discard: close,
  };
}

/** Standard output under another name. A reader that goes away ends it like any failed write. */
function standardOutput(output: Output): Target {
  const check = (): void => {
    if (output.failure) throw output.failure;
  };
  return {
    write(piece) {
      output.write(typeof piece === 'string' ? piece : Buffer.from(piece).toString('utf8'));
      check();
    },
    async finish() {
      await output.flush();
      check();
    },
    discard: () => undefined,
  };
}

/** Copies a finished file over another one's content, which keeps its name, links, mode and owner. */
function copyInto(from: number, target: string): void {
  const to = openSync(target, 'r+');
  try {
    const buffer = Buffer.alloc(1 << 20);
    let at = 0;
    for (
      let read = readSync(from, buffer, 0, buffer.byteLength, 0);
      read > 0;
      read = readSync(from, buffer, 0, buffer.byteLength, at)
    ) {
      writeAll(to, buffer.subarray(0, read));
      at += read;
    }
    ftruncateSync(to, at);
    fsyncSync(to);
  } finally {
    closeSync(to);
  }
}

function replace(file: string, before: Stats | undefined): Target {
  // a name nobody can have put a link at beforehand, readable by nobody else until it has the old file's mode
  const partial = path.join(
    path.dirname(file),
    `.${path.basename(file).slice(0, 100)}.${randomBytes(6).toString('hex')}.part`,
  );
  if (before) closeSync(openSync(file, 'r+')); // a file that may not be written to is refused before anything is made
  const fd = openSync(partial, 'wx+', before ? 0o600 : 0o666);
  let state: 'open' | 'done' = 'open';
  const drop = (): void => {
    if (state === 'done') return;
    state = 'done';
    closeSync(fd);
    rmSync(partial, { force: true });
  };
  /** False where the new file can't be given to the old one's owner. */
  const becomes = ({ mode, uid, gid }: Stats): boolean => {
    const made = fstatSync(fd);
    try {
      if (made.uid !== uid || made.gid !== gid) chownSync(partial, uid, gid);
      chmodSync(partial, mode & 0o7777);
      return true;
    } catch {
      return false;
    }
  };
  return {
    write: (piece) => writeAll(fd, typeof piece === 'string' ? Buffer.from(piece) : piece),
    async finish() {
      fsyncSync(fd);
      if (before && (before.nlink > 1 || !becomes(before))) {
        // other names lead to the same file, or it is someone else's: its content alone changes
        try {
          copyInto(fd, file);
        } catch (cause) {
          state = 'done';
          closeSync(fd);
          throw failure('cli.export-left-aside', { file, reason: reasonOf(cause), partial }, { cause });
        }
        return drop();
      }
      state = 'done';
      closeSync(fd);
      try {
        renameSync(partial, file);
      } catch (thrown) {
        rmSync(partial, { force: true });
        throw thrown;
      }
    },
    discard: drop,
  };
}

/**
 * Opens what `out` names. A pipe is waited for until someone reads it.
 * @param out a path, or `-` for standard output
 * @throws MezzotintError `file-invalid` for a folder or a disk; the system's own errors otherwise
 */
export function openTarget(out: string, output: Output): Target {
  if (out === '-' || (process.platform !== 'win32' && STANDARD_OUTPUT.has(path.resolve(out))))
    return standardOutput(output);
  const file = behindLinks(out);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isDirectory()) throw failure('cli.target-is-folder', { file: out });
  if (stat?.isBlockDevice()) throw failure('cli.target-is-disk', { file: out });
  return !stat || stat.isFile() ? replace(file, stat) : stream(file);
}

export const targetTrouble = (out: string, cause: unknown): MezzotintError => {
  if (cause instanceof MezzotintError) return cause;
  const error = cause as NodeJS.ErrnoException;
  if (readerLeft(error)) return failure('cli.reader-gone', { file: out }, { cause });
  return failure('cli.target-unwritable', { file: out, reason: reasonOf(error) }, { cause });
};
