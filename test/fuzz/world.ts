/** A whole service over a real store and the scripted engine, with a second connection that looks at what is on the disk. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { channels, type ChannelName, type Handlers } from '../../core/contract/index.ts';
import { createDispatch, type Dispatch } from '../../core/app/dispatch.ts';
import { dataDirOf } from '../../core/profile/index.ts';
import { openHost } from '../../core/app/host.ts';
import type { Service } from '../../core/app/service.ts';
import { openStore } from '../../core/store/index.ts';
import { integer, openDb, pragma, text, type Db } from '../../core/store/db/driver.ts';
import { FakeEngine } from '../fixtures/fake-engine.ts';
import { says, scripted } from '../fixtures/remote-server.ts';
import { makeConversations } from '../bench/store/make.ts';

/** Words that occur in one conversation alone: whoever reads them has read it. */
export const SECRET = /secret-(\d+)-x/g;
export const secretsIn = (value: string): Set<string> => new Set([...value.matchAll(SECRET)].map(([, n]) => n ?? ''));

export interface World {
  dispatch: Dispatch;
  service: Service;
  /** Errors that nobody foresaw. */
  unforeseen: { channel: string; thrown: unknown }[];
  engine: FakeEngine;
  /** All that a request may write to lies in here. */
  root: string;
  /** The address of a server on another machine, as it were. */
  remote: string;
  /** The database's path: that of the folder which is open now. */
  readonly file: string;
  /** Reads the database beside the service. */
  readonly db: Db;
  /** What earlier requests set going comes to its end: the engine's process goes away, a reply is told stopped. */
  settle(): Promise<void>;
  /** Changes whenever anything was written to the database. */
  version(): unknown;
  close(): Promise<void>;
}

export async function makeWorld(seed: number): Promise<World> {
  const root = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-fuzz-'));
  const dataDir = path.join(root, 'data');
  const shipped = path.join(root, 'app', 'pack');
  mkdirSync(shipped, { recursive: true });
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  let n = 0;
  for (const conversation of makeConversations({ conversations: 6, messages: 90, longest: 20 }, seed)) {
    const secret = `secret-${n++}-x`;
    opened.value.store.archive.write({
      ...conversation,
      title: `${conversation.title} ${secret}`.slice(-200),
      messages: conversation.messages.map((m) =>
        m.generations.length > 0 ? m : { ...m, text: `${secret} ${m.text}` },
      ),
    });
  }
  opened.value.store.close();

  const remote = await scripted((response, seen) => {
    if (seen.method === 'POST') return says('Hello', ' there.')(response, seen);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ data: [{ id: 'm' }] }));
  });
  const engine = new FakeEngine({ pace: 'manual', script: { text: 'A plate is rocked.' } });
  const unforeseen: World['unforeseen'] = [];
  let chosen = 0;
  const service = openHost({
    home: dataDir,
    // a desktop that shows nothing: the folder it gives is one in the root, or none
    desktop: {
      chooseFolder: () => Promise.resolve(chosen++ % 2 === 0 ? path.join(root, 'chosen') : null),
      showFolder: () => Promise.resolve(),
      chooseModel: () => Promise.resolve(null),
      trash: (folder) => rm(folder, { recursive: true }),
      keyStore: { available: false, read: () => null, write: () => undefined },
    },
    // nobody listens there: no request leaves this machine
    hub: { endpoint: 'http://127.0.0.1:9', tries: 1 },
    schedule: { firstAfterMs: 3_600_000, everyMs: 3_600_000 },
    packDir: shipped,
    spawnEngine: engine.spawn,
    openExternal: () => Promise.resolve(),
    version: '0',
    runtime: 'electron',
  });
  let file = path.join(dataDir, 'mezzotint.db');
  let db = openDb(file);
  /** Follows the service where it went to another folder. */
  const follow = (): void => {
    const now = path.join(dataDirOf(dataDir).dataDir, 'mezzotint.db');
    if (now === file) return;
    db.close();
    file = now;
    db = openDb(file);
  };
  return {
    dispatch: createDispatch(service.handlers as Handlers, (channel, thrown) => unforeseen.push({ channel, thrown })),
    service,
    unforeseen,
    engine,
    root,
    remote: remote.address,
    get file() {
      follow();
      return file;
    },
    get db() {
      follow();
      return db;
    },
    version() {
      follow();
      return `${file} ${String(pragma(db, 'data_version'))}`;
    },
    async settle() {
      for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
    async close() {
      db.close();
      await service.close();
      await remote.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export const names = Object.keys(channels) as ChannelName[];

/** What must hold of any database, in words where it does not. */
export function disorder({ file }: World): string[] {
  // a connection of its own: the search index keeps its structure in memory, and another connection's may be of yesterday
  const db = openDb(file);
  try {
    return disorderIn(db);
  } finally {
    db.close();
  }
}
function disorderIn(db: Db): string[] {
  const found: string[] = [];
  const whole = pragma(db, 'integrity_check');
  if (whole !== 'ok') found.push(`integrity_check: ${String(whole)}`);
  const none = (what: string, sql: string): void => {
    const row = db.prepare(`SELECT count(*) AS n FROM (${sql})`).get();
    if (row && integer(row, 'n') > 0) found.push(`${integer(row, 'n')} ${what}`);
  };
  if (db.prepare('PRAGMA foreign_key_check').all().length > 0) found.push('rows that point at nothing');
  none(
    'messages under a parent of another conversation',
    'SELECT 1 FROM messages m JOIN messages p ON p.id = m.parent_id WHERE p.conversation_id <> m.conversation_id',
  );
  none(
    'branches shown that lead elsewhere',
    'SELECT 1 FROM messages m JOIN messages c ON c.id = m.shown_child_id WHERE c.parent_id IS NOT m.id',
  );
  none(
    'conversations that show a message of another one',
    'SELECT 1 FROM conversations c JOIN messages m ON m.id = c.current_message_id WHERE m.conversation_id <> c.id',
  );
  none(
    'replies without a way they were written',
    "SELECT 1 FROM messages m WHERE m.status = 'pending' AND NOT EXISTS (SELECT 1 FROM generations g WHERE g.message_id = m.id)",
  );
  return found;
}

/** The secrets of the conversations that these identifiers belong to (conversations or messages). */
export function secretsOf(db: Db, ids: readonly string[]): Set<string> {
  const all = new Set<string>();
  for (const id of ids) {
    const rows = db
      .prepare(
        `WITH asked (id) AS (SELECT c.id FROM conversations c, (SELECT ? AS id) a WHERE c.id = a.id OR c.id = (SELECT conversation_id FROM messages WHERE id = a.id))
      SELECT title AS words FROM conversations WHERE id IN asked UNION ALL SELECT text FROM messages WHERE conversation_id IN asked`,
      )
      .all(id);
    for (const row of rows) for (const secret of secretsIn(text(row, 'words'))) all.add(secret);
  }
  return all;
}
export const isThere = (db: Db, id: string): boolean =>
  db
    .prepare(
      'WITH asked (id) AS (SELECT ?) SELECT 1 AS n FROM asked WHERE id IN (SELECT id FROM conversations UNION ALL SELECT id FROM messages)',
    )
    .get(id) !== undefined;
export const isConversation = (db: Db, id: string): boolean =>
  db.prepare('SELECT 1 AS n FROM conversations WHERE id = ?').get(id) !== undefined;
