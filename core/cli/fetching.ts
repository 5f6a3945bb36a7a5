/** What commands that fetch share: the hub by the environment's settings, and a repository judged before its weights come. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { ImportChoice, ImportPlan, PreflightResult } from '../contract/models.ts';
import { failure } from '../contract/result.ts';
import {
  connect,
  endpointOf,
  fetchRepository,
  isWeights,
  layOutSkeleton,
  tokenOf,
  useSystemProxy,
  type Connection,
  type FetchOptions,
  type RemoteRepository,
} from '../hub/index.ts';
import type { Library } from '../library/index.ts';

/** @param say one line for each host before it is connected to, and for each wait */
export function connectHub(say: (line: string) => void): Connection {
  useSystemProxy();
  return connect({
    endpoint: endpointOf(),
    token: tokenOf(),
    onHost: (host) => say(`Connecting to ${host}.`),
    onWait: (why, ms) => say(`${why} Waiting ${Math.ceil(ms / 1000)} s.`),
  });
}

/** `downloads` lies beside the models that imports make. */
export const downloadsOf = (home: string): string => path.join(home, 'downloads');

/** @throws MezzotintError `bad-request` where a recipe has to be named */
export function planOf(result: PreflightResult): ImportPlan {
  if (result.state === 'ready') return result.plan;
  throw failure('cli.kind-unknown', {
    family: result.family,
    recipes: result.recipes.map(({ id, repository }) => `${id} (${repository})`),
  });
}

const SKELETON = '.skeleton-';
/** Of processes that were killed. */
function dropOldSkeletons(root: string): void {
  for (const name of readdirSync(root)) {
    const pid = name.startsWith(SKELETON) ? Number(name.slice(SKELETON.length)) : NaN;
    if (Number.isNaN(pid) || (pid !== process.pid && isAlive(pid))) continue;
    rmSync(path.join(root, name), { recursive: true, force: true });
  }
}
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What an import of a repository would give: by its texts and the headers of its weights. */
export async function judgeRepository(
  connection: Connection,
  repository: RemoteRepository,
  library: Library,
  root: string,
  choice: Omit<ImportChoice, 'path'>,
  signal: AbortSignal,
): Promise<ImportPlan> {
  const options: FetchOptions = { signal, only: (file) => !isWeights(file) };
  const texts = await fetchRepository(connection, repository, root, options);
  dropOldSkeletons(root);
  const under = path.join(root, `${SKELETON}${process.pid}`);
  mkdirSync(under, { recursive: true, mode: 0o700 });
  try {
    const skeleton = await layOutSkeleton(connection, repository, texts, under, signal);
    return planOf(await library.preflight({ ...choice, path: skeleton }));
  } finally {
    rmSync(under, { recursive: true, force: true });
  }
}
