/** Browser mode's rules against a real browser: a foreign page, a page without a session, the page's own policy. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sessionOf, socketAddress } from '../fixtures/browser-session.ts';
import { expect, test } from './support/fixtures.ts';
import { startServerProcess } from './support/runtimes.ts';

test('the page takes the code out of the address and works after a reload', async ({ app }) => {
  await expect(app.page.getByTestId('composer-input')).toBeVisible();
  expect(app.page.url()).not.toContain('code');
  await app.page.reload();
  await expect(app.page.getByTestId('engine-status')).toHaveAttribute('data-state', 'ready', { timeout: 60_000 });
});

test('an address works once; a page that comes without a session shows nothing of the person and gets a new address printed', async ({
  app,
}) => {
  const { server } = app;
  if (!server) throw new Error('no server');
  const context = await app.page.context().browser()?.newContext();
  const page = await context?.newPage();
  if (!page) throw new Error('no page');
  await page.goto(server.address);
  await expect(page.getByTestId('no-connection')).toContainText('needs a new address');
  await expect.poll(() => server.printed().length).toBe(2);
  await page.goto(server.printed()[1] ?? '');
  await expect(page.getByTestId('composer-input')).toBeVisible();
  expect(page.url()).not.toContain('code');
  // a reload, and going back in the history, stay in the session
  await page.reload();
  await expect(page.getByTestId('composer-input')).toBeVisible();
  await context?.close();
});

test('after Mezzotint was started again, a page that is open and one that is reloaded say what to do', async ({
  start,
}) => {
  const app = await start();
  const { server, page } = app;
  if (!server) throw new Error('no server');
  const { port } = new URL(server.address);
  await page.getByTestId('composer-input').fill('words that are not sent');
  await server.close();
  const again = await startServerProcess({ dataDir: app.dataDir, port: Number(port) });
  try {
    await expect(page.getByTestId('connection-lost')).toContainText('needs a new address', { timeout: 20_000 });
    await expect(page.getByTestId('composer-input')).toHaveValue('words that are not sent');
    await page.reload();
    await expect(page.getByTestId('no-connection')).toContainText('npm start');
    await expect.poll(() => again.printed().length, { timeout: 20_000 }).toBeGreaterThan(1);
    await page.goto(again.printed().at(-1) ?? '');
    await expect(page.getByTestId('composer-input')).toBeVisible();
  } finally {
    await again.close();
  }
});

test('a page of another origin reads nothing and opens no socket, even knowing the session', async ({ app }) => {
  const foreign = createServer((_request, response) =>
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>elsewhere</title>'),
  );
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  const context = await app.page.context().browser()?.newContext();
  const page = await context?.newPage();
  await page?.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
  const { origin } = new URL(app.server?.address ?? '');
  const session = await sessionOf(app.page);
  const result = await page?.evaluate(
    async ([target, socket]) => {
      const read = await fetch(target ?? '').then(
        () => 'read',
        () => 'refused',
      );
      const frame = document.createElement('iframe');
      frame.src = target ?? '';
      document.body.append(frame);
      const opened = await new Promise<string>((resolve) => {
        const attempt = new WebSocket(socket ?? '');
        attempt.onopen = () => resolve('open');
        attempt.onerror = () => resolve('refused');
      });
      let inside: string;
      try {
        inside = frame.contentDocument?.body.textContent ?? 'hidden';
      } catch {
        inside = 'hidden';
      }
      return { read, opened, inside: inside === '' ? 'hidden' : inside };
    },
    [`${origin}/`, socketAddress(origin, session)] as const,
  );
  expect(result).toEqual({ read: 'refused', opened: 'refused', inside: 'hidden' });
  await context?.close();
  foreign.close();
});

test('inline scripts and foreign connections are refused by the policy', async ({ app }) => {
  const result = await app.page.evaluate(async () => {
    const inline = document.createElement('script');
    inline.textContent = 'window.inlineRan = true';
    document.body.append(inline);
    const fetched = await fetch('https://example.com/').then(
      () => true,
      () => false,
    );
    return { inlineRan: 'inlineRan' in window, fetched };
  });
  expect(result).toEqual({ inlineRan: false, fetched: false });
});
