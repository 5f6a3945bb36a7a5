/** A server on another machine, as a person adds it, chats with it and meets its faults: here a second Mezzotint, and one of our scripts. */
import AxeBuilder from '@axe-core/playwright';
import path from 'node:path';
import { inRoot } from '../../scripts/lib/common.mjs';
import { delta, says, scripted, send, sse } from '../fixtures/remote-server.ts';
import { serve, SERVED_KEY } from '../fixtures/served.ts';
import { ask, ended, lastReply, openSettings, plainSettings } from './support/acts.ts';
import { expect, test } from './support/fixtures.ts';
import { engineReady } from './support/runtimes.ts';

test('a second Mezzotint is added from the settings, shows what was observed, and writes with states and confidence', async ({
  start,
}) => {
  test.setTimeout(180_000);
  const far = await serve();
  try {
    const app = await start();
    const { page } = app;
    await engineReady(app);
    await openSettings(page, 'Advanced');
    await page.getByTestId('servers-open').click();
    const sheet = page.getByTestId('servers-sheet');
    await expect(sheet).toContainText('Nothing leaves this machine');
    await page.getByTestId('server-address').fill('http://192.168.77.7:9');
    await page.getByTestId('server-look').click();
    // a private network is asked about, and nothing was sent
    await expect(page.getByTestId('server-trust')).toBeVisible();
    await page.getByTestId('server-address').fill(far.address);
    await page.getByTestId('server-key').fill(SERVED_KEY);
    await page.getByTestId('server-look').click();
    await expect(page.getByTestId('server-model')).toHaveValue('smollm2-135m-instruct');
    await page.getByTestId('server-name').fill('Study');
    await page.getByTestId('server-try').click();
    await expect(page.getByTestId('observed')).toContainText('states of the canvas', { timeout: 60_000 });
    await expect(page.getByTestId('observed')).toContainText('confidence');
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().include('dialog[open]').analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    await page.screenshot({ path: path.join(inRoot('test-results'), 'servers.png') });
    await page.getByTestId('server-add').click();
    await expect(sheet).toHaveCount(0);
    await expect(page.getByTestId('at-server')).toContainText(`127.0.0.1:${far.port}`);
    await page.keyboard.press('Escape');
    await plainSettings(app);
    await ask(page, 'What is a metal?');
    await ended(page);
    await expect(lastReply(page).getByTestId('reply-line')).toContainText(`127.0.0.1:${far.port}`);
    const [conversation] = await app.call('conversations.list', {});
    const { messages } = await app.call('conversations.get', { id: conversation?.id ?? '' });
    const { tokens, events } = await app.call('generations.trace', { messageId: messages[1]?.id ?? '', frames: true });
    expect(tokens.every(({ p }) => p !== null)).toBe(true);
    expect(events.some(({ type }) => type === 'frame')).toBe(true);
    // its steps can be replayed and its confidence seen; what needs this machine's tokens is not there
    await expect(lastReply(page).locator('[data-view=replay]')).toBeEnabled();
    await lastReply(page).getByTestId('more').click();
    await expect(page.getByRole('menuitem', { name: 'Retry' })).toBeVisible();
    await expect(page.getByRole('menuitem', { name: /Rewrite/ })).toHaveCount(0);
  } finally {
    await far.end();
  }
});

test('a reply that is cut keeps its words, goes on, and a conversation can stay on this machine', async ({ start }) => {
  test.setTimeout(180_000);
  const server = await scripted(
    (response) => {
      sse(response);
      send(response, delta('A burr is'));
      setImmediate(() => response.destroy());
    },
    says(' raised', ' metal.'),
    says('Again.'),
  );
  try {
    const app = await start();
    const { page } = app;
    await engineReady(app);
    const { id } = await app.call('servers.add', {
      name: 'Lab',
      addresses: [server.address],
      model: 'big-dllm',
      models: [],
      observed: null,
      confirmed: false,
    });
    // chosen below the message box, like a model
    await page.getByTestId('model').selectOption({ label: 'Lab · big-dllm' });
    await expect(page.getByTestId('at-server')).toContainText(server.host);
    await ask(page, 'What is a burr?');
    await ended(page, 'failed');
    await expect(lastReply(page)).toContainText('A burr is');
    await expect(lastReply(page)).toContainText('was cut');
    await lastReply(page).getByRole('button', { name: 'Continue' }).click();
    await ended(page);
    await expect(lastReply(page)).toContainText('A burr is raised metal.');
    const line = lastReply(page).getByTestId('reply-line');
    await line.getByRole('button').click();
    await expect(line).toContainText('finished text only');
    // neither forwards nor tokens a forward were told, and none are shown
    await expect(line).not.toContainText('forward');
    // nobody named a price: no cost is shown
    await expect(line).not.toContainText('Cost');
    await expect(lastReply(page).locator('[data-view=replay]')).toBeDisabled();
    await page.screenshot({ path: path.join(inRoot('test-results'), 'server-reply.png') });

    await openSettings(page, 'Advanced');
    await page.getByTestId('servers-open').click();
    const price = page.getByTestId('server-price');
    await expect(price).toContainText('not known');
    await price.getByRole('button').click();
    await price.getByLabel('A million tokens read').fill('200');
    await price.getByLabel('A million tokens written').fill('1000');
    await price.getByRole('button', { name: 'Save' }).click();
    await expect(price).toContainText('$200.00 to read and $1,000.00 to write, as you entered');
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().include('dialog[open]').analyze();
    expect(violations.map(({ id: rule, nodes }) => `${rule}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    await page.screenshot({ path: path.join(inRoot('test-results'), 'server-price.png') });
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await ask(page, 'And a nib?');
    await ended(page);
    const paid = lastReply(page).getByTestId('reply-line');
    await paid.getByRole('button').click();
    // 11 tokens read and 5 written
    await expect(paid).toContainText('$0.0072');
    await page.screenshot({ path: path.join(inRoot('test-results'), 'server-cost.png') });

    // the list says where it was written, to the eye and to a screen reader
    const item = page.getByTestId('conversation-item');
    await expect(item.getByTestId('host-mark')).toHaveAttribute(
      'title',
      `Replies here were written at ${server.host}.`,
    );
    await expect(item).toContainText(server.host);
    await page.getByTestId('setup-button').click();
    await expect(page.getByTestId('setup')).toContainText(server.host);
    await expect(page.getByTestId('spent')).toContainText('$0.0072; the cost of one more reply is not known');
    await page.getByTestId('local-only').check();
    await page.keyboard.press('Escape');
    await expect(item.getByTestId('local-mark')).toHaveAttribute('title', 'Stays on this machine');
    await expect(item.getByTestId('host-mark')).toHaveCount(0);
    await page.screenshot({ path: path.join(inRoot('test-results'), 'server-marks.png') });
    const before = server.seen.length;
    await page.getByTestId('composer-input').fill('And this?');
    await page.keyboard.press('Enter');
    await expect(page.getByText('This conversation stays on this machine')).toBeVisible();
    expect(server.seen).toHaveLength(before);
    // and back: this machine's model is the first of the list
    await page.getByTestId('model').selectOption({ index: 0 });
    await expect(page.getByTestId('at-server')).toHaveCount(0);
    // in this conversation alone: others go on at the server
    const { current } = await app.call('models.list', {});
    await expect(page.getByTestId('engine-status')).toContainText('on this machine');
    expect((await app.call('servers.list', {})).current).not.toBeNull();
    const [open] = await app.call('conversations.list', {});
    expect(open?.setup).toMatchObject({ model: current, localOnly: true });
    await plainSettings(app, { maxTokens: 12 });
    await page.getByTestId('composer-input').fill('And this?');
    await expect(page.getByTestId('send')).toBeEnabled();
    await page.keyboard.press('Enter');
    await expect(lastReply(page)).not.toContainText('A burr is');
    await ended(page);
    expect(server.seen).toHaveLength(before);
    expect(id).not.toBe('');
  } finally {
    await server.close();
  }
});
