/** The channels that keep conversations in order (core/contract/order.ts), and the trash that empties itself by and by. */
import type { OrderHandlers } from '../contract/index.ts';
import type { Push } from '../contract/push.ts';
import { errorOf, failure, toAppError } from '../contract/result.ts';
import type { Timers } from '../engines/index.ts';
import type { Overdue, Store } from '../store/index.ts';

const DAY_MS = 86_400_000;
const AFTER_START_MS = 3000;
const ERASED_AT_ONCE = 25;
/** The most changed conversations that are pushed one by one; of more, the list is fetched again. */
const TOLD_ONE_BY_ONE = 500;

export interface OrderOptions {
  store: Store;
  notify: (push: Push) => void;
  /** The replies being written. */
  replies: { stopConversation(id: string): void; writesIn(id: string): boolean };
  /** Milliseconds since 1970. */
  now: () => number;
  newId: () => string;
  timers: Timers;
}
export interface OrderService {
  handlers: OrderHandlers;
  /** A reply has ended that may not be seen by anybody. */
  markUnread(conversationId: string): void;
  close(): void;
}

export function createOrderHandlers({ store, notify, replies, now, newId, timers }: OrderOptions): OrderService {
  const { order, drafts } = store;

  /** One push for all that changed. */
  function announce(ids: readonly string[]): void {
    if (ids.length === 0) return;
    if (ids.length > TOLD_ONE_BY_ONE) return notify({ topic: 'conversations-changed' });
    const conversations = order.listed(ids);
    const listed = new Set(conversations.map(({ id }) => id));
    notify({ topic: 'organised', conversations, removed: ids.filter((id) => !listed.has(id)) });
  }
  const tellFolders = (): void => notify({ topic: 'folders', folders: order.folders() });

  let closed = false;
  /** In steps, between which replies are written and the list is drawn. */
  async function erase(ids: readonly string[]): Promise<number> {
    let count = 0;
    for (let at = 0; at < ids.length && !closed; at += ERASED_AT_ONCE) {
      if (at > 0) await new Promise<void>((resolve) => setImmediate(resolve));
      if (closed) break;
      const erased = order.erase(ids.slice(at, at + ERASED_AT_ONCE).filter((id) => !replies.writesIn(id)));
      count += erased.length;
      if (erased.length > 0) notify({ topic: 'erased', ids: erased });
    }
    if (count > 0 && !closed) order.settle();
    return count;
  }
  async function eraseAsked(ids: readonly string[]): Promise<{ erased: number }> {
    if (ids.some((id) => replies.writesIn(id))) throw failure('chat.being-stopped');
    return { erased: await erase(ids) };
  }
  let waitingAnnounced = false;
  /** Once a run: erasing can't be undone, so a clock that has jumped is not believed at once. */
  function tellWaiting({ conversations, jump, wait }: NonNullable<Overdue['waiting']>): void {
    if (waitingAnnounced) return;
    waitingAnnounced = true;
    const days = (ms: number): number => Math.ceil(ms / DAY_MS);
    notify({
      topic: 'notice',
      error: errorOf('chat.clock-ahead', { ahead: days(jump), conversations, wait: days(wait) }),
    });
  }
  /** What has been in the trash for 30 days goes; looked for soon after each start and once a day. */
  function purge(): void {
    next = timers.set(purge, DAY_MS);
    try {
      const { ids, waiting } = order.overdue(now());
      if (waiting) tellWaiting(waiting);
      erase(ids).catch((thrown: unknown) => notify({ topic: 'notice', error: toAppError(thrown) }));
    } catch (thrown) {
      notify({ topic: 'notice', error: toAppError(thrown) });
    }
  }
  let next = timers.set(purge, AFTER_START_MS);

  return {
    handlers: {
      'conversations.organise': ({ ids, change }) => {
        if (change.to === 'trash' && change.on) for (const id of ids) replies.stopConversation(id);
        const before = order.organise(ids, change, now());
        announce(before.map(({ id }) => id));
        return { before };
      },
      'conversations.putBack': ({ placements }) => {
        for (const { id, deleted } of placements) if (deleted) replies.stopConversation(id);
        const before = order.putBack(placements, now());
        announce(before.map(({ id }) => id));
        return { before };
      },
      'conversations.see': ({ id }) => {
        if (!store.conversations.get(id).unread) return {};
        order.markUnread(id, false);
        announce([id]);
        return {};
      },
      'conversations.erase': ({ ids }) => eraseAsked(ids),
      'trash.list': () => order.trash(),
      'trash.empty': () => eraseAsked(order.trash().map(({ conversation }) => conversation.id)),

      'folders.list': () => order.folders(),
      'folders.create': ({ name }) => {
        const folder = order.createFolder({ id: newId(), name, createdAt: now() });
        tellFolders();
        return folder;
      },
      'folders.rename': ({ id, name }) => {
        const folder = order.renameFolder(id, name);
        tellFolders();
        return folder;
      },
      'folders.move': ({ id, before }) => {
        order.moveFolder(id, before);
        tellFolders();
        return {};
      },
      'folders.delete': ({ id }) => {
        const gone = order.deleteFolder(id);
        announce(gone.conversations);
        tellFolders();
        return gone;
      },
      'folders.putBack': ({ folder, conversations }) => {
        const back = order.putFolderBack(folder, conversations);
        tellFolders();
        announce(conversations);
        return back;
      },

      'drafts.read': ({ conversationId }) => drafts.read(conversationId),
      'drafts.keep': ({ conversationId, draft, place }) => {
        drafts.keep(conversationId, { draft, place });
        return {};
      },
    },
    markUnread(conversationId) {
      order.markUnread(conversationId, true);
      announce([conversationId]);
    },
    close() {
      closed = true;
      timers.clear(next);
    },
  };
}
