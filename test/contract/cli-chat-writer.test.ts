/** Who writes a chat of the terminal: a model of this machine, or a server. Real processes, packs and a second Mezzotint. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDispatch } from '../../core/app/dispatch.ts';
import { openHost } from '../../core/app/host.ts';
import type { Conversation, Message } from '../../core/contract/conversations.ts';
import type { LibraryState } from '../../core/contract/models.ts';
import type { ServersState } from '../../core/contract/servers.ts';
import { closeAll } from '../../core/server/closing.ts';
import { serveLocally } from '../../core/server/local.ts';
import { openStore } from '../../core/store/index.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';
import { FakeEngine } from '../fixtures/fake-engine.ts';
import { serve, SERVED_KEY, type Served } from '../fixtures/served.ts';

const root = mkdtempSync(path.join(tmpdir(), 'mezzotint-chat-writer-'));
const data = path.join(root, 'data');
const BUILT_IN = 'smollm2-135m-instruct';
const greedy = ['--temperature', '0', '--max-tokens', '6'];
let far: Served;
let host = '';
/** The imported model. */
let sdar: { id: string; name: string };

interface Ended {
  code: number | null;
  said: string;
  errors: string;
}
function cli(args: readonly string[], typed = '', folder = data): Promise<Ended> {
  const { MEZZOTINT_PACK: _, ...env } = process.env;
  const child = spawn(process.execPath, ['core/cli/main.ts', ...args, '--data', folder], {
    env: { ...env, MEZZOTINT_SERVER_KEY: args[1] === 'add' ? SERVED_KEY : '' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdin.end(typed);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said, errors })));
}
interface Replied {
  conversationId: string;
  model: string;
  host: string | null;
}
async function chat(args: readonly string[]): Promise<{ replied: Replied; errors: string }> {
  const { code, said, errors } = await cli(['chat', '--json', ...greedy, ...args], 'Name a metal.\n');
  expect({ code, errors }).toEqual({ code: 0, errors });
  return { replied: JSON.parse(said) as Replied, errors };
}
/** Works with what is stored. */
function stored<T>(look: (store: Extract<ReturnType<typeof openStore>, { ok: true }>['value']['store']) => T): T {
  const opened = openStore({ dataDir: data });
  if (!opened.ok) throw new Error(opened.error.message);
  try {
    return look(opened.value.store);
  } finally {
    opened.value.store.close();
  }
}
const conversation = (id: string): Conversation => stored(({ conversations }) => conversations.get(id));
const writers = (id: string): (string | undefined)[] =>
  stored(({ messages }) => messages.ofConversation(id))
    .filter(({ role }: Message) => role === 'assistant')
    .map(({ generation }) => generation?.pack?.id);

beforeAll(async () => {
  far = await serve();
  host = `127.0.0.1:${far.port}`;
  await cli(['models', 'import', path.join(goldens, 'sdar'), '--no-speed']);
  const { models } = JSON.parse((await cli(['models', 'list', '--json'])).said) as LibraryState;
  sdar = models.find(({ builtIn }) => !builtIn) as typeof sdar;
  expect(await cli(['servers', 'add', 'study', far.address])).toMatchObject({ code: 0 });
}, 120_000);
afterAll(async () => {
  await far.end();
  rmSync(root, { recursive: true });
});

describe('chat --model', () => {
  it('writes a new conversation, which keeps the model, and one that is there from then on', async () => {
    const { replied } = await chat(['--model', sdar.name.toUpperCase()]);
    expect(replied).toMatchObject({ model: sdar.id, host: null });
    expect(conversation(replied.conversationId).setup?.model).toBe(sdar.id);
    // without the option the conversation's own model goes on
    const { conversationId: id } = replied;
    expect((await chat(['--id', id])).replied).toMatchObject({ conversationId: id, model: sdar.id });
    expect((await chat(['--id', id, '--model', BUILT_IN])).replied).toMatchObject({ model: BUILT_IN });
    expect(conversation(id).setup?.model).toBe(BUILT_IN);
    expect(writers(id)).toEqual([sdar.id, sdar.id, BUILT_IN]);
    // what answers elsewhere stays
    expect((await chat([])).replied.model).toBe(BUILT_IN);
  }, 120_000);
  it('modes are those of the model that was named', async () => {
    expect(await cli(['chat', '--model', sdar.id, '--mode', 'exact'], 'Hi\n')).toMatchObject({
      code: 1,
      said: '',
      errors: expect.stringMatching(/has no exact mode\. Nothing was written\./) as string,
    });
    const { conversationId } = (await chat(['--model', sdar.id])).replied;
    expect(await cli(['chat', '--id', conversationId, '--mode', 'exact'], 'Hi\n')).toMatchObject({ code: 1 });
    expect(writers(conversationId)).toHaveLength(1);
  }, 60_000);
  it('one that is not there is refused with those that are, and a folder with what to do', async () => {
    const before = stored(({ conversations }) => conversations.list().length);
    expect(await cli(['chat', '--model', 'gpt-9'], 'Hi\n')).toMatchObject({
      code: 1,
      said: '',
      errors: expect.stringContaining(BUILT_IN) as string,
    });
    expect(await cli(['chat', '--model', './packs/mine'], 'Hi\n')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('models add') as string,
    });
    expect(stored(({ conversations }) => conversations.list().length)).toBe(before);
  }, 60_000);
});

describe('chat --server', () => {
  it('has the server write, says so, and leaves what was chosen as it was', async () => {
    const { replied, errors } = await chat(['--server', 'STUDY']);
    expect(replied.host).toBe(host);
    expect(errors).toContain(`study (${host}) writes the replies.`);
    const servers = JSON.parse((await cli(['servers', 'list', '--json'])).said) as ServersState;
    expect(servers.current).toBeNull();
    // the next one is written here again, also in the same conversation
    const here = await chat(['--id', replied.conversationId]);
    expect(here.replied).toMatchObject({ host: null, model: BUILT_IN });
    expect(here.errors).not.toContain('study');
  }, 120_000);
  it('a model of this machine that new conversations begin with gives way to it', async () => {
    const preset = stored(({ presets }) =>
      presets.add('a-preset', { name: 'Mine', instructions: 'Be brief.', settings: {}, model: sdar.id }, 1),
    );
    stored(({ presets }) => presets.setDefault(preset.id));
    expect((await chat([])).replied).toMatchObject({ host: null, model: sdar.id });
    const { replied } = await chat(['--server', 'study']);
    expect(replied.host).toBe(host);
    expect(conversation(replied.conversationId).setup).toMatchObject({ instructions: 'Be brief.' });
    stored(({ presets }) => presets.setDefault(null));
  }, 60_000);
  it('is refused for a conversation with a model of its own, or one that may not leave this machine', async () => {
    const { conversationId: own } = (await chat(['--model', sdar.id])).replied;
    const title = conversation(own).title;
    expect(await cli(['chat', '--id', own, '--server', 'study'], 'Hi\n')).toMatchObject({
      code: 1,
      said: '',
      errors: expect.stringContaining(`“${title}” has a model of its own`) as string,
    });
    const { conversationId: kept } = (await chat([])).replied;
    stored(({ conversations }) =>
      conversations.setSetup(kept, { presetId: null, instructions: '', settings: {}, localOnly: true }),
    );
    const refused = await cli(['chat', '--id', kept, '--server', 'study'], 'Hi\n');
    expect(refused).toMatchObject({ code: 1, said: '', errors: expect.stringContaining(host) as string });
    expect([writers(own).length, writers(kept).length]).toEqual([1, 1]);
  }, 120_000);
  it('one that is not there is named with those that are, and nothing is made', async () => {
    expect(await cli(['chat', '--server', 'nobody'], 'Hi\n')).toMatchObject({
      code: 1,
      said: '',
      errors: expect.stringContaining('There are: study.') as string,
    });
    const empty = path.join(root, 'empty');
    expect(await cli(['chat', '--server', 'nobody'], 'Hi\n', empty)).toMatchObject({ code: 1 });
    expect(await cli(['chat', '--server', 'study', '--model', sdar.id], 'Hi\n', empty)).toMatchObject({
      code: 2,
      errors: expect.stringContaining('--server and --model do not go together') as string,
    });
    expect(existsSync(empty)).toBe(false);
  }, 60_000);
  it('beside an open app it is the one that was chosen there, or none', async () => {
    const app = openHost({
      home: data,
      packDir: '',
      spawnEngine: new FakeEngine({ script: { text: 'Iron.' } }).spawn,
      openExternal: () => Promise.resolve(),
      version: '0',
      runtime: 'browser',
    });
    const local = await serveLocally({
      service: app,
      dispatch: createDispatch(app.handlers, () => undefined),
      log: (line) => expect.unreachable(line),
    });
    try {
      expect(await cli(['chat', '--server', 'study'], 'Hi\n')).toMatchObject({
        code: 1,
        said: '',
        errors: expect.stringContaining('study is not what writes its replies') as string,
      });
      const { servers } = await app.handlers['servers.list']({});
      await app.handlers['servers.use']({ id: servers[0]?.id ?? null });
      expect((await chat(['--server', 'study'])).replied.host).toBe(host);
      await app.handlers['servers.use']({ id: null });
    } finally {
      await closeAll(app, local);
    }
  }, 60_000);
});
