/** The same question and seed, with several settings: each lane is an ordinary reply to the question. */
import * as v from 'valibot';
import { channel, idSchema } from './channel.ts';
import { conversationSchema, messageSchema } from './conversations.ts';
import { modelIdSchema } from './models.ts';
import { chosenSettingsSchema } from './presets.ts';

export const MOST_LANES = 5;

/**
 * Starts a reply to a question for each lane, all with one seed: the first lane's, or where that is null one drawn here.
 * There is one engine: they are written in turns, in this order. `show`: the lane that stays as the branch shown.
 */
export const startRace = channel(
  'chat.race',
  v.strictObject({
    conversationId: idSchema,
    parentId: idSchema,
    lanes: v.pipe(v.array(chosenSettingsSchema), v.minLength(2), v.maxLength(MOST_LANES)),
    /** The model of each lane, where it is not the one in use. */
    models: v.optional(v.pipe(v.array(v.nullable(modelIdSchema)), v.maxLength(MOST_LANES))),
    show: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_LANES - 1)),
  }),
  v.object({ conversation: conversationSchema, replies: v.array(messageSchema) }),
);

export const raceChannels = { [startRace.name]: startRace } as const;
