/** One file of a repository onto the disk: as `NAME.part` while it comes, under its name once its hash is right. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { failure, MezzotintError } from '../contract/result.ts';
import type { Answer, Connection } from './connection.ts';
import type { RemoteFile, RemoteRepository } from './repository.ts';
import type { Throttle } from './throttle.ts';

export const PART = '.part';

export interface FileWork {
  signal: AbortSignal;
  throttle: Throttle;
  /** Bytes that came; less than none where some were given up. */
  onBytes: (bytes: number) => void;
  /** Asked before bytes are written. @throws where the disk has no room */
  room: (bytes: number) => Promise<void>;
}

export const addressOf = (endpoint: string, { repository, commit }: RemoteRepository, file: RemoteFile): string =>
  `${endpoint}/${repository}/resolve/${commit}/${encodeURIComponent(file.path)}`;

const sizeOf = async (file: string): Promise<number | null> => {
  try {
    return (await stat(file)).size;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw thrown;
  }
};

/** Bytes of a file that lie on the disk, whole or in part. */
export async function bytesThere(dir: string, file: RemoteFile): Promise<number> {
  const whole = await sizeOf(path.join(dir, file.path));
  if (whole === file.bytes) return whole;
  const part = await sizeOf(path.join(dir, file.path + PART));
  return part === null || part > file.bytes ? 0 : part;
}

const hashOf = (file: RemoteFile): Hash =>
  file.sha256 === null && file.gitHash !== null
    ? createHash('sha1').update(`blob ${file.bytes}\0`)
    : createHash('sha256');
const isRight = (hash: Hash, file: RemoteFile): boolean => {
  const wanted = file.sha256 ?? file.gitHash;
  return wanted === null || hash.digest('hex') === wanted;
};

/** The connection ended before the file did. */
class CutOff extends Error {}

/**
 * Fetches `file` into `dir`, and goes on from what is there.
 * @throws MezzotintError `file-invalid` for content that differs from what the hub lists, twice in a row; `store-failed` for
 *   the disk; as `Connection.get`; the signal's reason where it was aborted. What has come is kept, unless it is wrong.
 */
export async function fetchFile(
  connection: Connection,
  repository: RemoteRepository,
  file: RemoteFile,
  dir: string,
  work: FileWork,
): Promise<void> {
  const target = path.join(dir, file.path);
  if ((await sizeOf(target)) === file.bytes) return;
  const part = target + PART;
  for (let again = false; ; again = true) {
    const there = await sizeOf(part);
    if (there !== null && there > file.bytes) await truncate(part, 0);
    const come = there !== null && there <= file.bytes ? there : 0;
    const hash = await hashOfPart(part, come, file, work.signal);
    const handle = await disk(dir, () => open(part, come > 0 ? 'r+' : 'w', 0o600));
    let right = false;
    let refused: MezzotintError | null = null;
    try {
      const state = { come, hash };
      await receive(connection, repository, file, handle, state, work);
      right = isRight(state.hash, file);
      if (right) await disk(dir, () => handle.sync());
    } catch (thrown) {
      if (!(thrown instanceof MezzotintError) || thrown.code !== 'file-invalid') throw thrown;
      refused = thrown;
    } finally {
      await handle.close();
    }
    if (right) return disk(dir, () => rename(part, target));
    work.onBytes(-((await sizeOf(part)) ?? 0));
    await rm(part, { force: true });
    if (again) throw refused ?? failure('hub.came-different', { file: file.path, repository: repository.repository });
  }
}

async function hashOfPart(part: string, bytes: number, file: RemoteFile, signal: AbortSignal): Promise<Hash> {
  const hash = hashOf(file);
  if (bytes === 0) return hash;
  for await (const chunk of createReadStream(part, { end: bytes - 1, highWaterMark: 1 << 20 })) {
    signal.throwIfAborted();
    hash.update(chunk as Buffer);
  }
  return hash;
}

interface State {
  come: number;
  hash: Hash;
}

/** Asks again, from where it ended, as often as bytes keep coming. */
async function receive(
  connection: Connection,
  repository: RemoteRepository,
  file: RemoteFile,
  handle: FileHandle,
  state: State,
  work: FileWork,
): Promise<void> {
  const url = addressOf(connection.endpoint, repository, file);
  let fruitless = 0;
  while (state.come < file.bytes) {
    const before = state.come;
    try {
      const headers: Record<string, string> = { 'accept-encoding': 'identity' };
      if (state.come > 0) headers['range'] = `bytes=${state.come}-`;
      const answer = await connection.get(url, headers, work.signal, repository.repository);
      await checkAnswer(answer, file, repository.repository, handle, state, work);
      await pour(answer.response, file, repository.repository, handle, state, connection.silentMs, work);
      if (state.come < file.bytes) throw new CutOff('the connection ended before the file did');
    } catch (thrown) {
      work.signal.throwIfAborted();
      if (!(thrown instanceof CutOff)) throw thrown;
      fruitless = state.come > before ? 0 : fruitless + 1;
      if (fruitless >= connection.tries)
        throw failure(
          'hub.cut-off',
          { host: new URL(url).host, file: file.path, reason: thrown.message },
          { cause: thrown },
        );
      await connection.pause(fruitless + 1, work.signal);
    }
  }
}

/** Compares what the answer says with what was asked and listed; begins at the start where it does. */
async function checkAnswer(
  { response, etag }: Answer,
  file: RemoteFile,
  repository: string,
  handle: FileHandle,
  state: State,
  work: FileWork,
): Promise<void> {
  const said = { file: file.path, repository };
  const refuse = async (error: MezzotintError): Promise<never> => {
    await response.body?.cancel();
    throw error;
  };
  if (file.sha256 !== null && etag !== null && /^[0-9a-f]{64}$/.test(etag) && etag !== file.sha256)
    await refuse(failure('hub.came-another', said));
  const { headers } = response;
  const startOver = async (): Promise<void> => {
    work.onBytes(-state.come);
    await handle.truncate(0);
    state.come = 0;
    state.hash = hashOf(file);
  };
  if (response.status === 416) {
    await response.body?.cancel();
    await startOver();
    throw new CutOff('it does not go on from there');
  }
  if (response.status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
    if (!range || Number(range[1]) !== state.come) await refuse(failure('hub.came-elsewhere', said));
    if (range?.[2] !== '*' && Number(range?.[2]) !== file.bytes)
      await refuse(failure('hub.came-length', { ...said, has: String(range?.[2]), bytes: file.bytes }));
    return;
  }
  // the server gives no ranges: all of it comes again
  if (state.come > 0) await startOver();
  const length = headers.get('content-length');
  if (length !== null && headers.get('content-encoding') === null && Number(length) !== file.bytes)
    await refuse(failure('hub.came-length', { ...said, has: length, bytes: file.bytes }));
}

async function pour(
  response: Response,
  file: RemoteFile,
  repository: string,
  handle: FileHandle,
  state: State,
  silentMs: number,
  work: FileWork,
): Promise<void> {
  const reader = response.body?.getReader();
  if (!reader) throw new CutOff('the answer is empty');
  try {
    for (;;) {
      const { done, value } = await soon(reader.read(), silentMs);
      if (done) return;
      work.signal.throwIfAborted();
      if (state.come + value.byteLength > file.bytes)
        throw failure('hub.came-longer', { file: file.path, repository, bytes: file.bytes });
      await work.throttle.take(value.byteLength, work.signal);
      await work.room(value.byteLength);
      for (let at = 0; at < value.byteLength;) {
        const { bytesWritten } = await disk(file.path, () =>
          handle.write(value, at, value.byteLength - at, state.come + at),
        );
        at += bytesWritten;
      }
      state.hash.update(value);
      state.come += value.byteLength;
      work.onBytes(value.byteLength);
    }
  } catch (thrown) {
    work.signal.throwIfAborted();
    if (thrown instanceof MezzotintError || thrown instanceof CutOff) throw thrown;
    throw new CutOff(thrown instanceof Error ? thrown.message : String(thrown));
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

/** @throws CutOff where nothing came for so long */
function soon<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new CutOff(`no byte came within ${ms / 1000} s`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The disk's own errors, in words. */
export async function disk<T>(file: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw code === 'ENOSPC' || code === 'EDQUOT'
      ? failure('hub.disk-full', {}, { file, cause })
      : failure('hub.unwritable', { reason: message }, { file, cause });
  }
}
