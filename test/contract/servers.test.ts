/** Servers as the app uses them: added, tested and chosen through the channels, with replies that can change engines on their way. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openHost } from '../../core/app/host.ts';
import type { Service } from '../../core/app/service.ts';
import { pushSchema, type Push } from '../../core/contract/push.ts';
import type { Message } from '../../core/contract/conversations.ts';
import { askServer, KEY, startApi } from '../fixtures/api-server.ts';
import { calling, type Asked } from '../fixtures/calling.ts';
import { FakeEngine } from '../fixtures/fake-engine.ts';
import { delta, says, scripted, send, sse, type Script, type ScriptedServer } from '../fixtures/remote-server.ts';

const SECRET = 'sk-a-secret-of-the-tests';
let home: string;
let service: Service;
let pushes: Push[];
const ends: (() => Promise<void> | void)[] = [];
const secrets = new Map<string, string>();

function start(keyStore = false): void {
  const fake = new FakeEngine({});
  service = openHost({
    home,
    packDir: '',
    spawnEngine: fake.spawn,
    openExternal: () => Promise.resolve(),
    version: '0',
    runtime: 'browser',
    ...(keyStore
      ? {
          desktop: {
            chooseFolder: async () => null,
            showFolder: async () => undefined,
            chooseModel: async () => null,
            trash: async () => undefined,
            keyStore: {
              available: true,
              read: (name) => secrets.get(name) ?? null,
              write: (name, secret) => void (secret === null ? secrets.delete(name) : secrets.set(name, secret)),
            },
          },
        }
      : {}),
  });
  service.onPush((push) => void pushes.push(structuredClone(v.parse(pushSchema, push))));
}
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-servers-'));
  pushes = [];
  secrets.clear();
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
const models: Script = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ object: 'list', data: [{ id: 'big-dllm', max_model_len: 4096 }] }));
};
const add = async (server: ScriptedServer, more: Partial<Asked<'servers.add'>> = {}): Promise<string> =>
  (await call('servers.add', { name: 'Lab', addresses: [server.address], model: 'big-dllm', key: SECRET, ...more })).id;
const ask = async (text: string, more: Partial<Asked<'chat.send'>> = {}): Promise<Message> => {
  const { reply } = await call('chat.send', { conversationId: null, parentId: null, text, settings: {}, ...more });
  return settled(reply);
};
async function settled({ conversationId, id }: Message): Promise<Message> {
  return vi.waitFor(
    async () => {
      const { messages } = await call('conversations.get', { id: conversationId });
      const message = messages.find((one) => one.id === id);
      expect(message?.status).not.toBe('pending');
      return message as Message;
    },
    { timeout: 20_000 },
  );
}
const cutAfter =
  (text: string): Script =>
  (response) => {
    sse(response);
    send(response, delta(text));
    setImmediate(() => response.destroy());
  };

describe('a server that is added', () => {
  it('is asked for its models, whichever end of its address was copied', async () => {
    const server = await serve((response, seen) =>
      seen.path === '/v1/models' ? models(response, seen) : void response.writeHead(404).end('<html>'),
    );
    const bare = server.address.replace('/v1', '');
    for (const address of [server.address, bare, `${server.address}/chat/completions`])
      expect(await call('servers.probe', { address, key: SECRET })).toMatchObject({
        address: server.address,
        host: server.host,
        models: [{ id: 'big-dllm', contextLength: 4096 }],
        dialect: null,
      });
    expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
  });
  it('is judged by a test reply alone: states that came, or finished text', async () => {
    const plain = await serve(says('Hello', ' there.'));
    expect(await call('servers.test', { address: plain.address, model: 'm' })).toMatchObject({
      dialect: 'openai-blocks',
      states: 0,
      probabilities: false,
      text: 'Hello there.',
    });
    const states = await serve((response) => {
      sse(response);
      send(response, { type: 'diffusion_frame', block: 0, step: 0, total: 2, text: '░░' });
      send(response, { type: 'diffusion_frame', block: 0, step: 1, total: 2, text: 'Hello░' });
      send(response, delta('Hello.', 'stop'));
      send(response, '[DONE]');
      response.end();
    });
    const id = await add(states);
    expect(await call('servers.test', { id })).toMatchObject({ dialect: 'unsloth', states: 2 });
    expect(await call('servers.list', {})).toMatchObject({
      servers: [{ dialect: 'unsloth', observed: { states: 2 } }],
    });
  });
  it('writes replies once it is chosen; each carries where it was written, also after a restart', async () => {
    const server = await serve(says('From far', ' away.'));
    const id = await add(server);
    expect((await ask('Here?')).generation?.pack?.server).toBeUndefined();
    const state = await call('servers.use', { id });
    expect(state.current).toBe(id);
    expect(await call('engine.status', {})).toMatchObject({
      state: 'ready',
      device: 'remote',
      pack: { name: 'big-dllm', server: { name: 'Lab', host: server.host } },
    });
    const reply = await ask('There?');
    expect(reply).toMatchObject({
      text: 'From far away.',
      status: 'complete',
      generation: { device: 'remote', pack: { name: 'big-dllm', server: { host: server.host, unit: 'text' } } },
    });
    await service.close();
    start();
    expect((await call('servers.list', {})).current).toBe(id);
    expect((await ask('Still there?')).text).toBe('From far away.');
    await call('servers.use', { id: null });
    expect((await ask('Here again?')).generation?.pack?.server).toBeUndefined();
  });
  it('gives way to a model of this machine that is chosen', async () => {
    const server = await serve(says('Far.'));
    await call('servers.use', { id: await add(server) });
    const { models: here } = await call('models.list', {});
    await call('models.use', { id: here[0]?.id ?? '' }).catch(() => undefined);
    expect((await call('servers.list', {})).current).toBeNull();
  });
  it('is removed with its key; its replies stay', async () => {
    const server = await serve(says('Kept.'));
    const id = await add(server);
    await call('servers.use', { id });
    const reply = await ask('Keep this.');
    expect(await call('servers.remove', { id })).toMatchObject({ servers: [], current: null });
    expect(readFileSync(path.join(home, 'mezzotint.keys.json'), 'utf8')).not.toContain(SECRET);
    expect((await settled(reply)).generation?.pack?.server?.host).toBe(server.host);
    expect((await ask('And here?')).generation?.pack?.server).toBeUndefined();
  });
  it('is refused in words where its name is taken or its address can’t be used', async () => {
    const server = await serve(says('Yes.'));
    await add(server);
    await expect(add(server)).rejects.toMatchObject({ id: 'servers.name-taken' });
    const other = { name: 'Other' };
    for (const [address, id] of [
      ['http://example.com/v1', 'remote.plain-private'],
      ['http://8.8.8.8', 'remote.plain-public'],
      ['nonsense address', 'remote.no-address'],
    ] as const)
      await expect(add(server, { ...other, addresses: [address] })).rejects.toMatchObject({ id });
    await expect(call('servers.use', { id: 'nobody' })).rejects.toMatchObject({ id: 'servers.unknown' });
    expect((await call('servers.list', {})).servers).toHaveLength(1);
  });
});

describe('a key', () => {
  it('is in no file but its own, which only this account can read', async () => {
    const server = await serve(says('Yes.'));
    await call('servers.use', { id: await add(server) });
    const { conversationId } = await ask('Question');
    const { exportId } = await call('export.begin', { format: 'json', ids: [conversationId], frames: true });
    const { text } = await call('export.read', { exportId, piece: 0 });
    // where it was written goes out with the reply; the key does not
    expect(text).toContain(server.host);
    expect(text).not.toContain(SECRET);
    expect(statSync(path.join(home, 'mezzotint.keys.json')).mode & 0o777).toBe(0o600);
    for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name === 'mezzotint.keys.json') continue;
      expect(readFileSync(path.join(entry.parentPath, entry.name)).includes(SECRET), entry.name).toBe(false);
    }
    expect(JSON.stringify(pushes)).not.toContain(SECRET);
    expect(JSON.stringify(await call('servers.list', {}))).not.toContain(SECRET);
  });
  it('is in the system’s key store where there is one, and in no file at all', async () => {
    await service.close();
    start(true);
    const server = await serve(says('Yes.'));
    const id = await add(server);
    expect((await call('servers.list', {})).keys).toBe('system');
    expect([...secrets.values()]).toEqual([SECRET]);
    for (const entry of readdirSync(home, { recursive: true, withFileTypes: true }))
      if (entry.isFile())
        expect(readFileSync(path.join(entry.parentPath, entry.name)).includes(SECRET), entry.name).toBe(false);
    await call('servers.use', { id });
    await ask('Question');
    expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
    // a key store that no longer gives it: nothing is sent without it
    secrets.clear();
    expect((await ask('Again')).generation?.error?.id).toBe('servers.key-unreadable');
    expect(server.seen).toHaveLength(1);
  });
});

describe('a conversation that stays on this machine', () => {
  const setup = { presetId: null, instructions: '', settings: {}, localOnly: true };
  it('is refused while a server is in use, and nothing of it is sent or stored', async () => {
    const server = await serve(says('No.'));
    const local = await ask('Here.', { setup });
    await call('servers.use', { id: await add(server) });
    for (const where of [
      { conversationId: local.conversationId, parentId: local.id },
      { conversationId: null, parentId: null, setup },
    ])
      await expect(call('chat.send', { ...where, text: 'There.', settings: {} })).rejects.toMatchObject({
        id: 'servers.local-only',
      });
    await expect(
      call('chat.reply', { conversationId: local.conversationId, parentId: local.parentId ?? '', settings: {} }),
    ).rejects.toMatchObject({ id: 'servers.local-only' });
    expect(server.seen).toHaveLength(0);
    expect(await call('conversations.list', {})).toHaveLength(1);
    expect((await call('conversations.get', { id: local.conversationId })).conversation.setup).toMatchObject({
      localOnly: true,
    });
    await call('servers.use', { id: null });
    expect((await ask('Here again.', { conversationId: local.conversationId, parentId: local.id })).status).toBe(
      'complete',
    );
  });
});

describe('a reply whose server fails', () => {
  it('keeps what was committed, goes on there, and is one text', async () => {
    const server = await serve(cutAfter('The key'), says(' idea.'));
    await call('servers.use', { id: await add(server) });
    const cut = await ask('What?');
    expect(cut).toMatchObject({ text: 'The key', status: 'failed', generation: { error: { id: 'remote.cut' } } });
    await call('chat.continue', { messageId: cut.id });
    expect(await settled(cut)).toMatchObject({ text: 'The key idea.', status: 'complete' });
    expect(server.seen[1]?.body['messages']).toEqual([
      { role: 'user', content: 'What?' },
      { role: 'assistant', content: 'The key' },
    ]);
    const { tokens } = await call('generations.trace', { messageId: cut.id, frames: true });
    expect(tokens.map(({ text }) => text).join('')).toBe('The key idea.');
  });
  it('goes on with the model of this machine, by its words', async () => {
    const server = await serve(cutAfter('A mezzotint'));
    await call('servers.use', { id: await add(server) });
    const cut = await ask('What?');
    await call('servers.use', { id: null });
    await vi.waitFor(async () => expect((await call('engine.status', {})).state).toBe('ready'));
    await call('chat.continue', { messageId: cut.id });
    const whole = await settled(cut);
    expect(whole).toMatchObject({ status: 'complete' });
    expect(whole.text.startsWith('A mezzotint')).toBe(true);
    expect(whole.text.length).toBeGreaterThan(20);
    expect(whole.generation?.pack?.server).toBeUndefined();
    const { tokens } = await call('generations.trace', { messageId: cut.id, frames: true });
    expect(tokens.map(({ text }) => text).join('')).toBe(whole.text);
  });
  it('is retried, on another engine too', async () => {
    const server = await serve(cutAfter('Half'));
    await call('servers.use', { id: await add(server) });
    const cut = await ask('What?');
    await call('servers.use', { id: null });
    const again = await call('chat.reply', {
      conversationId: cut.conversationId,
      parentId: cut.parentId ?? '',
      settings: {},
    });
    expect((await settled(again.reply)).status).toBe('complete');
  });
  it('has no tokens to branch from', async () => {
    const server = await serve(says('One', ' two.'));
    await call('servers.use', { id: await add(server) });
    const reply = await ask('What?');
    await expect(call('chat.branch', { messageId: reply.id, tokens: 1, settings: {} })).rejects.toMatchObject({
      id: 'capability.tokenIds',
    });
    await call('servers.use', { id: null });
    await expect(call('chat.branch', { messageId: reply.id, tokens: 1, settings: {} })).rejects.toMatchObject({
      id: 'chat.tokens-unknown',
    });
  });
});

describe('another Mezzotint', () => {
  it('is recognised, and its reply comes with states, probabilities and alternatives, as it wrote them', async () => {
    const far = await startApi({ script: { alternatives: 2 } });
    ends.push(() => far.close());
    const address = `${far.server.address.replace(/\/v1$/, '')}/v1`;
    const { models: listed, dialect } = await call('servers.probe', { address, key: KEY });
    expect(dialect).toBe('mezzotint');
    expect(listed[0]?.samplers.length).toBeGreaterThan(2);
    const { id } = await call('servers.add', {
      name: 'Study',
      addresses: [address],
      key: KEY,
      model: listed[0]?.id ?? '',
      models: listed as NonNullable<Asked<'servers.add'>['models']>,
      dialect: 'mezzotint',
    });
    expect(await call('servers.test', { id })).toMatchObject({ dialect: 'mezzotint', probabilities: true });
    await call('servers.use', { id });
    const status = await call('engine.status', {});
    expect(status).toMatchObject({
      capabilities: { probabilities: true, frames: true, seeded: true, tokenIds: false },
    });
    const reply = await ask('What is a burr?', {
      settings: { sampling: { seed: 5 }, sampler: { id: 'speculative', params: {} } },
    });
    expect(reply).toMatchObject({
      status: 'complete',
      generation: { mode: 'exact', pack: { id: 'fake', server: { unit: 'token', states: true } } },
    });
    expect(reply.generation?.counts?.forwards).toBeGreaterThan(1);
    const { tokens, events } = await call('generations.trace', { messageId: reply.id, frames: true });
    expect(events.filter(({ type }) => type === 'frame').length).toBeGreaterThan(2);
    expect(tokens.every(({ p, id: token }) => p !== null && token === null)).toBe(true);
    expect(tokens.some(({ alternatives }) => alternatives?.length === 2)).toBe(true);
    expect(tokens.map(({ text }) => text).join('')).toBe(reply.text);
  });
  it('goes on with a reply that was stopped, as if it had not been', async () => {
    const far = await startApi({});
    ends.push(() => far.close());
    const address = `${far.server.address.replace(/\/v1$/, '')}/v1`;
    const { models: listed } = await call('servers.probe', { address, key: KEY });
    const { id } = await call('servers.add', {
      name: 'Study',
      addresses: [address],
      key: KEY,
      model: listed[0]?.id ?? '',
      models: listed as NonNullable<Asked<'servers.add'>['models']>,
      dialect: 'mezzotint',
    });
    await call('servers.use', { id });
    const short = await ask('What?', { settings: { ending: { maxTokens: 8 } } });
    expect(short.generation?.reason).toBe('length');
    await call('chat.continue', { messageId: short.id });
    const whole = await settled(short);
    expect(whole.status).toBe('complete');
    expect(whole.text.startsWith(short.text)).toBe(true);
    expect(whole.text).toBe((await ask('What?')).text);
  });
});

describe('the local API', () => {
  it('leads no program on to a server', async () => {
    const server = await serve(says('No.'));
    await call('servers.use', { id: await add(server) });
    const { key } = await call('api.set', { enabled: true, port: 21811 + (process.pid % 20_000) });
    const { address } = await call('api.state', {});
    const port = Number(new URL(address ?? '').port);
    const headers = { authorization: `Bearer ${key}` };
    const answer = await askServer(port, '/v1/chat/completions', {
      headers,
      body: { messages: [{ role: 'user', content: 'Hello' }] },
    });
    expect(answer).toMatchObject({ status: 503, json: { error: { code: 'server_in_use' } } });
    // it says what to do, here and beside the window
    expect(answer.text).toContain('Choose a model of this machine');
    expect(answer.text).toContain('mezzotint serve');
    expect((await askServer(port, '/health')).status).toBe(503);
    expect(server.seen).toHaveLength(0);
  });
});

describe('a list of servers that can’t be read', () => {
  it('is left as it is and said; this machine goes on writing', async () => {
    await service.close();
    const file = path.join(home, 'mezzotint.servers.json');
    writeFileSync(file, '{"version": 1, "servers": [');
    start();
    expect((await call('app.info', {})).notices.map(({ id }) => id)).toContain('servers.unreadable');
    await expect(
      call('servers.add', { name: 'X', addresses: ['https://example.com/v1'], model: 'm' }),
    ).rejects.toMatchObject({ id: 'servers.unreadable' });
    expect(readFileSync(file, 'utf8')).toBe('{"version": 1, "servers": [');
    expect((await ask('Here?')).status).toBe('complete');
  });
});
