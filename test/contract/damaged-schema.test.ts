/** One wrong byte where the database names its tables: every row is where it was, so every row is to be there again. Seeded. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDb, type DriverName } from '../../core/store/db/driver.ts';
import { openStore, type OpenedStore, type Store } from '../../core/store/index.ts';
import { seeded } from '../fixtures/fake-engine.ts';
import { fill } from '../fixtures/filled-store.ts';

const PAGE = 4096;
const HEADER = 100;
const CHANGES = { 'better-sqlite3': Number(process.env['MEZZOTINT_SCHEMA_CHANGES'] ?? 60), libsql: 12 };
const SEED = Number(process.env['MEZZOTINT_SCHEMA_SEED'] ?? 17);

/** With other letters wherever the words stand: what SQLite has written anew may still lie where it was before. */
function misspelled(bytes: Buffer, right: string, wrong: string): Buffer {
  const damaged = Buffer.from(bytes);
  expect(bytes.includes(right)).toBe(true);
  for (let at = damaged.indexOf(right); at >= 0; at = damaged.indexOf(right, at + 1))
    damaged.write(wrong, at, 'latin1');
  return damaged;
}
/** Everything of a person's in a store, as it is read by the app. */
function contents(store: Store): unknown {
  const conversations = store.conversations.list();
  return {
    conversations: conversations.map(({ id }) => store.archive.read(id, { frames: true })),
    trash: store.order.trash().map(({ conversation }) => conversation),
    unread: conversations.filter(({ unread }) => unread).map(({ id }) => id),
    folders: store.order.folders(),
    presets: store.presets.list(),
    settings: store.settings.read(),
    draft: store.drafts.read(null),
    place: store.drafts.read('c1'),
    speeds: store.speedProfiles.read({ pack: 'p', device: 'cpu', version: '1' }),
  };
}

describe.each<DriverName>(['better-sqlite3', 'libsql'])('a wrong byte in the schema, with %s', (driver) => {
  let origin: string;
  let bytes: Buffer;
  let whole: unknown;
  /** Pages that hold the schema. */
  let pages: number[];
  const open = (dataDir: string): OpenedStore => {
    const result = openStore({ dataDir, driver });
    if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
    return result.value;
  };

  beforeAll(() => {
    origin = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-schema-'));
    const { store } = open(origin);
    fill(store, 0, 6, 2);
    store.order.createFolder({ id: 'f', name: 'Work', createdAt: 1 });
    store.order.organise(['c1'], { to: 'folder', folderId: 'f' }, 5);
    store.order.organise(['c2'], { to: 'pin', on: true }, 6);
    store.order.organise(['c3'], { to: 'trash', on: true }, 7);
    store.order.markUnread('c4', true);
    store.presets.add('p', { name: 'Brief', instructions: 'Be brief.', settings: {} }, 1);
    store.presets.setDefault('p');
    store.conversations.setSetup('c0', { presetId: 'p', instructions: 'Rhyme.', settings: {} });
    store.attachments.add('c0q0', [
      { name: 'notes.txt', text: 'Copper is a metal.' },
      { name: 'more.txt', text: 'So is tin.' },
    ]);
    store.drafts.keep(null, { draft: 'unsent words' });
    store.drafts.keep('c1', { draft: 'more of them', place: { messageId: 'c1q0', offset: 12.5 } });
    store.settings.write({ theme: 'plate' });
    store.speedProfiles.write({ pack: 'p', device: 'cpu', version: '1' }, { measuredAt: 1, stops: {} });
    while (store.search.read(1000));
    whole = contents(store);
    store.close();
    bytes = readFileSync(path.join(origin, 'mezzotint.db'));
    const walk = (page: number): number[] => {
      const start = (page - 1) * PAGE + (page === 1 ? HEADER : 0);
      if (bytes.readUInt8(start) !== 5) return [page];
      const cells = Array.from({ length: bytes.readUInt16BE(start + 3) }, (_, i) =>
        bytes.readUInt32BE((page - 1) * PAGE + bytes.readUInt16BE(start + 12 + 2 * i)),
      );
      return [page, ...[...cells, bytes.readUInt32BE(start + 8)].flatMap(walk)];
    };
    pages = walk(1);
  });
  afterAll(() => rmSync(origin, { recursive: true, force: true }));

  /** What is there, and what is said, after the database was opened with these bytes. */
  function opened(damaged: Buffer): { found: unknown; notices: string[] } {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-schema-'));
    try {
      writeFileSync(path.join(dataDir, 'mezzotint.db'), damaged);
      const { store, notices } = open(dataDir);
      try {
        return { found: contents(store), notices: notices.map(({ message }) => message) };
      } finally {
        store.close();
      }
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  }

  it('loses nothing, wherever it is', () => {
    expect(pages.length).toBeGreaterThan(2);
    const random = seeded(SEED);
    let mended = 0;
    for (let change = 0; change < CHANGES[driver]; change++) {
      const page = pages[Math.floor(random() * pages.length)] ?? 1;
      const first = page === 1 ? HEADER : 0;
      const at = (page - 1) * PAGE + first + Math.floor(random() * (PAGE - first));
      const damaged = Buffer.from(bytes);
      // letters as they are mistyped, bits that flip, any byte
      const byte =
        [
          () => 97 + Math.floor(random() * 26),
          () => (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8)),
          () => Math.floor(random() * 256),
        ][Math.floor(random() * 3)]?.() ?? 0;
      damaged[at] = byte;
      const { found, notices } = opened(damaged);
      const what =
        `byte ${at} (page ${page}): ${bytes[at]} → ${byte}, “${bytes.toString('latin1', at - 12, at)}[${String.fromCharCode(bytes[at] ?? 0)}]${bytes.toString('latin1', at + 1, at + 12)}”`.replace(
          /[^ -~“”→]/g,
          '.',
        );
      expect(found, what).toEqual(whole);
      if (notices.length > 0) mended++;
    }
    console.log(
      `${driver}: ${CHANGES[driver]} changes of one byte in ${pages.length} pages of the schema, ${mended} noticed and mended, nothing lost`,
    );
  });

  it.each([
    ['a table', 'CREATE TABLE messages', 'CREATE TABLF messages'],
    ["a column's name", 'text TEXT NOT NULL,\n      status', 'texu TEXT NOT NULL,\n      status'],
    ['a rule', "'system', 'user', 'assistant'", "'system', 'uses', 'assistant'"],
    [
      'an index',
      'INDEX messages_of_parent ON messages (parent_id)',
      'INDEX messages_of_parent ON messages (parent_ie)',
    ],
    [
      'an index that still makes sense',
      'INDEX messages_of_parent ON messages (parent_id)',
      'INDEX messages_of_parens ON messages (parent_id)',
    ],
    ['a trigger', 'TRIGGER message_counted AFTER INSERT', 'TRIGGER message_counted AFTER INSFRT'],
    ['a trigger that then counts wrong', 'message_count = message_count + 1', 'message_count = message_count + 7'],
  ])('in %s is noticed, and all of its rows are read', (_what, right, wrong) => {
    expect(right.length).toBe(wrong.length);
    const damaged = misspelled(bytes, right, wrong);
    const { found, notices } = opened(damaged);
    expect(found).toEqual(whole);
    expect(notices).toEqual([
      expect.stringMatching(/was damaged.*All of its rows could be read.*set aside, not deleted/),
    ]);
  });

  it('with words in the log alone: they are read too', () => {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-schema-'));
    const copy = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-schema-'));
    try {
      writeFileSync(path.join(dataDir, 'mezzotint.db'), bytes);
      const { store } = open(dataDir);
      fill(store, 50, 2, 1);
      const wanted = contents(store);
      for (const name of ['mezzotint.db', 'mezzotint.db-wal'])
        copyFileSync(path.join(dataDir, name), path.join(copy, name));
      store.close();
      // the log holds other pages
      writeFileSync(
        path.join(copy, 'mezzotint.db'),
        misspelled(
          readFileSync(path.join(copy, 'mezzotint.db')),
          'CREATE TABLE generations',
          'CREATE TABLF generations',
        ),
      );
      const mended = open(copy);
      try {
        expect(mended.notices).toHaveLength(1);
        expect(contents(mended.store)).toEqual(wanted);
      } finally {
        mended.store.close();
      }
    } finally {
      for (const folder of [dataDir, copy]) rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is told from a database that another hand has added to', () => {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-schema-'));
    try {
      writeFileSync(path.join(dataDir, 'mezzotint.db'), bytes);
      const db = openDb(path.join(dataDir, 'mezzotint.db'), driver);
      db.exec('CREATE INDEX mine ON messages (created_at)');
      db.close();
      const { store, notices } = open(dataDir);
      expect(notices).toEqual([]);
      expect(contents(store)).toEqual(whole);
      store.close();
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
