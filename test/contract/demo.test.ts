/** The window without a model: what `vite --mode demo` serves. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createServer, type ViteDevServer } from 'vite';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { inRoot } from '../../scripts/lib/common.mjs';
import type { AppInfo } from '../../core/contract/app.ts';
import type { Client } from '../../core/contract/index.ts';
import type { Push } from '../../core/contract/push.ts';
import { askServer, launch } from '../../renderer/services/launch.ts';
import { socketClient, type SocketLike } from '../../renderer/services/socket.ts';

let server: ViteDevServer;
let origin: string;
beforeAll(async () => {
  server = await createServer({
    configFile: path.join(inRoot(), 'vite.config.ts'),
    mode: 'demo',
    server: { port: 0, hmr: false },
    logLevel: 'error',
  });
  await server.listen();
  origin = (server.resolvedUrls?.local[0] ?? '').replace(/\/$/, '');
});
afterAll(() => server.close());

/** Opens an address as a browser does, with the window's own launch and client. */
async function open(query: string): Promise<{ client: Client; address: URL; pushes: Push[] }> {
  const first = await fetch(`${origin}/${query}`, { redirect: 'manual' });
  const address = new URL(first.headers.get('location') ?? '', origin);
  vi.stubGlobal('fetch', (to: string, init?: RequestInit) => realFetch(new URL(to, origin), init));
  const kept = new Map<string, string>();
  const tab = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const launched = await launch(address, tab, () => undefined, askServer);
  vi.unstubAllGlobals();
  if (typeof launched === 'string') throw new Error(launched);
  const socket = `${origin.replace('http', 'ws')}/socket?session=${encodeURIComponent(launched.session)}`;
  const client = socketClient({ open: () => new WebSocket(socket, { origin }) as unknown as SocketLike, deep: true });
  const pushes: Push[] = [];
  client.onPush((push) => pushes.push(push));
  return { client, address, pushes };
}
const realFetch = fetch;
async function value<T>(
  answer: Promise<{ ok: true; value: T } | { ok: false; error: { message: string } }>,
): Promise<T> {
  const result = await answer;
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

it('a page opens with conversations, and a question is answered by the real service without a model', async () => {
  const { client, address, pushes } = await open('?scene=many&mode=fast&pace=1');
  const page = await (await fetch(`${origin}${address.pathname}${address.search}`)).text();
  expect(page).toContain('/@vite/client');
  const info: AppInfo = await value(client.call('app.info', {}));
  expect(existsSync(path.join(info.dataDir, 'mezzotint.db'))).toBe(true);
  const list = await value(client.call('conversations.list', {}));
  expect(list[0]?.title).toBe('How a mezzotint is made');
  expect(list.length).toBeGreaterThan(15);
  const { reply, conversation } = await value(
    client.call('chat.send', { conversationId: null, parentId: null, text: 'List three things.', settings: {} }),
  );
  await vi.waitFor(() =>
    expect(pushes).toContainEqual(
      expect.objectContaining({
        topic: 'message',
        message: expect.objectContaining({ id: reply.id, status: 'complete' }),
      }),
    ),
  );
  const { messages } = await value(client.call('conversations.get', { id: conversation.id }));
  expect(messages.at(-1)).toMatchObject({ generation: { mode: 'fast' }, text: expect.stringContaining('windproof') });
});

it.each(['damaged', 'loading', 'order'])('the scene “%s” is what it says', async (scene) => {
  const { client } = await open(`?scene=${scene}`);
  const status = await value(client.call('engine.status', {}));
  if (scene === 'order') expect((await value(client.call('folders.list', {}))).length).toBe(2);
  else expect(status.state).not.toBe('ready');
});

it('two addresses are two services, and nothing of them is left when the server closes', async () => {
  const [one, other] = [await open('?scene=first'), await open('?scene=type')];
  expect(await value(one.client.call('conversations.list', {}))).toEqual([]);
  expect(await value(other.client.call('conversations.list', {}))).toHaveLength(1);
  const folders = await Promise.all(
    [one, other].map(async ({ client }) => (await value(client.call('app.info', {}))).dataDir),
  );
  expect(new Set(folders).size).toBe(2);
  await server.close();
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
});
