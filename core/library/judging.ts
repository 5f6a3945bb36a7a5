/** A repository of the hub, judged by its own texts and the headers of its weights before they are fetched. */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ImportChoice, PreflightResult } from '../contract/models.ts';
import { failure } from '../contract/result.ts';
import {
  catalogueEntry,
  checkRepository,
  fetchRepository,
  isWeights,
  layOutSkeleton,
  owner,
  ownerState,
  type Connection,
  type RemoteRepository,
} from '../hub/index.ts';
import type { Library } from './library.ts';

/** `downloads` lies beside the models that imports make. */
export const downloadsOf = (home: string): string => path.join(home, 'downloads');

export interface Named {
  repository: string;
  revision: string;
  file: string | undefined;
}

/**
 * What a person typed or pasted: an id of the catalogue, `ORG/NAME`, or an address of a repository, of a revision or of a file.
 * @throws MezzotintError `bad-request` for what names no repository of this hub
 */
export function namedBy(source: string, endpoint: string): Named {
  const entry = catalogueEntry(source);
  if (entry) return { repository: entry.repository, revision: entry.revision, file: undefined };
  const { host } = new URL(endpoint);
  const address = /^(?:https?:\/\/|hf\.co\/|huggingface\.co\/)/i.test(source)
    ? new URL(/^https?:/i.test(source) ? source : `https://${source}`)
    : null;
  if (!address) {
    checkRepository(source);
    return { repository: source, revision: 'main', file: undefined };
  }
  if (![host, 'huggingface.co', 'hf.co', 'www.huggingface.co'].includes(address.host))
    throw failure('hub.foreign-address', { given: source.slice(0, 200), host });
  const [org = '', name = '', verb, revision, ...rest] = address.pathname.split('/').filter(Boolean).map(decode);
  const repository = `${org}/${name}`;
  try {
    checkRepository(repository);
  } catch {
    throw failure('hub.foreign-address', { given: source.slice(0, 200), host });
  }
  const inside = verb === 'tree' || verb === 'blob' || verb === 'resolve';
  const file = rest.at(-1);
  return {
    repository,
    revision: (inside && revision) || 'main',
    file: inside && file?.endsWith('.gguf') ? file : undefined,
  };
}
const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

const LOOK = '.look-';
/** Looks of this process: its number may have belonged to one that is gone. */
const own = new Set<string>();
/** A look of another machine is over after so long. */
const FOREIGN_MS = 24 * 3_600_000;
/** Of processes that were killed while they looked. */
export function dropOldLooks(root: string): void {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    return; // nothing was ever fetched
  }
  for (const name of names) {
    const by = /^\.(?:look|skeleton)-(.*)$/.exec(name)?.[1];
    const state = by === undefined ? null : ownerState(by);
    if (state === null || state === 'alive' || (state === 'mine' && own.has(name))) continue;
    const place = path.join(root, name);
    if (state === 'elsewhere' && Date.now() - (statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? 0) < FOREIGN_MS)
      continue;
    rmSync(place, { recursive: true, force: true });
  }
}

let looks = 0;
/**
 * What an import of a repository would give.
 * @param keep the texts stay in `root` as the beginning of its download; else what a download has fetched is not touched
 * @param looked gets the checkpoint without its weights, which is gone afterwards
 */
export async function judgeRepository(
  connection: Connection,
  repository: RemoteRepository,
  library: Library,
  root: string,
  choice: Omit<ImportChoice, 'path'>,
  signal: AbortSignal,
  {
    keep = false,
    looked,
  }: { keep?: boolean; looked?: (skeleton: string, result: PreflightResult) => Promise<void> } = {},
): Promise<PreflightResult> {
  const name = `${LOOK}${owner}-${++looks}`;
  own.add(name);
  const under = path.join(root, name);
  try {
    const texts = await fetchRepository(connection, repository, keep ? root : path.join(under, 'texts'), {
      signal,
      only: (file) => !isWeights(file),
    });
    const bones = path.join(under, 'skeleton');
    mkdirSync(bones, { recursive: true, mode: 0o700 });
    const skeleton = await layOutSkeleton(connection, repository, texts, bones, signal);
    const result = await library.preflight({ ...choice, path: skeleton });
    await looked?.(skeleton, result);
    return result;
  } finally {
    rmSync(under, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What to import of a fetched folder: the folder, or of a split GGUF file the first part. */
export function checkpointIn(dir: string, file: string | undefined): string {
  if (file === undefined) return dir;
  const first = file.replace(/-\d{5}(-of-\d{5}\.gguf)$/, '-00001$1');
  return path.join(dir, readdirSync(dir).includes(first) ? first : file);
}
