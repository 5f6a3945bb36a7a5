import { searchIndexSql } from '../../search/schema.ts';
import type { Migration } from './migration.ts';

/** The search index's tables. Triggers keep the list of what waits to be read into it, so that no writer can forget it. */
export const search: Migration = {
  version: 3,
  name: 'search',
  sql: `
    -- every message that has ended; place: where the index holds it, null: it waits
    CREATE TABLE search_messages (message INTEGER PRIMARY KEY, place INTEGER UNIQUE) STRICT;
    CREATE INDEX search_waiting ON search_messages (message) WHERE place IS NULL;
    -- places whose text is no longer theirs
    CREATE TABLE search_gone (place INTEGER PRIMARY KEY) STRICT;
    -- how far behind its hour a message's place may lie: places are 256 an hour
    CREATE TABLE search_spill (places INTEGER NOT NULL) STRICT;
    INSERT INTO search_spill (places) VALUES (0);
    -- folded null: the title waits
    CREATE TABLE search_titles (conversation TEXT PRIMARY KEY NOT NULL, folded TEXT) STRICT, WITHOUT ROWID;
    CREATE INDEX search_titles_waiting ON search_titles (conversation) WHERE folded IS NULL;
    ${searchIndexSql}

    CREATE TRIGGER search_message_added AFTER INSERT ON messages WHEN new.status <> 'pending' BEGIN
      INSERT INTO search_messages (message) VALUES (new.number);
    END;
    -- a reply is read when it ends, not at each block: until then its text is on the screen of whoever wants it
    CREATE TRIGGER search_message_changed AFTER UPDATE OF text, status ON messages WHEN new.status <> 'pending' AND (old.status = 'pending' OR old.text <> new.text) BEGIN
      INSERT INTO search_gone SELECT place FROM search_messages WHERE message = new.number AND place IS NOT NULL;
      INSERT INTO search_messages (message, place) VALUES (new.number, NULL) ON CONFLICT (message) DO UPDATE SET place = NULL;
    END;
    CREATE TRIGGER search_message_removed AFTER DELETE ON messages BEGIN
      INSERT INTO search_gone SELECT place FROM search_messages WHERE message = old.number AND place IS NOT NULL;
      DELETE FROM search_messages WHERE message = old.number;
    END;
    CREATE TRIGGER search_title_added AFTER INSERT ON conversations BEGIN
      INSERT INTO search_titles (conversation) VALUES (new.id);
    END;
    CREATE TRIGGER search_title_changed AFTER UPDATE OF title ON conversations WHEN old.title <> new.title BEGIN
      UPDATE search_titles SET folded = NULL WHERE conversation = new.id;
    END;
    CREATE TRIGGER search_title_removed AFTER DELETE ON conversations BEGIN
      DELETE FROM search_titles WHERE conversation = old.id;
    END;

    INSERT INTO search_messages (message) SELECT number FROM messages WHERE status <> 'pending';
    INSERT INTO search_titles (conversation) SELECT id FROM conversations;
  `,
};
