/** The channels of core/contract/servers.ts, and which engine writes. */
import type { SwitchingEngine } from '../engines/index.ts';
import type { ServerHandlers } from '../contract/index.ts';
import type { Push } from '../contract/push.ts';
import { failure } from '../contract/result.ts';
import type { ServersState } from '../contract/servers.ts';
import type { Servers } from './servers.ts';

export interface ServerServiceOptions {
  servers: Servers;
  engine: Pick<SwitchingEngine, 'use'>;
  /** Whether a reply is being written. */
  busy: () => boolean;
  notify: (push: Push) => void;
}

export function createServerHandlers({ servers, engine, busy, notify }: ServerServiceOptions): ServerHandlers {
  const idle = (): void => {
    if (busy()) throw failure('profile.reply-under-way');
  };
  const tell = (state: ServersState): ServersState => {
    notify({ topic: 'servers', servers: state });
    return state;
  };
  /** The engine follows what is kept. */
  const follow = (): void => {
    const { current } = servers;
    engine.use(current ? servers.engine(current) : null);
  };
  follow();
  return {
    'servers.list': () => servers.state,
    'servers.probe': (request) => servers.probe(request),
    'servers.test': async (request) => {
      const observed = await servers.test(request);
      tell(servers.state);
      // the dialect may be another one now
      if ('id' in request && servers.current?.id === request.id && !busy()) follow();
      return observed;
    },
    'servers.add': (request) => {
      const added = servers.add(request);
      tell(added.state);
      return added;
    },
    'servers.remove': ({ id }) => {
      const inUse = servers.current?.id === id;
      if (inUse) idle();
      const state = servers.remove(id);
      if (inUse) follow();
      return tell(state);
    },
    'servers.price': ({ id, price }) => {
      const state = servers.price(id, price);
      // the next reply is written with it
      if (servers.current?.id === id && !busy()) follow();
      return tell(state);
    },
    'servers.use': ({ id, model }) => {
      idle();
      const state = servers.use(id, model);
      follow();
      return tell(state);
    },
  };
}
