/** Text files that questions bring along, in their order. */
import type { AttachedFile, Attachment } from '../../contract/attachments.ts';
import { failure } from '../../contract/result.ts';
import { integer, text, type Db } from '../db/driver.ts';

export interface Attachments {
  add(messageId: string, files: readonly AttachedFile[]): void;
  /** With their texts. */
  ofMessage(messageId: string): (Attachment & { text: string })[];
  /** Without their texts, by message. */
  ofConversation(conversationId: string): Map<string, Attachment[]>;
  /** @throws not-found */
  get(messageId: string, at: number): AttachedFile;
}

export function createAttachments(db: Db): Attachments {
  const insert = db.prepare('INSERT INTO attachments (message_id, position, name, text) VALUES (?, ?, ?, ?)');
  const ofMessage = db.prepare(
    'SELECT name, text, length(text) AS characters FROM attachments WHERE message_id = ? ORDER BY position',
  );
  const ofConversation = db.prepare(
    'SELECT a.message_id, a.name, length(a.text) AS characters FROM attachments a JOIN messages m ON m.id = a.message_id WHERE m.conversation_id = ? ORDER BY m.number, a.position',
  );
  const one = db.prepare('SELECT name, text FROM attachments WHERE message_id = ? AND position = ?');
  return {
    add: (messageId, files) =>
      db.transaction(() => files.forEach((file, at) => insert.run(messageId, at, file.name, file.text))),
    ofMessage: (messageId) =>
      ofMessage
        .all(messageId)
        .map((row) => ({ name: text(row, 'name'), characters: integer(row, 'characters'), text: text(row, 'text') })),
    ofConversation(conversationId) {
      const all = new Map<string, Attachment[]>();
      for (const row of ofConversation.all(conversationId)) {
        const id = text(row, 'message_id');
        all.set(id, [...(all.get(id) ?? []), { name: text(row, 'name'), characters: integer(row, 'characters') }]);
      }
      return all;
    },
    get(messageId, at) {
      const row = one.get(messageId, at);
      if (!row) throw failure('store.no-file');
      return { name: text(row, 'name'), text: text(row, 'text') };
    },
  };
}
