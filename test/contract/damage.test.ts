/**
 * Damage of every kind, seeded: the app opens, nothing that stands in the backup is lost, what can be read of the rest is there, and
 * the damaged file is kept as it was. What was salvaged is counted and printed.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDb, type DriverName } from '../../core/store/db/driver.ts';
import { inspect } from '../../core/store/recovery/inspect.ts';
import { openStore, type OpenedStore } from '../../core/store/index.ts';
import { seeded } from '../fixtures/fake-engine.ts';
import { fill, textsIn } from '../fixtures/filled-store.ts';

const PAGE = 4096;
/** With the stand-in fewer: it is there for the end-to-end tests of an older Electron alone. */
const SEEDS = { 'better-sqlite3': Number(process.env['MEZZOTINT_DAMAGE_SEEDS'] ?? 4), libsql: 1 };
type Random = () => number;

/** Each takes the database's path, its bytes and a generator, and writes something worse. */
const damages: Record<string, (file: string, bytes: Buffer, random: Random) => void> = {
  'some bytes changed': (file, bytes, random) => {
    for (let i = 0; i < 40; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    writeFileSync(file, bytes);
  },
  'some bits of the header changed': (file, bytes, random) => {
    for (let i = 0; i < 6; i++) {
      const at = Math.floor(random() * 100);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    }
    writeFileSync(file, bytes);
  },
  'pages zeroed': (file, bytes, random) => {
    for (let i = 0; i < 6; i++) bytes.fill(0, ...spread(Math.floor((random() * bytes.length) / PAGE) * PAGE, PAGE));
    writeFileSync(file, bytes);
  },
  'a long stretch overwritten': (file, bytes, random) => {
    bytes.fill(0xaa, ...spread(PAGE * (1 + Math.floor(random() * 4)), Math.floor(random() * bytes.length * 0.6)));
    writeFileSync(file, bytes);
  },
  'the first page overwritten': (file, bytes, random) => {
    for (let i = 0; i < PAGE; i++) bytes[i] = Math.floor(random() * 256);
    writeFileSync(file, bytes);
  },
  'a header half written': (file, bytes, random) => {
    bytes.fill(0, ...spread(16 + Math.floor(random() * 60), 40));
    writeFileSync(file, bytes);
  },
  'cut short': (file, bytes, random) => truncateSync(file, Math.floor(bytes.length * (0.2 + 0.7 * random()))),
  'cut to a few bytes': (file, _bytes, random) => truncateSync(file, 1 + Math.floor(random() * 600)),
  emptied: (file) => truncateSync(file, 0),
  gone: (file) => rmSync(file),
  'not a database': (file, bytes, random) =>
    writeFileSync(file, Buffer.from(bytes.map(() => Math.floor(random() * 256)))),
  'a folder in its place': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
  'a log of another database beside it': (file, bytes, random) => {
    bytes.fill(0, ...spread(PAGE * 3, PAGE));
    writeFileSync(file, bytes);
    writeFileSync(`${file}-wal`, Buffer.from(Array.from({ length: 40_000 }, () => Math.floor(random() * 256))));
  },
};
const spread = (from: number, length: number): [number, number] => [from, from + length];
/** Nothing of the file can be left to read. */
const hopeless = new Set(['cut to a few bytes', 'emptied', 'gone', 'not a database', 'a folder in its place']);

describe.each<DriverName>(['better-sqlite3', 'libsql'])('a damaged database, with %s', (driver) => {
  let origin: string;
  let dataDir: string;
  let backedUp: Map<string, string>;
  let later: Map<string, string>;
  const counts: Record<string, { could: number; did: number; opened: number }> = {};
  const open = (dir: string): OpenedStore => {
    const result = openStore({ dataDir: dir, driver });
    if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
    return result.value;
  };

  beforeAll(async () => {
    origin = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-origin-'));
    const { store } = open(origin);
    backedUp = fill(store, 0, 20);
    await store.backups.take('asked');
    later = fill(store, 20, 20);
    store.close();
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));
  afterAll(() => {
    rmSync(origin, { recursive: true, force: true });
    for (const [what, { could, did, opened }] of Object.entries(counts))
      console.log(
        `${driver}, ${what}: opened ${opened} of ${SEEDS[driver] * 2}, salvaged ${did} of ${could} messages that were in no backup`,
      );
  });

  describe.each(Object.keys(damages))('%s', (what) => {
    it.each([true, false])('opens and keeps what can be kept, with a backup: %s', (withBackup) => {
      for (let seed = 1; seed <= SEEDS[driver]; seed++) {
        dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-damage-'));
        const file = path.join(dataDir, 'mezzotint.db');
        copyFileSync(path.join(origin, 'mezzotint.db'), file);
        if (withBackup) {
          mkdirSync(path.join(dataDir, 'backups'));
          for (const name of readdirSync(path.join(origin, 'backups')))
            copyFileSync(path.join(origin, 'backups', name), path.join(dataDir, 'backups', name));
        }
        damages[what]?.(file, readFileSync(file), seeded(seed * 1000 + what.length));
        if (driver === 'libsql' && what === 'some bytes changed')
          ascii(file, readFileSync(path.join(origin, 'mezzotint.db')));
        const hash =
          existsSync(file) && statSync(file).isFile()
            ? createHash('sha256').update(readFileSync(file)).digest('hex')
            : null;
        // a file that is not there, or was never anything, is a first start
        const silent = !withBackup && (what === 'gone' || what === 'emptied');

        const { store, notices } = open(dataDir);
        const texts = textsIn(store);
        const whole = [...backedUp, ...later].every(([id, text]) => texts.get(id) === text);
        const aside = readdirSync(dataDir).filter((name) => /^mezzotint-damaged-.*\.db$/.test(name));
        if (notices.length > 0) {
          expect(notices).toMatchObject([{ code: 'store-damaged' }]);
          if (hash !== null)
            expect(
              createHash('sha256')
                .update(readFileSync(path.join(dataDir, aside[0] ?? '')))
                .digest('hex'),
            ).toBe(hash);
        } else if (!silent && !whole) {
          // what SQLite cannot see: letters within a text
          expect(['some bytes changed', 'some bits of the header changed', 'a header half written']).toContain(what);
        }
        if (withBackup && notices.length > 0)
          for (const [id, text] of backedUp) expect(texts.get(id)?.startsWith(text.slice(0, 5))).toBe(true);
        const salvaged = [...later, ...(withBackup ? [] : backedUp)].filter(
          ([id, text]) => texts.get(id) === text,
        ).length;
        const count = (counts[what] ??= { could: 0, did: 0, opened: 0 });
        count.opened++;
        count.did += salvaged;
        count.could += later.size + (withBackup ? 0 : backedUp.size);
        if (whole && notices.length === 0) expect(salvaged).toBeGreaterThan(0);

        // it goes on: replies can be read with their steps, and new ones are written
        for (const { id } of store.conversations.list())
          for (const message of store.messages.ofConversation(id))
            if (message.role === 'assistant') readSteps(() => store.generations.events(message.id), notices.length > 0);
        fill(store, 900, 1, 1);
        store.close();
        const found = inspect(file, driver, true);
        if (notices.length > 0) expect(found.problems).toEqual([]);
        const again = open(dataDir);
        expect(again.store.conversations.get('c900').messageCount).toBe(2);
        again.store.close();
        rmSync(dataDir, { recursive: true, force: true });
      }
      const count = counts[what];
      // of one try nothing may be left
      if (!hopeless.has(what) && SEEDS[driver] > 1) expect(count?.did).toBeGreaterThan(0);
    });
  });

  it('a kill between the two changes of place: the mended one is put there at the next start', () => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-damage-'));
    const file = path.join(dataDir, 'mezzotint.db');
    copyFileSync(path.join(origin, 'mezzotint.db'), `${file}.mended`);
    writeFileSync(file, 'damaged');
    writeFileSync(`${file}-wal`, 'its log');
    const { store, notices } = open(dataDir);
    expect(notices).toMatchObject([{ code: 'store-damaged' }]);
    expect(textsIn(store).size).toBe(backedUp.size + later.size);
    store.close();
    expect(readdirSync(dataDir).filter((name) => name.startsWith('mezzotint-damaged-')).length).toBe(2);
  });

  it('a table that lost its index is read all the same', () => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-damage-'));
    const file = path.join(dataDir, 'mezzotint.db');
    copyFileSync(path.join(origin, 'mezzotint.db'), file);
    const db = openDb(file, driver);
    const root = Number(
      Object.values(
        db.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_messages_1'").get() ?? {},
      )[0],
    );
    db.close();
    const bytes = readFileSync(file);
    bytes.fill(0, (root - 1) * PAGE, root * PAGE);
    writeFileSync(file, bytes);
    const { store, notices } = open(dataDir);
    expect(notices[0]?.message).toContain('All of its rows could be read');
    expect(textsIn(store)).toEqual(new Map([...backedUp, ...later]));
    store.close();
  });
});

/** The stand-in ends the process at text that is not UTF-8, wherever it reads it. */
function ascii(file: string, before: Buffer): void {
  const bytes = readFileSync(file);
  writeFileSync(
    file,
    bytes.map((byte, i) => (byte === before[i] ? byte : byte & 0x7f)),
  );
}

/** A byte changed within a stored step is found when it is read, and said; in a mended database there is none. */
function readSteps(read: () => unknown, mended: boolean): void {
  try {
    read();
  } catch (thrown) {
    if (mended) throw thrown;
  }
}
