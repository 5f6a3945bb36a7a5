/** Whole conversations out of the store and into it: what exports read and imports write. */
import type { Addition, ArchivedConversation, ArchivedGeneration, ArchivedMessage } from '../../contract/transfer.ts';
import { failure, type MezzotintError } from '../../contract/result.ts';
import { noConversation } from './conversations.ts';
import { blob, integer, integerOrNull, text, textOrNull, type Db, type Row } from '../db/driver.ts';
import { forkOf, setupOf, toGeneration, toMessage } from './rows.ts';
import { readTrace, sealTrace, TraceWriter } from '../trace/index.ts';

export interface Archive {
  /** A conversation with all branches, wherever it lies, the trash included. @throws not-found */
  read(id: string, options: { frames: boolean }): ArchivedConversation;
  /** Adds a conversation in one transaction, or nothing of it. @throws conflict where one of its identifiers is taken, file-invalid where a trace can't be kept */
  write(conversation: ArchivedConversation): void;
  /**
   * Adds messages to a conversation in one transaction, or nothing: what is there stays. @throws not-found, conflict where one of the
   * identifiers is taken, file-invalid where a trace can't be kept
   */
  extend(addition: Addition): void;
  hasConversation(id: string): boolean;
  hasMessage(id: string): boolean;
  hasGeneration(id: string): boolean;
}

/** @param folderNamed the folder of a name; made where there is none */
export function createArchive(db: Db, folderNamed: (name: string) => string): Archive {
  const conversation =
    db.prepare(`SELECT c.id, c.title, c.title_source, c.created_at, c.updated_at, c.current_message_id, c.setup, c.forked_from, c.forked_message, c.forked_at, c.pinned_at, c.archived_at, f.name AS folder
    FROM conversations c LEFT JOIN folders f ON f.id = c.folder_id WHERE c.id = ?`);
  const messages = db.prepare(
    'SELECT id, conversation_id, parent_id, shown_child_id, role, text, status, created_at, deleted_at, deleted_with, model FROM messages WHERE conversation_id = ? ORDER BY number',
  );
  const generations =
    db.prepare(`SELECT number, message_id, id, mode, seed, settings, pack, device, reason, counts, dropped_messages, error, started_at, ended_at, instructions, reproduces FROM generations
    WHERE message_id IN (SELECT id FROM messages WHERE conversation_id = ?) ORDER BY number`);
  const parts = db.prepare('SELECT data FROM traces WHERE generation = ? ORDER BY part');
  const counted = (table: string): ((id: string) => boolean) => {
    const statement = db.prepare(`SELECT 1 AS n FROM ${table} WHERE id = ?`);
    return (id) => statement.get(id) !== undefined;
  };
  const has = {
    conversation: counted('conversations'),
    message: counted('messages'),
    generation: counted('generations'),
  };

  const addConversation = db.prepare(
    'INSERT INTO conversations (id, title, title_source, created_at, updated_at, setup, forked_from, forked_message, forked_at, folder_id, pinned_at, archived_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const setCurrent = db.prepare('UPDATE conversations SET current_message_id = ? WHERE id = ?');
  const addMessage = db.prepare(
    'INSERT INTO messages (id, conversation_id, parent_id, role, text, status, created_at, deleted_at, deleted_with, model) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const addAttachment = db.prepare('INSERT INTO attachments (message_id, position, name, text) VALUES (?, ?, ?, ?)');
  const attachments = db.prepare('SELECT name, text FROM attachments WHERE message_id = ? ORDER BY position');
  const setShown = db.prepare('UPDATE messages SET shown_child_id = ? WHERE id = ?');
  const showWhereNone = db.prepare('UPDATE messages SET shown_child_id = ? WHERE id = ? AND shown_child_id IS NULL');
  const setTitle = db.prepare(
    "UPDATE conversations SET title = ?, title_source = 'person' WHERE id = ? AND title_source = 'auto'",
  );
  const setUpdated = db.prepare('UPDATE conversations SET updated_at = max(updated_at, ?) WHERE id = ?');
  const addGeneration = db.prepare(
    'INSERT INTO generations (id, message_id, mode, seed, settings, pack, device, reason, counts, dropped_messages, error, started_at, ended_at, instructions, reproduces) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const numberOf = db.prepare('SELECT number FROM generations WHERE id = ?');
  const addPart = db.prepare('INSERT INTO traces (generation, part, data) VALUES (?, 0, ?)');

  const readGeneration = (row: Row, frames: boolean): ArchivedGeneration => {
    const events = readTrace(parts.all(integer(row, 'number')).map((part) => blob(part, 'data')));
    return {
      ...toGeneration(row),
      startedAt: integer(row, 'started_at'),
      endedAt: row['ended_at'] === null ? null : integer(row, 'ended_at'),
      ...(row['instructions'] === null ? {} : { instructions: text(row, 'instructions') }),
      events: frames ? events : events.filter(({ type }) => type !== 'frame'),
    };
  };
  const readMessage = (row: Row, list: ArchivedGeneration[]): ArchivedMessage => {
    const { id, parentId, role, text: words, status, createdAt, deletedAt, deletedWith, model } = toMessage(row, null);
    const files =
      role === 'user'
        ? attachments.all(id).map((file) => ({ name: text(file, 'name'), text: text(file, 'text') }))
        : [];
    return {
      ...(files.length === 0 ? {} : { attachments: files }),
      ...(deletedAt === undefined ? {} : { deletedAt, deletedWith: deletedWith ?? id }),
      id,
      parentId,
      shownChildId: textOrNull(row, 'shown_child_id'),
      role,
      text: words,
      status: status === 'pending' ? 'interrupted' : status,
      createdAt,
      ...(model === undefined ? {} : { model }),
      generations: list,
    };
  };
  /** The events as one part, read back before they are kept: what a file brings must never be what can't be opened. */
  function sealed(events: ArchivedGeneration['events']): Uint8Array {
    try {
      const part = sealTrace([new TraceWriter().part(events)]);
      readTrace([part]);
      return part;
    } catch (cause) {
      throw failure('store.steps-out-of-range', {}, { cause });
    }
  }
  const taken = (): MezzotintError => failure('store.identifier-taken');
  const write = (c: ArchivedConversation): void => {
    if (
      has.conversation(c.id) ||
      c.messages.some((m) => has.message(m.id) || m.generations.some((g) => has.generation(g.id)))
    )
      throw taken();
    addConversation.run(
      c.id,
      c.title,
      c.titleSource,
      c.createdAt,
      c.updatedAt,
      c.setup ? JSON.stringify(c.setup) : null,
      c.forkedFrom?.conversationId ?? null,
      c.forkedFrom?.messageId ?? null,
      c.forkedFrom?.at ?? null,
      c.folder === undefined ? null : folderNamed(c.folder),
      c.pinnedAt ?? null,
      c.archivedAt ?? null,
    );
    addMessages(c.id, c.messages);
    for (const m of c.messages) if (m.shownChildId !== null) setShown.run(m.shownChildId, m.id);
    // last: while it named a message that is not there yet, SQLite would look through all conversations at each new message
    if (c.currentMessageId !== null) setCurrent.run(c.currentMessageId, c.id);
  };
  function addMessages(conversationId: string, list: readonly ArchivedMessage[]): void {
    for (const m of list) {
      addMessage.run(
        m.id,
        conversationId,
        m.parentId,
        m.role,
        m.text,
        m.status,
        m.createdAt,
        m.deletedAt ?? null,
        m.deletedWith ?? null,
        m.model ?? null,
      );
      m.attachments?.forEach(({ name, text: words }, at) => addAttachment.run(m.id, at, name, words));
      for (const g of m.generations) {
        addGeneration.run(
          g.id,
          m.id,
          g.mode,
          g.seed,
          JSON.stringify(g.settings),
          g.pack && JSON.stringify(g.pack),
          g.device,
          g.reason,
          g.counts && JSON.stringify(g.counts),
          g.droppedMessages,
          g.error && JSON.stringify(g.error),
          g.startedAt,
          g.endedAt,
          g.instructions ?? null,
          g.reproduces ?? null,
        );
        const row = numberOf.get(g.id);
        if (row && g.events.length > 0) addPart.run(integer(row, 'number'), sealed(g.events));
      }
    }
  }
  const extend = ({ conversationId, title, messages: list, currentMessageId, updatedAt }: Addition): void => {
    if (!has.conversation(conversationId)) throw noConversation();
    if (list.some((m) => has.message(m.id) || m.generations.some((g) => has.generation(g.id)))) throw taken();
    addMessages(conversationId, list);
    for (const m of list) {
      if (m.shownChildId !== null) setShown.run(m.shownChildId, m.id);
      // of a parent that showed nothing below it the new one is shown
      if (m.parentId !== null && m.deletedAt === undefined) showWhereNone.run(m.id, m.parentId);
    }
    if (title !== undefined) setTitle.run(title, conversationId);
    if (currentMessageId !== undefined) setCurrent.run(currentMessageId, conversationId);
    setUpdated.run(updatedAt, conversationId);
  };

  return {
    read(id, { frames }) {
      const row = conversation.get(id);
      if (!row) throw noConversation();
      const byMessage = new Map<string, ArchivedGeneration[]>();
      for (const generation of generations.all(id)) {
        const message = text(generation, 'message_id');
        byMessage.set(message, [...(byMessage.get(message) ?? []), readGeneration(generation, frames)]);
      }
      const folder = textOrNull(row, 'folder');
      const pinnedAt = integerOrNull(row, 'pinned_at');
      const archivedAt = integerOrNull(row, 'archived_at');
      return {
        id,
        title: text(row, 'title'),
        titleSource: text(row, 'title_source') === 'person' ? 'person' : 'auto',
        createdAt: integer(row, 'created_at'),
        updatedAt: integer(row, 'updated_at'),
        currentMessageId: textOrNull(row, 'current_message_id'),
        ...(folder === null ? {} : { folder }),
        ...(pinnedAt === null ? {} : { pinnedAt }),
        ...(archivedAt === null ? {} : { archivedAt }),
        ...setupOf(row),
        ...forkOf(row),
        messages: messages.all(id).map((message) => readMessage(message, byMessage.get(text(message, 'id')) ?? [])),
      };
    },
    write: (c) => db.transaction(() => write(c)),
    extend: (addition) => db.transaction(() => extend(addition)),
    hasConversation: has.conversation,
    hasMessage: has.message,
    hasGeneration: has.generation,
  };
}
