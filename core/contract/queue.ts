/** Questions asked while a reply is written: they wait in order and are sent, one after the other, when the reply before them ends. */
import * as v from 'valibot';
import { attachmentSchema, newAttachmentsSchema } from './attachments.ts';
import { channel, idSchema, timeSchema } from './channel.ts';
import { questionText } from './chat.ts';
import { chosenSettingsSchema } from './settings.ts';
import { MAX_DRAFT } from './order.ts';
import { errorSchema } from './result.ts';

/** Questions that wait at one conversation. */
export const MAX_QUEUED = 20;
/** Characters of a waiting question that are shown; the whole of it stays in the service. */
export const QUEUED_SHOWN = 500;

/** `text`: its first `QUEUED_SHOWN` characters. */
export const queuedSchema = v.object({
  id: idSchema,
  text: v.string(),
  attachments: v.array(attachmentSchema),
  createdAt: timeSchema,
});
export type Queued = v.InferOutput<typeof queuedSchema>;

/**
 * Why the questions are not sent by themselves. stopped: the person stopped the reply · failed: the reply failed or the engine
 * ended · elsewhere: another branch is shown than the one they were asked on · refused: sending was refused (`error`) ·
 * closed: the app was closed meanwhile.
 */
export const heldSchema = v.picklist(['stopped', 'failed', 'elsewhere', 'refused', 'closed']);
export type Held = v.InferOutput<typeof heldSchema>;

/** First in the list, first sent. `held` null: the first is sent when the reply before it has ended. */
export const queueSchema = v.object({
  conversationId: idSchema,
  questions: v.array(queuedSchema),
  held: v.nullable(heldSchema),
  error: v.nullable(errorSchema),
});
export type Queue = v.InferOutput<typeof queueSchema>;

const one = v.strictObject({ conversationId: idSchema, id: idSchema });

const readQueue = channel('queue.read', v.strictObject({ conversationId: idSchema }), queueSchema);
/**
 * Puts a question at the end; on disk when it returns. `after`: the reply it follows. Where that has ended meanwhile the
 * question is sent at once, or waits as after any end. Questions that were held go on with it.
 * @throws conflict where too many wait
 */
const addQueued = channel(
  'queue.add',
  v.strictObject({
    conversationId: idSchema,
    after: idSchema,
    text: questionText,
    settings: chosenSettingsSchema,
    attachments: newAttachmentsSchema,
  }),
  queueSchema,
);
/** Takes a question off. `queue.restore` puts it back where it was, while the app runs. */
const removeQueued = channel('queue.remove', one, queueSchema);
const restoreQueued = channel('queue.restore', one, queueSchema);
/** Takes a question back into the unsent words of its conversation, before what is written there (`draft`); returns the new draft, kept as `desk.keep` does, and its files. */
const takeQueued = channel(
  'queue.take',
  v.strictObject({ ...one.entries, draft: v.pipe(v.string(), v.maxLength(MAX_DRAFT)) }),
  v.object({
    queue: queueSchema,
    draft: v.string(),
    attachments: v.array(v.object({ name: v.string(), text: v.string() })),
  }),
);
/** Sends the first at the end of the branch shown; the others follow. @throws conflict while a reply is written */
const sendQueued = channel('queue.send', v.strictObject({ conversationId: idSchema }), queueSchema);

export const queueChannels = {
  [readQueue.name]: readQueue,
  [addQueued.name]: addQueued,
  [removeQueued.name]: removeQueued,
  [restoreQueued.name]: restoreQueued,
  [takeQueued.name]: takeQueued,
  [sendQueued.name]: sendQueued,
} as const;

/** The questions that wait at a conversation have changed. */
export const queuePushSchema = v.object({ topic: v.literal('queue'), queue: queueSchema });
