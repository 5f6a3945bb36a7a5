/** What replies of servers cost: known prices alone, kept with the reply, summed for a conversation, exported. */
import { mkdtempSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openHost } from '../../core/app/host.ts';
import type { Service } from '../../core/app/service.ts';
import type { Message } from '../../core/contract/conversations.ts';
import { costOf, totals, type Price } from '../../core/contract/remote.ts';
import { probe } from '../../core/engines/index.ts';
import { publishedPrice } from '../../core/servers/prices.ts';
import { calling } from '../fixtures/calling.ts';
import { FakeEngine } from '../fixtures/fake-engine.ts';
import { delta, says, scripted, send, sse, type Script, type ScriptedServer } from '../fixtures/remote-server.ts';

let home: string;
let service: Service;
const ends: (() => Promise<void> | void)[] = [];
const start = (): void => {
  service = openHost({
    home,
    packDir: '',
    spawnEngine: new FakeEngine({}).spawn,
    openExternal: () => Promise.resolve(),
    version: '0',
    runtime: 'browser',
  });
};
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-cost-'));
  start();
});
afterEach(async () => {
  await service.close();
  for (const end of ends.splice(0)) await end();
  rmSync(home, { recursive: true, force: true });
});
const call = calling(() => service);
const serve = async (...scripts: Script[]): Promise<ScriptedServer> => {
  const server = await scripted(...scripts);
  ends.push(() => server.close());
  return server;
};
const use = async (server: ScriptedServer): Promise<string> => {
  const { id } = await call('servers.add', { name: 'Lab', addresses: [server.address], model: 'big-dllm' });
  await call('servers.use', { id });
  return id;
};
const ask = async (
  text: string,
  conversationId: string | null = null,
  parentId: string | null = null,
): Promise<Message> => {
  const { reply } = await call('chat.send', { conversationId, parentId, text, settings: {} });
  return vi.waitFor(async () => {
    const { messages } = await call('conversations.get', { id: reply.conversationId });
    const message = messages.find(({ id }) => id === reply.id);
    expect(message?.status).not.toBe('pending');
    return message as Message;
  });
};
/** 11 tokens read and 5 written, as `says` counts. */
const PRICE = { input: 100, output: 1000, currency: 'EUR' };
const COST = (11 * 100 + 5 * 1000) / 1e6;
/** A whole reply without a count of tokens. */
const uncounted: Script = (response) => {
  sse(response);
  send(response, delta('Yes.', 'stop'));
  send(response, '[DONE]');
  response.end();
};

describe('a price that a person enters', () => {
  it('is stored with each reply that follows, and no later price changes it', async () => {
    const id = await use(await serve(says('Yes.')));
    expect((await call('servers.list', {})).servers[0]?.price).toBeNull();
    const before = await ask('What?');
    const state = await call('servers.price', { id, price: PRICE });
    expect(state.servers[0]?.price).toMatchObject({ ...PRICE, from: 'person' });
    const priced = await ask('And?', before.conversationId, before.id);
    await call('servers.price', { id, price: { ...PRICE, output: 9 } });
    await service.close();
    start();
    const { messages } = await call('conversations.get', { id: before.conversationId });
    const [without, withOne] = [before, priced].map(({ id: wanted }) => messages.find((one) => one.id === wanted));
    expect(costOf(without?.generation?.pack?.server, without?.generation?.counts ?? null)).toBeNull();
    const cost = costOf(withOne?.generation?.pack?.server, withOne?.generation?.counts ?? null);
    expect(cost).toEqual({ amount: COST, currency: 'EUR' });
    // a person sees the sum of what is known, and how many are not in it
    expect(await call('conversations.cost', { id: before.conversationId })).toEqual({ costs: [cost], unknown: 1 });
    expect((await call('servers.price', { id, price: null })).servers[0]?.price).toBeNull();
  });
  it('makes no cost of a reply whose tokens nobody counted', async () => {
    const id = await use(await serve(uncounted));
    await call('servers.price', { id, price: PRICE });
    const reply = await ask('What?');
    expect(reply.generation?.pack?.server?.price).toMatchObject(PRICE);
    expect(await call('conversations.cost', { id: reply.conversationId })).toEqual({ costs: [], unknown: 1 });
  });
  it('goes out with exports: the complete one keeps host and price, and a table has what each reply cost', async () => {
    const server = await serve(says('Yes.'));
    const id = await use(server);
    await call('servers.price', { id, price: PRICE });
    const reply = await ask('What?');
    const taken = async (format: 'json' | 'csv'): Promise<string> => {
      const { exportId } = await call('export.begin', { format, ids: [reply.conversationId], frames: false });
      let text = '';
      for (let piece = 0; ; piece++) {
        const part = await call('export.read', { exportId, piece });
        text += part.text;
        if (part.done) return text;
      }
    };
    const json = await taken('json');
    expect(json).toContain(`"host":"${server.host}"`);
    expect(json).toContain('"from":"person"');
    const [head, ...rows] = (await taken('csv')).trim().split('\r\n');
    const cells = (line = ''): string[] => line.slice(1, -1).split('","');
    const row = cells(rows[1]);
    const at = (name: string): string | undefined => row[cells(head?.replace('\uFEFF', '')).indexOf(name)];
    expect([at('host'), at('cost'), at('currency')]).toEqual([server.host, String(COST), 'EUR']);
  });
});

describe('a price that nobody entered', () => {
  const list =
    (pricing: unknown): Script =>
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data: [{ id: 'm', pricing }] }));
    };
  const listed = async (pricing: unknown): Promise<Price | undefined> =>
    (await probe({ address: (await serve(list(pricing))).address, key: undefined, confirmed: false })).models[0]?.price;
  it('is taken from the server’s list, which counts dollars for one token', async () => {
    expect(
      await listed({ prompt: '0.00000025', completion: '0.00000075', input_cache_reads: '0.000000025' }),
    ).toMatchObject({ input: 0.25, output: 0.75, cached: 0.025, currency: 'USD', from: 'server' });
    for (const nonsense of [
      undefined,
      'free',
      { prompt: '1' },
      { prompt: '-1', completion: '1' },
      { prompt: '', completion: '' },
    ])
      expect(await listed(nonsense)).toBeUndefined();
  });
  it('is one that was published for this host and model, with its day, or none', () => {
    expect(publishedPrice('api.inceptionlabs.ai', 'mercury-2')).toMatchObject({
      input: 0.25,
      currency: 'USD',
      from: 'published',
      day: expect.stringMatching(/^\d{4}-/) as string,
    });
    expect(publishedPrice('example.com', 'mercury-2')).toBeNull();
    expect(publishedPrice('api.inceptionlabs.ai', 'mercury-9')).toBeNull();
  });
});

it('what a server had in its cache costs what it asks for that', () => {
  const price: Price = { input: 2, output: 4, cached: 1, currency: 'USD', from: 'person', day: '2026-01-01' };
  const server = { name: 's', host: 'h', dialect: 'mercury', states: true, unit: 'text', price } as const;
  const counts = { promptTokens: 1_000_000, cachedTokens: 500_000, tokens: 250_000 };
  expect(costOf(server, counts)).toEqual({ amount: 2.5, currency: 'USD' });
  expect(
    totals([
      { amount: 1, currency: 'USD' },
      { amount: 2, currency: 'EUR' },
      { amount: 3, currency: 'USD' },
    ]),
  ).toEqual([
    { amount: 4, currency: 'USD' },
    { amount: 2, currency: 'EUR' },
  ]);
});

describe('the list of conversations', () => {
  it('says where servers wrote in each, and nothing of those that stayed here', async () => {
    const here = await ask('Here?');
    const one = await serve(says('One.'));
    const two = await serve(says('Two.'));
    const first = await use(one);
    const there = await ask('There?');
    const { id } = await call('servers.add', { name: 'Other', addresses: [two.address], model: 'big-dllm' });
    await call('servers.use', { id });
    await ask('And there?', there.conversationId, there.id);
    const hostsOf = async (): Promise<Record<string, readonly string[] | undefined>> =>
      Object.fromEntries((await call('conversations.list', {})).map((each) => [each.id, each.hosts]));
    const expected = { [here.conversationId]: undefined, [there.conversationId]: [one.host, two.host].sort() };
    expect(await hostsOf()).toEqual(expected);
    // a server that is removed changes nothing of it, nor does a restart
    await call('servers.use', { id: null });
    await call('servers.remove', { id: first });
    await service.close();
    start();
    expect(await hostsOf()).toEqual(expected);
    // a fork holds the same words
    const { id: fork } = await call('conversations.fork', { messageId: there.id });
    expect((await hostsOf())[fork]).toEqual([one.host]);
    // data of before the list said it: it is read from the replies
    await service.close();
    const db = new Database(path.join(home, 'mezzotint.db'));
    db.exec('DROP TRIGGER host_added; DROP TRIGGER host_changed; ALTER TABLE conversations DROP COLUMN hosts;');
    db.pragma('user_version = 11');
    db.close();
    start();
    expect(await hostsOf()).toEqual({ ...expected, [fork]: [one.host] });
  });
});
