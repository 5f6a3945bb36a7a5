/**
 * Questions that wait for the end of a reply (core/contract/queue.ts). A question leaves the store in the transaction that
 * makes a message of it: a kill at any moment neither loses nor doubles one. What was not sent when the app ended waits for
 * the person; so does what follows a reply that was stopped or failed, and what was asked on a branch that is not shown.
 */
import type { AttachedFile, NewAttachment } from '../contract/attachments.ts';
import type { Message, MessageStatus } from '../contract/conversations.ts';
import type { ChosenSettings } from '../contract/settings.ts';
import type { Handlers } from '../contract/index.ts';
import type { Push } from '../contract/push.ts';
import { MAX_QUEUED, QUEUED_SHOWN, type Held, type Queue, type queueChannels } from '../contract/queue.ts';
import { type AppError, failure, type MezzotintError, toAppError } from '../contract/result.ts';
import type { QueuedQuestion, QueueStore } from '../store/index.ts';

export interface QueueOptions {
  queue: QueueStore;
  /** Runs several calls as one transaction. */
  transaction: <T>(work: () => T) => T;
  keepDraft: (conversationId: string, draft: string) => void;
  /** @throws not-found */
  message: (id: string) => Pick<Message, 'conversationId' | 'parentId' | 'status'>;
  /** The leaf of the branch shown. @throws not-found */
  leaf: (conversationId: string) => string | null;
  writesIn: (conversationId: string) => boolean;
  files: (conversationId: string, wanted: readonly NewAttachment[]) => AttachedFile[];
  /** Sends a question; `within` runs in its transaction, with the reply's id. */
  send: (
    question: {
      conversationId: string;
      parentId: string;
      text: string;
      settings: ChosenSettings;
      attachments: AttachedFile[];
    },
    within: (replyId: string) => void,
  ) => Promise<unknown>;
  notify: (push: Push) => void;
  now: () => number;
  newId: () => string;
}
export interface QueueService {
  handlers: Pick<Handlers, keyof typeof queueChannels>;
  /** A reply is being written. Questions that followed it, or another reply to the same question, follow it now. */
  began(reply: { id: string; conversationId: string; parentId: string | null }): void;
  ended(reply: { id: string; conversationId: string }, status: MessageStatus): void;
  /** Nothing is sent from now on. */
  close(): void;
}

interface State {
  held: Held | null;
  error: AppError | null;
}
const going: State = { held: null, error: null };
const restored: State = { held: 'closed', error: null };
/** Questions that were taken off and can come back. */
const REMEMBERED = 50;

const gone = (): MezzotintError => failure('queue.gone');

export function createQueueService(o: QueueOptions): QueueService {
  const { queue, notify } = o;
  /** Absent: since the app was started nothing has happened to what waits there. */
  const states = new Map<string, State>();
  const sending = new Set<string>();
  const removed = new Map<string, QueuedQuestion>();
  let closed = false;

  function read(conversationId: string): Queue {
    const questions = queue.of(conversationId).map(({ id, text, attachments, createdAt }) => ({
      id,
      text: text.slice(0, QUEUED_SHOWN),
      attachments: attachments.map((file) => ({ name: file.name, characters: file.text.length })),
      createdAt,
    }));
    if (questions.length === 0) states.delete(conversationId);
    return {
      conversationId,
      questions,
      ...(questions.length === 0 ? going : (states.get(conversationId) ?? restored)),
    };
  }
  function announce(conversationId: string): Queue {
    const now = read(conversationId);
    notify({ topic: 'queue', queue: now });
    return now;
  }
  function set(conversationId: string, state: State): void {
    states.set(conversationId, state);
    announce(conversationId);
  }
  /** @throws not-found */
  function waiting(conversationId: string, id: string): QueuedQuestion {
    const question = queue.get(id);
    if (question?.conversationId !== conversationId) throw gone();
    return question;
  }

  /** Sends the first question that follows `parentId`, where it is the end of the branch shown. */
  async function pump(conversationId: string, parentId: string): Promise<void> {
    if (closed || sending.has(conversationId)) return;
    const first = queue.of(conversationId).find(({ after }) => after === parentId);
    if (!first) return;
    if (o.leaf(conversationId) !== parentId) return set(conversationId, { held: 'elsewhere', error: null });
    sending.add(conversationId);
    let taken = false;
    try {
      await o.send(
        { conversationId, parentId, text: first.text, settings: first.settings, attachments: [...first.attachments] },
        (replyId) => {
          taken = closed || !queue.remove(first.id);
          if (taken) throw gone();
          queue.follow(conversationId, replyId, parentId);
        },
      );
    } catch (thrown) {
      if (!taken && !closed) states.set(conversationId, { held: 'refused', error: toAppError(thrown) });
    } finally {
      sending.delete(conversationId);
    }
    if (closed) return;
    announce(conversationId);
    // taken off in the very moment: the next one has its turn
    if (taken) await pump(conversationId, parentId);
  }
  const pumpSoon = (conversationId: string, parentId: string): void => {
    pump(conversationId, parentId).catch((thrown: unknown) =>
      set(conversationId, { held: 'refused', error: toAppError(thrown) }),
    );
  };
  function settle(conversationId: string, after: string, status: MessageStatus): void {
    if (status === 'complete') pumpSoon(conversationId, after);
    else if (status !== 'pending')
      set(conversationId, { held: status === 'stopped' ? 'stopped' : 'failed', error: null });
  }

  return {
    handlers: {
      'queue.read': ({ conversationId }) => {
        o.leaf(conversationId);
        return read(conversationId);
      },
      'queue.add': ({ conversationId, after, text, settings, attachments }) => {
        o.leaf(conversationId);
        if (text.trim() === '') throw failure('chat.empty-question');
        const reply = o.message(after);
        if (reply.conversationId !== conversationId) throw failure('queue.reply-elsewhere');
        if (queue.of(conversationId).length >= MAX_QUEUED) throw failure('queue.full', { most: MAX_QUEUED });
        const files = o.files(conversationId, attachments);
        o.transaction(() => {
          queue.add({ id: o.newId(), conversationId, after, text, settings, attachments: files, createdAt: o.now() });
          queue.follow(conversationId, after, null);
        });
        states.set(conversationId, going);
        settle(conversationId, after, reply.status);
        return announce(conversationId);
      },
      'queue.remove': ({ conversationId, id }) => {
        removed.set(id, waiting(conversationId, id));
        for (const [oldest] of removed) if (removed.size > REMEMBERED) removed.delete(oldest);
        queue.remove(id);
        return announce(conversationId);
      },
      'queue.restore': ({ conversationId, id }) => {
        const question = removed.get(id);
        if (question?.conversationId !== conversationId) throw gone();
        o.leaf(conversationId);
        const others = queue.of(conversationId);
        const follows = others[0]?.after ?? question.after;
        queue.add({ ...question, after: follows });
        removed.delete(id);
        // it was the last one, and the reply may have ended since: then it waits for a word
        if (others.length === 0)
          states.set(
            conversationId,
            o.writesIn(conversationId) && o.message(follows).status === 'pending' ? going : restored,
          );
        return announce(conversationId);
      },
      'queue.take': ({ conversationId, id, draft }) => {
        const question = waiting(conversationId, id);
        const whole = draft.trim() === '' ? question.text : `${question.text}\n\n${draft}`;
        o.transaction(() => {
          queue.remove(id);
          o.keepDraft(conversationId, whole);
        });
        return { queue: announce(conversationId), draft: whole, attachments: [...question.attachments] };
      },
      'queue.send': async ({ conversationId }) => {
        const leaf = o.leaf(conversationId);
        if (leaf === null || queue.of(conversationId).length === 0) return read(conversationId);
        if (o.writesIn(conversationId) || sending.has(conversationId)) throw failure('chat.being-written-here');
        queue.follow(conversationId, leaf, null);
        states.set(conversationId, going);
        await pump(conversationId, leaf);
        return read(conversationId);
      },
    },
    began({ id, conversationId, parentId }) {
      const questions = queue.of(conversationId);
      const follows = new Set(questions.map(({ after }) => after));
      const moved = [...follows].filter((after) => after === id || (parentId !== null && parentOf(after) === parentId));
      if (moved.length === 0) return;
      for (const after of moved) queue.follow(conversationId, id, after);
      set(conversationId, going);
    },
    ended({ id, conversationId }, status) {
      if (!closed && queue.of(conversationId).some(({ after }) => after === id)) settle(conversationId, id, status);
    },
    close() {
      closed = true;
    },
  };

  /** Null where the message is gone. */
  function parentOf(messageId: string): string | null {
    try {
      return o.message(messageId).parentId;
    } catch {
      return null;
    }
  }
}
