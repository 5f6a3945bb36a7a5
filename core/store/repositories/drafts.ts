/** What was left lying at each conversation: unsent words, and the place read last. */
import type { KeptDraft, ScrollPlace } from '../../contract/order.ts';
import { text, type Db } from '../db/driver.ts';

export interface DraftStore {
  /** `conversationId` null: the new chat. */
  read(conversationId: string | null): KeptDraft;
  /** Does nothing where the conversation is gone. */
  keep(
    conversationId: string | null,
    part: { draft?: string | undefined; place?: ScrollPlace | null | undefined },
  ): void;
}

const NEW_CHAT = '';

export function createDrafts(db: Db): DraftStore {
  const draft = db.prepare('SELECT text FROM drafts WHERE conversation_id = ?');
  const setDraft = db.prepare(
    'INSERT INTO drafts (conversation_id, text) VALUES (?, ?) ON CONFLICT (conversation_id) DO UPDATE SET text = excluded.text',
  );
  const dropDraft = db.prepare('DELETE FROM drafts WHERE conversation_id = ?');
  const place = db.prepare('SELECT message_id, offset FROM places WHERE conversation_id = ?');
  const setPlace = db.prepare(
    'INSERT INTO places (conversation_id, message_id, offset) VALUES (?, ?, ?) ON CONFLICT (conversation_id) DO UPDATE SET message_id = excluded.message_id, offset = excluded.offset',
  );
  const dropPlace = db.prepare('DELETE FROM places WHERE conversation_id = ?');
  const there = db.prepare('SELECT 1 AS n FROM conversations WHERE id = ?');

  return {
    read(conversationId) {
      const words = draft.get(conversationId ?? NEW_CHAT);
      const at = conversationId === null ? undefined : place.get(conversationId);
      return {
        draft: words ? text(words, 'text') : '',
        place: at ? { messageId: text(at, 'message_id'), offset: Number(at['offset']) } : null,
      };
    },
    keep: (conversationId, part) =>
      db.transaction(() => {
        if (conversationId !== null && !there.get(conversationId)) return;
        if (part.draft === '') dropDraft.run(conversationId ?? NEW_CHAT);
        else if (part.draft !== undefined) setDraft.run(conversationId ?? NEW_CHAT, part.draft);
        if (conversationId === null || part.place === undefined) return;
        if (part.place === null) dropPlace.run(conversationId);
        else setPlace.run(conversationId, part.place.messageId, part.place.offset);
      }),
  };
}
