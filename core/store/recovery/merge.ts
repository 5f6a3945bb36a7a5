/**
 * Adds what one database holds and another lacks, conversation by conversation, row by row. Nothing that is there is overwritten or
 * removed. The source may be a backup of the same version, or what was salvaged from a damaged file: then rows may be incomplete or
 * wrong, and each is looked at before it is taken.
 */
import { blob, integer, text, textOrNull, type Db, type Row, type SqlValue, type Statement } from '../db/driver.ts';
import { toGeneration } from '../repositories/rows.ts';
import { quoted, tablesOf, type Table } from '../db/tables.ts';
import { asValue, Inserter, isId, isTime, passOver, soundParts } from './merge-rows.ts';
import { committedTokens, readTrace } from '../trace/index.ts';

export interface Merged {
  conversations: number;
  messages: number;
  /** Replies that were there and are longer now. */
  longer: number;
  /** Conversations that were in the trash here and not in the source. */
  fromTrash: number;
  /** Rows that could not be taken: incomplete, or pointing at nothing. */
  left: number;
}
export interface MergeOptions {
  /** older: a backup, what is here is newer · newer: salvage, it goes on where what is here ends. */
  source: 'older' | 'newer';
  /** Milliseconds since 1970. */
  now: () => number;
  /** Stands for the text of a message that could not be read. */
  unreadable: string;
  /** The title of a conversation whose own could not be read. */
  untitled: string;
}
export interface Merger {
  /** Conversations of the source, oldest first; those known by a message alone too. */
  ids(): string[];
  /** One conversation, in one transaction. */
  add(id: string): Merged;
  /** Rows of all other tables whose keys are not taken. */
  others(): void;
}

/** Taken row by row, by rules of their own. */
const CORE = new Set(['conversations', 'messages', 'generations', 'traces']);
/** Made from the others, by triggers: another database's would name other rows. */
const isDerived = (table: string): boolean => table.startsWith('search_');
/** Of the moment they were written in: from a backup they would bring back what was sent or left behind since. */
const PASSING = new Set(['drafts', 'places', 'clock', 'queued']);
export const nothingMerged = (): Merged => ({ conversations: 0, messages: 0, longer: 0, fromTrash: 0, left: 0 });
export function sum(a: Merged, b: Merged): Merged {
  return {
    conversations: a.conversations + b.conversations,
    messages: a.messages + b.messages,
    longer: a.longer + b.longer,
    fromTrash: a.fromTrash + b.fromTrash,
    left: a.left + b.left,
  };
}

export function createMerger(target: Db, source: Db, options: MergeOptions): Merger {
  const { now, unreadable, untitled } = options;
  const newer = options.source === 'newer';
  const mine = new Map(tablesOf(target).map((table) => [table.name, table]));
  const theirs = new Map(tablesOf(source).map((table) => [table.name, table]));
  const none = (name: string): Table => ({ name, columns: [], rowid: true, alias: null });
  const pair = (name: string): [Table, Table] => [mine.get(name) ?? none(name), theirs.get(name) ?? none(name)];
  const has = (...names: string[]): boolean => names.every((name) => (theirs.get(name)?.columns.length ?? 0) > 0);

  /* eslint-disable mezzotint/no-spread-of-data -- pairs */
  // messages count themselves as they come, and generations name their hosts
  const insertConversation = new Inserter(target, ...pair('conversations'), [
    'current_message_id',
    'message_count',
    'hosts',
  ]);
  const insertFolder = new Inserter(target, ...pair('folders'), [], 'OR IGNORE');
  const bareConversation = target.prepare(
    'INSERT INTO conversations (id, title, title_source, created_at, updated_at, deleted_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const insertMessage = new Inserter(target, ...pair('messages'), ['number', 'shown_child_id']);
  const insertGeneration = new Inserter(target, ...pair('generations'), ['number']);
  /* eslint-enable mezzotint/no-spread-of-data */
  const one = {
    conversation: target.prepare(
      'SELECT title, title_source, updated_at, deleted_at, current_message_id FROM conversations WHERE id = ?',
    ),
    message: target.prepare('SELECT conversation_id, text FROM messages WHERE id = ?'),
    folder: target.prepare('SELECT id FROM folders WHERE id = ? OR name = ? ORDER BY id = ? DESC'),
    generation: target.prepare('SELECT number, message_id, ended_at FROM generations WHERE id = ?'),
    parts: target.prepare('SELECT data FROM traces WHERE generation = ? ORDER BY part'),
  };
  const set = {
    title: target.prepare(
      'UPDATE conversations SET title = ?, title_source = ?, updated_at = max(updated_at, ?) WHERE id = ?',
    ),
    deleted: target.prepare('UPDATE conversations SET deleted_at = ? WHERE id = ?'),
    current: target.prepare('UPDATE conversations SET current_message_id = ? WHERE id = ?'),
    newest: target.prepare(
      'UPDATE conversations SET current_message_id = (SELECT id FROM messages WHERE conversation_id = ? ORDER BY number DESC LIMIT 1) WHERE id = ?',
    ),
    shown: target.prepare(
      'UPDATE messages SET shown_child_id = ? WHERE id = ? AND EXISTS (SELECT 1 FROM messages child WHERE child.id = ? AND child.parent_id = messages.id)',
    ),
    text: target.prepare('UPDATE messages SET text = ?, status = ? WHERE id = ?'),
    end: target.prepare(
      'UPDATE generations SET reason = ?, counts = ?, error = ?, ended_at = ?, pack = ?, device = ? WHERE number = ?',
    ),
    // only from version 2 on can a message be deleted by itself
    undelete: [...pair('messages')].every(({ columns }) => columns.some(({ name }) => name === 'deleted_at'))
      ? target.prepare(
          'UPDATE messages SET deleted_at = NULL, deleted_with = NULL WHERE id = ? AND deleted_at IS NOT NULL',
        )
      : null,
    noParts: target.prepare('DELETE FROM traces WHERE generation = ?'),
    part: target.prepare('INSERT INTO traces (generation, part, data) VALUES (?, ?, ?)'),
  };
  const from = (sql: string, ...tables: string[]): Statement | null => (has(...tables) ? source.prepare(sql) : null);
  const conversation = from('SELECT * FROM conversations WHERE id = ? LIMIT 1', 'conversations');
  const folder = from('SELECT * FROM folders WHERE id = ?', 'folders');
  const messages = from('SELECT * FROM messages WHERE conversation_id = ? ORDER BY number', 'messages');
  const generations = from('SELECT * FROM generations WHERE message_id = ? ORDER BY number', 'generations');
  const traces = from('SELECT part, data FROM traces WHERE generation = ? ORDER BY part', 'traces');

  const tokensIn = (parts: readonly Uint8Array[]): number => committedTokens(readTrace([...parts])).length;
  const putParts = (number: number, parts: readonly Uint8Array[]): void =>
    parts.forEach((part, i) => void set.part.run(number, i, part));

  /** The folder a row names: the one here, else one here of the same name, else it comes along; null where it can't be read. */
  function folderOf(row: Row): string | null {
    const id = row['folder_id'];
    const theirs = isId(id) ? folder?.get(id) : undefined;
    if (!isId(id)) return null;
    const name = asValue(theirs?.['name'] ?? null);
    const find = (): string | null => {
      const found = one.folder.get(id, name, id);
      return found ? text(found, 'id') : null;
    };
    const here = find();
    if (here !== null || !theirs) return here;
    try {
      insertFolder.add(theirs);
    } catch (thrown) {
      passOver(thrown);
    }
    return find();
  }

  function addConversation(id: string, merged: Merged): void {
    const row = conversation?.get(id);
    const found = one.conversation.get(id);
    // in a backup's trash it may have lain for long: here its days start again, or it would be gone at the next start
    const deletedAt = isTime(row?.['deleted_at']) ? (newer ? row['deleted_at'] : now()) : null;
    if (found) {
      const title = row?.['title'];
      const source = row?.['title_source'];
      if (
        newer &&
        row &&
        typeof title === 'string' &&
        (source === 'auto' || source === 'person') &&
        isTime(row['updated_at']) &&
        row['updated_at'] >= integer(found, 'updated_at')
      ) {
        set.title.run(title, source, row['updated_at'], id);
        set.deleted.run(deletedAt, id);
      } else if (!newer && deletedAt === null && found['deleted_at'] !== null) {
        set.deleted.run(null, id);
        merged.fromTrash++;
      }
      return;
    }
    const created = isTime(row?.['created_at']) ? row['created_at'] : now();
    const updated = isTime(row?.['updated_at']) ? row['updated_at'] : created;
    const titleSource = row?.['title_source'] === 'person' ? 'person' : 'auto';
    const title = typeof row?.['title'] === 'string' ? row['title'] : untitled;
    merged.conversations++;
    try {
      if (row)
        return void insertConversation.add({
          ...row,
          title,
          title_source: titleSource,
          created_at: created,
          updated_at: updated,
          deleted_at: deletedAt,
          ...('folder_id' in row ? { folder_id: folderOf(row) } : {}),
        });
    } catch (thrown) {
      passOver(thrown);
      // what a newer table wants of a conversation can't be met: its place in a folder is lost, not its words
    }
    bareConversation.run(id, title, titleSource, created, updated, deletedAt);
  }

  /** In an order in which each stands after its parent; a parent that is nowhere leaves its child without one. */
  function addMessages(id: string, rows: readonly Row[], merged: Merged): void {
    const here = (messageId: unknown): boolean =>
      isId(messageId) && one.message.get(messageId)?.['conversation_id'] === id;
    let waiting = rows.filter((row) => {
      if (!isId(row['id'])) merged.left++;
      return isId(row['id']);
    });
    const put = (row: Row, parent: SqlValue): void => {
      const known = one.message.get(text(row, 'id'));
      if (known) {
        if (known['conversation_id'] !== id) merged.left++;
        else if (!newer && row['deleted_at'] === null) merged.messages += set.undelete?.run(text(row, 'id')) ?? 0;
        else if (newer) longer(row, text(known, 'text'), merged);
        return;
      }
      const words = typeof row['text'] === 'string' ? row['text'] : unreadable;
      const status = row['status'] === 'pending' || row['status'] === null ? 'interrupted' : row['status'];
      try {
        merged.messages += insertMessage.add({
          ...row,
          conversation_id: id,
          parent_id: parent,
          text: words,
          status,
          created_at: isTime(row['created_at']) ? row['created_at'] : now(),
        });
      } catch (thrown) {
        passOver(thrown);
        merged.left++;
      }
    };
    while (waiting.length > 0) {
      const coming = new Set(waiting.map((row) => row['id']));
      const next = waiting.filter(
        (row) => row['parent_id'] === null || here(row['parent_id']) || !coming.has(row['parent_id']),
      );
      // a ring of parents: it is opened at its first message
      const ready = next.length > 0 ? next : waiting.slice(0, 1);
      for (const row of ready) put(row, next.length > 0 && here(row['parent_id']) ? text(row, 'parent_id') : null);
      const done = new Set(ready);
      waiting = waiting.filter((row) => !done.has(row));
    }
    for (const row of rows)
      if (isId(row['id']) && isId(row['shown_child_id']) && here(row['id']))
        set.shown.run(row['shown_child_id'], row['id'], row['shown_child_id']);
  }
  /** A reply grows: the longer one is the later one. */
  function longer(row: Row, mineText: string, merged: Merged): void {
    const words = row['text'];
    if (typeof words !== 'string' || words.length <= mineText.length || !words.startsWith(mineText)) return;
    const status = row['status'] === 'pending' ? 'interrupted' : row['status'];
    try {
      set.text.run(words, asValue(status), text(row, 'id'));
      merged.longer++;
    } catch (thrown) {
      passOver(thrown);
      merged.left++;
    }
  }

  function addGenerations(messageId: string, merged: Merged): void {
    for (const row of generations?.all(messageId) ?? []) {
      try {
        if (!isId(row['id']) || !isTime(row['started_at'])) throw new Error('incomplete');
        toGeneration(row);
        const found = one.generation.get(row['id']);
        const parts = soundParts(traces?.all(integer(row, 'number')) ?? []);
        if (!found) {
          insertGeneration.add({ ...row, ended_at: isTime(row['ended_at']) ? row['ended_at'] : null });
          putParts(integer(one.generation.get(row['id']) ?? {}, 'number'), parts);
        } else if (newer && found['message_id'] === messageId && found['ended_at'] === null) {
          const number = integer(found, 'number');
          set.end.run(
            textOrNull(row, 'reason'),
            textOrNull(row, 'counts'),
            textOrNull(row, 'error'),
            isTime(row['ended_at']) ? row['ended_at'] : null,
            textOrNull(row, 'pack'),
            textOrNull(row, 'device'),
            number,
          );
          if (tokensIn(parts) > tokensIn(one.parts.all(number).map((part) => blob(part, 'data')))) {
            set.noParts.run(number);
            putParts(number, parts);
          }
        }
      } catch (thrown) {
        passOver(thrown);
        merged.left++;
      }
    }
  }

  return {
    ids() {
      const known = [
        conversation && 'SELECT id, created_at AS at FROM conversations',
        messages && 'SELECT conversation_id AS id, created_at AS at FROM messages',
      ].filter((part) => part !== null);
      if (known.length === 0) return [];
      const rows = source.prepare(`SELECT id FROM (${known.join(' UNION ALL ')}) GROUP BY id ORDER BY min(at)`).all();
      return rows.map((row) => row['id']).filter(isId);
    },
    add: (id) =>
      target.transaction(() => {
        const merged = nothingMerged();
        const rows = messages?.all(id) ?? [];
        const before = one.conversation.get(id);
        addConversation(id, merged);
        addMessages(id, rows, merged);
        for (const row of rows)
          if (isId(row['id']) && one.message.get(row['id'])?.['conversation_id'] === id)
            addGenerations(row['id'], merged);
        const current = conversation?.get(id)?.['current_message_id'];
        const reachable = isId(current) && one.message.get(current)?.['conversation_id'] === id;
        if ((!before || newer) && reachable) set.current.run(current, id);
        else if (!before && rows.length > 0) set.newest.run(id, id);
        return merged;
      }),
    others() {
      for (const table of mine.values()) {
        const other = theirs.get(table.name);
        if (
          CORE.has(table.name) ||
          isDerived(table.name) ||
          (!newer && PASSING.has(table.name)) ||
          !other ||
          other.columns.length === 0
        )
          continue;
        const insert = new Inserter(target, table, other, [], 'OR IGNORE');
        target.transaction(() => {
          for (const row of source.prepare(`SELECT * FROM ${quoted(table.name)}`).all()) {
            try {
              insert.add(row);
            } catch (thrown) {
              passOver(thrown);
              // it points at something that is not there, or breaks a rule of its table
            }
          }
        });
      }
    },
  };
}
