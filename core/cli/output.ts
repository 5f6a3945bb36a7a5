/**
 * What a command prints. A write that fails is never silent: `failure` keeps the first error, later writes are dropped, and the
 * caller decides what it costs. A reader that went away (`ask … | head`) is a failure of its own kind: nothing has to be said.
 */
import { fstatSync, writeSync } from 'node:fs';

export interface Output {
  write(text: string): void;
  /** The first write that failed; null while all is well. */
  readonly failure: NodeJS.ErrnoException | null;
  /** Called once, when a write fails. */
  onFailure(listener: () => void): void;
  /** Resolves once everything is written or has failed. */
  flush(): Promise<void>;
}

/** True where the reader closed its end of a pipe or socket. */
export const readerLeft = (failure: NodeJS.ErrnoException): boolean =>
  failure.code === 'EPIPE' || failure.code === 'ECONNRESET';

/** Writes all bytes: `write(2)` may take a part of them and name the trouble only with the next call. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength;) done += writeSync(fd, bytes, done);
}

/** Node writes files of its own standard streams without looking whether all of it went; those are written here. */
const isPlain = (fd: number, tty: boolean): boolean => {
  if (tty) return false;
  const stat = fstatSync(fd);
  return stat.isFile() || stat.isCharacterDevice();
};

/** @param stream process.stdout or process.stderr */
export function outputTo(stream: NodeJS.WriteStream & { fd: number }): Output {
  let failure: NodeJS.ErrnoException | null = null;
  let pending = 0;
  const listeners: (() => void)[] = [];
  let waiting: (() => void)[] = [];
  const settle = (): void => {
    if (pending > 0 && !failure) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  const fail = (error: NodeJS.ErrnoException): void => {
    if (failure) return;
    failure = error;
    for (const listener of listeners) listener();
    settle();
  };
  let plain = false;
  try {
    plain = isPlain(stream.fd, stream.isTTY);
  } catch (thrown) {
    fail(thrown as NodeJS.ErrnoException);
  }
  stream.on('error', fail);
  return {
    write(text) {
      if (failure || text === '') return;
      if (plain) {
        try {
          writeAll(stream.fd, Buffer.from(text));
        } catch (thrown) {
          fail(thrown as NodeJS.ErrnoException);
        }
        return;
      }
      pending += 1;
      stream.write(text, (error) => {
        pending -= 1;
        if (error) fail(error);
        settle();
      });
    },
    get failure() {
      return failure;
    },
    onFailure: (listener) => void listeners.push(listener),
    flush: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        settle();
      }),
  };
}
