/** The store on real files: both drivers, backups, damage, locks. */
import { settingsWith } from '../fixtures/settings.ts';
import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GenerationEvent } from '../../core/contract/generation.ts';
import { openDb, pragma, type DriverName } from '../../core/store/db/driver.ts';
import {
  defaultSettings,
  openStore,
  roundEvent,
  type OpenedStore,
  type Store,
  type StoreOptions,
} from '../../core/store/index.ts';
import { migrations } from '../../core/store/db/migrations/index.ts';
import { fakeEvents, fakePack, fakeSettings, fakeText } from '../fixtures/fake-engine.ts';

let dataDir: string;
const opened: Store[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-store-'));
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const file = (name = 'mezzotint.db'): string => path.join(dataDir, name);
const hash = (name = 'mezzotint.db'): string =>
  createHash('sha256')
    .update(readFileSync(file(name)))
    .digest('hex');
const names = (): string[] => readdirSync(dataDir).sort();
const backups = (): string[] => (existsSync(file('backups')) ? readdirSync(file('backups')) : []);

describe.each<DriverName>(['better-sqlite3', 'libsql'])('the store, with %s', (driver) => {
  function open(options: Partial<StoreOptions> = {}): OpenedStore {
    const result = openStore({ dataDir, driver, ...options });
    if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
    opened.push(result.value.store);
    return result.value;
  }
  function refused(options: Partial<StoreOptions> = {}): { code: string; message: string } {
    const result = openStore({ dataDir, driver, ...options });
    if (result.ok) {
      opened.push(result.value.store);
      throw new Error('opened');
    }
    return result.error;
  }
  const say = (
    store: Store,
    id: string,
    parentId: string | null,
    role: 'user' | 'assistant' = 'user',
    status: 'complete' | 'pending' = 'complete',
  ): void =>
    store.messages.add({ id, conversationId: 'c', parentId, role, text: `text of ${id}`, status, createdAt: 5 });
  /** A conversation with a question and a reply written from a script, block by block. */
  function withReply(store: Store, events: readonly GenerationEvent[], upTo = events.length): void {
    store.conversations.create({ id: 'c', title: 'Mezzotint', createdAt: 1 });
    say(store, 'q', null);
    store.messages.add({
      id: 'r',
      conversationId: 'c',
      parentId: 'q',
      role: 'assistant',
      text: '',
      status: 'pending',
      createdAt: 6,
    });
    const generation = store.generations.create({
      id: 'g',
      messageId: 'r',
      mode: 'exact',
      seed: 11,
      settings: fakeSettings,
      startedAt: 7,
    });
    const waiting: GenerationEvent[] = [];
    for (const event of events.slice(0, upTo)) {
      waiting.push(event);
      if (event.type === 'started') generation.started({ pack: event.pack, device: event.device, droppedMessages: 0 });
      if (event.type === 'blockCommitted')
        generation.commit(waiting.splice(0), event.tokens.map((t) => t.text).join(''));
      if (event.type === 'finished')
        generation.finish(waiting.splice(0), {
          status: 'complete',
          reason: event.reason,
          counts: event.counts,
          error: null,
          endedAt: 9,
        });
    }
  }
  const script = fakeEvents(
    { generationId: 'g', messages: [], replyPrefix: [], settings: fakeSettings, seed: 11 },
    { alternatives: 3 },
  ).map(roundEvent);

  it('keeps conversations, newest first, through a restart', () => {
    const { store } = open();
    store.conversations.create({ id: 'a', title: 'First', createdAt: 1 });
    store.conversations.create({ id: 'b', title: 'Second', createdAt: 2 });
    store.conversations.touch('a', 3);
    store.close();
    expect(open().store.conversations.list()).toEqual([
      {
        id: 'a',
        title: 'First',
        createdAt: 1,
        updatedAt: 3,
        messageCount: 0,
        currentMessageId: null,
        folderId: null,
        pinnedAt: null,
        archivedAt: null,
        unread: false,
      },
      {
        id: 'b',
        title: 'Second',
        createdAt: 2,
        updatedAt: 2,
        messageCount: 0,
        currentMessageId: null,
        folderId: null,
        pinnedAt: null,
        archivedAt: null,
        unread: false,
      },
    ]);
  });

  it("never overwrites a person's title by rule", () => {
    const { store } = open();
    store.conversations.create({ id: 'a', title: 'By rule', createdAt: 1 });
    store.conversations.setAutoTitle('a', 'By a better rule');
    expect(store.conversations.get('a').title).toBe('By a better rule');
    store.conversations.rename('a', 'Mine');
    store.conversations.setAutoTitle('a', 'By rule again');
    expect(store.conversations.get('a').title).toBe('Mine');
  });

  it('puts a conversation in the trash and takes it out again whole', () => {
    const { store } = open();
    withReply(store, script);
    store.order.organise(['c'], { to: 'trash', on: true }, 9);
    expect(store.conversations.list()).toEqual([]);
    expect(() => store.conversations.get('c')).toThrow(/not there/);
    store.order.organise(['c'], { to: 'trash', on: false }, 10);
    expect(store.conversations.list()).toMatchObject([{ id: 'c', messageCount: 2 }]);
  });

  it('remembers which branch was shown last, at every fork', () => {
    const { store } = open();
    store.conversations.create({ id: 'c', title: '', createdAt: 1 });
    for (const [id, parent] of [
      ['q1', null],
      ['r1', 'q1'],
      ['r2', 'q1'],
      ['q2', 'r1'],
      ['r3', 'q2'],
      ['r4', 'q2'],
    ] as const)
      say(store, id, parent, id.startsWith('q') ? 'user' : 'assistant');
    store.conversations.show('c', 'r2');
    expect(store.conversations.get('c').currentMessageId).toBe('r2');
    // nothing was shown below r1 yet: the newest reply
    expect(store.conversations.leafOf('r1')).toBe('r4');
    store.conversations.show('c', 'r3');
    store.conversations.show('c', 'r2');
    expect(store.conversations.leafOf('q2')).toBe('r3');
    expect(store.conversations.leafOf('q1')).toBe('r2');
    expect(store.messages.path('r3').map((m) => m.id)).toEqual(['q1', 'r1', 'q2', 'r3']);
  });

  it('gives back a reply, its generation and every event exactly', () => {
    const { store } = open();
    withReply(store, script);
    store.close();
    const again = open().store;
    const reply = again.messages.get('r');
    const finished = script.at(-1);
    expect(reply).toMatchObject({ text: fakeText, status: 'complete', parentId: 'q' });
    expect(reply.generation).toEqual({
      id: 'g',
      mode: 'exact',
      seed: 11,
      settings: fakeSettings,
      pack: { id: 'fake', name: fakePack.name, hash: fakePack.hash },
      device: 'cpu',
      reason: 'end',
      counts: finished?.type === 'finished' ? finished.counts : null,
      droppedMessages: 0,
      error: null,
    });
    expect(again.messages.ofConversation('c')).toEqual([again.messages.get('q'), reply]);
    expect(again.generations.events('r')).toEqual(script);
    expect(
      again.generations
        .tokens('r')
        .map((t) => t.text)
        .join(''),
    ).toBe(fakeText);
  });

  it('keeps text as it is: zero characters, line ends, letters of every script', () => {
    const { store } = open();
    store.conversations.create({ id: 'c', title: 'ß 🖋️ 刻', createdAt: 1 });
    const text = 'a\r\nb\tç 👩‍👩‍👧 刻版印刷 \u202e';
    store.messages.add({
      id: 'q',
      conversationId: 'c',
      parentId: null,
      role: 'user',
      text,
      status: 'complete',
      createdAt: 1,
    });
    expect(store.messages.get('q').text).toBe(text);
    expect(store.conversations.get('c').title).toBe('ß 🖋️ 刻');
  });

  it('marks a reply that was being written as interrupted, with its committed text', () => {
    const { store } = open();
    withReply(store, script, 40);
    expect(store.messages.get('r').status).toBe('pending');
    const { text } = store.messages.get('r');
    store.close();
    const again = open().store;
    expect(again.messages.get('r')).toMatchObject({ status: 'interrupted', text });
    const stored = again.generations.events('r');
    expect(stored.at(-1)?.type).toBe('blockCommitted');
    expect(stored).toEqual(script.slice(0, stored.length));
    expect(
      again.generations
        .tokens('r')
        .map((t) => t.text)
        .join(''),
    ).toBe(text);
  });

  it('a commit is whole or not at all', () => {
    const { store } = open();
    withReply(store, script, 40);
    const before = { message: store.messages.get('r'), events: store.generations.events('r') };
    expect(() =>
      store.transaction(() => {
        const generation = store.generations.create({
          id: 'g2',
          messageId: 'r',
          mode: 'exact',
          seed: 1,
          settings: fakeSettings,
          startedAt: 1,
        });
        generation.commit(script.slice(0, 5), 'never');
        throw new Error('power cut');
      }),
    ).toThrow('power cut');
    expect({ message: store.messages.get('r'), events: store.generations.events('r') }).toEqual(before);
  });

  it('flushes each committed block to the disk, and nothing that can be made again', () => {
    const Database = createRequire(import.meta.url)(driver) as { prototype: { exec: (sql: string) => unknown } };
    const said: string[] = [];
    const exec = Database.prototype.exec;
    const spy = vi.spyOn(Database.prototype, 'exec').mockImplementation(function (this: unknown, sql: string) {
      said.push(sql);
      return exec.call(this, sql);
    });
    try {
      const { store } = open();
      withReply(store, script);
      const replies = said.length;
      while (store.search.read(1000));
      const reading = said.length;
      store.conversations.rename('c', 'After the search');
      store.transaction(() => store.conversations.touch('c', 99));
      /** How the log is flushed at each commit. */
      const levels = (from: number, to: number): string[] =>
        said
          .slice(from, to)
          .flatMap((sql, i) =>
            sql === 'COMMIT'
              ? [said.slice(0, from + i).findLast((one) => one.startsWith('PRAGMA synchronous')) ?? '']
              : [],
          );
      expect(new Set(levels(0, replies))).toEqual(new Set(['PRAGMA synchronous = FULL']));
      expect(new Set(levels(replies, reading))).toEqual(new Set(['PRAGMA synchronous = NORMAL']));
      expect(levels(reading, said.length)).toEqual(['PRAGMA synchronous = FULL']);
    } finally {
      spy.mockRestore();
    }
  });

  it('a commit takes well under a millisecond, flushing it to the disk left out', () => {
    const { store } = open({ synchronous: 'NORMAL' });
    const long = fakeEvents(
      {
        generationId: 'g',
        messages: [],
        replyPrefix: [],
        settings: settingsWith(fakeSettings, { maxTokens: 8000 }),
        seed: 1,
      },
      { text: fakeText.repeat(10), alternatives: 4 },
    ).map(roundEvent);
    store.conversations.create({ id: 'c', title: '', createdAt: 1 });
    say(store, 'r', null, 'assistant', 'pending');
    const generation = store.generations.create({
      id: 'g',
      messageId: 'r',
      mode: 'exact',
      seed: 1,
      settings: fakeSettings,
      startedAt: 1,
    });
    const times: number[] = [];
    let waiting: GenerationEvent[] = [];
    for (const event of long) {
      waiting.push(event);
      if (event.type !== 'blockCommitted') continue;
      const from = performance.now();
      generation.commit(waiting, event.tokens.map((t) => t.text).join(''));
      times.push(performance.now() - from);
      waiting = [];
    }
    times.sort((a, b) => a - b);
    const median = times[times.length >> 1] ?? Infinity;
    console.log(
      `commit with ${driver}: median ${median.toFixed(3)} ms, 99th of 100 ${(times[Math.floor(times.length * 0.99)] ?? 0).toFixed(3)} ms, ${times.length} commits`,
    );
    expect(times.length).toBeGreaterThan(300);
    expect(median).toBeLessThan(1);
  });

  describe('settings', () => {
    it('are the defaults until set, and are kept', () => {
      const { store } = open();
      expect(store.settings.read()).toEqual(defaultSettings);
      store.settings.write({
        theme: 'plate',
        generation: settingsWith(defaultSettings.generation, { temperature: 0.4 }),
      });
      store.close();
      const { settings } = open().store;
      expect(settings.read()).toEqual({
        ...defaultSettings,
        theme: 'plate',
        generation: settingsWith(defaultSettings.generation, { temperature: 0.4 }),
      });
      // what was not set follows the defaults of the moment
      expect(
        settings.read(settingsWith(defaultSettings.generation, { temperature: 1, topP: 0.5 })).generation,
      ).toMatchObject({ sampling: { temperature: 0.4, topP: 0.5 } });
    });
    it('a setting that was stored under its former name is read, until it is set again', () => {
      open().store.close();
      const db = openDb(file(), driver);
      db.prepare('INSERT INTO settings (key, value) VALUES (?, ?)').run('weakMarks', 'true');
      db.close();
      const { store } = open();
      expect(store.settings.read().unsureMarks).toBe(true);
      expect(store.settings.write({ unsureMarks: false }).unsureMarks).toBe(false);
    });
    it('a bad value falls back to the default and is not lost', () => {
      open().store.close();
      const db = openDb(file(), driver);
      const put = db.prepare('INSERT INTO settings (key, value) VALUES (?, ?)');
      put.run('theme', '"neon"');
      put.run('generation.topK', '{');
      put.run('generation.threshold', '0.5');
      put.run('fromTheFuture', 'true');
      db.close();
      const { store } = open();
      expect(store.settings.read()).toEqual({
        ...defaultSettings,
        generation: settingsWith(defaultSettings.generation, { threshold: 0.5 }),
      });
      store.settings.write({ ...store.settings.read(), sidebarOpen: false });
      store.close();
      const after = openDb(file(), driver);
      const rows = Object.fromEntries(
        after
          .prepare('SELECT key, value FROM settings')
          .all()
          .map((row) => [row['key'], row['value']]),
      );
      after.close();
      expect(rows).toEqual({
        theme: '"neon"',
        'generation.topK': '{',
        'generation.threshold': '0.5',
        fromTheFuture: 'true',
        sidebarOpen: 'false',
      });
    });
  });

  describe('migrations and backups', () => {
    const second = {
      version: migrations.length + 1,
      name: 'colours',
      sql: "ALTER TABLE conversations ADD COLUMN colour TEXT NOT NULL DEFAULT 'copper'",
    };

    it('a new database is at the newest version, in write-ahead mode, without a backup', () => {
      open().store.close();
      const db = openDb(file(), driver);
      expect([pragma(db, 'user_version'), pragma(db, 'journal_mode')]).toEqual([migrations.length, 'wal']);
      db.close();
      expect(backups()).toEqual([]);
    });
    it('takes a readable backup before it migrates, and keeps everything', () => {
      const { store } = open({ migrations });
      withReply(store, script);
      store.close();
      const migrated = open({ migrations: [...migrations, second], now: () => Date.UTC(2026, 10, 23) }).store;
      expect(migrated.messages.get('r').text).toBe(fakeText);
      expect(migrated.generations.events('r')).toEqual(script);
      migrated.close();
      expect(backups()).toEqual([`mezzotint-20261123-000000-000-before-v${second.version}.db`]);
      const backup = openDb(path.join(dataDir, 'backups', backups()[0] ?? ''), driver);
      expect(pragma(backup, 'user_version')).toBe(migrations.length);
      expect(backup.prepare('SELECT text FROM messages WHERE id = ?').get('r')).toMatchObject({ text: fakeText });
      backup.close();
      open({ migrations: [...migrations, second] }).store.close();
      expect(backups()).toHaveLength(1);
    });
    it('a migration that fails changes nothing', () => {
      const { store } = open();
      withReply(store, script);
      store.close();
      const bad = {
        version: migrations.length + 1,
        name: 'bad',
        sql: 'ALTER TABLE conversations ADD COLUMN colour TEXT; INSERT INTO nowhere VALUES (1)',
      };
      expect(refused({ migrations: [...migrations, bad] })).toMatchObject({ code: 'store-failed' });
      const again = open().store;
      expect(again.generations.events('r')).toEqual(script);
      expect(again.messages.get('r').text).toBe(fakeText);
    });
    it('refuses a list of migrations with a gap', () => {
      expect(refused({ migrations: [...migrations, { ...second, version: migrations.length + 2 }] }).code).toBe(
        'internal',
      );
    });
    it('refuses a newer database and does not touch it', () => {
      open({ migrations: [...migrations, second] }).store.close();
      const before = { hash: hash(), names: names(), time: statSync(file()).mtimeMs };
      expect(refused({ migrations })).toMatchObject({ code: 'store-newer' });
      expect({ hash: hash(), names: names(), time: statSync(file()).mtimeMs }).toEqual(before);
      // and lets go of the folder
      open({ migrations: [...migrations, second] });
    });
    it.each([
      ['with rows in its write-ahead log', false],
      ['whose very version is only in the log', true],
    ])('refuses a newer database %s, and touches neither file', (_what, versionInLog) => {
      const { store } = open({
        dataDir: file('live'),
        migrations: versionInLog ? migrations : [...migrations, second],
      });
      withReply(store, script);
      if (versionInLog) {
        const other = openDb(file('live/mezzotint.db'), driver);
        other.exec(`PRAGMA user_version = ${second.version}`);
        other.close();
      }
      for (const name of ['mezzotint.db', 'mezzotint.db-wal'])
        writeFileSync(file(name), readFileSync(file(`live/${name}`)));
      const before = [hash(), hash('mezzotint.db-wal'), names().filter((name) => !name.includes('lock'))];
      expect(refused({ migrations })).toMatchObject({ code: 'store-newer' });
      expect([hash(), hash('mezzotint.db-wal'), names().filter((name) => !name.includes('lock'))]).toEqual(before);
    });
    it('makes a backup when asked, of everything up to now', async () => {
      const { store } = open();
      withReply(store, script, 30);
      const copy = await store.backups.take('asked');
      expect(copy).toMatchObject({ kind: 'asked', conversations: 1, messages: 2, problems: [] });
      expect(path.dirname(copy.file)).toBe(file('backups'));
      expect((await store.backups.take('asked')).file).not.toBe(copy.file);
      const db = openDb(copy.file, driver);
      expect(db.prepare("SELECT text FROM messages WHERE id = 'r'").get()).toMatchObject({
        text: store.messages.get('r').text,
      });
      db.close();
    });
  });

  describe('a damaged database', () => {
    const damages: [string, () => void][] = [
      ['that is no database at all', () => writeFileSync(file(), 'not a database '.repeat(1000))],
      [
        'with its header overwritten',
        () => writeFileSync(file(), Buffer.concat([Buffer.alloc(64, 0xff), readFileSync(file()).subarray(64)])),
      ],
      [
        'with pages overwritten',
        () =>
          writeFileSync(
            file(),
            Buffer.concat([readFileSync(file()).subarray(0, 4096), Buffer.alloc(statSync(file()).size - 4096, 0xaa)]),
          ),
      ],
      ['cut short', () => truncateSync(file(), 4096 * 3 + 100)],
      [
        'of another program',
        () => {
          rmSync(file());
          const db = openDb(file(), driver);
          db.exec('CREATE TABLE other (x)');
          db.close();
        },
      ],
    ];
    it.each(damages)('%s: is set aside, and the newest backup is open in its place', async (_what, damage) => {
      const { store } = open();
      withReply(store, script);
      await store.backups.take('asked');
      store.conversations.create({ id: 'later', title: 'after the backup', createdAt: 9 });
      store.close();
      writeFileSync(path.join(dataDir, 'backups', 'mezzotint-99991231-000000-000.db'), 'a bad backup');
      for (const tail of ['-wal', '-shm']) rmSync(file(`mezzotint.db${tail}`), { force: true });
      damage();
      const damaged = hash();
      const { store: mended, notices } = open();
      expect(notices).toMatchObject([
        { code: 'store-damaged', message: expect.stringContaining('backup of') as string },
      ]);
      expect(hash(path.basename(notices[0]?.file ?? ''))).toBe(damaged);
      expect(mended.messages.get('r').text).toBe(fakeText);
      expect(mended.generations.events('r')).toEqual(script);
      mended.close();
      expect(open().notices).toEqual([]);
    });
    it.each(damages)(
      '%s: without a backup what can be read of it is open, or an empty one, and said so',
      (_what, damage) => {
        const { store } = open();
        withReply(store, script);
        store.close();
        for (const tail of ['-wal', '-shm']) rmSync(file(`mezzotint.db${tail}`), { force: true });
        damage();
        const damaged = hash();
        const { store: fresh, notices } = open();
        expect(notices).toMatchObject([
          { code: 'store-damaged', message: expect.stringContaining('no backup') as string },
        ]);
        expect(hash(path.basename(notices[0]?.file ?? ''))).toBe(damaged);
        // where the file was cut before its messages, the conversation's title is what is left
        for (const { id, title, messageCount } of fresh.conversations.list()) {
          expect(title).toBe('Mezzotint');
          if (messageCount > 0) expect(fresh.messages.ofConversation(id).map((m) => m.text)).toContain(fakeText);
        }
      },
    );
    it('emptied to nothing while there is a backup: the backup is opened', async () => {
      const { store } = open();
      withReply(store, script);
      await store.backups.take('asked');
      store.close();
      for (const tail of ['-wal', '-shm']) rmSync(file(`mezzotint.db${tail}`), { force: true });
      truncateSync(file(), 0);
      expect(open().store.messages.get('r').text).toBe(fakeText);
    });
  });

  describe('a data folder', () => {
    it('is made when it is missing', () => {
      const deep = path.join(dataDir, 'a', 'b');
      expect(open({ dataDir: deep }).store.dataDir).toBe(deep);
    });
    it('is refused to a second instance, and free again after the first is closed', () => {
      const { store } = open();
      expect(refused()).toMatchObject({
        code: 'store-locked',
        message: expect.stringContaining('already running') as string,
      });
      store.conversations.create({ id: 'a', title: 'still works', createdAt: 1 });
      store.close();
      open();
    });
    it('held by another process is refused, and free at once when that is killed', async () => {
      const holder: ChildProcess = fork(path.join(import.meta.dirname, 'store-holder.ts'), [dataDir, driver], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      await once(holder, 'message');
      expect(refused()).toMatchObject({ code: 'store-locked' });
      const gone = once(holder, 'exit');
      holder.kill('SIGKILL');
      await gone;
      open();
    });
    it.each([
      [
        'below a file',
        () => {
          writeFileSync(file('plain'), '');
          return file('plain/folder');
        },
      ],
      ['where nothing may be written', () => '/proc/1/mezzotint'],
      ['that is there but cannot be written', () => '/proc/self/fd'],
    ])('%s is refused with a clear error', (_what, where) => {
      expect(refused({ dataDir: where() })).toMatchObject({
        code: 'store-failed',
        action: expect.stringMatching(/folder|path/i) as string,
      });
    });
  });
});

describe('the database module', () => {
  it('is not loaded where the runtime is too old: a clear error instead of a crash', () => {
    const versions = Object.getOwnPropertyDescriptor(process, 'versions');
    Object.defineProperty(process, 'versions', { value: { ...process.versions, napi: '8' }, configurable: true });
    try {
      expect(openStore({ dataDir })).toMatchObject({
        ok: false,
        error: { code: 'store-failed', message: expect.stringContaining('Node-API 8') as string },
      });
      process.env['SQLITE_STAND_IN'] = 'x';
      const stoodIn = openStore({ dataDir });
      expect(stoodIn.ok).toBe(true);
      if (stoodIn.ok) opened.push(stoodIn.value.store);
    } finally {
      delete process.env['SQLITE_STAND_IN'];
      if (versions) Object.defineProperty(process, 'versions', versions);
    }
  });
});
