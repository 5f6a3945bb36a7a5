import type { Migration } from './migration.ts';

/** Questions that wait for the end of a reply. */
export const queue: Migration = {
  version: 10,
  name: 'queue',
  sql: `
    CREATE TABLE queued (
      id TEXT PRIMARY KEY NOT NULL,
      conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      -- the reply it follows
      after_id TEXT NOT NULL,
      text TEXT NOT NULL,
      -- JSON: GenerationSettings; [{ name, text }]
      settings TEXT NOT NULL,
      attachments TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      UNIQUE (conversation_id, position)
    ) STRICT;
  `,
};
