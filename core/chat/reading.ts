/** The channels that read conversations and say how they are shown: list, open, rename, choose a branch or a setup, trace, preview. */
import { needs } from '../contract/capabilities.ts';
import type { Conversation } from '../contract/conversations.ts';
import type { Handlers } from '../contract/index.ts';
import { isEmptySetup } from '../contract/presets.ts';
import { costOf, totals } from '../contract/remote.ts';
import type { Engine } from '../engines/index.ts';
import type { Store } from '../store/index.ts';
import { failure } from '../contract/result.ts';
import type { Asking } from './asking.ts';
import type { ModelChoice } from './models.ts';
import { readConversation } from './pages.ts';
import { previewOf } from './prompt.ts';
import type { Replies } from './replies.ts';
import { refuseDeleted } from './tree.ts';

type ReadingChannels =
  | 'conversations.list'
  | 'conversations.get'
  | 'conversations.cost'
  | 'conversations.rename'
  | 'conversations.select'
  | 'conversations.configure'
  | 'generations.trace'
  | 'chat.preview';
export interface ReadingOptions {
  store: Store;
  engine: Pick<Engine, 'status' | 'preview'>;
  models: ModelChoice;
  replies: Replies;
  asking: Pick<Asking, 'inConversation'>;
  announce: (conversationId: string) => Conversation;
  show: (conversationId: string, messageId: string) => Conversation;
}

export function createReadingHandlers({
  store,
  engine,
  models,
  replies,
  asking: { inConversation },
  announce,
  show,
}: ReadingOptions): Pick<Handlers, ReadingChannels> {
  return {
    'conversations.list': ({ newest }) => store.conversations.list(newest),
    'conversations.get': ({ id, around }) => {
      replies.settle();
      const conversation = store.conversations.get(id);
      return { conversation, ...readConversation(store, conversation, around), active: replies.active(id) };
    },
    'conversations.cost': ({ id }) => {
      store.conversations.get(id);
      const asked = store.generations.ofServers(id);
      const costs = asked.map(({ messageId, server, counts }) => ({ messageId, cost: costOf(server, counts) }));
      return {
        costs: totals(costs.flatMap(({ cost }) => cost ?? [])),
        unknown: new Set(costs.flatMap(({ messageId, cost }) => (cost ? [] : messageId))).size,
      };
    },
    'conversations.rename': ({ id, title }) => {
      store.conversations.rename(id, title);
      return announce(id);
    },
    'conversations.select': ({ id, messageId }) => {
      store.conversations.get(id);
      inConversation(messageId, id);
      if (!store.tree.isVisible(messageId)) refuseDeleted(store.messages.get(messageId));
      return show(id, messageId);
    },
    'conversations.configure': ({ id, setup }) => {
      store.conversations.get(id);
      store.conversations.setSetup(id, isEmptySetup(setup) ? null : setup);
      return announce(id);
    },
    'generations.trace': ({ messageId, frames }) => {
      const { status } = store.messages.get(messageId);
      const tokens = store.generations.tokens(messageId);
      if (!frames) return { tokens, events: [] };
      return {
        tokens,
        events: [
          ...store.generations.events(messageId),
          ...(status === 'pending' ? replies.unsavedEvents(messageId) : []),
        ],
      };
    },
    'chat.preview': ({ conversationId, parentId, ...question }) => {
      if (conversationId === null && parentId !== null) throw failure('chat.first-has-no-parent');
      if (conversationId !== null && parentId !== null) inConversation(parentId, conversationId);
      needs(engine.status, 'preview');
      const model = conversationId === null ? undefined : models.of(store.conversations.get(conversationId));
      // another model's tokens say nothing of this one's room
      if (!models.isLoaded(model)) throw failure('engine.not-loaded-yet');
      return previewOf(engine, parentId === null ? [] : store.messages.path(parentId), question);
    },
  };
}
