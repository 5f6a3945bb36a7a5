import * as v from 'valibot';
import { newAttachmentsSchema } from './attachments.ts';
import { channel, idSchema, nothing } from './channel.ts';
import { conversationSchema, messageSchema } from './conversations.ts';
import { MAX_REPLY_TOKENS } from './generation.ts';
import { branchLayoutSchema } from './rewrite.ts';
import { modelIdSchema } from './models.ts';
import { chosenSettingsSchema, setupSchema } from './presets.ts';

export const MAX_QUESTION_CHARACTERS = 200_000;
export const questionText = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_QUESTION_CHARACTERS));
/** What this request alone asks for. The rest is the conversation's, and where that chose nothing the app's (settings.ts). */
const requestSettings = chosenSettingsSchema;
const started = v.object({
  conversation: conversationSchema,
  question: v.nullable(messageSchema),
  reply: messageSchema,
});

/**
 * Stores a question and starts its reply. `conversationId` null: a new conversation. `parentId` null: its first message.
 * While a reply on the branch down to `parentId` is pending this is refused with `conflict`, and nothing is stored: ask again
 * once the reply has ended. Other branches and conversations may ask meanwhile; their replies wait for their turn.
 */
export const sendChat = channel(
  'chat.send',
  v.strictObject({
    conversationId: v.nullable(idSchema),
    parentId: v.nullable(idSchema),
    text: questionText,
    settings: requestSettings,
    /** What a new conversation chooses for itself. */ setup: v.optional(setupSchema),
    /** Files that are read before it. */ attachments: v.optional(newAttachmentsSchema),
  }),
  started,
);
/** Writes a (further) reply to a question: retry makes a sibling, nothing is overwritten. `parentId` names the question. */
export const replyChat = channel(
  'chat.reply',
  v.strictObject({
    conversationId: idSchema,
    parentId: idSchema,
    settings: requestSettings,
    /** The model that writes it, where that is not the one in use: it is loaded for this reply. */
    model: v.optional(modelIdSchema),
  }),
  started,
);
/** Goes on with a reply that was stopped, interrupted, failed or cut by length, from its committed tokens. */
export const continueChat = channel('chat.continue', v.strictObject({ messageId: idSchema }), started);
/**
 * Writes a sibling of an ended reply that shares its first `tokens` tokens, with these settings from there on. Their
 * `maxTokens` counts what is newly written. With a layout these are its parts: spans that were accepted, tokens kept, holes.
 */
export const branchChat = channel(
  'chat.branch',
  v.strictObject({
    messageId: idSchema,
    tokens: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_REPLY_TOKENS)),
    settings: requestSettings,
    layout: v.optional(branchLayoutSchema),
  }),
  started,
);
/**
 * Writes a reply once more with the seed, settings and instructions it was written with: a sibling that should come out equal.
 * One that branched off another begins with the same tokens.
 */
export const reproduceChat = channel('chat.reproduce', v.strictObject({ messageId: idSchema }), started);
/** Takes effect within two forwards; what is committed stays. Stopping a reply that has ended does nothing. */
export const stopChat = channel('chat.stop', v.strictObject({ messageId: idSchema }), nothing);
