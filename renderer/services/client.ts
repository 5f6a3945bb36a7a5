/** Chooses the way to the service: IPC where the preload is there, else the WebSocket of browser mode. */
import type { Client } from '../../core/contract/index.ts';
import { ipcClient } from './ipc.ts';
import { askServer, comingBack, hasCode, launch, type Launch } from './launch.ts';
import { socketClient, type SocketLike } from './socket.ts';

const deep = import.meta.env.DEV;

/** Why a page of browser mode has no connection. */
export type NoConnection = Exclude<Launch, object>;

/** @param tell browser mode: why the connection that was lost does not come back; null once it has */
export async function connect(tell: (trouble: NoConnection | null) => void): Promise<Client | NoConnection> {
  if (window.mezzotint) return ipcClient(window.mezzotint, { deep });
  // An address put into an open tab differs in its fragment alone, which loads nothing by itself.
  addEventListener('hashchange', () => {
    if (hasCode(location.hash)) location.reload();
  });
  const launched = await launch(location, sessionStorage, (url) => history.replaceState(null, '', url), askServer);
  if (typeof launched === 'string') return launched;
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const address = `${scheme}://${location.host}/socket?session=${encodeURIComponent(launched.session)}`;
  const back = comingBack(launched.session, askServer, tell);
  const client = socketClient({
    open: () => new WebSocket(address) as unknown as SocketLike,
    mayReturn: back.mayReturn,
    deep,
  });
  client.onConnection((connected) => {
    if (connected) back.returned();
  });
  return client;
}
