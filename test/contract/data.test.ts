/** Backups by the clock and on request, the ways back from one, profiles, and moving the folder: over real files, as the app joins them. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Push } from '../../core/contract/push.ts';
import { openDb } from '../../core/store/db/driver.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { migrate, migrations } from '../../core/store/db/migrations/index.ts';
import { dataDirOf, writeLocation } from '../../core/profile/index.ts';
import { createSchedule } from '../../core/profile/schedule.ts';
import { openHost } from '../../core/app/host.ts';
import type { Service } from '../../core/app/service.ts';
import { FakeEngine, fakeSettings } from '../fixtures/fake-engine.ts';
import { fill, textsIn } from '../fixtures/filled-store.ts';

let root: string;
let home: string;
const open: { close(): unknown }[] = [];
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-data-'));
  home = path.join(root, 'home');
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  rmSync(root, { recursive: true, force: true });
});

function store(dataDir = home, now?: () => number): Store {
  const result = openStore({ dataDir, ...(now ? { now } : {}) });
  if (!result.ok) throw new Error(result.error.message);
  open.push(result.value.store);
  return result.value.store;
}
interface Host extends Service {
  pushes: Push[];
}
function host(engine = new FakeEngine()): Host {
  const service = openHost({
    home,
    packDir: '',
    spawnEngine: engine.spawn,
    openExternal: () => Promise.resolve(),
    version: '0',
    runtime: 'browser',
    schedule: { firstAfterMs: 1e9 },
  });
  const pushes: Push[] = [];
  service.onPush((push) => pushes.push(push));
  open.push(service);
  return Object.assign(service, { pushes });
}
const titles = async (service: Service): Promise<string[]> =>
  (await service.handlers['conversations.list']({})).map((c) => c.title).sort();
/** A folder with conversations in it, closed. */
function filled(count = 3): Map<string, string> {
  const first = store();
  const texts = fill(first, 0, count, 2);
  first.close();
  return texts;
}
/** Everything in a folder that is the person's, by name. */
const filesIn = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.db$/.test(name))
      .map((name) => [name, readFileSync(path.join(folder, name)).toString('base64')]),
  );

describe('a data folder with a path that SQLite can not open', () => {
  it('is refused in words before anything is made', () => {
    mkdirSync(root, { recursive: true });
    const dataDir = path.join(root, ...Array.from({ length: 5 }, () => 'é'.repeat(50)));
    const opened = openStore({ dataDir });
    expect(opened).toMatchObject({ ok: false, error: { code: 'bad-request', file: dataDir } });
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('a backup', () => {
  it('is made while replies go on, opened, counted and listed', async () => {
    filled();
    const { handlers, pushes } = host(new FakeEngine());
    const { reply } = await handlers['chat.send']({
      conversationId: null,
      parentId: null,
      text: 'What is a mezzotint?',
      settings: fakeSettings,
    });
    const made = await handlers['backup.now']({});
    expect(made).toMatchObject({ kind: 'asked', conversations: 4, messages: 14, good: true });
    const { backups, folder } = await handlers['backup.list']({});
    expect(backups).toEqual([made]);
    expect(folder).toBe(path.join(home, 'backups'));
    expect(pushes).toContainEqual({ topic: 'backups-changed' });
    await vi.waitFor(async () =>
      expect((await handlers['conversations.get']({ id: reply.conversationId })).messages.at(-1)?.status).toBe(
        'complete',
      ),
    );
  });
  it('that is no database is listed as one that cannot be read, and is not restored', async () => {
    filled();
    mkdirSync(path.join(home, 'backups'));
    writeFileSync(path.join(home, 'backups', 'mezzotint-20261101-000000-000.db'), 'not a database');
    const { handlers } = host();
    expect((await handlers['backup.list']({})).backups).toMatchObject([{ good: false }]);
    await expect(handlers['backup.restore']({ name: 'mezzotint-20261101-000000-000.db' })).rejects.toMatchObject({
      code: 'store-damaged',
    });
    await expect(handlers['backup.merge']({ name: 'mezzotint-20261101-000000-000.db' })).rejects.toMatchObject({
      code: 'store-damaged',
    });
    await expect(handlers['backup.merge']({ name: 'mezzotint-20990101-000000-000.db' })).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(await titles(host0(handlers))).toHaveLength(3);
  });
  it('merged brings back what is missing and what went to the trash, and overwrites nothing', async () => {
    const texts = filled();
    const { handlers } = host();
    const { name } = await handlers['backup.now']({});
    await handlers['conversations.rename']({ id: 'c0', title: 'Mine' });
    await handlers['conversations.organise']({ ids: ['c1'], change: { to: 'trash', on: true } });
    const { conversation } = await handlers['chat.send']({
      conversationId: null,
      parentId: null,
      text: 'later',
      settings: fakeSettings,
    });
    expect(await handlers['backup.merge']({ name })).toEqual({ conversations: 0, messages: 0, fromTrash: 1, left: 0 });
    const list = await handlers['conversations.list']({});
    expect(list.map((c) => c.id).sort()).toEqual(['c0', 'c1', 'c2', conversation.id].sort());
    expect(list.find(({ id }) => id === 'c0')?.title).toBe('Mine');
    expect(await handlers['backup.merge']({ name })).toEqual({ conversations: 0, messages: 0, fromTrash: 0, left: 0 });
    for (const [id, text] of texts)
      expect(
        (await handlers['conversations.get']({ id: id.slice(0, 2) })).messages.find((m) => m.id === id)?.text,
      ).toBe(text);
  });
  it('merged into an empty profile gives all of it back: branches, steps and all', async () => {
    const texts = filled();
    const one = store();
    const backup = await one.backups.take('asked');
    const other = store(path.join(root, 'other'));
    expect(await other.mergeFrom(backup.file, {})).toMatchObject({ conversations: 3, messages: 12, left: 0 });
    expect(textsIn(other)).toEqual(texts);
    for (const { id } of one.conversations.list()) {
      expect(other.archive.read(id, { frames: true })).toEqual(one.archive.read(id, { frames: true }));
      expect(other.conversations.get(id)).toEqual(one.conversations.get(id));
    }
  });
  it('of version 1 can be merged: it is brought up in a copy, and stays as it is', async () => {
    mkdirSync(path.join(root, 'old'));
    const db = openDb(path.join(root, 'old', 'mezzotint.db'));
    migrate(db, migrations.slice(0, 1));
    db.exec(
      "INSERT INTO conversations (id, title, title_source, created_at, updated_at) VALUES ('old', 'Old', 'auto', 1, 1); INSERT INTO messages (id, conversation_id, role, text, status, created_at) VALUES ('m', 'old', 'user', 'From long ago', 'complete', 1)",
    );
    db.close();
    const before = readFileSync(path.join(root, 'old', 'mezzotint.db'));
    const mine = store();
    expect(await mine.mergeFrom(path.join(root, 'old', 'mezzotint.db'), {})).toMatchObject({
      conversations: 1,
      messages: 1,
    });
    expect(mine.messages.get('m').text).toBe('From long ago');
    expect(readFileSync(path.join(root, 'old', 'mezzotint.db')).equals(before)).toBe(true);
  });
  it('that breaks off leaves nothing, and what was left by a killed one is swept away', async () => {
    filled();
    const one = store();
    await expect(one.backups.take('asked', AbortSignal.abort(new Error('closing')))).rejects.toThrow('closing');
    expect(readdirSync(path.join(home, 'backups'))).toEqual([]);
    writeFileSync(path.join(home, 'backups', 'mezzotint-20261101-000000-000-auto.db.part'), 'half');
    one.backups.tidy();
    expect(readdirSync(path.join(home, 'backups'))).toEqual([]);
  });
});
const host0 = (handlers: Service['handlers']): Service => ({
  handlers,
  dataDir: '',
  onPush: () => () => undefined,
  close: () => Promise.resolve(),
});

describe('backups by the clock', () => {
  it('one when the last is older than a day, none before that, none of an empty database', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      let now = Date.UTC(2026, 10, 25, 12);
      const one = store(home, () => now);
      const changed = vi.fn();
      const schedule = createSchedule({
        store: one,
        onTrouble: (error) => expect.fail(error.message),
        onChange: changed,
        firstAfterMs: 100,
        everyMs: 1000,
      });
      const backups = (): number => one.backups.list().length;
      const look = async (ms: number): Promise<void> => {
        vi.advanceTimersByTime(ms);
        await schedule.run(() => Promise.resolve());
        await new Promise((resolve) => setImmediate(resolve));
      };
      await look(100);
      expect(backups()).toBe(0);
      fill(one, 0, 1, 1);
      await look(1000);
      expect(backups()).toBe(1);
      await look(1000);
      expect(backups()).toBe(1);
      now += 86_400_000;
      await look(1000);
      expect(backups()).toBe(2);
      // the clock goes back by a year: it goes on, and takes nothing away
      now -= 365 * 86_400_000;
      await look(1000);
      expect(backups()).toBe(3);
      await look(1000);
      expect(backups()).toBe(3);
      expect(changed).toHaveBeenCalledTimes(3);
      await schedule.close();
    } finally {
      vi.useRealTimers();
    }
  });
  it('are not thrown away by one look at a clock that is weeks ahead, whatever names lie there', async () => {
    const right = Date.UTC(2026, 10, 25, 12);
    let now = right;
    const one = store(home, () => now);
    fill(one, 0, 1, 1);
    one.conversations.touch('c0', right);
    const { file } = await one.backups.take('auto');
    // a week of daily backups, and what sessions with a wrong clock left behind: dates to come, older words
    const day = (n: number): string =>
      `mezzotint-${new Date(right + n * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')}-120000-000-auto.db`;
    for (const n of [-6, -5, -4, -3, -2, -1, 20, 21, 22, 23, 24, 25, 26])
      copyFileSync(file, path.join(home, 'backups', day(n)));
    const names = readdirSync(path.join(home, 'backups')).sort();
    expect(one.backups.tidy()).toEqual([]);
    now = right + 35 * 86_400_000;
    for (let look = 0; look < 5; look++) expect(one.backups.tidy()).toEqual([]);
    expect(readdirSync(path.join(home, 'backups')).sort()).toEqual(names);
    // the same days gone by one after the other: those before have had their time
    for (let n = 1; n <= 35; n++) {
      now = right + n * 86_400_000;
      one.backups.tidy();
    }
    expect(readdirSync(path.join(home, 'backups')).length).toBeLessThan(names.length);
  });
  it('that fail are told of once, with what to do', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      filled();
      writeFileSync(path.join(home, 'backups'), 'a file in the place of the folder');
      const one = store();
      const troubles: string[] = [];
      const schedule = createSchedule({
        store: one,
        onTrouble: ({ message, action }) => troubles.push(`${message} ${action}`),
        onChange: () => undefined,
        firstAfterMs: 1,
        everyMs: 1,
      });
      for (let i = 0; i < 3; i++) {
        vi.advanceTimersByTime(1);
        await schedule.run(() => Promise.resolve());
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(troubles).toEqual(['The folder for backups cannot be made. Allow writing to the data folder.']);
      expect(schedule.trouble?.code).toBe('store-failed');
      await schedule.close();
    } finally {
      vi.useRealTimers();
    }
  });
  it('a name that says a time to come is dated by its file, and never removed', async () => {
    filled();
    const one = store();
    const made = await one.backups.take('auto');
    const liar = path.join(home, 'backups', 'mezzotint-99991231-000000-000-auto.db');
    renameSync(made.file, liar);
    utimesSync(liar, new Date(0), new Date(0));
    const newer = await one.backups.take('auto');
    expect(one.backups.list().map((b) => b.name)).toEqual([newer.name, path.basename(liar)]);
  });
});

describe('a backup as a profile of its own', () => {
  it('is opened beside what there is, which stays as it is; and back', async () => {
    filled();
    const { handlers, pushes } = host();
    const { name } = await handlers['backup.now']({});
    await handlers['conversations.rename']({ id: 'c0', title: 'Renamed since' });
    const { folder } = await handlers['backup.restore']({ name });
    expect(folder.startsWith(path.join(home, 'profiles'))).toBe(true);
    expect(pushes.at(-1)).toEqual({ topic: 'data-changed' });
    expect(await titles(host0(handlers))).toEqual(['Conversation 0', 'Conversation 1', 'Conversation 2']);
    await handlers['conversations.organise']({ ids: ['c2'], change: { to: 'trash', on: true } });
    const { profiles } = await handlers['data.info']({});
    expect(profiles.map((p) => [p.folder, p.current])).toEqual([
      [home, false],
      [folder, true],
    ]);
    await handlers['data.switch']({ folder: home });
    expect(await titles(host0(handlers))).toEqual(['Conversation 1', 'Conversation 2', 'Renamed since']);
    await expect(handlers['data.switch']({ folder: '/etc' })).rejects.toMatchObject({ code: 'not-found' });
  });
  it('not while a reply is being written', async () => {
    filled();
    const { handlers } = host(new FakeEngine({ pace: 'manual' }));
    const { name } = await handlers['backup.now']({});
    await handlers['chat.send']({ conversationId: null, parentId: null, text: 'Hm?', settings: fakeSettings });
    await expect(handlers['backup.restore']({ name })).rejects.toMatchObject({
      code: 'conflict',
      action: expect.stringContaining('stop') as string,
    });
    await expect(handlers['data.move']({ folder: path.join(root, 'new') })).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('moving the folder', () => {
  it('copies, compares, goes on there after a restart too, and leaves the old one as it was', async () => {
    const texts = filled();
    const first = host();
    await first.handlers['backup.now']({});
    const target = path.join(root, 'elsewhere');
    expect(await first.handlers['data.move']({ folder: target })).toEqual({ folder: target });
    const before = filesIn(home);
    expect(await titles(first)).toHaveLength(3);
    await first.handlers['conversations.rename']({ id: 'c0', title: 'After the move' });
    expect((await first.handlers['backup.list']({})).backups).toHaveLength(1);
    await first.close();
    expect(filesIn(home)).toEqual(before);

    const again = host();
    expect((await again.handlers['app.info']({})).dataDir).toBe(target);
    expect(await titles(again)).toContain('After the move');
    for (const [id, text] of texts)
      expect(
        (await again.handlers['conversations.get']({ id: id.slice(0, 2) })).messages.find((m) => m.id === id)?.text,
      ).toBe(text);
  });
  it('into a folder with something in it makes one of its own there; never over what is there', async () => {
    filled();
    const { handlers } = host();
    const documents = path.join(root, 'documents');
    mkdirSync(documents);
    writeFileSync(path.join(documents, 'letter.txt'), 'Dear Ada');
    expect(await handlers['data.move']({ folder: documents })).toEqual({ folder: path.join(documents, 'Mezzotint') });
    await handlers['data.switch']({ folder: home });
    await expect(handlers['data.move']({ folder: documents })).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining('something in that folder') as string,
    });
    await expect(handlers['data.move']({ folder: path.join(home, 'inside') })).rejects.toMatchObject({
      code: 'bad-request',
    });
    await expect(handlers['data.move']({ folder: 'relative' })).rejects.toMatchObject({ code: 'bad-request' });
    // SQLite opens no path of over 512 bytes: nothing is copied there
    const far = path.join(root, ...Array.from({ length: 5 }, () => 'é'.repeat(50)));
    await expect(handlers['data.move']({ folder: far })).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringMatching(/too long.*Nothing/) as unknown,
    });
    expect(readdirSync(root)).not.toContain('é'.repeat(50));
    expect(readFileSync(path.join(documents, 'letter.txt'), 'utf8')).toBe('Dear Ada');
  });
  it('into itself is refused, by whatever link the path goes', async () => {
    filled();
    mkdirSync(path.join(home, 'within'));
    const links: Record<string, string> = { itself: home, within: path.join(home, 'within'), above: root };
    for (const [name, target] of Object.entries(links)) symlinkSync(target, path.join(root, `to-${name}`));
    symlinkSync(path.join(root, 'to-itself'), path.join(root, 'to-link'));
    const { handlers } = host();
    const before = readdirSync(home, { recursive: true, encoding: 'utf8' }).sort();
    for (const folder of [
      'to-itself',
      'to-itself/new',
      'to-within',
      'to-within/new/deep',
      'to-link/new',
      'to-above/home/new',
      'to-above/to-link/new',
    ])
      await expect(handlers['data.move']({ folder: path.join(root, folder) }), folder).rejects.toMatchObject({
        code: 'bad-request',
        message: expect.stringContaining('the folder your data lies in') as string,
      });
    // nothing was written, and the data is where it was
    expect(readdirSync(home, { recursive: true, encoding: 'utf8' }).sort()).toEqual(before);
    expect((await handlers['data.info']({})).folder).toBe(home);
    // a link to elsewhere is a folder like any other
    mkdirSync(path.join(root, 'disk'));
    symlinkSync(path.join(root, 'disk'), path.join(root, 'to-disk'));
    expect(await handlers['data.move']({ folder: path.join(root, 'to-disk') })).toEqual({
      folder: path.join(root, 'to-disk'),
    });
  });
  it('that fails goes on in the old one, with everything', async () => {
    filled();
    const { handlers } = host();
    await expect(handlers['data.move']({ folder: '/proc/mezzotint' })).rejects.toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('your data is where it was') as string,
    });
    expect((await handlers['data.info']({})).folder).toBe(home);
    expect(await titles(host0(handlers))).toHaveLength(3);
  });
  it('that was killed half way is begun again, and nothing is lost', async () => {
    filled();
    const target = path.join(root, 'elsewhere');
    mkdirSync(path.join(target, 'backups'), { recursive: true });
    writeFileSync(path.join(target, 'mezzotint.db.part'), 'half a database');
    const { handlers } = host();
    expect(await titles(host0(handlers))).toHaveLength(3);
    expect(await handlers['data.move']({ folder: target })).toEqual({ folder: target });
    expect(await titles(host0(handlers))).toHaveLength(3);
    expect(existsSync(path.join(target, 'mezzotint.db.part'))).toBe(false);
  });
});

describe('the folder that was chosen', () => {
  it('is not there: the home is open, it is said, and the choice stands for the next start', () => {
    mkdirSync(home);
    const gone = path.join(root, 'stick');
    writeLocation(home, { current: gone, known: [] });
    expect(dataDirOf(home)).toMatchObject({
      dataDir: home,
      notices: [
        {
          message: expect.stringContaining(gone) as string,
          action: expect.stringContaining('Connect the disk') as string,
        },
      ],
    });
    mkdirSync(gone);
    expect(dataDirOf(home)).toEqual({ dataDir: gone, notices: [] });
  });
  it('cannot be read from its file: the home is open, and it is said', () => {
    mkdirSync(home);
    for (const broken of [
      '',
      '{',
      '{"version":2}',
      '{"version":1,"current":"relative","known":[]}',
      '{"version":1,"current":7,"known":"x"}',
    ]) {
      writeFileSync(path.join(home, 'location.json'), broken);
      expect(dataDirOf(home)).toMatchObject({ dataDir: home, notices: [{ code: 'store-failed' }] });
      expect(readFileSync(path.join(home, 'location.json'), 'utf8')).toBe(broken);
    }
  });
});
