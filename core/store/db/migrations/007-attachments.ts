import type { Migration } from './migration.ts';

/** Text files that questions bring along. */
export const attachments: Migration = {
  version: 7,
  name: 'attachments',
  sql: `
    CREATE TABLE attachments (
      message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      name TEXT NOT NULL,
      text TEXT NOT NULL,
      PRIMARY KEY (message_id, position)
    ) STRICT;
  `,
};
