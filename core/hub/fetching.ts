/**
 * A repository onto the disk, and on with it after a pause, a kill or days. Each lies in a folder of its own under the
 * library's `downloads`: `fetch.json` says what is wanted, `partial/NAME` holds what has come, and becomes `whole/NAME`
 * once every file is there with its hash. Nothing but `whole` is ever given to an import.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { failure } from '../contract/result.ts';
import { repositorySchema } from './catalogue.ts';
import type { Connection } from './connection.ts';
import { bytesThere, fetchFile, PART, type FileWork } from './fetch-file.ts';
import { lockPlace } from './fetch-lock.ts';
import type { RemoteFile, RemoteRepository } from './repository.ts';
import { throttle } from './throttle.ts';

export interface FetchProgress {
  /** Bytes on the disk. */
  done: number;
  total: number;
}
export interface FetchOptions {
  /** Aborting it pauses: what has come is kept, and the next call goes on. */
  signal: AbortSignal;
  /** Which of the files; default: all. The folder becomes whole with the last of them only. */
  only?: (file: RemoteFile) => boolean;
  /** Files that come at the same time. */
  together?: number;
  /** Bytes a second, asked for with each piece; null: no limit. */
  rate?: () => number | null;
  /** Bytes that what follows will take on the same disk. */
  reserve?: number;
  onProgress?: (progress: FetchProgress) => void;
  /** Free bytes of the disk that a folder is on; null: it does not say. */
  free?: (dir: string) => number | null;
}

const sha = v.nullable(v.string());
const stateSchema = v.object({
  version: v.literal(1),
  repository: repositorySchema,
  revision: v.string(),
  commit: v.string(),
  licence: v.nullable(v.string()),
  gated: v.boolean(),
  files: v.array(v.object({ path: v.string(), bytes: v.number(), sha256: sha, gitHash: sha })),
});

/** Kept free in any case. */
const MARGIN = 50e6;
/** Bytes between two looks at the disk. */
const LOOK_EVERY = 64e6;

export const freeOn = (dir: string): number | null => {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    return null;
  }
};

/** The folder of a repository's download. */
export const placeOf = (root: string, repository: string): string => path.join(root, repository.replace('/', '--'));
const nameOf = (repository: string): string => repository.split('/')[1] as string;

function stateIn(place: string): RemoteRepository | null {
  try {
    return v.parse(stateSchema, JSON.parse(readFileSync(path.join(place, 'fetch.json'), 'utf8')));
  } catch {
    return null; // none was begun, or it was cut off: files are judged again
  }
}
function writeState(place: string, repository: RemoteRepository): void {
  const file = path.join(place, 'fetch.json');
  writeFileSync(`${file}${PART}`, `${JSON.stringify({ version: 1, ...repository }, null, 1)}\n`, { mode: 0o600 });
  renameSync(`${file}${PART}`, file);
}

/** Takes away what is not wanted any more: files that are no longer listed, or that the hub lists with another hash now. */
function reconcile(partial: string, before: RemoteRepository | null, wanted: RemoteRepository): void {
  const kept = new Set<string>();
  for (const file of wanted.files) {
    const old = before?.files.find(({ path: name }) => name === file.path);
    if (!old || old.bytes !== file.bytes || old.sha256 !== file.sha256 || old.gitHash !== file.gitHash) continue;
    kept.add(file.path).add(file.path + PART);
  }
  for (const name of readdirSync(partial))
    if (!kept.has(name)) rmSync(path.join(partial, name), { recursive: true, force: true });
}

/**
 * Fetches a repository's files. @returns the folder they lie in: that of a checkpoint where all were wanted
 * @throws MezzotintError `conflict` while another process fetches it, `store-failed` where the disk has no room, and as
 *   `fetchFile`; the signal's reason where it was paused
 */
export async function fetchRepository(
  connection: Connection,
  repository: RemoteRepository,
  root: string,
  options: FetchOptions,
): Promise<string> {
  const { signal, only = () => true, together = 4, rate = () => null, reserve = 0, free = freeOn } = options;
  const place = placeOf(root, repository.repository);
  try {
    mkdirSync(place, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw failure('hub.folder-not-made', { folder: place }, { file: place, cause });
  }
  const release = lockPlace(place, repository.repository);
  try {
    const whole = path.join(place, 'whole', nameOf(repository.repository));
    const partial = path.join(place, 'partial', nameOf(repository.repository));
    const before = stateIn(place);
    if (readable(whole)) {
      if (before?.commit === repository.commit && (await sumOf(whole, repository.files)) === totalOf(repository.files))
        return whole;
      // another commit, or files were taken out of it: what still fits is kept
      mkdirSync(path.dirname(partial), { recursive: true, mode: 0o700 });
      rmSync(partial, { recursive: true, force: true });
      renameSync(whole, partial);
    }
    mkdirSync(partial, { recursive: true, mode: 0o700 });
    reconcile(partial, before, repository);
    writeState(place, repository);
    const files = repository.files.filter(only);
    const total = totalOf(files);
    let done = await sumOf(partial, files);
    const need = total - done + reserve;
    const room = free(place);
    if (room !== null && need + MARGIN > room)
      throw failure('hub.no-room', { repository: repository.repository, needed: need, free: room }, { file: place });
    const tell = (): void => options.onProgress?.({ done, total });
    tell();
    let unlooked = 0;
    const inner = new AbortController();
    const abort = (): void => inner.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const work: FileWork = {
      signal: inner.signal,
      throttle: throttle(rate),
      onBytes(bytes) {
        done += bytes;
        tell();
      },
      async room(bytes) {
        unlooked += bytes;
        if (unlooked < LOOK_EVERY) return;
        unlooked = 0;
        const left = free(place);
        if (left !== null && left < MARGIN) throw failure('hub.disk-nearly-full', {}, { file: place });
      },
    };
    const queue = [...files];
    const worker = async (): Promise<void> => {
      for (let file = queue.shift(); file; file = queue.shift())
        await fetchFile(connection, repository, file, partial, work);
    };
    let broken: { thrown: unknown } | null = null;
    await Promise.all(
      Array.from({ length: Math.max(1, together) }, () =>
        worker().catch((thrown: unknown) => {
          broken ??= { thrown };
          inner.abort(thrown);
        }),
      ),
    );
    signal.removeEventListener('abort', abort);
    if (broken) throw (broken as { thrown: unknown }).thrown;
    if (files.length < repository.files.length) return partial;
    mkdirSync(path.dirname(whole), { recursive: true, mode: 0o700 });
    renameSync(partial, whole);
    return whole;
  } finally {
    release();
  }
}

const totalOf = (files: readonly RemoteFile[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);
async function sumOf(dir: string, files: readonly RemoteFile[]): Promise<number> {
  let sum = 0;
  for (const file of files) sum += await bytesThere(dir, file);
  return sum;
}
function readable(dir: string): boolean {
  try {
    return readdirSync(dir).length > 0;
  } catch {
    return false;
  }
}

/** What of a repository was begun in `root`; null: nothing was. */
export const begunIn = (root: string, repository: string): RemoteRepository | null =>
  stateIn(placeOf(root, repository));

/** Keeps other processes from a download while it is read. @returns what gives it up @throws MezzotintError as `dropFetch` */
export const holdFetch = (root: string, repository: string): (() => void) =>
  lockPlace(placeOf(root, repository), repository);

/** Deletes what was fetched of a repository. @throws MezzotintError `conflict` while it is being fetched */
export function dropFetch(root: string, repository: string): void {
  const place = placeOf(root, repository);
  if (!readable(place)) return;
  const release = lockPlace(place, repository);
  rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  release();
}

export interface Fetched {
  repository: string;
  commit: string;
  /** Bytes on the disk, and in all. */
  done: number;
  total: number;
}
/** What lies in `root`, whole or in part. */
export async function fetchesIn(root: string): Promise<Fetched[]> {
  const found: Fetched[] = [];
  let names: string[] = [];
  try {
    names = readdirSync(root).sort();
  } catch {
    // nothing was ever fetched
  }
  for (const name of names) {
    const place = path.join(root, name);
    const state = stateIn(place);
    if (!state) continue;
    const folder = nameOf(state.repository);
    const whole = path.join(place, 'whole', folder);
    const done = await sumOf(readable(whole) ? whole : path.join(place, 'partial', folder), state.files);
    found.push({ repository: state.repository, commit: state.commit, done, total: totalOf(state.files) });
  }
  return found;
}
