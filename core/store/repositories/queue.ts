/** Questions that wait for the end of a reply, by conversation and in order. */
import * as v from 'valibot';
import { attachedFileSchema, type AttachedFile } from '../../contract/attachments.ts';
import { chosenSettingsSchema, type ChosenSettings } from '../../contract/settings.ts';
import { integer, text, type Db, type Row } from '../db/driver.ts';

export interface QueuedQuestion {
  id: string;
  conversationId: string;
  /** Its place; smaller is sent first. */
  position: number;
  /** The reply it follows. */
  after: string;
  text: string;
  settings: ChosenSettings;
  attachments: readonly AttachedFile[];
  /** Milliseconds since 1970. */
  createdAt: number;
}
export interface QueueStore {
  /** First sent, first. */
  of(conversationId: string): QueuedQuestion[];
  get(id: string): QueuedQuestion | null;
  /** @param question without a position it goes to the end */
  add(question: Omit<QueuedQuestion, 'position'> & { position?: number }): void;
  /** Whether it was there. */
  remove(id: string): boolean;
  /** Those that followed `from` (null: all) follow another reply from now on. */
  follow(conversationId: string, to: string, from: string | null): void;
}

const filesSchema = v.array(attachedFileSchema);

export function createQueue(db: Db): QueueStore {
  const columns = 'id, conversation_id, position, after_id, text, settings, attachments, created_at';
  const of = db.prepare(`SELECT ${columns} FROM queued WHERE conversation_id = ? ORDER BY position`);
  const one = db.prepare(`SELECT ${columns} FROM queued WHERE id = ?`);
  const last = db.prepare('SELECT coalesce(max(position) + 1, 0) AS n FROM queued WHERE conversation_id = ?');
  const insert = db.prepare(`INSERT INTO queued (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const drop = db.prepare('DELETE FROM queued WHERE id = ?');
  const followAll = db.prepare('UPDATE queued SET after_id = ? WHERE conversation_id = ?');
  const followSome = db.prepare('UPDATE queued SET after_id = ? WHERE conversation_id = ? AND after_id = ?');
  const questionOf = (row: Row): QueuedQuestion => ({
    id: text(row, 'id'),
    conversationId: text(row, 'conversation_id'),
    position: integer(row, 'position'),
    after: text(row, 'after_id'),
    text: text(row, 'text'),
    settings: v.parse(chosenSettingsSchema, JSON.parse(text(row, 'settings'))),
    attachments: v.parse(filesSchema, JSON.parse(text(row, 'attachments'))),
    createdAt: integer(row, 'created_at'),
  });
  return {
    of: (conversationId) => of.all(conversationId).map(questionOf),
    get(id) {
      const row = one.get(id);
      return row ? questionOf(row) : null;
    },
    add: (q) =>
      db.transaction(() => {
        const end = last.get(q.conversationId);
        insert.run(
          q.id,
          q.conversationId,
          q.position ?? (end ? integer(end, 'n') : 0),
          q.after,
          q.text,
          JSON.stringify(q.settings),
          JSON.stringify(q.attachments),
          q.createdAt,
        );
      }),
    remove: (id) => drop.run(id) > 0,
    follow(conversationId, to, from) {
      if (from === null) followAll.run(to, conversationId);
      else followSome.run(to, conversationId, from);
    },
  };
}
