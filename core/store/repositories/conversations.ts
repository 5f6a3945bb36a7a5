/** Conversations and their trees of messages. */
import type { Attachment } from '../../contract/attachments.ts';
import type { Conversation, Message, MessageHead, MessageStatus } from '../../contract/conversations.ts';
import type { Role } from '../../contract/engine.ts';
import type { Setup } from '../../contract/presets.ts';
import { failure, type MezzotintError } from '../../contract/result.ts';
import { visibleMessages } from '../../contract/visible-messages.ts';
import type { Attachments } from './attachments.ts';
import { integer, text, textOrNull, type Db, type Row } from '../db/driver.ts';
import { readableGeneration, toConversation, toHead, toMessage } from './rows.ts';

export interface NewMessage {
  id: string;
  conversationId: string;
  parentId: string | null;
  role: Role;
  text: string;
  status: MessageStatus;
  createdAt: number;
}

export interface Conversations {
  /** Newest first, without those in the trash. `newest`: so many of them, and all that are pinned. */
  list(newest?: number): Conversation[];
  /** @throws not-found where it is not there, or in the trash (unless `evenDeleted`) */
  get(id: string, evenDeleted?: boolean): Conversation;
  create(conversation: { id: string; title: string; createdAt: number }): Conversation;
  /** What the conversation chooses for itself; null: nothing. */
  setSetup(id: string, setup: Setup | null): void;
  /** Notes where a conversation was forked off. */
  setOrigin(id: string, from: NonNullable<Conversation['forkedFrom']>): void;
  /** A title a person gave: it is never set by rule again. */
  rename(id: string, title: string): Conversation;
  /** A title by rule; does nothing where a person named the conversation. */
  setAutoTitle(id: string, title: string): void;
  /** It has been written on in: it is the newest one, and back from the archive. */
  touch(id: string, at: number): void;
  /** Makes the branch that ends at `messageId` the one shown. */
  show(id: string, messageId: string): void;
  /** The leaf below `messageId` that was shown last; where none was, the newest one. Passes by what was deleted with all that follows. */
  leafOf(messageId: string): string;
}

export interface Messages {
  add(message: NewMessage): void;
  /** @throws not-found */
  get(id: string): Message;
  /** All branches, in the order they were written. */
  ofConversation(conversationId: string): Message[];
  /** The same, without their texts and generations. */
  heads(conversationId: string): MessageHead[];
  /** Those of these messages that are in the conversation, in the order they were written. */
  some(conversationId: string, ids: readonly string[]): Message[];
  /** From the root to the message, inclusive, attachments with their texts. @throws not-found */
  path(id: string): Message[];
  children(id: string): Message[];
}

export const CONVERSATION = `SELECT c.id, c.title, c.created_at, c.updated_at, c.deleted_at, c.current_message_id, c.setup, c.forked_from, c.forked_message, c.forked_at,
  c.folder_id, c.pinned_at, c.archived_at, c.unread, c.message_count, c.hosts FROM conversations c`;
const MESSAGE =
  'SELECT id, conversation_id, parent_id, role, text, status, created_at, deleted_at, deleted_with, model FROM messages';
const GENERATION = `SELECT g.message_id, g.id, g.mode, g.seed, g.settings, g.pack, g.device, g.reason, g.counts, g.dropped_messages, g.error, g.reproduces FROM generations g
  WHERE g.number = (SELECT max(number) FROM generations WHERE message_id = g.message_id)`;

/** A message as a node of its tree: what it hangs on, and whether it is deleted. */
export const toNode = (row: Row): { id: string; parentId: string | null; deletedAt?: number } => ({
  id: text(row, 'id'),
  parentId: textOrNull(row, 'parent_id'),
  ...(row['deleted_at'] === null ? {} : { deletedAt: integer(row, 'deleted_at') }),
});

export const noConversation = (): MezzotintError => failure('store.no-conversation');
export const noMessage = (): MezzotintError => failure('store.no-message');

export function createConversations(db: Db): Conversations {
  const list = db.prepare(`${CONVERSATION} WHERE c.deleted_at IS NULL ORDER BY c.updated_at DESC, c.rowid DESC`);
  const newestOf = db.prepare(`${CONVERSATION} WHERE c.rowid IN (
      SELECT rowid FROM (SELECT rowid FROM conversations WHERE deleted_at IS NULL ORDER BY updated_at DESC, rowid DESC LIMIT ?)
      UNION SELECT rowid FROM conversations WHERE deleted_at IS NULL AND pinned_at IS NOT NULL
    ) ORDER BY c.updated_at DESC, c.rowid DESC`);
  const one = db.prepare(`${CONVERSATION} WHERE c.id = ? AND (c.deleted_at IS NULL OR ? = 1)`);
  const insert = db.prepare(
    "INSERT INTO conversations (id, title, title_source, created_at, updated_at) VALUES (?, ?, 'auto', ?, ?)",
  );
  const chosen = db.prepare('UPDATE conversations SET setup = ? WHERE id = ?');
  const origin = db.prepare('UPDATE conversations SET forked_from = ?, forked_message = ?, forked_at = ? WHERE id = ?');
  const rename = db.prepare("UPDATE conversations SET title = ?, title_source = 'person' WHERE id = ?");
  const autoTitle = db.prepare("UPDATE conversations SET title = ? WHERE id = ? AND title_source = 'auto'");
  const touch = db.prepare('UPDATE conversations SET updated_at = max(updated_at, ?), archived_at = NULL WHERE id = ?');
  const setCurrent = db.prepare('UPDATE conversations SET current_message_id = ? WHERE id = ?');
  const node = db.prepare('SELECT conversation_id, parent_id, shown_child_id FROM messages WHERE id = ?');
  const setShown = db.prepare('UPDATE messages SET shown_child_id = ? WHERE id = ?');
  const newestFirst = db.prepare('SELECT id FROM messages WHERE parent_id = ? ORDER BY number DESC');
  const anyDeleted = db.prepare(
    'SELECT 1 AS n FROM messages WHERE conversation_id = ? AND deleted_at IS NOT NULL LIMIT 1',
  );
  const nodes = db.prepare('SELECT id, parent_id, deleted_at FROM messages WHERE conversation_id = ? ORDER BY number');

  const get = (id: string, evenDeleted = false): Conversation => {
    const row = one.get(id, evenDeleted ? 1 : 0);
    if (!row) throw noConversation();
    return toConversation(row);
  };
  const nodeOf = (id: string): Row => {
    const row = node.get(id);
    if (!row) throw noMessage();
    return row;
  };
  return {
    list: (newest) => (newest === undefined ? list.all() : newestOf.all(newest)).map(toConversation),
    get,
    create({ id, title, createdAt }) {
      insert.run(id, title, createdAt, createdAt);
      return get(id);
    },
    rename(id, title) {
      get(id);
      rename.run(title, id);
      return get(id);
    },
    setSetup: (id, setup) => void chosen.run(setup && JSON.stringify(setup), id),
    setOrigin: (id, from) => void origin.run(from.conversationId, from.messageId, from.at, id),
    setAutoTitle: (id, title) => void autoTitle.run(title, id),
    touch: (id, at) => void touch.run(at, id),
    show: (id, messageId) =>
      db.transaction(() => {
        if (text(nodeOf(messageId), 'conversation_id') !== id) throw noMessage();
        setCurrent.run(messageId, id);
        for (let child = messageId, parent = textOrNull(nodeOf(child), 'parent_id'); parent !== null;) {
          const above = nodeOf(parent);
          if (textOrNull(above, 'shown_child_id') !== child) setShown.run(child, parent);
          child = parent;
          parent = textOrNull(above, 'parent_id');
        }
      }),
    leafOf(messageId) {
      const conversationId = text(nodeOf(messageId), 'conversation_id');
      const visible = anyDeleted.get(conversationId) ? visibleMessages(nodes.all(conversationId).map(toNode)) : null;
      const isVisible = (id: string): boolean => visible === null || visible.has(id);
      for (let at = messageId; ;) {
        const shown = textOrNull(nodeOf(at), 'shown_child_id');
        const next: string | undefined =
          shown !== null && isVisible(shown)
            ? shown
            : newestFirst
                .all(at)
                .map((row) => text(row, 'id'))
                .find(isVisible);
        if (next === undefined) return at;
        at = next;
      }
    },
  };
}

export function createMessages(db: Db, attachments: Attachments): Messages {
  const insert = db.prepare(
    'INSERT INTO messages (id, conversation_id, parent_id, role, text, status, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const one = db.prepare(`${MESSAGE} WHERE id = ?`);
  const ofConversation = db.prepare(`${MESSAGE} WHERE conversation_id = ? ORDER BY number`);
  const heads = db.prepare(
    'SELECT id, parent_id, role, status, created_at, deleted_at, deleted_with, octet_length(text) AS bytes FROM messages WHERE conversation_id = ? ORDER BY number',
  );
  const some = db.prepare(
    `${MESSAGE} WHERE id IN (SELECT value FROM json_each(?)) AND conversation_id = ? ORDER BY number`,
  );
  const children = db.prepare(`${MESSAGE} WHERE parent_id = ? ORDER BY number`);
  const path = db.prepare(`WITH RECURSIVE up (id, depth) AS (
      SELECT id, 0 FROM messages WHERE id = ? UNION ALL SELECT m.parent_id, up.depth + 1 FROM up JOIN messages m ON m.id = up.id WHERE m.parent_id IS NOT NULL
    ) SELECT m.id, m.conversation_id, m.parent_id, m.role, m.text, m.status, m.created_at, m.deleted_at, m.deleted_with, m.model, up.depth FROM up JOIN messages m ON m.id = up.id ORDER BY up.depth DESC`);
  const generationOf = db.prepare(`${GENERATION} AND g.message_id = ?`);
  const generationsIn = db.prepare(
    `${GENERATION} AND g.message_id IN (SELECT id FROM messages WHERE conversation_id = ?)`,
  );

  const withAttachments = (message: Message, list: Attachment[]): Message =>
    list.length > 0 ? { ...message, attachments: list } : message;
  const complete = (row: Row, withTexts: boolean): Message => {
    const id = text(row, 'id');
    const generation = generationOf.get(id);
    const files = attachments
      .ofMessage(id)
      .map(({ name, characters, text: words }) => ({ name, characters, ...(withTexts ? { text: words } : {}) }));
    return withAttachments(toMessage(row, generation ? readableGeneration(generation) : null), files);
  };
  return {
    add: (m) => void insert.run(m.id, m.conversationId, m.parentId, m.role, m.text, m.status, m.createdAt),
    get(id) {
      const row = one.get(id);
      if (!row) throw noMessage();
      return complete(row, false);
    },
    ofConversation(conversationId) {
      const generations = new Map(
        generationsIn.all(conversationId).map((row) => [text(row, 'message_id'), readableGeneration(row)]),
      );
      const files = attachments.ofConversation(conversationId);
      return ofConversation
        .all(conversationId)
        .map((row) =>
          withAttachments(toMessage(row, generations.get(text(row, 'id')) ?? null), files.get(text(row, 'id')) ?? []),
        );
    },
    heads: (conversationId) => heads.all(conversationId).map(toHead),
    some: (conversationId, ids) => some.all(JSON.stringify(ids), conversationId).map((row) => complete(row, false)),
    path(id) {
      const rows = path.all(id);
      if (rows.length === 0) throw noMessage();
      return rows.map((row) => complete(row, true));
    },
    children: (id) => children.all(id).map((row) => complete(row, false)),
  };
}

/** Marks replies that were being written when the app ended; their committed text stays. Returns how many. */
export function interruptPending(db: Db): number {
  const count = db.prepare("SELECT count(*) AS n FROM messages WHERE status = 'pending'").get();
  if (count && integer(count, 'n') > 0)
    return db.prepare("UPDATE messages SET status = 'interrupted' WHERE status = 'pending'").run();
  return 0;
}
