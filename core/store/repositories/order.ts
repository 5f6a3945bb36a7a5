/** Where conversations lie: folders, pins, the archive, the trash. Nothing here touches a message but `erase`. */
import { randomUUID } from 'node:crypto';
import type { Conversation } from '../../contract/conversations.ts';
import { TRASH_KEEPS_MS, type Folder, type Organise, type Placement, type Trashed } from '../../contract/order.ts';
import { failure, type MezzotintError } from '../../contract/result.ts';
import type { Clock } from './clock.ts';
import { CONVERSATION } from './conversations.ts';
import { integer, integerOrNull, pragma, text, textOrNull, type Db, type Row } from '../db/driver.ts';
import { toConversation } from './rows.ts';

export interface Overdue {
  ids: string[];
  /** Conversations that the wall clock alone says are overdue, and why they stay; null: there are none. */
  waiting: {
    conversations: number;
    /** Milliseconds by which the clock has jumped. */
    jump: number;
    /** Milliseconds for which it must run evenly until it is believed. */
    wait: number;
  } | null;
}

export interface Order {
  /** Those named that are not in the trash, in the order of `ids`. */
  listed(ids: readonly string[]): Conversation[];
  /** Passes over what is not there or lies so already. Returns where the changed ones lay before. */
  organise(ids: readonly string[], change: Organise, now: number): Placement[];
  /** Lays conversations where they lay; returns where the changed ones lay before. */
  putBack(placements: readonly Placement[], now: number): Placement[];
  markUnread(id: string, unread: boolean): void;

  /** Deleted last, first. */
  trash(): Trashed[];
  /** Those in the trash for longer than it keeps them. After a jump of the clock some wait: `Overdue.waiting`. */
  overdue(now: number): Overdue;
  /** Erases those of the conversations that are in the trash, with all that belongs to them; returns which. */
  erase(ids: readonly string[]): string[];
  /** Writes the log into the database and empties it: what was erased is then gone from the files too. */
  settle(): void;

  folders(): Folder[];
  /** @throws conflict where the name is taken */
  createFolder(folder: { id: string; name: string; createdAt: number }): Folder;
  /** The identifier of the folder of this name; made where there is none. */
  folderNamed(name: string, now: number): string;
  renameFolder(id: string, name: string): Folder;
  moveFolder(id: string, before: string | null): void;
  /** Its conversations lie outside of it afterwards; returns which. */
  deleteFolder(id: string): { folder: Folder; conversations: string[] };
  putFolderBack(folder: Folder, conversations: readonly string[]): Folder;
}

const noFolder = (): MezzotintError => failure('store.no-folder');
const toFolder = (row: Row): Folder => ({
  id: text(row, 'id'),
  name: text(row, 'name'),
  position: integer(row, 'position'),
  createdAt: integer(row, 'created_at'),
});
const toPlacement = (row: Row): Placement => ({
  id: text(row, 'id'),
  folderId: textOrNull(row, 'folder_id'),
  pinnedAt: integerOrNull(row, 'pinned_at'),
  archivedAt: integerOrNull(row, 'archived_at'),
  deleted: row['deleted_at'] !== null,
});

/** Where a conversation lies after a change; pinning or archiving again keeps the first time. */
function changed(was: Placement, change: Organise, now: number): Placement {
  switch (change.to) {
    case 'folder':
      return { ...was, folderId: change.folderId };
    case 'pin':
      return { ...was, pinnedAt: change.on ? (was.pinnedAt ?? now) : null };
    case 'archive':
      return { ...was, archivedAt: change.on ? (was.archivedAt ?? now) : null };
    case 'trash':
      return { ...was, deleted: change.on };
  }
}
const alike = (a: Placement, b: Placement): boolean =>
  a.folderId === b.folderId && a.pinnedAt === b.pinnedAt && a.archivedAt === b.archivedAt && a.deleted === b.deleted;

export function createOrder(db: Db, clock: Clock): Order {
  const one = db.prepare(`${CONVERSATION} WHERE c.id = ? AND c.deleted_at IS NULL`);
  const placed = db.prepare('SELECT id, folder_id, pinned_at, archived_at, deleted_at FROM conversations WHERE id = ?');
  // a time of deletion that stands already stays: the days in the trash are counted from the first one
  const lay = db.prepare(
    'UPDATE conversations SET folder_id = ?, pinned_at = ?, archived_at = ?, deleted_at = CASE WHEN ? = 0 THEN NULL ELSE coalesce(deleted_at, ?) END WHERE id = ?',
  );
  const unread = db.prepare('UPDATE conversations SET unread = ? WHERE id = ?');

  const trash = db.prepare(`${CONVERSATION} WHERE c.deleted_at IS NOT NULL ORDER BY c.deleted_at DESC, c.rowid DESC`);
  const overdue = db.prepare('SELECT id FROM conversations WHERE deleted_at IS NOT NULL AND deleted_at <= ?');
  const inTrash = db.prepare('SELECT 1 AS n FROM conversations WHERE id = ? AND deleted_at IS NOT NULL');
  const erasing = [
    'UPDATE conversations SET current_message_id = NULL WHERE id = ?',
    'DELETE FROM traces WHERE generation IN (SELECT g.number FROM generations g JOIN messages m ON m.id = g.message_id WHERE m.conversation_id = ?)',
    'DELETE FROM generations WHERE message_id IN (SELECT id FROM messages WHERE conversation_id = ?)',
    'UPDATE messages SET parent_id = NULL, shown_child_id = NULL WHERE conversation_id = ?',
    'DELETE FROM messages WHERE conversation_id = ?',
    'DELETE FROM drafts WHERE conversation_id = ?',
    'DELETE FROM conversations WHERE id = ?',
  ].map((sql) => db.prepare(sql));

  const folders = db.prepare('SELECT id, name, position, created_at FROM folders ORDER BY position, created_at, id');
  const folder = db.prepare('SELECT id, name, position, created_at FROM folders WHERE id = ?');
  const named = db.prepare('SELECT id FROM folders WHERE name = ?');
  const last = db.prepare('SELECT coalesce(max(position) + 1, 0) AS n FROM folders');
  const addFolder = db.prepare('INSERT INTO folders (id, name, position, created_at) VALUES (?, ?, ?, ?)');
  const setName = db.prepare('UPDATE folders SET name = ? WHERE id = ?');
  const setPosition = db.prepare('UPDATE folders SET position = ? WHERE id = ?');
  const dropFolder = db.prepare('DELETE FROM folders WHERE id = ?');
  const inFolder = db.prepare('SELECT id FROM conversations WHERE folder_id = ? ORDER BY rowid');
  const intoFolder = db.prepare('UPDATE conversations SET folder_id = ? WHERE id = ? AND folder_id IS NULL');

  const folderOf = (id: string): Folder => {
    const row = folder.get(id);
    if (!row) throw noFolder();
    return toFolder(row);
  };
  const freeName = (name: string, id: string): void => {
    const holder = named.get(name);
    if (holder && text(holder, 'id') !== id) throw failure('store.folder-name-taken', { name });
  };
  const append = (id: string, name: string, createdAt: number): Folder => {
    freeName(name, id);
    const end = last.get();
    addFolder.run(id, name, end ? integer(end, 'n') : 0, createdAt);
    return folderOf(id);
  };

  function layAll(ids: readonly string[], to: (was: Placement) => Placement, now: number): Placement[] {
    return db.transaction(() => {
      const before: Placement[] = [];
      const at = clock.latest(now);
      for (const id of ids) {
        const row = placed.get(id);
        if (!row) continue;
        const was = toPlacement(row);
        const will = to(was);
        if (alike(was, will)) continue;
        lay.run(will.folderId, will.pinnedAt, will.archivedAt, will.deleted ? 1 : 0, at, id);
        before.push(was);
      }
      return before;
    });
  }

  return {
    listed: (ids) =>
      ids.flatMap((id) => {
        const row = one.get(id);
        return row ? [toConversation(row)] : [];
      }),
    organise(ids, change, now) {
      if (change.to === 'folder' && change.folderId !== null) folderOf(change.folderId);
      return layAll(ids, (was) => changed(was, change, now), now);
    },
    putBack(placements, now) {
      const there = new Set(folders.all().map((row) => text(row, 'id')));
      const wanted = new Map(
        placements.map((p) => [
          p.id,
          { ...p, folderId: p.folderId !== null && there.has(p.folderId) ? p.folderId : null },
        ]),
      );
      return layAll([...wanted.keys()], (was) => wanted.get(was.id) ?? was, now);
    },
    markUnread: (id, on) => void unread.run(on ? 1 : 0, id),

    trash() {
      const waiting = clock.waiting();
      const earliest = waiting ? waiting.since + waiting.wait : 0;
      return trash.all().map((row) => ({
        conversation: toConversation(row),
        deletedAt: integer(row, 'deleted_at'),
        goesAt: Math.max(integer(row, 'deleted_at') + TRASH_KEEPS_MS, earliest),
      }));
    },
    overdue(now) {
      const { time, jump, wait } = clock.look(now);
      const ids = overdue.all(time - TRASH_KEEPS_MS).map((row) => text(row, 'id'));
      const conversations = overdue.all(now - TRASH_KEEPS_MS).length - ids.length;
      return { ids, waiting: conversations > 0 ? { conversations, jump, wait } : null };
    },
    erase(ids) {
      // pages that are freed are overwritten: what was erased is not to be found in the file either
      pragma(db, 'secure_delete = ON');
      try {
        return db.transaction(() => {
          const gone = ids.filter((id) => inTrash.get(id) !== undefined);
          for (const id of gone) for (const statement of erasing) statement.run(id);
          return gone;
        });
      } finally {
        pragma(db, 'secure_delete = OFF');
      }
    },
    settle: () => void pragma(db, 'wal_checkpoint(TRUNCATE)'),

    folders: () => folders.all().map(toFolder),
    createFolder: ({ id, name, createdAt }) => db.transaction(() => append(id, name, createdAt)),
    folderNamed(name, now) {
      const there = named.get(name);
      return there ? text(there, 'id') : append(randomUUID(), name, now).id;
    },
    renameFolder: (id, name) =>
      db.transaction(() => {
        folderOf(id);
        freeName(name, id);
        setName.run(name, id);
        return folderOf(id);
      }),
    moveFolder: (id, before) =>
      db.transaction(() => {
        folderOf(id);
        const others = folders
          .all()
          .map((row) => text(row, 'id'))
          .filter((other) => other !== id);
        const at = before === null ? -1 : others.indexOf(before);
        others.splice(at < 0 ? others.length : at, 0, id);
        others.forEach((other, i) => setPosition.run(i, other));
      }),
    deleteFolder: (id) =>
      db.transaction(() => {
        const gone = folderOf(id);
        const conversations = inFolder.all(id).map((row) => text(row, 'id'));
        dropFolder.run(id);
        return { folder: gone, conversations };
      }),
    putFolderBack: (gone, conversations) =>
      db.transaction(() => {
        if (!folder.get(gone.id)) {
          freeName(gone.name, gone.id);
          addFolder.run(gone.id, gone.name, gone.position, gone.createdAt);
        }
        for (const id of conversations) intoFolder.run(gone.id, id);
        return folderOf(gone.id);
      }),
  };
}
