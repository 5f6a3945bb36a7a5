import type { Migration } from './migration.ts';

/** Conversations as trees of messages, the generations that wrote replies, their traces, and settings. */
export const firstLight: Migration = {
  version: 1,
  name: 'first light',
  sql: `
    CREATE TABLE conversations (
      id TEXT PRIMARY KEY NOT NULL,
      title TEXT NOT NULL,
      title_source TEXT NOT NULL CHECK (title_source IN ('auto', 'person')),
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      deleted_at INTEGER,
      current_message_id TEXT REFERENCES messages (id) DEFERRABLE INITIALLY DEFERRED
    ) STRICT;
    CREATE INDEX conversations_by_update ON conversations (updated_at DESC) WHERE deleted_at IS NULL;

    CREATE TABLE messages (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      conversation_id TEXT NOT NULL REFERENCES conversations (id),
      parent_id TEXT REFERENCES messages (id),
      -- the child on the branch that was shown last
      shown_child_id TEXT REFERENCES messages (id),
      role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
      text TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('complete', 'pending', 'stopped', 'interrupted', 'failed')),
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX messages_of_conversation ON messages (conversation_id);
    CREATE INDEX messages_of_parent ON messages (parent_id);
    CREATE INDEX messages_pending ON messages (status) WHERE status = 'pending';

    CREATE TABLE generations (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      message_id TEXT NOT NULL REFERENCES messages (id),
      mode TEXT NOT NULL,
      seed INTEGER NOT NULL,
      settings TEXT NOT NULL,
      pack TEXT,
      device TEXT,
      reason TEXT,
      counts TEXT,
      dropped_messages INTEGER NOT NULL DEFAULT 0,
      error TEXT,
      started_at INTEGER NOT NULL,
      -- null: not ended, or the app ended under it
      ended_at INTEGER
    ) STRICT;
    CREATE INDEX generations_of_message ON generations (message_id);

    -- the events of a generation, in parts: docs/formats.md
    CREATE TABLE traces (
      generation INTEGER NOT NULL REFERENCES generations (number),
      part INTEGER NOT NULL,
      data BLOB NOT NULL,
      PRIMARY KEY (generation, part)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE settings (
      key TEXT PRIMARY KEY NOT NULL,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
