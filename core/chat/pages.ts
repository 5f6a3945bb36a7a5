/** Long conversations in pages: what comes at once with a conversation, and what is read when it is wanted. */
import type { Conversation, Message, MessageHead } from '../contract/conversations.ts';
import type { Handlers } from '../contract/index.ts';
import type { pagesChannels } from '../contract/pages.ts';
import type { Store } from '../store/index.ts';

export type PagesHandlers = Pick<Handlers, keyof typeof pagesChannels>;

/** A conversation up to this size is sent whole: 400 messages, and this many bytes of text. */
const WHOLE_MESSAGES = 400;
const WHOLE_BYTES = 400_000;
/** What comes around the message asked for: a few screens, before it and after it. */
const BEFORE = 16;
const AFTER = 24;

/** The branch shown, from its root. */
function branch(heads: readonly MessageHead[], leaf: string | null): MessageHead[] {
  const byId = new Map(heads.map((head) => [head.id, head]));
  const up: MessageHead[] = [];
  for (let at = leaf; at !== null && up.length < heads.length;) {
    const head = byId.get(at);
    if (!head) break;
    up.push(head);
    at = head.parentId;
  }
  return up.reverse();
}

/** All messages of a conversation, each either whole or as its head: see `conversations.get`. */
export function readConversation(
  store: Store,
  { id, currentMessageId }: Conversation,
  around?: string | null,
): { messages: Message[]; heads: MessageHead[] } {
  const heads = store.messages.heads(id);
  if (heads.length <= WHOLE_MESSAGES && heads.reduce((sum, { bytes }) => sum + bytes, 0) <= WHOLE_BYTES)
    return { messages: store.messages.ofConversation(id), heads: [] };
  const shown = branch(heads, currentMessageId);
  const place = around === undefined ? store.drafts.read(id).place?.messageId : around;
  const found = typeof place === 'string' ? shown.findIndex((head) => head.id === place) : -1;
  const at = found < 0 ? shown.length - AFTER : found;
  const whole = new Set(
    [...shown.slice(Math.max(0, at - BEFORE), at + AFTER), ...heads.filter(({ status }) => status === 'pending')].map(
      (head) => head.id,
    ),
  );
  return { messages: store.messages.some(id, [...whole]), heads: heads.filter((head) => !whole.has(head.id)) };
}

export const createPagesHandlers = (store: Store): PagesHandlers => ({
  'messages.read': ({ conversationId, ids }) => {
    store.conversations.get(conversationId);
    return { messages: store.messages.some(conversationId, ids) };
  },
});
