import type { Migration } from './migration.ts';

/** The host of NEW's server joins those of its conversation. */
const joins = `UPDATE conversations SET hosts = (
        SELECT json_group_array(host) FROM (
          SELECT value AS host FROM json_each(CASE WHEN json_valid(hosts) THEN hosts ELSE '[]' END)
          UNION SELECT json_extract(NEW.pack, '$.server.host') ORDER BY 1
        )
      ) WHERE id = (SELECT conversation_id FROM messages WHERE id = NEW.message_id);`;
const ofServer = `NEW.device = 'remote' AND json_valid(NEW.pack) AND json_type(NEW.pack, '$.server.host') = 'text'`;

/** Where servers wrote in a conversation, so that its list can say it. */
export const hosts: Migration = {
  version: 12,
  name: 'hosts',
  sql: `
    -- JSON: hosts of servers that were asked for its replies, deleted ones included; null: none was
    ALTER TABLE conversations ADD COLUMN hosts TEXT;
    UPDATE conversations SET hosts = (
      SELECT json_group_array(host) FROM (
        SELECT DISTINCT json_extract(g.pack, '$.server.host') AS host FROM generations g JOIN messages m ON m.id = g.message_id
        WHERE m.conversation_id = conversations.id AND g.device = 'remote' AND json_valid(g.pack) AND json_type(g.pack, '$.server.host') = 'text' ORDER BY 1
      )
    ) WHERE id IN (
      SELECT m.conversation_id FROM generations g JOIN messages m ON m.id = g.message_id
      WHERE g.device = 'remote' AND json_valid(g.pack) AND json_type(g.pack, '$.server.host') = 'text'
    );
    CREATE TRIGGER host_added AFTER INSERT ON generations WHEN ${ofServer} BEGIN
      ${joins}
    END;
    CREATE TRIGGER host_changed AFTER UPDATE OF pack ON generations WHEN ${ofServer} BEGIN
      ${joins}
    END;
  `,
};
