/**
 * A repository of the hub at one commit: what it is, and which of its files make a checkpoint. Listing and facts come by
 * `@huggingface/hub`. Files come by requests of our own (fetch-files.ts): the library can't go on with a part that lies on
 * the disk, wait as a server asks, limit its rate, or compare hashes.
 */
import { listFiles, modelInfo } from '@huggingface/hub';
import { failure } from '../contract/result.ts';
import { repositorySchema } from './catalogue.ts';
import type { Connection } from './connection.ts';
import * as v from 'valibot';

export interface RemoteFile {
  /** Its name; all lie in the repository's top folder. */
  path: string;
  bytes: number;
  /** Of its content, for large files; null: `gitHash` alone is known. */
  sha256: string | null;
  /** SHA-1 as git makes it, for small files. */
  gitHash: string | null;
}
export interface RemoteRepository {
  repository: string;
  /** As it was asked for. */
  revision: string;
  /** The commit that it means now: what is fetched stays of one piece. */
  commit: string;
  licence: string | null;
  gated: boolean;
  /** The checkpoint's files, small ones first. */
  files: RemoteFile[];
}

const TEXTS =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|chat_template)\.json$|^merges\.txt$|^chat_template\.jinja$|^README\.md$|^(LICENSE|LICENCE)(\.txt|\.md)?$|^License\.txt$|^model\.safetensors\.index\.json$/;
const WEIGHTS = /\.(safetensors|gguf)$/;
/** A small file that is larger is no file of a model's text. */
const MOST_TEXT = 256 * 1024 * 1024;

const safeName = (name: string): boolean => /^[A-Za-z0-9_][\w.+ -]{0,254}$/.test(name);
export const isWeights = ({ path }: Pick<RemoteFile, 'path'>): boolean => WEIGHTS.test(path);
const HASH = { commit: /^[0-9a-f]{40}$/, sha256: /^[0-9a-f]{64}$/ };

/** @throws MezzotintError `bad-request` for what is no repository's name */
export function checkRepository(repository: string): void {
  if (!v.is(repositorySchema, repository)) throw failure('hub.not-a-repository', { given: JSON.stringify(repository) });
}

/**
 * @param file a GGUF file of the repository, in place of its safetensors
 * @throws MezzotintError `not-found` for what is not there, `pack-unsupported` for a repository without a checkpoint, and as `Connection.get`
 */
export async function lookAt(
  connection: Connection,
  repository: string,
  revision: string,
  signal: AbortSignal,
  file?: string,
): Promise<RemoteRepository> {
  checkRepository(repository);
  const about = { hubUrl: connection.endpoint, fetch: connection.fetch(signal, repository) };
  const info = await understood(repository, () =>
    modelInfo({ name: repository, revision, additionalFields: ['sha', 'cardData'], ...about }),
  );
  if (!HASH.commit.test(info.sha ?? '')) throw failure('hub.no-commit', { repository });
  const all = await understood(repository, async () => {
    const found: RemoteFile[] = [];
    for await (const { type, path, size, oid, lfs } of listFiles({ repo: repository, revision: info.sha, ...about })) {
      if (type !== 'file' || !safeName(path) || !Number.isSafeInteger(size) || size < 0) continue;
      if (lfs && !HASH.sha256.test(lfs.oid)) throw failure('hub.no-hash', { repository, file: path });
      found.push({ path, bytes: lfs?.size ?? size, sha256: lfs?.oid ?? null, gitHash: lfs ? null : (oid ?? null) });
    }
    return found;
  });
  const licence = info.cardData?.license;
  return {
    repository,
    revision,
    commit: info.sha,
    licence: typeof licence === 'string' ? licence : null,
    gated: Boolean(info.gated),
    files: checkpointOf(repository, all, file),
  };
}

function checkpointOf(repository: string, all: RemoteFile[], file: string | undefined): RemoteFile[] {
  const has = (name: string): boolean => all.some(({ path }) => path === name);
  const ggufs = all.filter(({ path }) => path.endsWith('.gguf')).map(({ path }) => path);
  if (file !== undefined) {
    if (!file.endsWith('.gguf') || !has(file))
      throw ggufs.length > 0
        ? failure('hub.no-such-gguf', { repository, file, known: shown(ggufs) })
        : failure('hub.no-gguf', { repository, file });
    const split = /^(.*)-\d{5}-of-(\d{5})\.gguf$/.exec(file);
    const belongs = (path: string): boolean =>
      path === file || (split !== null && path.startsWith(`${split[1]}-`) && path.endsWith(`-of-${split[2]}.gguf`));
    return all.filter(({ path }) => belongs(path));
  }
  if (!has('config.json') || !all.some(({ path }) => path.endsWith('.safetensors'))) {
    const missing = has('config.json') ? 'safetensors' : 'config.json';
    const [example] = ggufs;
    throw example === undefined
      ? failure('hub.no-checkpoint', { repository, missing })
      : failure('hub.only-gguf', { repository, missing, example });
  }
  const large = all.find(({ path, bytes }) => TEXTS.test(path) && bytes > MOST_TEXT);
  if (large) throw failure('hub.too-large', { repository, file: large.path, bytes: large.bytes });
  const sharded = has('model.safetensors.index.json');
  const weights = all.filter(({ path }) =>
    sharded ? /^[^/]+-of-\d+\.safetensors$/.test(path) : path === 'model.safetensors',
  );
  return [...all.filter(({ path }) => TEXTS.test(path)), ...weights];
}

const shown = (names: string[]): string =>
  names.slice(0, 8).join(', ') + (names.length > 8 ? ` and ${names.length - 8} more` : '');

/** Answers that are no JSON, or not of the form that the library reads, in words. */
async function understood<T>(repository: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    if (thrown instanceof SyntaxError || (thrown instanceof TypeError && thrown.cause === undefined))
      throw failure('hub.unreadable', { repository });
    throw thrown;
  }
}
