/**
 * Reads messages into the index. What waits is a list that triggers keep, so it is right after a kill, an import or any
 * other writer; this takes from it in short transactions, the newest messages first.
 */
import { fold } from '../../contract/fold.ts';
import { integer, text, type Db } from '../db/driver.ts';
import { gramsOf } from './grams.ts';

/**
 * Places follow time, so that the index gives the newest first: 256 an hour. Where an hour is full its messages go on
 * into the hours after it. Close together, as differences between places are what the index spends its bytes on.
 */
const HOUR_MS = 3_600_000;
export const PLACES_AN_HOUR = 256;
export const placeOf = (time: number): number => Math.floor(time / HOUR_MS) * PLACES_AN_HOUR;

const BATCH = 50;
const BATCH_CHARACTERS = 200_000;

export interface Reader {
  /** Reads for about `ms` milliseconds, at least one batch. Returns whether more waits. */
  read(ms: number): boolean;
  /** Messages that wait. */
  waiting(): number;
}

export function createReader(db: Db, clock: () => number = () => performance.now()): Reader {
  const waiting =
    db.prepare(`SELECT m.number, m.text, m.created_at FROM search_messages s JOIN messages m ON m.number = s.message
    WHERE s.place IS NULL ORDER BY s.message DESC LIMIT ${BATCH}`);
  const count = db.prepare('SELECT count(*) AS n FROM search_messages WHERE place IS NULL');
  const titles = db.prepare(
    'SELECT c.id, c.title FROM search_titles t JOIN conversations c ON c.id = t.conversation WHERE t.folded IS NULL LIMIT 1000',
  );
  const setTitle = db.prepare('UPDATE search_titles SET folded = ? WHERE conversation = ?');
  const gone = db.prepare('SELECT place FROM search_gone LIMIT 1000');
  const unlist = db.prepare('DELETE FROM search_gone WHERE place = ?');
  const forget = db.prepare('DELETE FROM search_grams WHERE rowid = ?');
  const keep = db.prepare('INSERT INTO search_grams (rowid, grams) VALUES (?, ?)');
  const setPlace = db.prepare('UPDATE search_messages SET place = ? WHERE message = ?');
  const taken = db.prepare(
    'SELECT place FROM search_messages WHERE place = ? UNION ALL SELECT place FROM search_gone WHERE place = ?',
  );
  const spilled = db.prepare('UPDATE search_spill SET places = ? WHERE places < ?');

  /** Where to look first in an hour that is partly full. */
  const hints = new Map<number, number>();
  function freePlace(time: number): number {
    const hour = placeOf(time);
    let place = hints.get(hour) ?? hour;
    while (taken.get(place, place)) place++;
    if (place - hour >= PLACES_AN_HOUR) spilled.run(place - hour, place - hour);
    hints.set(hour, place + 1);
    return place;
  }
  function readTitles(): boolean {
    const rows = titles.all();
    for (const row of rows) setTitle.run(fold(text(row, 'title')), text(row, 'id'));
    return rows.length > 0;
  }
  function dropGone(): boolean {
    const places = gone.all().map((row) => integer(row, 'place'));
    for (const place of places) {
      forget.run(place);
      unlist.run(place);
    }
    return places.length > 0;
  }
  function readMessages(): boolean {
    const rows: { number: number; words: string; time: number }[] = [];
    let characters = 0;
    for (const row of waiting.all()) {
      const words = text(row, 'text');
      characters += words.length;
      rows.push({ number: integer(row, 'number'), words, time: integer(row, 'created_at') });
      if (characters > BATCH_CHARACTERS) break;
    }
    for (const { number, words, time } of rows.sort((a, b) => a.time - b.time || a.number - b.number)) {
      const place = freePlace(time);
      keep.run(place, gramsOf(fold(words)));
      setPlace.run(place, number);
    }
    return rows.length > 0;
  }

  return {
    read(ms) {
      const end = clock() + ms;
      for (;;) {
        // places that are gone first: they may be taken again
        const did = db.transaction(() => [dropGone(), readTitles(), readMessages()].some(Boolean));
        if (!did) {
          hints.clear();
          return false;
        }
        if (clock() >= end) return true;
      }
    },
    waiting: () => {
      const row = count.get();
      return row ? integer(row, 'n') : 0;
    },
  };
}
