/** The service over the data folder in use, and the change to another folder while the app runs: one service ends, the next begins. */
import type { ChannelName, Handlers } from '../contract/index.ts';
import { channels } from '../contract/index.ts';
import type { Push } from '../contract/push.ts';
import { dataDirOf, locationOf, writeLocation, type DataOptions } from '../profile/index.ts';
import { openService, type Service, type ServiceOptions } from './service.ts';

export interface HostOptions extends Omit<ServiceOptions, 'dataDir' | 'notices' | 'data'> {
  /** The folder the app starts with; it may name another one. */
  home: string;
  desktop?: DataOptions['desktop'];
  schedule?: DataOptions['schedule'];
  watchMs?: DataOptions['watchMs'];
}

/** @throws as `openService` */
export function openHost({ home, desktop, schedule, watchMs, ...options }: HostOptions): Service {
  const listeners = new Set<(push: Push) => void>();
  const notify = (push: Push): void => {
    for (const listener of listeners) listener(push);
  };
  let changing: Promise<unknown> = Promise.resolve();
  let changes = 0;

  function begin(): Service {
    const { dataDir, notices } = dataDirOf(home);
    const service = openService({
      ...options,
      dataDir,
      notices,
      data: {
        home,
        reopen,
        ...(desktop ? { desktop } : {}),
        ...(schedule ? { schedule } : {}),
        ...(watchMs === undefined ? {} : { watchMs }),
      },
    });
    service.onPush(notify);
    return service;
  }
  /** Calls that come meanwhile wait, and are answered by the service that is open then. */
  async function reopen(work: () => Promise<void>): Promise<void> {
    changes++;
    const change = changing.then(async () => {
      const before = locationOf(home);
      await current.close();
      try {
        await work();
        current = begin();
      } catch (thrown) {
        // back to where it was, whatever the work has named
        if (locationOf(home).current !== before.current) writeLocation(home, before);
        current = begin();
        throw thrown;
      } finally {
        notify({ topic: 'data-changed' });
      }
    });
    changing = change.catch(() => undefined).finally(() => changes--);
    await change;
  }
  let current = begin();

  /** One handler a channel, whichever service is open when it is called. */
  const handlers = Object.fromEntries(
    (Object.keys(channels) as ChannelName[]).map((name) => [
      name,
      async (request: unknown): Promise<unknown> => {
        await changing;
        return (current.handlers[name] as (request: unknown) => unknown)(request);
      },
    ]),
  ) as unknown as Handlers;

  return {
    handlers,
    get dataDir() {
      return current.dataDir;
    },
    onPush(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      // its replies end in this very call, unless another folder is being opened
      await (changes === 0 ? current.close() : changing.then(() => current.close()));
    },
  };
}
