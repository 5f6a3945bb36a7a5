/** Browser mode's rules against a real browser: a foreign page, a page without the token, the page's own policy. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from './support/fixtures.ts';

test('the page takes the token out of the address and works after a reload', async ({ app }) => {
  await expect(app.page.getByTestId('composer-input')).toBeVisible();
  expect(app.page.url()).not.toContain('token');
  await app.page.reload();
  await expect(app.page.getByTestId('engine-status')).toHaveAttribute('data-state', 'ready', { timeout: 60_000 });
});

test('a page opened without the token shows nothing of the person', async ({ app }) => {
  const context = await app.page.context().browser()?.newContext();
  const page = await context?.newPage();
  await page?.goto(new URL(app.address ?? '').origin);
  if (page) await expect(page.getByText('launch address')).toBeVisible();
  await context?.close();
});

test('a page of another origin reads nothing and opens no socket, even knowing the token', async ({ app }) => {
  const foreign = createServer((_request, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>elsewhere</title>'));
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  const context = await app.page.context().browser()?.newContext();
  const page = await context?.newPage();
  await page?.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
  const { origin, host, hash } = new URL(app.address ?? '');
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
    [`${origin}/`, `ws://${host}/socket?${hash.slice(1)}`] as const,
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
