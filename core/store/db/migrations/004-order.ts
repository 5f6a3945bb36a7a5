import type { Migration } from './migration.ts';

/** Folders, pins, the archive, unread marks, a count of messages that is kept up, drafts and places, a clock for the trash. */
export const order: Migration = {
  version: 4,
  name: 'order',
  sql: `
    CREATE TABLE folders (
      id TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL UNIQUE,
      position INTEGER NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;

    ALTER TABLE conversations ADD COLUMN folder_id TEXT REFERENCES folders (id) ON DELETE SET NULL;
    ALTER TABLE conversations ADD COLUMN pinned_at INTEGER;
    ALTER TABLE conversations ADD COLUMN archived_at INTEGER;
    ALTER TABLE conversations ADD COLUMN unread INTEGER NOT NULL DEFAULT 0 CHECK (unread IN (0, 1));
    ALTER TABLE conversations ADD COLUMN message_count INTEGER NOT NULL DEFAULT 0;
    UPDATE conversations SET message_count = (SELECT count(*) FROM messages m WHERE m.conversation_id = conversations.id AND m.deleted_at IS NULL);
    CREATE TRIGGER message_counted AFTER INSERT ON messages WHEN NEW.deleted_at IS NULL BEGIN
      UPDATE conversations SET message_count = message_count + 1 WHERE id = NEW.conversation_id;
    END;
    CREATE TRIGGER message_discounted AFTER DELETE ON messages WHEN OLD.deleted_at IS NULL BEGIN
      UPDATE conversations SET message_count = message_count - 1 WHERE id = OLD.conversation_id;
    END;
    CREATE TRIGGER message_recounted AFTER UPDATE OF deleted_at ON messages WHEN (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL) BEGIN
      UPDATE conversations SET message_count = message_count + CASE WHEN NEW.deleted_at IS NULL THEN 1 ELSE -1 END WHERE id = NEW.conversation_id;
    END;
    CREATE INDEX conversations_of_folder ON conversations (folder_id) WHERE folder_id IS NOT NULL;
    CREATE INDEX conversations_in_trash ON conversations (deleted_at) WHERE deleted_at IS NOT NULL;
    -- who points at a message that is erased: without these SQLite would look through whole tables for each one
    CREATE INDEX conversations_by_current ON conversations (current_message_id);
    CREATE INDEX messages_by_shown_child ON messages (shown_child_id);

    -- unsent words; '' is the new chat
    CREATE TABLE drafts (
      conversation_id TEXT PRIMARY KEY NOT NULL,
      text TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- the place read last, where it is not the end
    CREATE TABLE places (
      conversation_id TEXT PRIMARY KEY NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
      message_id TEXT NOT NULL,
      offset REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- the latest time ever seen: a clock that was set back must not make the trash look older than it is
    CREATE TABLE clock (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      seen_at INTEGER NOT NULL
    ) STRICT;
  `,
};
