/** Looks words up: titles, then messages, a page at a time. */
import { fold, foldWithPlaces, matchOf, needleOf, rangesOf } from '../../contract/fold.ts';
import type { Request, Response } from '../../contract/index.ts';
import type { SearchGroup, SearchHit } from '../../contract/search.ts';
import { integer, text, textOrNull, type Db, type Row } from '../db/driver.ts';
import { toRole } from '../repositories/rows.ts';
import { excerptOf } from './excerpt.ts';
import { lookupOf } from './grams.ts';
import { PLACES_AN_HOUR, placeOf } from './reader.ts';

export type SearchRequest = Request<'search.find'>;
export type SearchPage = Omit<Response<'search.find'>, 'unread'>;

/** What is looked at, in order: titles, messages with the query as it stands, messages with all its words. */
type Stage = 't' | 'p' | 'w';
interface Point {
  stage: Stage;
  /** Titles: how many are done. Messages: the place that is done, and all after it. */
  at: number;
}
const TOP = 2 ** 40;
const FIRST_BATCH = 48;
const LARGEST_BATCH = 800;
/** Messages of one conversation on a page. */
const HITS = 3;
/** A page ends after this long, full or not: typing must not wait for the rarest word of all. */
const PAGE_MS = 25;
const TITLE_RANGES = 12;

const pointOf = (cursor: string): Point => ({
  stage: cursor.startsWith('t') ? 't' : cursor.startsWith('p') ? 'p' : 'w',
  at: Number(cursor.slice(2)),
});

/** `whole`: the words stand by themselves in it. */
type Found = SearchHit & { whole: boolean };
type OpenGroup = Omit<SearchGroup, 'hits'> & { hits: Found[] };

export function createFinder(
  db: Db,
  clock: () => number = () => performance.now(),
): (request: SearchRequest) => SearchPage {
  // instr rules out most titles without leaving SQLite
  const titles =
    db.prepare(`SELECT c.id, c.title, c.updated_at, t.folded FROM search_titles t JOIN conversations c ON c.id = t.conversation
    WHERE c.deleted_at IS NULL AND (? = 0 OR c.folder_id IS ?) AND c.updated_at >= ? AND c.updated_at < ? AND instr(t.folded, ?) AND instr(t.folded, ?)
    ORDER BY t.folded = ? DESC, instr(t.folded, ?) = 1 DESC, c.updated_at DESC, c.id LIMIT ? OFFSET ?`);
  // a batch of what the index gives, fitting or not: a filter that nothing fits must not read all of it in one go
  const messages = db.prepare(`SELECT f.place, m.id, m.conversation_id, m.role, m.created_at, c.title, c.updated_at,
      CASE WHEN c.deleted_at IS NULL AND m.deleted_at IS NULL AND (? = 0 OR c.folder_id IS ?) AND m.created_at >= ? AND m.created_at < ? AND (? = '' OR m.role = ?) AND (? = '' OR m.conversation_id = ?)
        AND m.conversation_id NOT IN (SELECT value FROM json_each(?)) THEN m.text END AS text
    FROM (SELECT rowid AS place FROM search_grams WHERE search_grams MATCH ? AND rowid < ? AND rowid >= ? ORDER BY rowid DESC LIMIT ?) f
    LEFT JOIN search_messages s ON s.place = f.place LEFT JOIN messages m ON m.number = s.message LEFT JOIN conversations c ON c.id = m.conversation_id
    ORDER BY f.place DESC`);
  const spill = db.prepare('SELECT places FROM search_spill');

  return (request) => {
    const end = clock() + PAGE_MS;
    const needle = needleOf(request.query);
    const { limit, from = 0, to = Number.MAX_SAFE_INTEGER, role = '', conversationId = '', folderId = null } = request;
    const inFolder = request.folderId === undefined ? 0 : 1;
    const phrase = lookupOf([needle.phrase]);
    const words = needle.words.length > 1 ? lookupOf(needle.words) : null;
    if (phrase === null) return { groups: [], next: null, tooShort: true };
    const wantsTitles = role === '' && conversationId === '';
    /** Above all places of messages written before `to`. */
    const top =
      request.to === undefined ? TOP : placeOf(to) + PLACES_AN_HOUR + integer(spill.get() ?? { places: TOP }, 'places');
    const groups = new Map<string, OpenGroup>();

    /** Returns how far it came; null: no title is left. */
    function takeTitles(done: number): number | null {
      const [first = '', second = first] = [...needle.words].sort((a, b) => b.length - a.length);
      const rows = titles.all(inFolder, folderId, from, to, first, second, needle.phrase, needle.phrase, limit, done);
      for (const row of rows) {
        if (matchOf(text(row, 'folded'), needle) === null) continue;
        const group = groupOf(row, text(row, 'id'));
        group.titleRanges = rangesOf(foldWithPlaces(group.title), needle, TITLE_RANGES).map(([a, b]) => [a, b]);
      }
      return rows.length < limit ? null : done + rows.length;
    }
    function groupOf(row: Row, id: string): OpenGroup {
      const known = groups.get(id);
      if (known) return known;
      const group: OpenGroup = {
        conversationId: id,
        title: text(row, 'title'),
        titleRanges: [],
        updatedAt: integer(row, 'updated_at'),
        hits: [],
        more: false,
      };
      groups.set(id, group);
      return group;
    }
    /** Returns the place it came to; null: no message is left. */
    function takeMessages(stage: Exclude<Stage, 't'>, lookup: string, below: number): number | null {
      for (let place = below, batch = FIRST_BATCH; ; batch = Math.min(LARGEST_BATCH, batch * 2)) {
        const full =
          conversationId === ''
            ? [...groups.values()]
                .filter(({ hits, more }) => more && hits.length >= HITS)
                .map((group) => group.conversationId)
            : [];
        const rows = messages.all(
          inFolder,
          folderId,
          from,
          to,
          role,
          role,
          conversationId,
          conversationId,
          JSON.stringify(full),
          lookup,
          place,
          placeOf(from),
          batch,
        );
        for (const row of rows) {
          if (!take(row, stage)) return place;
          place = integer(row, 'place');
        }
        if (rows.length < batch) return null;
        if (clock() >= end) return place;
      }
    }
    /** Adds a message where it fits; false: the page is full, and this message is for the next one. */
    function take(row: Row, stage: Exclude<Stage, 't'>): boolean {
      const words = textOrNull(row, 'text');
      if (words === null || matchOf(fold(words), needle) !== (stage === 'p' ? 'phrase' : 'words')) return true;
      const id = text(row, 'conversation_id');
      const known = groups.get(id);
      if (conversationId === '' ? !known && groups.size >= limit : known && known.hits.length >= limit) return false;
      const group = groupOf(row, id);
      if (conversationId === '' && group.hits.length >= HITS) {
        group.more = true;
        return true;
      }
      const excerpt = excerptOf(words, needle);
      if (excerpt)
        group.hits.push({
          messageId: text(row, 'id'),
          role: toRole(row),
          createdAt: integer(row, 'created_at'),
          excerpt: excerpt.text,
          ranges: excerpt.ranges.map(([a, b]) => [a, b]),
          whole: excerpt.whole,
        });
      return true;
    }

    let point: Point | null =
      request.cursor === null ? { stage: wantsTitles ? 't' : 'p', at: wantsTitles ? 0 : top } : pointOf(request.cursor);
    while (point) {
      const { stage, at }: Point = point;
      const lookup = stage === 'w' ? words : phrase;
      const reached = stage === 't' ? takeTitles(at) : lookup === null ? null : takeMessages(stage, lookup, at);
      if (reached !== null) {
        point = { stage, at: reached };
        break;
      }
      point =
        stage === 't' ? { stage: 'p', at: top } : stage === 'p' && words !== null ? { stage: 'w', at: top } : null;
      if (point && (clock() >= end || (groups.size >= limit && conversationId === ''))) break;
    }
    return { groups: [...groups.values()].map(inOrder), next: point && `${point.stage}:${point.at}`, tooShort: false };
  };
}

function inOrder({ hits, ...group }: OpenGroup): SearchGroup {
  const sorted = hits.sort((a, b) => Number(b.whole) - Number(a.whole) || b.createdAt - a.createdAt);
  return {
    ...group,
    hits: sorted.map(({ messageId, role, createdAt, excerpt, ranges }) => ({
      messageId,
      role,
      createdAt,
      excerpt,
      ranges,
    })),
  };
}
