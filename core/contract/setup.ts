/** What a conversation chooses for itself, and what the model will read because of it. */
import * as v from 'valibot';
import { MAX_ATTACHED_CHARACTERS } from './attachments.ts';
import { channel, idSchema } from './channel.ts';
import { MAX_QUESTION_CHARACTERS } from './chat.ts';
import { conversationSchema } from './conversations.ts';
import { promptPartSchema, promptPreviewSchema } from './engine.ts';
import { MAX_REPLY_TOKENS } from './generation.ts';
import { instructionsSchema, setupSchema } from './presets.ts';

/** Sets a conversation's instructions, settings and the preset they came from. */
export const configureConversation = channel(
  'conversations.configure',
  v.strictObject({ id: idSchema, setup: setupSchema }),
  conversationSchema,
);

/**
 * What the model would read if this were asked after `parentId`: the branch, the question where there is one, the
 * instructions. `withText` false: the counts alone, for showing while a person types.
 */
export const previewPrompt = channel(
  'chat.preview',
  v.strictObject({
    conversationId: v.nullable(idSchema),
    parentId: v.nullable(idSchema),
    /** With its files (`withFiles`). */
    text: v.pipe(v.string(), v.maxLength(MAX_QUESTION_CHARACTERS + 2 * MAX_ATTACHED_CHARACTERS)),
    instructions: instructionsSchema,
    maxTokens: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_REPLY_TOKENS)),
    withText: v.boolean(),
  }),
  v.object({
    ...promptPreviewSchema.entries,
    parts: v.array(
      v.object({
        ...promptPartSchema.entries,
        /** The stored message; null: instructions, the question not yet asked, what the template adds. */ messageId:
          v.nullable(idSchema),
      }),
    ),
  }),
);

export const setupChannels = {
  [configureConversation.name]: configureConversation,
  [previewPrompt.name]: previewPrompt,
} as const;
