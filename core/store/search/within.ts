/** Counts words in one conversation, by reading it: the largest take some tens of milliseconds. */
import { countOf, fold, needleOf } from '../../contract/fold.ts';
import { noConversation } from '../conversations.ts';
import { text, type Db } from '../driver.ts';

export function createWithin(db: Db): (conversationId: string, query: string) => { messageId: string; count: number }[] {
  const conversation = db.prepare('SELECT id FROM conversations WHERE id = ? AND deleted_at IS NULL');
  const messages = db.prepare('SELECT id, text FROM messages WHERE conversation_id = ? AND deleted_at IS NULL ORDER BY number');
  return (conversationId, query) => {
    if (!conversation.get(conversationId)) throw noConversation();
    const needle = needleOf(query);
    if (needle.phrase === '') return [];
    return messages.all(conversationId).flatMap((row) => {
      const count = countOf(fold(text(row, 'text')), needle);
      return count > 0 ? [{ messageId: text(row, 'id'), count }] : [];
    });
  };
}
