/** Counts words in one conversation, by reading it: the largest take some tens of milliseconds. */
import { countOf, fold, needleOf, together, type Needle } from '../../contract/fold.ts';
import type { Response } from '../../contract/index.ts';
import { noConversation } from '../repositories/conversations.ts';
import { text, type Db } from '../db/driver.ts';

export function createWithin(db: Db): (conversationId: string, query: string) => Response<'search.within'> {
  const conversation = db.prepare('SELECT id FROM conversations WHERE id = ? AND deleted_at IS NULL');
  const messages = db.prepare(
    'SELECT id, text FROM messages WHERE conversation_id = ? AND deleted_at IS NULL ORDER BY number',
  );
  return (conversationId, query) => {
    if (!conversation.get(conversationId)) throw noConversation();
    const needle = needleOf(query);
    const texts =
      needle.phrase === ''
        ? []
        : messages.all(conversationId).map((row) => ({ messageId: text(row, 'id'), folded: fold(text(row, 'text')) }));
    const counted = (looked: Needle): { messageId: string; count: number }[] =>
      texts.flatMap(({ messageId, folded }) => {
        const count = countOf(folded, looked);
        return count > 0 ? [{ messageId, count }] : [];
      });
    const phrases = counted(together(needle));
    return phrases.length > 0 || needle.words.length < 2
      ? { as: 'phrase', matches: phrases }
      : { as: 'words', matches: counted(needle) };
  };
}
