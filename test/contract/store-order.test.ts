/** Order in the store: folders, pins, archive, trash, drafts; on both drivers, and from a database of the first version. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archivedConversationSchema } from '../../core/contract/transfer.ts';
import { TRASH_KEEPS_MS, type Organise, type Placement } from '../../core/contract/order.ts';
import { looked } from '../../core/store/repositories/clock.ts';
import { openDb, type Db, type DriverName } from '../../core/store/db/driver.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { createMerger } from '../../core/store/recovery/merge.ts';
import { firstLight } from '../../core/store/db/migrations/001-first-light.ts';
import { fakeSettings } from '../fixtures/fake-engine.ts';

let dataDir: string;
const opened: Store[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-order-'));
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(dataDir, { recursive: true, force: true });
});
const file = (): string => path.join(dataDir, 'mezzotint.db');
const DAY = 86_400_000;

describe.each<DriverName>(['better-sqlite3', 'libsql'])('order in the store, with %s', (driver) => {
  function open(): Store {
    const result = openStore({ dataDir, driver });
    if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
    opened.push(result.value.store);
    return result.value.store;
  }
  /** Conversations with a question and a finished reply each. */
  function fill(store: Store, ids: readonly string[]): void {
    for (const [i, id] of ids.entries()) {
      store.conversations.create({ id, title: `Title of ${id}`, createdAt: i + 1 });
      store.messages.add({
        id: `${id}-q`,
        conversationId: id,
        parentId: null,
        role: 'user',
        text: `question of ${id}`,
        status: 'complete',
        createdAt: i,
      });
      store.messages.add({
        id: `${id}-r`,
        conversationId: id,
        parentId: `${id}-q`,
        role: 'assistant',
        text: '',
        status: 'pending',
        createdAt: i,
      });
      const generation = store.generations.create({
        id: `${id}-g`,
        messageId: `${id}-r`,
        mode: 'exact',
        seed: 1,
        settings: fakeSettings,
        startedAt: 1,
      });
      generation.commit(
        [
          {
            type: 'blockCommitted',
            seq: 0,
            t: 1,
            block: 0,
            forward: 1,
            from: 0,
            tokens: [{ id: 5, text: `reply of ${id}`, p: 1, via: 'draft', forward: 1, alternatives: [] }],
          },
        ],
        `reply of ${id}`,
      );
      generation.finish([], { status: 'complete', reason: 'end', counts: null, error: null, endedAt: 2 });
      store.conversations.show(id, `${id}-r`);
    }
  }
  const read = <T>(work: (db: Db) => T): T => {
    const db = openDb(file(), driver);
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  const rows = (db: Db, table: string): number => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
  const ids = (store: Store): string[] =>
    store.conversations
      .list()
      .map(({ id }) => id)
      .sort();

  it('counts messages and keeps everything, from a database of the first version', () => {
    const old = openDb(file(), driver);
    old.exec(firstLight.sql);
    old.exec(`INSERT INTO conversations (id, title, title_source, created_at, updated_at) VALUES ('a', 'Old', 'person', 1, 2), ('b', 'Deleted', 'auto', 1, 2);
      UPDATE conversations SET deleted_at = 3 WHERE id = 'b';
      INSERT INTO messages (id, conversation_id, role, text, status, created_at) VALUES ('m', 'a', 'user', 'Hello', 'complete', 1), ('n', 'a', 'user', 'Again', 'complete', 1);
      PRAGMA user_version = 1`);
    old.close();
    const store = open();
    expect(store.conversations.list()).toEqual([
      {
        id: 'a',
        title: 'Old',
        createdAt: 1,
        updatedAt: 2,
        messageCount: 2,
        currentMessageId: null,
        folderId: null,
        pinnedAt: null,
        archivedAt: null,
        unread: false,
      },
    ]);
    expect(store.order.trash().map(({ conversation }) => conversation.id)).toEqual(['b']);
    store.messages.add({
      id: 'o',
      conversationId: 'a',
      parentId: 'm',
      role: 'assistant',
      text: '',
      status: 'complete',
      createdAt: 1,
    });
    expect(store.conversations.get('a').messageCount).toBe(3);
  });

  it('moves, pins, archives and deletes many at once, and lays them back where they lay', () => {
    const store = open();
    fill(store, ['a', 'b', 'c']);
    const folder = store.order.createFolder({ id: 'f', name: 'Work', createdAt: 1 });
    store.order.organise(['b'], { to: 'pin', on: true }, 10);
    const before = store.conversations.list();
    const steps: Organise[] = [
      { to: 'folder', folderId: folder.id },
      { to: 'pin', on: true },
      { to: 'archive', on: true },
      { to: 'trash', on: true },
    ];
    const back = steps.map((change, i) => store.order.organise(['a', 'b', 'gone'], change, 20 + i));
    expect(back.map((placements) => placements.map(({ id }) => id))).toEqual([
      ['a', 'b'],
      ['a'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(ids(store)).toEqual(['c']);
    store.close();
    const again = open();
    for (const placements of back.reverse()) again.order.putBack(placements, 50);
    expect(again.conversations.list()).toEqual(before);
  });

  it('takes a conversation that is written on out of the archive', () => {
    const store = open();
    fill(store, ['a']);
    store.order.organise(['a'], { to: 'archive', on: true }, 5);
    store.conversations.touch('a', 9);
    expect(store.conversations.get('a').archivedAt).toBeNull();
  });

  it('keeps folders in the order given, with names of their own', () => {
    const store = open();
    fill(store, ['a', 'b']);
    for (const [id, name] of [
      ['f', 'Work'],
      ['g', 'Home'],
      ['h', 'Ideas'],
    ] as const)
      store.order.createFolder({ id, name, createdAt: 1 });
    expect(() => store.order.createFolder({ id: 'i', name: 'Home', createdAt: 1 })).toThrow(/already/);
    expect(() => store.order.renameFolder('f', 'Home')).toThrow(/already/);
    expect(() => store.order.organise(['a'], { to: 'folder', folderId: 'none' }, 1)).toThrow(/not there/);
    store.order.moveFolder('h', 'f');
    store.order.moveFolder('f', null);
    expect(store.order.folders().map(({ name }) => name)).toEqual(['Ideas', 'Home', 'Work']);
    store.order.organise(['a', 'b'], { to: 'folder', folderId: 'g' }, 1);
    const gone = store.order.deleteFolder('g');
    expect(gone.conversations).toEqual(['a', 'b']);
    expect(store.conversations.list().map(({ folderId }) => folderId)).toEqual([null, null]);
    store.order.organise(['b'], { to: 'folder', folderId: 'f' }, 1);
    store.order.putFolderBack(gone.folder, gone.conversations);
    expect(store.order.folders().map(({ name }) => name)).toEqual(['Ideas', 'Home', 'Work']);
    // what was moved elsewhere since stays there
    expect([store.conversations.get('a').folderId, store.conversations.get('b').folderId]).toEqual(['g', 'f']);
  });

  it('erases only what is in the trash, and nothing of it is left, not even in the file', () => {
    const store = open();
    fill(store, ['keep', 'erase']);
    store.drafts.keep('erase', { draft: 'an unsent secret', place: { messageId: 'erase-q', offset: 3 } });
    expect(store.order.erase(['keep', 'erase'])).toEqual([]);
    store.order.organise(['erase'], { to: 'trash', on: true }, 5);
    expect(store.order.erase(['keep', 'erase', 'nothing'])).toEqual(['erase']);
    expect(store.conversations.list().map(({ id }) => id)).toEqual(['keep']);
    store.order.settle();
    expect(store.order.trash()).toEqual([]);
    store.close();
    expect(
      read((db) =>
        ['conversations', 'messages', 'generations', 'traces', 'drafts', 'places'].map((table) => rows(db, table)),
      ),
    ).toEqual([1, 2, 1, 1, 0, 0]);
    const bytes = readFileSync(file()).toString('latin1');
    expect(bytes).toContain('question of keep');
    for (const secret of ['question of erase', 'reply of erase', 'Title of erase', 'unsent secret'])
      expect(bytes).not.toContain(secret);
  });

  describe('the trash', () => {
    it('lets go after 30 days, counted from the first deletion', () => {
      const store = open();
      fill(store, ['a', 'b']);
      store.order.organise(['a'], { to: 'trash', on: true }, 10 * DAY);
      store.order.organise(['a', 'b'], { to: 'trash', on: true }, 20 * DAY);
      expect(store.order.trash().map(({ conversation, goesAt }) => [conversation.id, goesAt / DAY])).toEqual([
        ['b', 50],
        ['a', 40],
      ]);
      for (let day = 20; day < 40; day++) expect(store.order.overdue(day * DAY)).toEqual({ ids: [], waiting: null });
      expect(store.order.overdue(40 * DAY - 1)).toEqual({ ids: [], waiting: null });
      expect(store.order.overdue(40 * DAY)).toEqual({ ids: ['a'], waiting: null });
    });
    it('is never emptied early because the clock went back and came right again', () => {
      const store = open();
      fill(store, ['a', 'b']);
      store.conversations.touch('a', 1000 * DAY);
      store.order.overdue(1000 * DAY);
      // the clock is set back by years, then something is deleted
      store.order.organise(['a'], { to: 'trash', on: true }, DAY);
      store.close();
      const later = open();
      later.order.organise(['b'], { to: 'trash', on: true }, 2 * DAY);
      expect(later.order.overdue(3 * DAY).ids).toEqual([]);
      // the clock is right again: not a day has gone by
      for (let day = 1000; day < 1030; day++) expect(later.order.overdue(day * DAY).ids).toEqual([]);
      expect(later.order.overdue(1000 * DAY + TRASH_KEEPS_MS).ids.sort()).toEqual(['a', 'b']);
    });
    it('waits at the first look too: the conversations say when the app last ran', () => {
      const store = open();
      fill(store, ['a']);
      store.order.organise(['a'], { to: 'trash', on: true }, 10 * DAY);
      expect(store.order.overdue(100 * DAY)).toEqual({
        ids: [],
        waiting: { conversations: 1, jump: 90 * DAY, wait: 6 * DAY },
      });
    });
    it('never goes by a clock whose looks were uneven, wherever it jumps', () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: -400, max: 400 }), { minLength: 1, maxLength: 12 }), (jumps) => {
          // every second look is right, so no wrong time is ever seen twice running
          let state = { believed: 1000 * DAY, waitsAt: null as number | null, waited: 0 };
          jumps.forEach((jump, i) => {
            state = looked(state, (1000 + i / 24 + (Math.abs(jump) > 2 ? jump : 0)) * DAY);
            expect(Math.abs(state.believed - 1000 * DAY)).toBeLessThan(2 * DAY);
            state = looked(state, (1000 + i / 24) * DAY);
          });
        }),
      );
    });
    it('takes what a merge puts into it for new, whatever the clock says', async () => {
      const store = open();
      fill(store, ['a']);
      store.conversations.touch('a', 1000 * DAY);
      store.order.overdue(1000 * DAY);
      store.order.organise(['a'], { to: 'trash', on: true }, 1000 * DAY);
      const backup = await store.backups.take('asked');
      store.order.erase(['a']);
      store.close();
      const result = openStore({ dataDir, driver, now: () => DAY });
      if (!result.ok) throw new Error(result.error.message);
      opened.push(result.value.store);
      await result.value.store.mergeFrom(backup.file, {});
      expect(result.value.store.order.trash().map(({ deletedAt }) => deletedAt)).toEqual([1000 * DAY]);
    });
  });

  it('goes along in the export, by the name of the folder, and comes back with the import', () => {
    const store = open();
    fill(store, ['a', 'b', 'c']);
    store.order.createFolder({ id: 'f', name: 'Work', createdAt: 1 });
    store.order.organise(['a', 'b'], { to: 'folder', folderId: 'f' }, 5);
    store.order.organise(['a'], { to: 'pin', on: true }, 6);
    store.order.organise(['b'], { to: 'archive', on: true }, 7);
    const exported = ['a', 'b', 'c'].map((id) => store.archive.read(id, { frames: true }));
    expect(exported.map(({ folder, pinnedAt, archivedAt }) => [folder, pinnedAt, archivedAt])).toEqual([
      ['Work', 6, undefined],
      ['Work', undefined, 7],
      [undefined, undefined, undefined],
    ]);
    // what lies nowhere in particular is written as before
    expect(Object.keys(exported[2] ?? {})).not.toEqual(expect.arrayContaining(['folder']));
    store.close();
    dataDir = path.join(dataDir, 'other');
    const other = open();
    for (const conversation of exported)
      other.archive.write(v.parse(archivedConversationSchema, JSON.parse(JSON.stringify(conversation))));
    const [folder] = other.order.folders();
    expect(other.order.folders().map(({ name }) => name)).toEqual(['Work']);
    expect(
      ['a', 'b', 'c']
        .map((id) => other.conversations.get(id))
        .map((c) => [c.folderId, c.pinnedAt, c.archivedAt, c.messageCount]),
    ).toEqual([
      [folder?.id, 6, null, 2],
      [folder?.id, null, 7, 2],
      [null, null, null, 2],
    ]);
    expect(['a', 'b', 'c'].map((id) => other.archive.read(id, { frames: true }))).toEqual(exported);
  });

  it('of a backup is taken over when it is merged: folders by name, and what lay in its trash begins its days anew', () => {
    const store = open();
    fill(store, ['a', 'b']);
    store.order.createFolder({ id: 'f', name: 'Work', createdAt: 1 });
    store.order.createFolder({ id: 'g', name: 'Home', createdAt: 1 });
    store.order.organise(['a'], { to: 'folder', folderId: 'f' }, 5);
    store.order.organise(['b'], { to: 'folder', folderId: 'g' }, 5);
    store.order.organise(['b'], { to: 'trash', on: true }, 6);
    store.close();
    const now = 1000 * DAY;
    const target = path.join(dataDir, 'other');
    const opened2 = openStore({ dataDir: target, driver, now: () => now });
    if (!opened2.ok) throw new Error(opened2.error.message);
    const other = opened2.value.store;
    opened.push(other);
    other.order.createFolder({ id: 'h', name: 'Work', createdAt: 1 });
    const source = openDb(file(), driver);
    const into = openDb(path.join(target, 'mezzotint.db'), driver);
    into.exec('PRAGMA foreign_keys = ON');
    const merger = createMerger(into, source, { source: 'older', now: () => now, unreadable: '', untitled: '' });
    for (const id of merger.ids()) merger.add(id);
    merger.others();
    into.close();
    source.close();
    expect(other.conversations.get('a')).toMatchObject({ folderId: 'h', messageCount: 2 });
    expect(other.order.folders().map(({ name }) => name)).toEqual(['Work', 'Home']);
    expect(other.order.trash()).toMatchObject([{ conversation: { id: 'b', folderId: 'g' }, deletedAt: now }]);
  });

  it('keeps what was left lying at each conversation', () => {
    const store = open();
    fill(store, ['a']);
    const place = { messageId: 'a-r', offset: -12.5 };
    store.drafts.keep(null, { draft: 'for a new chat' });
    store.drafts.keep('a', { draft: 'half a question', place });
    store.drafts.keep('gone', { draft: 'for nobody' });
    store.close();
    const again = open();
    expect(again.drafts.read(null)).toEqual({ draft: 'for a new chat', place: null });
    expect(again.drafts.read('a')).toEqual({ draft: 'half a question', place });
    expect(again.drafts.read('gone')).toEqual({ draft: '', place: null });
    again.drafts.keep('a', { draft: '' });
    expect(again.drafts.read('a')).toEqual({ draft: '', place });
    again.drafts.keep('a', { place: null });
    expect(again.drafts.read('a')).toEqual({ draft: '', place: null });
  });

  it('no sequence of changes and their undoing loses a conversation or a message', () => {
    const names = ['a', 'b', 'c', 'd'];
    const some = fc.subarray([...names, 'gone'], { minLength: 1 });
    const change: fc.Arbitrary<Organise> = fc.oneof(
      fc.record({ to: fc.constant('folder' as const), folderId: fc.constantFrom(null, 'f', 'g') }),
      fc.record({ to: fc.constantFrom('pin' as const, 'archive' as const, 'trash' as const), on: fc.boolean() }),
    );
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant('organise' as const), ids: some, change }) },
      { weight: 2, arbitrary: fc.constant({ do: 'undo' as const }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('folder' as const), id: fc.constantFrom('f', 'g') }) },
    );
    const store = open();
    fill(store, names);
    const messages = names.map((id) => store.messages.ofConversation(id));
    const placements = (): Placement[] => {
      const trashed = new Map(store.order.trash().map(({ conversation }) => [conversation.id, conversation]));
      return names.map((id) => {
        const c = trashed.get(id) ?? store.conversations.get(id);
        return { id, folderId: c.folderId, pinnedAt: c.pinnedAt, archivedAt: c.archivedAt, deleted: trashed.has(id) };
      });
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const there = new Set(store.order.folders().map(({ id }) => id));
        for (const id of ['f', 'g'])
          if (!there.has(id)) store.order.createFolder({ id, name: `Folder ${id}`, createdAt: 1 });
        let now = 1000;
        const undos: { placements: Placement[]; was: Placement[] }[] = [];
        for (const s of steps) {
          now += 10;
          if (s.do === 'folder') {
            // deleted and put back: as it was
            const gone = store.order.deleteFolder(s.id);
            store.order.putFolderBack(gone.folder, gone.conversations);
          } else if (s.do === 'organise') {
            const was = placements();
            undos.push({ was, placements: store.order.organise(s.ids, s.change, now) });
          } else {
            const last = undos.pop();
            if (!last) continue;
            store.order.putBack(last.placements, now);
            expect(placements()).toEqual(last.was);
          }
          expect(names.map((id) => store.messages.ofConversation(id))).toEqual(messages);
        }
        expect(
          [...store.conversations.list(), ...store.order.trash().map(({ conversation }) => conversation)]
            .map(({ id, messageCount }) => `${id} ${messageCount}`)
            .sort(),
        ).toEqual(names.map((id) => `${id} 2`));
      }),
      { seed: 6, numRuns: 60 },
    );
  });
});
