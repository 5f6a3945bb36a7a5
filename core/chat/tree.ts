/** The channels that change a conversation's tree beside asking: core/contract/tree.ts. */
import type { Conversation, Message } from '../contract/conversations.ts';
import type { Handlers } from '../contract/index.ts';
import type { Push } from '../contract/push.ts';
import { failure } from '../contract/result.ts';
import type { treeChannels } from '../contract/tree.ts';
import type { Store } from '../store/index.ts';

export type TreeHandlers = Pick<Handlers, keyof typeof treeChannels>;
export interface TreeOptions {
  store: Store;
  notify: (push: Push) => void;
  /** Reads a conversation and tells it to every client. */
  announce: (conversationId: string) => Conversation;
  /** Stops a reply that is being written; does nothing where it has ended. */
  stop: (messageId: string) => void;
  /** Milliseconds since 1970. */
  now: () => number;
  newId: () => string;
}

/** @throws conflict where a message is deleted and has to be restored first */
export function refuseDeleted({ deletedAt }: Message): void {
  if (deletedAt !== undefined) throw failure('chat.message-deleted');
}

export function createTreeHandlers({ store, notify, announce, stop, now, newId }: TreeOptions): TreeHandlers {
  const changed = (conversationId: string): Conversation => {
    notify({ topic: 'messages-changed', conversationId });
    return announce(conversationId);
  };
  return {
    'messages.delete': ({ messageId, following }) => {
      const { conversationId } = store.messages.get(messageId);
      store.conversations.get(conversationId);
      for (const id of following ? store.tree.below(messageId) : [messageId]) stop(id);
      const messageIds = store.transaction(() => {
        const marked = store.tree.remove(messageId, { following, at: now() });
        store.tree.settle(conversationId);
        return marked;
      });
      return { conversation: changed(conversationId), messageIds };
    },
    'messages.restore': ({ messageId }) => {
      const { conversationId } = store.messages.get(messageId);
      store.conversations.get(conversationId);
      const messageIds = store.transaction(() => {
        const back = store.tree.restore(messageId);
        if (back.length > 0) store.conversations.show(conversationId, store.conversations.leafOf(messageId));
        return back;
      });
      return { conversation: changed(conversationId), messageIds };
    },
    'conversations.fork': ({ messageId }) => {
      const message = store.messages.get(messageId);
      refuseDeleted(message);
      const { id: from, title, setup } = store.conversations.get(message.conversationId);
      if (store.messages.path(messageId).some(({ status }) => status === 'pending'))
        throw failure('chat.branch-being-written');
      const id = store.transaction(() => {
        const made = newId();
        store.conversations.create({ id: made, title, createdAt: now() });
        const at = store.tree.copyPath(messageId, { conversationId: made, newId });
        store.conversations.setOrigin(made, { conversationId: from, messageId, at });
        if (setup) store.conversations.setSetup(made, setup);
        store.conversations.show(made, at);
        return made;
      });
      return announce(id);
    },
  };
}
