import type { Migration } from './migration.ts';

/** Instructions and settings that a conversation chooses for itself, and presets. */
export const presets: Migration = {
  version: 5,
  name: 'presets',
  sql: `
    -- JSON: what the conversation chose; null: nothing
    ALTER TABLE conversations ADD COLUMN setup TEXT;

    CREATE TABLE presets (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      instructions TEXT NOT NULL,
      -- JSON: the settings it chooses
      settings TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      deleted_at INTEGER,
      -- 1: new conversations begin with it
      is_default INTEGER NOT NULL DEFAULT 0
    ) STRICT;
  `,
};
