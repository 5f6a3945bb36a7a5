import * as v from 'valibot';
import { attachmentSchema } from './attachments.ts';
import { channel, idSchema, timeSchema } from './channel.ts';
import { roleSchema } from './engine.ts';
import {
  committedTokenSchema,
  countsSchema,
  generationEventSchema,
  generationSettingsSchema,
  modeSchema,
  slotChangeSchema,
  stopReasonSchema,
  writerSchema,
} from './generation.ts';
import { setupSchema } from './presets.ts';
import { errorSchema } from './result.ts';

export const conversationSchema = v.object({
  id: idSchema,
  title: v.string(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  messageCount: v.number(),
  /** The leaf of the branch shown last. */
  currentMessageId: v.nullable(idSchema),
  folderId: v.nullable(idSchema),
  /** Since when it stands above the others. */
  pinnedAt: v.nullable(timeSchema),
  /** Since when it is out of the list, in the archive. */
  archivedAt: v.nullable(timeSchema),
  /** A reply has ended in it that nobody has seen. */
  unread: v.boolean(),
  /** Of servers that were asked for its replies, deleted ones included; absent: none was. */
  hosts: v.optional(v.array(v.string())),
  /** What it chose for itself; absent: nothing. */
  setup: v.optional(setupSchema),
  /** Where it was forked off: the other conversation, the message there, and its copy here. */
  forkedFrom: v.optional(v.object({ conversationId: idSchema, messageId: idSchema, at: idSchema })),
});
export type Conversation = v.InferOutput<typeof conversationSchema>;

/** complete: written · pending: a reply is being written · stopped: by the person · interrupted: the app or engine ended under it · failed: with an error. */
export const messageStatusSchema = v.picklist(['complete', 'pending', 'stopped', 'interrupted', 'failed']);
export type MessageStatus = v.InferOutput<typeof messageStatusSchema>;

/** The newest generation of a reply, without its frames. */
export const generationSummarySchema = v.object({
  id: idSchema,
  mode: modeSchema,
  seed: v.number(),
  settings: generationSettingsSchema,
  pack: v.nullable(writerSchema),
  device: v.nullable(v.string()),
  reason: v.nullable(stopReasonSchema),
  counts: v.nullable(countsSchema),
  droppedMessages: v.number(),
  error: v.nullable(errorSchema),
  /** The reply that this one was asked to come out equal to. */
  reproduces: v.optional(idSchema),
});
export type GenerationSummary = v.InferOutput<typeof generationSummarySchema>;

export const messageSchema = v.object({
  id: idSchema,
  conversationId: idSchema,
  parentId: v.nullable(idSchema),
  role: roleSchema,
  text: v.string(),
  status: messageStatusSchema,
  createdAt: timeSchema,
  generation: v.nullable(generationSummarySchema),
  /** The model that wrote a reply of another app. */
  model: v.optional(v.string()),
  /** Text files that a question brought along. */
  attachments: v.optional(v.array(attachmentSchema)),
  /** Set where the message is deleted: when, and the message whose deletion took it along (itself, where it was deleted by itself). */
  deletedAt: v.optional(timeSchema),
  deletedWith: v.optional(idSchema),
});
export type Message = v.InferOutput<typeof messageSchema>;

/** A message without what takes room: enough to place it in the tree and to guess its size on a page. `bytes`: of its text in UTF-8. */
export const messageHeadSchema = v.object({
  id: idSchema,
  parentId: v.nullable(idSchema),
  role: roleSchema,
  status: messageStatusSchema,
  createdAt: timeSchema,
  bytes: v.number(),
  deletedAt: v.optional(timeSchema),
  deletedWith: v.optional(idSchema),
});
export type MessageHead = v.InferOutput<typeof messageHeadSchema>;

/** What a client needs to join a reply that is being written: committed tokens so far, canvas now, the seq both stand at. */
export const activeReplySchema = v.object({
  messageId: idSchema,
  generationId: idSchema,
  seq: v.number(),
  tokens: v.array(committedTokenSchema),
  canvas: v.object({ from: v.number(), length: v.number() }),
  slots: v.array(slotChangeSchema),
  counts: v.object({ forwards: v.number(), ms: v.number() }),
});
export type ActiveReply = v.InferOutput<typeof activeReplySchema>;

/** All that are not in the trash, the newest first. `newest`: so many of them and all that are pinned, for a window that opens. */
export const listConversations = channel(
  'conversations.list',
  v.strictObject({ newest: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))) }),
  v.array(conversationSchema),
);
/**
 * A conversation, to be shown. `messages` and `heads` together are all its messages, each in one of them. A long conversation
 * comes with those messages whole that stand around `around` (not given: around the place read last; null, or not there: at
 * the end of the branch shown) and with those that are being written; the others are read by `messages.read` as they are wanted.
 */
/** What servers were asked for the replies of a conversation, all branches and deleted ones included. */
export const costOfConversation = channel(
  'conversations.cost',
  v.strictObject({ id: idSchema }),
  v.object({
    /** By currency. */
    costs: v.array(v.object({ amount: v.number(), currency: v.string() })),
    /** Replies of servers of which a part has no known price or count of tokens: such a part is in no sum. */
    unknown: v.number(),
  }),
);
export const getConversation = channel(
  'conversations.get',
  v.strictObject({ id: idSchema, around: v.optional(v.nullable(idSchema)) }),
  v.object({
    conversation: conversationSchema,
    messages: v.array(messageSchema),
    heads: v.array(messageHeadSchema),
    active: v.nullable(activeReplySchema),
  }),
);
export const renameConversation = channel(
  'conversations.rename',
  v.strictObject({ id: idSchema, title: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200)) }),
  conversationSchema,
);
/** Chooses the branch shown: the leaf of `messageId`'s subtree that was shown last. */
export const selectBranch = channel(
  'conversations.select',
  v.strictObject({ id: idSchema, messageId: idSchema }),
  conversationSchema,
);

/** A reply's committed tokens (with confidence and alternatives) and, on request, every stored event: replay needs no model. */
export const getTrace = channel(
  'generations.trace',
  v.strictObject({ messageId: idSchema, frames: v.boolean() }),
  v.object({ tokens: v.array(committedTokenSchema), events: v.array(generationEventSchema) }),
);
