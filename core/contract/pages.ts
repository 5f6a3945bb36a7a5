/** Messages of a long conversation, a page at a time. */
import * as v from 'valibot';
import { channel, idSchema } from './channel.ts';
import { messageSchema } from './conversations.ts';

/** The most messages that one `messages.read` gives. */
export const PAGE_MESSAGES = 200;

/** These messages of a conversation, whole, in the order they were written. One that is not there (any more) is left out. */
export const readMessages = channel(
  'messages.read',
  v.strictObject({
    conversationId: idSchema,
    ids: v.pipe(v.array(idSchema), v.minLength(1), v.maxLength(PAGE_MESSAGES)),
  }),
  v.object({ messages: v.array(messageSchema) }),
);
export const pagesChannels = { [readMessages.name]: readMessages } as const;
