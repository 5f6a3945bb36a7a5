import type { Migration } from './migration.ts';

/** Messages that were deleted, conversations that were forked, replies that were written again to compare. */
export const versions: Migration = {
  version: 2,
  name: 'versions',
  sql: `
    ALTER TABLE messages ADD COLUMN deleted_at INTEGER;
    -- the message whose deletion took this one along; itself, where it was deleted by itself
    ALTER TABLE messages ADD COLUMN deleted_with TEXT;
    CREATE INDEX messages_deleted ON messages (conversation_id) WHERE deleted_at IS NOT NULL;

    -- where the conversation was forked off: no references, as the other one may be erased before this one
    ALTER TABLE conversations ADD COLUMN forked_from TEXT;
    ALTER TABLE conversations ADD COLUMN forked_message TEXT;
    -- the copy of that message, the last one taken over
    ALTER TABLE conversations ADD COLUMN forked_at TEXT;

    -- instructions the reply was written with; null: those of the pack
    ALTER TABLE generations ADD COLUMN instructions TEXT;
    -- the reply that this one was to come out equal to
    ALTER TABLE generations ADD COLUMN reproduces TEXT;
  `,
};
