/** What changes a conversation's tree beside writing: deleting messages, bringing them back, forking. */
import { visibleMessages } from '../../contract/visible-messages.ts';
import { noMessage, toNode, type Conversations } from './conversations.ts';
import { integer, text, type Db } from '../db/driver.ts';

export interface Tree {
  /** Marks a message, with `following` all below it too. Returns what it marked; nothing where it is deleted already. */
  remove(messageId: string, options: { following: boolean; at: number }): string[];
  /** Takes back the deletion that was asked for this message. Returns what came back. */
  restore(messageId: string): string[];
  /** Whether a message is shown: not deleted, or with a descendant that is not. */
  isVisible(messageId: string): boolean;
  /** All below a message, itself first. */
  below(messageId: string): string[];
  /** Shows what is visible nearest to the branch shown now, where a deletion took that. */
  settle(conversationId: string): void;
  /**
   * Copies the messages down to one, with their generations and traces, into a conversation that is there and empty.
   * Returns the copy of that message.
   */
  copyPath(messageId: string, into: { conversationId: string; newId: () => string }): string;
}

export function createTree(db: Db, conversations: Conversations): Tree {
  const mark = db.prepare('UPDATE messages SET deleted_at = ?, deleted_with = ? WHERE id = ? AND deleted_at IS NULL');
  const unmark = db.prepare('UPDATE messages SET deleted_at = NULL, deleted_with = NULL WHERE deleted_with = ?');
  const marked = db.prepare('SELECT id FROM messages WHERE deleted_with = ? ORDER BY number');
  const below = db.prepare(`WITH RECURSIVE down (id) AS (
      SELECT id FROM messages WHERE id = ? UNION ALL SELECT m.id FROM down JOIN messages m ON m.parent_id = down.id
    ) SELECT id FROM down`);
  const livingBelow = db.prepare(`WITH RECURSIVE down (id) AS (
      SELECT id FROM messages WHERE id = ? UNION ALL SELECT m.id FROM down JOIN messages m ON m.parent_id = down.id
    ) SELECT 1 AS n FROM down JOIN messages m ON m.id = down.id WHERE m.deleted_at IS NULL LIMIT 1`);
  const nodes = db.prepare('SELECT id, parent_id, deleted_at FROM messages WHERE conversation_id = ? ORDER BY number');
  const clearCurrent = db.prepare('UPDATE conversations SET current_message_id = NULL WHERE id = ?');
  const path = db.prepare(`WITH RECURSIVE up (id, depth) AS (
      SELECT id, 0 FROM messages WHERE id = ? UNION ALL SELECT m.parent_id, up.depth + 1 FROM up JOIN messages m ON m.id = up.id WHERE m.parent_id IS NOT NULL
    ) SELECT id FROM up ORDER BY depth DESC`);
  const copyMessage =
    db.prepare(`INSERT INTO messages (id, conversation_id, parent_id, role, text, status, created_at, deleted_at, deleted_with, model)
    SELECT ?, ?, ?, role, text, status, created_at, deleted_at, CASE WHEN deleted_at IS NULL THEN NULL ELSE ? END, model FROM messages WHERE id = ?`);
  const copyAttachments = db.prepare(
    'INSERT INTO attachments (message_id, position, name, text) SELECT ?, position, name, text FROM attachments WHERE message_id = ?',
  );
  const setShown = db.prepare('UPDATE messages SET shown_child_id = ? WHERE id = ?');
  const generations = db.prepare('SELECT number FROM generations WHERE message_id = ? ORDER BY number');
  const copyGeneration =
    db.prepare(`INSERT INTO generations (id, message_id, mode, seed, settings, pack, device, reason, counts, dropped_messages, error, started_at, ended_at, instructions)
    SELECT ?, ?, mode, seed, settings, pack, device, reason, counts, dropped_messages, error, started_at, ended_at, instructions FROM generations WHERE number = ?`);
  const numberOf = db.prepare('SELECT number FROM generations WHERE id = ?');
  const copyTrace = db.prepare(
    'INSERT INTO traces (generation, part, data) SELECT ?, part, data FROM traces WHERE generation = ?',
  );

  const ids = (rows: ReturnType<typeof below.all>): string[] => rows.map((row) => text(row, 'id'));
  return {
    remove: (messageId, { following, at }) =>
      db.transaction(() => {
        const all = following ? ids(below.all(messageId)) : [messageId];
        return all.filter((id) => mark.run(at, messageId, id) > 0);
      }),
    restore: (messageId) =>
      db.transaction(() => {
        const back = ids(marked.all(messageId));
        unmark.run(messageId);
        return back;
      }),
    isVisible: (messageId) => livingBelow.get(messageId) !== undefined,
    below: (messageId) => ids(below.all(messageId)),
    settle: (conversationId) =>
      db.transaction(() => {
        const rows = nodes.all(conversationId).map(toNode);
        const visible = visibleMessages(rows);
        const { currentMessageId } = conversations.get(conversationId, true);
        if (currentMessageId !== null && visible.has(currentMessageId)) return;
        const parents = new Map(rows.map((row) => [row.id, row.parentId]));
        let at: string | null = currentMessageId;
        while (at !== null && !visible.has(at)) at = parents.get(at) ?? null;
        at ??= rows.findLast((row) => row.parentId === null && visible.has(row.id))?.id ?? null;
        if (at === null) clearCurrent.run(conversationId);
        else conversations.show(conversationId, conversations.leafOf(at));
      }),
    copyPath: (messageId, { conversationId, newId }) =>
      db.transaction(() => {
        let parent: string | null = null;
        for (const id of ids(path.all(messageId))) {
          const copy = newId();
          copyMessage.run(copy, conversationId, parent, copy, id);
          copyAttachments.run(copy, id);
          if (parent !== null) setShown.run(copy, parent);
          for (const row of generations.all(id)) {
            const generation = newId();
            copyGeneration.run(generation, copy, integer(row, 'number'));
            const made = numberOf.get(generation);
            if (made) copyTrace.run(integer(made, 'number'), integer(row, 'number'));
          }
          parent = copy;
        }
        if (parent === null) throw noMessage();
        return parent;
      }),
  };
}
