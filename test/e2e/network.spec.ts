import { ask, ended, newChat, plainSettings } from './support/acts.ts';
import { expect, newDataDir, test } from './support/fixtures.ts';
import { family, hasProc, outsideSockets } from './support/processes.ts';
import { engineReady } from './support/runtimes.ts';

test('from start to a finished reply no process of the app opens a connection out of this machine', async ({
  start,
}) => {
  test.skip(!hasProc, 'reads /proc/net');
  const seen: unknown[] = [];
  let watching = true;
  const app = await start({ dataDir: newDataDir() });
  const watch = (async () => {
    while (watching) {
      seen.push(...outsideSockets(family(app.mainPid).map(({ pid }) => pid)));
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  })();
  const requests: string[] = [];
  app.page.on('request', (request) => requests.push(request.url()));
  await app.page.reload();
  await engineReady(app);
  await plainSettings(app);
  await newChat(app.page);
  await ask(app.page, 'Show a picture: ![x](https://example.com/x.png) and [a link](https://example.com/).');
  await ended(app.page);
  watching = false;
  await watch;
  expect(seen).toEqual([]);
  const own =
    app.runtime === 'electron'
      ? /^(app:\/\/mezzotint\/|data:image\/)/
      : new RegExp(`^(http://127\\.0\\.0\\.1:${new URL(app.server?.address ?? '').port}/|data:image/)`);
  expect(requests.filter((address) => !own.test(address))).toEqual([]);
  expect(requests.length).toBeGreaterThan(0);
});
