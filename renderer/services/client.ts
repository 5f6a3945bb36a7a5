/** Chooses the way to the service: IPC where the preload is there, else the WebSocket of browser mode. */
import type { Client } from '../../core/contract/index.ts';
import { ipcClient } from './ipc.ts';
import { hasToken, socketClient, takeToken, type SocketLike } from './socket.ts';

const deep = import.meta.env.DEV;

/** Null: the page was opened in a browser without the launch token. */
export async function connect(): Promise<Client | null> {
  if (__DEMO__) return (await import('../../test/fixtures/demo-client.ts')).demoClientFromAddress(location.search); // the product bundle drops this branch
  if (window.mezzotint) return ipcClient(window.mezzotint, { deep });
  const token = takeToken(location, sessionStorage, (url) => history.replaceState(null, '', url));
  // A launch address put into an open tab differs in its fragment alone, which loads nothing by itself.
  addEventListener('hashchange', () => {
    if (hasToken(location.hash)) location.reload();
  });
  if (token === null) return null;
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const address = `${scheme}://${location.host}/socket?token=${encodeURIComponent(token)}`;
  return socketClient({ open: () => new WebSocket(address) as unknown as SocketLike, deep });
}
