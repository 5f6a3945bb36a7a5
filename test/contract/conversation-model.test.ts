/** A model per conversation and per preset, over the real service, engine and two real packs. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openHost } from '../../core/app/host.ts';
import type { Service } from '../../core/app/service.ts';
import type { Message } from '../../core/contract/conversations.ts';
import type { Push } from '../../core/contract/push.ts';
import type { Setup } from '../../core/contract/presets.ts';
import { childEngine } from '../../core/engines/index.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';
import { packDir } from '../fixtures/engine-under-test.ts';

const root = mkdtempSync(join(tmpdir(), 'mezzotint-conversation-model-'));
afterAll(() => rmSync(root, { recursive: true }));
const engine = childEngine(join(import.meta.dirname, '../../core/engine/entry.ts'));
const BUILT_IN = 'smollm2-135m-instruct';
const named = process.env['MEZZOTINT_PACK'];
let service: Service;
let pushes: Push[] = [];
/** The imported model. */
let sdar = '';

function start(): void {
  service = openHost({
    home: join(root, 'home'),
    packDir,
    spawnEngine: engine,
    openExternal: () => Promise.resolve(),
    version: '0',
    runtime: 'browser',
  });
  pushes = [];
  service.onPush((push) => void pushes.push(push));
}
function pushed<T>(find: (push: Push) => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const stop = service.onPush((push) => {
      const found = find(push);
      if (found === undefined) return;
      stop();
      resolve(found);
    });
  });
}
const loaded = async (): Promise<string> => {
  const idOf = (status: Awaited<ReturnType<Service['handlers']['engine.status']>>): string | undefined => {
    if (status.state === 'failed') throw new Error(JSON.stringify(status.error));
    return status.state === 'ready' ? status.pack.id : undefined;
  };
  const waits = pushed((push) => (push.topic === 'engine' ? idOf(push.status) : undefined));
  return idOf(await service.handlers['engine.status']({})) ?? waits;
};
type Sent = Awaited<ReturnType<Service['handlers']['chat.send']>>;
async function ended(begin: () => Sent | Promise<Sent>): Promise<Message> {
  const over = new Map<string, Message>();
  let resolve: (message: Message) => void = () => undefined;
  let wanted = '';
  const stop = service.onPush((push) => {
    if (push.topic !== 'message' || push.message.role !== 'assistant' || push.message.status === 'pending') return;
    over.set(push.message.id, push.message);
    if (push.message.id === wanted) resolve(push.message);
  });
  const { reply } = await begin();
  wanted = reply.id;
  const message = over.get(wanted) ?? (await new Promise<Message>((done) => (resolve = done)));
  stop();
  return message;
}
const send = (where: { conversationId: string; parentId: string } | null, setup?: Setup): Promise<Message> =>
  ended(() =>
    service.handlers['chat.send']({
      conversationId: where?.conversationId ?? null,
      parentId: where?.parentId ?? null,
      text: 'Hello',
      settings: { ending: { maxTokens: 4 } },
      ...(setup ? { setup } : {}),
    }),
  );
const after = ({ conversationId, id }: Message): { conversationId: string; parentId: string } => ({
  conversationId,
  parentId: id,
});
const wroteIt = ({ generation }: Message): string | undefined => generation?.pack?.id;
const withModel = (model: string): Setup => ({ presetId: null, instructions: '', settings: {}, model });
const notices = (): string[] => pushes.flatMap((push) => (push.topic === 'notice' ? [push.error.message] : []));

beforeAll(async () => {
  delete process.env['MEZZOTINT_PACK'];
  start();
  const done = pushed((push) => {
    if (push.topic !== 'models') return undefined;
    const { job } = push.library;
    if (job?.stage === 'failed') throw new Error(JSON.stringify(job.error));
    return job?.stage === 'done' ? job.id : undefined;
  });
  await service.handlers['models.import']({ path: join(goldens, 'sdar') });
  sdar = await done;
  await service.close();
  return () => {
    if (named !== undefined) process.env['MEZZOTINT_PACK'] = named;
  };
}, 120_000);
afterEach(() => service.close());

describe('a conversation', () => {
  test('has a model of its own from the next turn on, while others keep theirs', async () => {
    start();
    expect(await loaded()).toBe(BUILT_IN);
    const first = await send(null);
    expect(wroteIt(first)).toBe(BUILT_IN);
    const { setup } = await service.handlers['conversations.configure']({
      id: first.conversationId,
      setup: withModel(sdar),
    });
    expect(setup?.model).toBe(sdar);
    // choosing writes nothing and loads nothing
    expect(await loaded()).toBe(BUILT_IN);
    const second = await send(after(first));
    expect(wroteIt(second)).toBe(sdar);
    expect(second.generation?.settings.sampler.id).toBe('low-confidence');
    // it stays loaded: the next turn needs no load
    expect(await loaded()).toBe(sdar);
    const other = await send(null);
    expect(wroteIt(other)).toBe(BUILT_IN);
    expect((await service.handlers['models.list']({})).current).toBe(BUILT_IN);
    expect(notices()).toEqual([]);
  });

  test('goes on with a reply by the model whose tokens they are', async () => {
    start();
    const first = await send(null, withModel(sdar));
    expect(first.generation).toMatchObject({ reason: 'length', pack: { id: sdar } });
    await service.handlers['conversations.configure']({ id: first.conversationId, setup: withModel(BUILT_IN) });
    const gone = await ended(() => service.handlers['chat.continue']({ messageId: first.id }));
    expect(wroteIt(gone)).toBe(sdar);
    expect(gone.status).toBe('complete');
    const next = await send(after(gone));
    expect(wroteIt(next)).toBe(BUILT_IN);
  });

  test('is prepared before it is asked, but not while a reply is being written', async () => {
    start();
    expect(await loaded()).toBe(BUILT_IN);
    await service.handlers['models.prepare']({ id: sdar });
    expect(await loaded()).toBe(sdar);
    await expect(async () => service.handlers['models.prepare']({ id: 'nothing-here' })).rejects.toMatchObject({
      code: 'not-found',
    });
    const reply = send(null, withModel(BUILT_IN));
    await service.handlers['models.prepare']({ id: sdar });
    expect(wroteIt(await reply)).toBe(BUILT_IN);
  });

  test('whose model is gone says so once, with what answers instead, and keeps its choice', async () => {
    start();
    const first = await send(null, withModel('was-here-once'));
    expect(wroteIt(first)).toBe(BUILT_IN);
    const second = await send(after(first));
    expect(wroteIt(second)).toBe(BUILT_IN);
    expect(notices()).toEqual([
      expect.stringMatching(/was-here-once is not there any more: SmolLM2.* answers instead/),
    ]);
    const { conversation } = await service.handlers['conversations.get']({ id: first.conversationId });
    expect(conversation.setup?.model).toBe('was-here-once');
  });
});

describe('a model that would not fit', () => {
  /** A pack that says of itself that it has ten terabytes. */
  const make = async (): Promise<string> => {
    const { folder } = await service.handlers['models.list']({});
    const dir = join(folder, 'too-large');
    cpSync(join(folder, sdar), dir, { recursive: true });
    const file = join(dir, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { files: Record<string, { bytes: number }> };
    const [weights] = Object.values(manifest.files);
    if (weights) weights.bytes = 1e13;
    writeFileSync(file, JSON.stringify(manifest));
    return 'too-large';
  };
  const FIGURES = /takes about [\d.,]+ .B of memory, and this machine has [\d.,]+ .B/;

  test('is refused with figures before anything is loaded, wherever it is named', async () => {
    start();
    expect(await loaded()).toBe(BUILT_IN);
    const id = await make();
    const refused = { code: 'out-of-memory', message: expect.stringMatching(FIGURES) as string };
    const { models } = await service.handlers['models.list']({});
    expect(models.find((model) => model.id === id)?.error).toMatchObject(refused);
    await expect(async () => service.handlers['models.use']({ id })).rejects.toMatchObject(refused);
    await expect(async () => service.handlers['models.prepare']({ id })).rejects.toMatchObject(refused);
    const first = await send(null, withModel(id));
    expect(wroteIt(first)).toBe(BUILT_IN);
    expect(notices()).toEqual([expect.stringMatching(FIGURES)]);
    await expect(async () =>
      service.handlers['chat.reply']({
        conversationId: first.conversationId,
        parentId: first.parentId ?? '',
        settings: {},
        model: id,
      }),
    ).rejects.toMatchObject(refused);
    // the engine was never asked to load it
    expect(pushes.some((push) => push.topic === 'engine' && push.status.state === 'failed')).toBe(false);
    expect(await loaded()).toBe(BUILT_IN);
    await service.handlers['models.remove']({ id });
  });
  test('that was chosen before is not loaded at the next start either, and that is said', async () => {
    start();
    const { folder } = await service.handlers['models.list']({});
    const id = await make();
    await service.close();
    writeFileSync(join(folder, 'library.json'), JSON.stringify({ version: 1, current: id }));
    start();
    expect(await loaded()).toBe(BUILT_IN);
    const { notices: said } = await service.handlers['app.info']({});
    expect(said.map(({ message }) => message)).toEqual([expect.stringMatching(FIGURES)]);
    await service.handlers['models.remove']({ id });
    await service.handlers['models.use']({ id: BUILT_IN });
  });
});

describe('a preset', () => {
  test('carries a model through a change, a file and a restart; one that is not here is kept by its name', async () => {
    start();
    const values = { name: 'Plates', instructions: '', settings: {}, model: sdar };
    const made = await service.handlers['presets.save']({ id: null, values });
    expect(made.model).toBe(sdar);
    const { text } = await service.handlers['presets.export']({ ids: [made.id] });
    await service.handlers['presets.save']({ id: made.id, values: { ...values, model: 'elsewhere-7b' } });
    await service.close();
    start();
    expect(await service.handlers['presets.list']({})).toMatchObject([{ name: 'Plates', model: 'elsewhere-7b' }]);
    const { imported, problems } = await service.handlers['presets.import']({ text });
    expect(problems).toEqual([]);
    expect(imported).toMatchObject([{ name: 'Plates 2', model: sdar }]);
    const { name: _, ...plain } = values;
    await service.handlers['presets.save']({ id: made.id, values: { name: 'Plates', ...plain, model: undefined } });
    const [first] = await service.handlers['presets.list']({});
    expect(first?.model).toBeUndefined();
  });
});
