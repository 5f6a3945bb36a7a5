/** The person holds the canvas: other ways to write spans of a finished reply. Accepting one is `chat.branch` with a layout. */
import * as v from 'valibot';
import { channel, idSchema, nothing } from './channel.ts';
import { fillResultSchema, spanSchema } from './engine.ts';
import { chosenSettingsSchema } from './presets.ts';
import { holeSchema, writtenSchema } from './layout.ts';

const place = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8192));
/** Tokens of the reply that is branched from, `to` excluded: the service takes them from its store, so they are kept exactly. */
export const keptRangeSchema = v.strictObject({ kind: v.literal('kept'), from: place, to: place });
export const branchLayoutSchema = v.pipe(
  v.array(v.variant('kind', [holeSchema, keptRangeSchema, writtenSchema])),
  v.minLength(1),
  v.maxLength(400),
);
export type BranchLayout = v.InferOutput<typeof branchLayoutSchema>;

/**
 * Candidates for spans of an ended reply; nothing is stored. Answers when all are there (`result` null: it was stopped);
 * the push `filling` carries the best so far. `fillId` is the caller's own name for it.
 */
const fillChat = channel(
  'chat.fill',
  v.strictObject({
    messageId: idSchema,
    fillId: idSchema,
    spans: v.pipe(v.array(spanSchema), v.minLength(1), v.maxLength(64)),
    candidates: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(6)),
    settings: chosenSettingsSchema,
  }),
  v.object({ result: v.nullable(fillResultSchema) }),
);
const stopFill = channel('chat.fill-stop', v.strictObject({ fillId: idSchema }), nothing);

export const rewriteChannels = { [fillChat.name]: fillChat, [stopFill.name]: stopFill } as const;

export const fillingPushSchema = v.object({
  topic: v.literal('filling'),
  messageId: idSchema,
  fillId: idSchema,
  span: v.number(),
  best: v.array(v.tuple([v.string(), v.number()])),
});
