/** What changes a conversation's tree beside asking: deleting messages, bringing them back, forking. Nothing is ever erased here. */
import * as v from 'valibot';
import { channel, idSchema } from './channel.ts';
import { conversationSchema } from './conversations.ts';

const changed = v.object({
  conversation: conversationSchema,
  /** The messages that were marked, or came back. */ messageIds: v.array(idSchema),
});

/**
 * Marks a message as deleted: alone (what follows stays where it is, and the model does not read the message any more) or
 * with all that follows, on every branch. A reply being written there is stopped.
 */
export const deleteMessage = channel(
  'messages.delete',
  v.strictObject({ messageId: idSchema, following: v.boolean() }),
  changed,
);
/** Takes back one deletion: `messageId` is the message it was asked for. */
export const restoreMessage = channel('messages.restore', v.strictObject({ messageId: idSchema }), changed);
/** A new conversation that holds copies of the messages down to this one, with their traces. */
export const forkConversation = channel(
  'conversations.fork',
  v.strictObject({ messageId: idSchema }),
  conversationSchema,
);

export const treeChannels = {
  [deleteMessage.name]: deleteMessage,
  [restoreMessage.name]: restoreMessage,
  [forkConversation.name]: forkConversation,
} as const;
