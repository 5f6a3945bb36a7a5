/** Generations: how a reply was asked for, how it went, and its trace. */
import type { MessageStatus } from '../../contract/conversations.ts';
import type {
  CommittedToken,
  Counts,
  GenerationEvent,
  GenerationSettings,
  Mode,
  StopReason,
} from '../../contract/generation.ts';
import { type AppError, failure } from '../../contract/result.ts';
import { blob, integer, text, textOrNull, type Db } from '../db/driver.ts';
import type { ServerRef } from '../../contract/remote.ts';
import { serverOf, type Pack } from './rows.ts';
import { committedTokens, eventsUpTo, readTrace, sealTrace, TraceWriter } from '../trace/index.ts';

export interface NewGeneration {
  id: string;
  messageId: string;
  mode: Mode;
  seed: number;
  settings: GenerationSettings;
  startedAt: number;
  /** The conversation's instructions; null: the pack's. */
  instructions?: string | null;
  /** The reply that this one is to come out equal to. */
  reproduces?: string | null;
}
export interface GenerationEnd {
  status: Exclude<MessageStatus, 'pending'>;
  reason: StopReason | null;
  counts: Counts | null;
  error: AppError | null;
  endedAt: number;
}
/** A generation that is being written. Each call is one transaction; what it was given is durable when it returns. */
export interface OpenGeneration {
  /** `settings`: as the model runs them, where they were asked for before it was loaded. */
  started(info: {
    pack: Pack;
    device: string;
    droppedMessages: number;
    settings?: GenerationSettings;
    mode?: Mode;
  }): void;
  /** Appends committed text and all events since the last call, the commit included. */
  commit(events: readonly GenerationEvent[], text: string): void;
  /** Ends the generation and its message. `events`: those since the last commit, the final one included. */
  finish(events: readonly GenerationEvent[], end: GenerationEnd): void;
}

export interface Generations {
  /** Adds the row of a generation; its message is there already and becomes pending. */
  create(generation: NewGeneration): OpenGeneration;
  /**
   * Copies a message's generations to another message, up to its first `tokens` committed tokens; frames that led to
   * them come along. Returns the copied tokens: fewer than asked where there are fewer.
   */
  copy(fromMessageId: string, toMessageId: string, tokens: number, newId: () => string): CommittedToken[];
  /** Every stored event of a message's generations, oldest generation first; each starts at seq 0. */
  events(messageId: string): GenerationEvent[];
  /** A reply's committed tokens, slot by slot, over all its generations. */
  tokens(messageId: string): CommittedToken[];
  /** Of a conversation's replies, all branches, those that servers wrote: where, and what was counted. */
  ofServers(conversationId: string): { messageId: string; server: ServerRef; counts: Counts | null }[];
  /** The instructions that the newest generation of a message was written with; null: the pack's. */
  instructions(messageId: string): string | null;
}

export function createGenerations(db: Db): Generations {
  const insert = db.prepare(
    'INSERT INTO generations (id, message_id, mode, seed, settings, started_at, instructions, reproduces) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const instructionsOf = db.prepare(
    'SELECT instructions FROM generations WHERE message_id = ? ORDER BY number DESC LIMIT 1',
  );
  const ofServers = db.prepare(
    "SELECT g.message_id, g.pack, g.counts FROM generations g JOIN messages m ON m.id = g.message_id WHERE m.conversation_id = ? AND g.device = 'remote' ORDER BY g.number",
  );
  const numberOf = db.prepare('SELECT number FROM generations WHERE id = ?');
  const ofMessage = db.prepare('SELECT number FROM generations WHERE message_id = ? ORDER BY number');
  const started = db.prepare(
    'UPDATE generations SET pack = ?, device = ?, dropped_messages = ?, settings = coalesce(?, settings), mode = coalesce(?, mode) WHERE number = ?',
  );
  const ended = db.prepare('UPDATE generations SET reason = ?, counts = ?, error = ?, ended_at = ? WHERE number = ?');
  const append = db.prepare('UPDATE messages SET text = text || ? WHERE id = ?');
  const setStatus = db.prepare('UPDATE messages SET status = ? WHERE id = ?');
  const addPart = db.prepare('INSERT INTO traces (generation, part, data) VALUES (?, ?, ?)');
  const parts = db.prepare('SELECT data FROM traces WHERE generation = ? ORDER BY part');
  const copyWith = (reason: string, counts: string, error: string): ReturnType<Db['prepare']> =>
    db.prepare(`INSERT INTO generations (id, message_id, mode, seed, settings, pack, device, reason, counts, dropped_messages, error, started_at, ended_at, instructions)
      SELECT ?, ?, mode, seed, settings, pack, device, ${reason}, ${counts}, dropped_messages, ${error}, started_at, ended_at, instructions FROM generations WHERE number = ?`);
  const copyWhole = copyWith('reason', 'counts', 'error');
  /** How a generation ended is not how its beginning did. */
  const copyCut = copyWith('NULL', 'NULL', 'NULL');
  const dropParts = db.prepare('DELETE FROM traces WHERE generation = ?');

  const partsOf = (number: number): Uint8Array[] => parts.all(number).map((row) => blob(row, 'data'));
  const events = (messageId: string): GenerationEvent[] =>
    ofMessage.all(messageId).flatMap((row) => readTrace(partsOf(integer(row, 'number'))));

  function open(number: number, messageId: string): OpenGeneration {
    const writer = new TraceWriter();
    let part = 0;
    // after a failed write the writer is ahead of what is stored: nothing more can follow it
    let whole = true;
    const store = (list: readonly GenerationEvent[]): void => {
      if (!whole) throw failure('store.earlier-part-unsaved');
      if (list.length > 0) addPart.run(number, part, writer.part(list));
    };
    const guarded = (work: () => void): void => {
      try {
        db.transaction(work);
        part++;
      } catch (thrown) {
        whole = false;
        throw thrown;
      }
    };
    return {
      started: ({ pack, device, droppedMessages, settings, mode }) =>
        void started.run(
          JSON.stringify(pack),
          device,
          droppedMessages,
          settings ? JSON.stringify(settings) : null,
          mode ?? null,
          number,
        ),
      commit: (list, text) =>
        guarded(() => {
          store(list);
          append.run(text, messageId);
        }),
      finish(list, end) {
        const write = (): void => {
          if (whole) {
            store(list);
            const stored = partsOf(number);
            if (stored.length > 0) {
              const sealed = sealTrace(stored);
              dropParts.run(number);
              addPart.run(number, 0, sealed);
            }
          }
          ended.run(
            end.reason,
            end.counts && JSON.stringify(end.counts),
            end.error && JSON.stringify(end.error),
            end.endedAt,
            number,
          );
          setStatus.run(end.status, messageId);
        };
        guarded(write);
      },
    };
  }

  return {
    create: (g) =>
      db.transaction(() => {
        insert.run(
          g.id,
          g.messageId,
          g.mode,
          g.seed,
          JSON.stringify(g.settings),
          g.startedAt,
          g.instructions ?? null,
          g.reproduces ?? null,
        );
        setStatus.run('pending', g.messageId);
        const row = numberOf.get(g.id);
        if (!row) throw failure('store.generation-missing');
        return open(integer(row, 'number'), g.messageId);
      }),
    copy: (from, to, tokens, newId) =>
      db.transaction(() => {
        const copied: CommittedToken[] = [];
        for (const row of ofMessage.all(from)) {
          if (copied.length >= tokens) break;
          const number = integer(row, 'number');
          const all = readTrace(partsOf(number));
          const kept = eventsUpTo(all, tokens - copied.length);
          const id = newId();
          (kept.length === all.length ? copyWhole : copyCut).run(id, to, number);
          const target = numberOf.get(id);
          if (target && kept.length > 0)
            addPart.run(integer(target, 'number'), 0, sealTrace([new TraceWriter().part(kept)]));
          for (const token of committedTokens(kept)) copied.push(token);
        }
        return copied;
      }),
    events,
    tokens: (messageId) => committedTokens(events(messageId)),
    ofServers: (conversationId) =>
      ofServers.all(conversationId).flatMap((row) => {
        const { server, counts } = serverOf(row);
        return server ? [{ messageId: text(row, 'message_id'), server, counts }] : [];
      }),
    instructions(messageId) {
      const row = instructionsOf.get(messageId);
      return row ? textOrNull(row, 'instructions') : null;
    },
  };
}
