/**
 * The service of a data folder, for a command that talks as a window does: the app's that has the folder open, else one of this
 * process, which other commands then reach as they reach an app.
 */
import { createDispatch } from '../app/dispatch.ts';
import { openHost } from '../app/host.ts';
import { checkChosen, chosenFolder, packDir } from '../app/paths.ts';
import type { ChannelName, Request, Response } from '../contract/index.ts';
import type { Push } from '../contract/push.ts';
import { failure } from '../contract/result.ts';
import { childEngine } from '../engines/index.ts';
import { dataDirOf } from '../profile/index.ts';
import { serveLocally } from '../server/local.ts';
import { homeOf } from './library.ts';
import { engineEntry, modelsDir } from './places.ts';
import { reachApp } from './running-app.ts';
import { openServers } from './servers.ts';

/** Set by the build from package.json; absent where this runs from source. */
declare const MEZZOTINT_VERSION: string | undefined;

export interface ReachedService {
  /** An app's that has the folder open, or this process's own. */
  readonly of: 'app' | 'command';
  /** @throws MezzotintError the service's own, or `connection-lost` */
  call<N extends ChannelName>(name: N, request: Request<N>): Promise<Response<N>>;
  /** Returns the unsubscriber. */
  onPush(listener: (push: Push) => void): () => void;
  /** Rejects where the app ends; never settles where the service is this process's. */
  readonly ended: Promise<never>;
  /** Ends replies of this process; those of an app go on. */
  close(): Promise<void>;
}

export interface Reach {
  /** `--data`, as it was typed. */
  data: string | undefined;
  /** `--server`, as it was typed: it writes the replies. */
  server?: string | undefined;
  /** One line, for the person. */
  say: (line: string) => void;
}

/** @throws MezzotintError as `openService`; for a server that is not there, or is not the one that an open app writes with */
export async function reachService({ data, server, say }: Reach): Promise<ReachedService> {
  const home = homeOf(data);
  const wanted = server === undefined ? null : openServers(data).find(server);
  const app = await reachApp(dataDirOf(home).dataDir);
  if (app) {
    // what is open is somebody's window: it keeps the server that was chosen there
    if (wanted !== null && (await app.call('servers.list', {})).current !== wanted.id) {
      app.close();
      throw failure('cli.app-writes-elsewhere', { server: wanted.name });
    }
    return { of: 'app', call: app.call, onPush: app.onPush, ended: app.ended, close: async () => app.close() };
  }

  const news = chosenFolder(data) === undefined ? null : checkChosen(home);
  if (news !== null) say(news);
  const service = openHost({
    home,
    packDir: packDir(modelsDir),
    spawnEngine: childEngine(engineEntry),
    openExternal: () => Promise.reject(failure('server.no-browser')),
    version: typeof MEZZOTINT_VERSION === 'string' ? MEZZOTINT_VERSION : 'from source',
    runtime: 'browser',
    command: true,
    ...(wanted === null ? {} : { server: wanted.id }),
  });
  const dispatch = createDispatch(service.handlers, (channel, thrown) => say(`${channel}: ${String(thrown)}`));
  const local = await serveLocally({ service, dispatch, log: say });
  return {
    of: 'command',
    call: async (name, request) => (await service.handlers[name](request as never)) as never,
    onPush: service.onPush,
    ended: new Promise<never>(() => undefined),
    async close() {
      // replies end in this very call: what is committed is kept
      await Promise.all([service.close(), local.close()]);
    },
  };
}
