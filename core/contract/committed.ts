/** A committed token, as events, templates and exports hold it. */
import * as v from 'valibot';
import { failure } from './result.ts';

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
 * kept from an earlier reply, `p` is what the model gave it, or null where it stood on the canvas and was never predicted.
 */
export const committedTokenSchema = v.object({
  /** Of the model's vocabulary; null: the engine does not say it (capability `tokenIds`). */
  id: v.nullable(count),
  text: v.string(),
  /** Null: the engine does not say it (capability `probabilities`), or the model did not predict the token. */
  p: v.nullable(probability),
  forward: count,
  via: v.picklist(['context', 'draft', 'revealed', 'revised', 'locked']),
  /** Of the row that drew it. */
  entropy: entropySchema,
  alternatives: v.optional(v.array(alternativeSchema)),
});
export type CommittedToken = v.InferOutput<typeof committedTokenSchema>;
/** As an engine writes it that runs the model itself: its id is known. */
export const knownTokenSchema = v.object({ ...committedTokenSchema.entries, id: count });
export type KnownToken = v.InferOutput<typeof knownTokenSchema>;

/** The tokens' ids. @throws bad-request where an engine wrote them that does not say which they are */
export function idsOf(tokens: readonly CommittedToken[]): number[] {
  return tokens.map(({ id }) => {
    if (id === null) throw failure('chat.tokens-unknown');
    return id;
  });
}
