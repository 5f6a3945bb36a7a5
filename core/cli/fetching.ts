/** What commands that fetch share: the hub by the environment's settings, and a repository judged before its weights come. */
import type { ImportChoice, ImportPlan } from '../contract/models.ts';
import { connect, endpointOf, tokenOf, useSystemProxy, type Connection, type RemoteRepository } from '../hub/index.ts';
import { dropOldLooks, judgeRepository, type Library } from '../library/index.ts';
import { planOf } from './import-forecast.ts';

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

/** What an import of a repository would give; its texts stay for the download. @param looked gets the checkpoint without its weights */
export async function judge(
  connection: Connection,
  repository: RemoteRepository,
  library: Library,
  root: string,
  choice: Omit<ImportChoice, 'path'>,
  signal: AbortSignal,
  looked: (skeleton: string, plan: ImportPlan) => Promise<void>,
): Promise<ImportPlan> {
  dropOldLooks(root);
  let plan: ImportPlan | undefined;
  await judgeRepository(connection, repository, library, root, choice, signal, {
    keep: true,
    looked: (skeleton, result) => looked(skeleton, (plan = planOf(result))),
  });
  return plan as ImportPlan;
}
