/** A committed token, as events, templates and exports hold it. */
import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const probability = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
/** Nats, over the whole vocabulary (a drafter's: over its best candidates). Absent where it was not known or not stored. */
export const entropySchema = v.optional(v.pipe(v.number(), v.minValue(0)));

/** An alternative for a slot: token id, text piece, probability. */
export const alternativeSchema = v.tuple([count, v.string(), probability]);
export type Alternative = v.InferOutput<typeof alternativeSchema>;

/**
 * A committed token. `text` pieces of all committed tokens joined are the reply's text: a token that ends within a
 * character has the empty piece, and the token that completes the character carries it.
 * `forward`: the forward (1-based, within the reply) that revealed it. `via`: how it came; locked: fixed by a person or
 * kept from an earlier reply, `p` is what the model gave it.
 */
export const committedTokenSchema = v.object({
  id: count,
  text: v.string(),
  p: probability,
  forward: count,
  via: v.picklist(['context', 'draft', 'revealed', 'revised', 'locked']),
  /** Of the row that drew it. */
  entropy: entropySchema,
  alternatives: v.optional(v.array(alternativeSchema)),
});
export type CommittedToken = v.InferOutput<typeof committedTokenSchema>;
