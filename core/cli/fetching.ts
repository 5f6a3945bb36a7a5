/** What commands that fetch share: the hub by the environment's settings, and a repository judged before its weights come. */
import type { ImportChoice, ImportPlan, PreflightResult } from '../contract/models.ts';
import { failure } from '../contract/result.ts';
import { connect, endpointOf, tokenOf, useSystemProxy, type Connection, type RemoteRepository } from '../hub/index.ts';
import { dropOldLooks, judgeRepository, type Library } from '../library/index.ts';

/** @param say one line for each host before it is connected to, and for each wait */
export function connectHub(say: (line: string) => void): Connection {
  useSystemProxy();
  return connect({
    endpoint: endpointOf(),
    token: tokenOf(),
    onHost: (host) => say(`Connecting to ${host}.`),
    onWait: ({ message }, ms) => say(`${message} Waiting ${Math.ceil(ms / 1000)} s.`),
  });
}

/** @throws MezzotintError `bad-request` where a recipe has to be named */
export function planOf(result: PreflightResult): ImportPlan {
  if (result.state === 'ready') return result.plan;
  throw failure('cli.kind-unknown', {
    family: result.family,
    recipes: result.recipes.map(({ id, repository }) => `${id} (${repository})`),
  });
}

/** What an import of a repository would give; its texts stay for the download. */
export async function judge(
  connection: Connection,
  repository: RemoteRepository,
  library: Library,
  root: string,
  choice: Omit<ImportChoice, 'path'>,
  signal: AbortSignal,
): Promise<ImportPlan> {
  dropOldLooks(root);
  return planOf(await judgeRepository(connection, repository, library, root, choice, signal, true));
}
