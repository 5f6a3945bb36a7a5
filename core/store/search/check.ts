/** Checks the index, and rebuilds it. It can always be made from the messages: nothing is lost with it. */
import { fold } from '../../contract/fold.ts';
import { integer, isDamage, text, type Db } from '../db/driver.ts';
import { lookupOf } from './grams.ts';
import { searchIndexSql } from './schema.ts';

const SAMPLE = 200;

/** What is wrong with the search index, in words; nothing where every message that has ended is in it, or waits for it, once. */
export function checkSearch(db: Db): string[] {
  const wrong: string[] = [];
  const none = (what: string, sql: string): void => {
    const row = db.prepare(`SELECT count(*) AS n FROM ${sql}`).get();
    const n = row ? integer(row, 'n') : 0;
    if (n > 0) wrong.push(`${n} ${what}`);
  };
  try {
    none(
      'messages are neither in the index nor wait for it',
      "messages WHERE status <> 'pending' AND number NOT IN (SELECT message FROM search_messages)",
    );
    none(
      'entries name a message that is not there',
      'search_messages WHERE message NOT IN (SELECT number FROM messages)',
    );
    none(
      'conversations have no title in the index',
      'conversations WHERE id NOT IN (SELECT conversation FROM search_titles)',
    );
    none(
      'places are in the index that no message has',
      'search_grams_docsize WHERE id NOT IN (SELECT place FROM search_messages WHERE place IS NOT NULL UNION ALL SELECT place FROM search_gone)',
    );
    none(
      'messages have a place that is not in the index',
      'search_messages WHERE place IS NOT NULL AND place NOT IN (SELECT id FROM search_grams_docsize)',
    );
    db.exec("INSERT INTO search_grams (search_grams) VALUES ('integrity-check')");
    const there = db.prepare('SELECT 1 AS n FROM search_grams WHERE search_grams MATCH ? AND rowid = ?');
    // in steps through all messages, so that old ones are looked at as well as new ones
    const sample =
      db.prepare(`SELECT m.id, m.text, s.place FROM search_messages s JOIN messages m ON m.number = s.message
      WHERE s.place IS NOT NULL AND s.message % max(1, (SELECT count(*) FROM search_messages) / ${SAMPLE}) = 0 LIMIT ${2 * SAMPLE}`);
    for (const row of sample.all()) {
      const lookup = lookupOf([fold(text(row, 'text')).slice(0, 400).trim()]);
      if (lookup !== null && !there.get(lookup, integer(row, 'place')))
        wrong.push(`message ${text(row, 'id')} is not found by its own words`);
    }
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown;
    wrong.push('the index is damaged');
  }
  return wrong;
}

/** Empties the search index, in one transaction; all messages and titles then wait to be read into it. */
export function rebuildSearch(db: Db): void {
  db.transaction(() => {
    db.exec(`DROP TABLE IF EXISTS search_grams; ${searchIndexSql}
      DELETE FROM search_gone;
      UPDATE search_spill SET places = 0;
      DELETE FROM search_messages;
      INSERT INTO search_messages (message) SELECT number FROM messages WHERE status <> 'pending';
      DELETE FROM search_titles;
      INSERT INTO search_titles (conversation) SELECT id FROM conversations;`);
  });
}
