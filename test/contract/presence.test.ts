/** The data folder deleted, moved or replaced under a running app: it is noticed, said, and nothing is taken for saved that is not. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Push } from '../../core/contract/push.ts';
import { openHost } from '../../core/app/host.ts';
import type { Service } from '../../core/app/service.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { FakeEngine, fakeSettings } from '../fixtures/fake-engine.ts';
import { fill, textsIn } from '../fixtures/filled-store.ts';

let root: string;
let home: string;
let pushes: Push[];
const open: { close(): unknown }[] = [];
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-presence-'));
  home = path.join(root, 'home');
  pushes = [];
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  rmSync(root, { recursive: true, force: true });
});
function store(dataDir = home): Store {
  const result = openStore({ dataDir });
  if (!result.ok) throw new Error(result.error.message);
  open.push(result.value.store);
  return result.value.store;
}
function filled(dataDir = home, from = 0): Map<string, string> {
  const one = store(dataDir);
  const texts = fill(one, from, 3, 2);
  one.close();
  return texts;
}
function host(engine: FakeEngine): Service {
  const service = openHost({
    home,
    packDir: '',
    spawnEngine: engine.spawn,
    openExternal: () => Promise.resolve(),
    version: '0',
    runtime: 'browser',
    schedule: { firstAfterMs: 1e9 },
    watchMs: 5,
  });
  service.onPush((push) => pushes.push(push));
  open.push(service);
  return service;
}
const notices = (): string[] =>
  pushes.flatMap((push) => (push.topic === 'notice' ? [`${push.error.message} ${push.error.action ?? ''}`] : []));
/** Hashes of what lies in a folder; the journal of the lock, which holds nothing, comes and goes by its name. */
const hashesOf = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder)
      .filter((name) => name !== 'mezzotint.lock-journal')
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(path.join(folder, name)))
          .digest('hex'),
      ]),
  );

/** What may happen to the folder, and what the person is told. */
const losses: Record<string, { lose: () => void; says: RegExp }> = {
  'the folder is deleted': {
    lose: () => rmSync(home, { recursive: true }),
    says: /The data folder was deleted or moved.*Put it back.*export what you need/,
  },
  'the folder is moved': {
    lose: () => renameSync(home, path.join(root, 'moved')),
    says: /The data folder was deleted or moved.*Put it back/,
  },
  'the database is deleted': {
    lose: () => rmSync(path.join(home, 'mezzotint.db')),
    says: /The database was deleted or moved/,
  },
  "the database's log is deleted": {
    lose: () => rmSync(path.join(home, 'mezzotint.db-wal')),
    says: /database's log.*was deleted or replaced/,
  },
  'the folder is replaced by a copy': {
    lose: () => {
      cpSync(home, path.join(root, 'copy'), { recursive: true });
      renameSync(home, path.join(root, 'moved'));
      renameSync(path.join(root, 'copy'), home);
    },
    says: /replaced by another file.*[Ee]xport what you need.*start it again/,
  },
  'the database is replaced by a program that restores files': {
    lose: () => {
      copyFileSync(path.join(home, 'mezzotint.db'), path.join(home, 'incoming'));
      renameSync(path.join(home, 'incoming'), path.join(home, 'mezzotint.db'));
    },
    says: /replaced by another file/,
  },
};

describe.skipIf(process.platform === 'win32')('when', () => {
  it.each(Object.keys(losses))(
    '%s while a reply is written, the window is told, and the reply is not taken for saved',
    async (what) => {
      const { lose, says } = losses[what] ?? { lose: () => undefined, says: /./ };
      const texts = filled();
      const engine = new FakeEngine({ pace: 'manual' });
      const { handlers } = host(engine);
      const { reply } = await handlers['chat.send']({
        conversationId: null,
        parentId: null,
        text: 'What is a mezzotint?',
        settings: fakeSettings,
      });
      lose();
      // in the window by itself, without any write
      await vi.waitFor(() => expect(notices()).toContainEqual(expect.stringMatching(says)));
      expect(notices()).toHaveLength(1);

      // the next block ends the reply, in words
      while (engine.step());
      await vi.waitFor(() => {
        const end = pushes.flatMap((push) =>
          push.topic === 'message' && push.message.id === reply.id && push.message.status !== 'pending'
            ? [push.message]
            : [],
        );
        expect(end).toMatchObject([
          {
            status: 'failed',
            generation: { error: { code: 'store-failed', message: expect.stringMatching(/saved/) as string } },
          },
        ]);
      });
      expect(
        pushes.some((push) => push.topic === 'generation' && push.events.some(({ type }) => type === 'blockCommitted')),
      ).toBe(false);
      // nothing that would be lost is taken on
      for (const refused of [
        () =>
          handlers['chat.send']({ conversationId: null, parentId: null, text: 'And a burin?', settings: fakeSettings }),
        () => handlers['conversations.rename']({ id: 'c0', title: 'Renamed' }),
        () => handlers['backup.now']({}),
        () => handlers['data.check']({}),
        () => handlers['data.move']({ folder: path.join(root, 'new') }),
        () => handlers['drafts.keep']({ conversationId: null, draft: 'unsent' }),
      ])
        await expect((async () => refused())(), refused.toString()).rejects.toMatchObject({
          code: 'store-failed',
          action: expect.stringContaining('xport what you need') as string,
        });

      // all that was there can still be read, searched and exported
      for (const [id, text] of texts)
        expect(
          (await handlers['conversations.get']({ id: id.slice(0, 2) })).messages.find((m) => m.id === id)?.text,
        ).toBe(text);
      expect((await handlers['search.find']({ query: 'mezzotint', cursor: null, limit: 5 })).groups).toBeDefined();
      const { exportId } = await handlers['export.begin']({ ids: null, format: 'json', frames: false });
      let exported = '';
      for (let piece = 0; ; piece++) {
        const { text, done } = await handlers['export.read']({ exportId, piece });
        exported += text;
        if (done) break;
      }
      for (const id of texts.keys()) expect(exported).toContain(`"${id}"`);
    },
  );

  it('a folder that was moved comes back, what is written is saved again', async () => {
    filled();
    const { handlers, close } = host(new FakeEngine());
    renameSync(home, path.join(root, 'moved'));
    await vi.waitFor(() => expect(notices()).toHaveLength(1));
    renameSync(path.join(root, 'moved'), home);
    await vi.waitFor(() => expect(notices()).toHaveLength(2));
    expect(notices()[1]).toMatch(/there again/);
    await handlers['conversations.rename']({ id: 'c0', title: 'Renamed since' });
    await close();
    expect(store().conversations.get('c0').title).toBe('Renamed since');
  });

  it('a folder was replaced, closing writes and removes nothing in the other one, not even its log', async () => {
    filled();
    // another folder whose newest words lie in its log alone, with an app that runs in it
    const other = path.join(root, 'other');
    const busy = store(other);
    const texts = fill(busy, 50, 2, 1);
    cpSync(other, path.join(root, 'copy'), { recursive: true });
    const service = host(new FakeEngine());
    await service.handlers['conversations.rename']({ id: 'c0', title: 'Renamed' });
    renameSync(home, path.join(root, 'moved'));
    renameSync(path.join(root, 'copy'), home);
    const before = hashesOf(home);
    expect([...before.keys()]).toContain('mezzotint.db-wal');
    await expect(
      (async () => service.handlers['conversations.rename']({ id: 'c0', title: 'Again' }))(),
    ).rejects.toThrow(/replaced/);
    await service.close();
    expect(hashesOf(home)).toEqual(before);
    expect(textsIn(store())).toEqual(texts);
  });

  it('a folder was deleted, nothing makes it anew', async () => {
    filled();
    const service = host(new FakeEngine());
    mkdirSync(path.join(home, 'backups'), { recursive: true });
    rmSync(home, { recursive: true });
    await expect((async () => service.handlers['backup.now']({}))()).rejects.toMatchObject({ code: 'store-failed' });
    await service.close();
    expect(existsSync(home)).toBe(false);
  });
});
