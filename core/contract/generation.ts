/**
 * The reply, as data: everything that shows, stores, exports or serves a reply reads this one stream.
 * Order: `started`, any number of `frame` and `blockCommitted`, then exactly one of `finished` | `stopped` | `failed`.
 * `seq` grows by one from 0. Slots are counted from the reply's first token (slot 0), never from the prompt.
 */
import * as v from 'valibot';
import { idSchema } from './channel.ts';
import { alternativeSchema, committedTokenSchema, entropySchema } from './committed.ts';
import { serverRefSchema } from './remote.ts';
import { errorSchema } from './result.ts';
import { modeSchema } from './samplers.ts';

export {
  alternativeSchema,
  committedTokenSchema,
  type Alternative,
  type CommittedToken,
  type KnownToken,
} from './committed.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const probability = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const ms = v.pipe(v.number(), v.minValue(0));

export { modeSchema, type Mode } from './samplers.ts';
export { generationSettingsSchema, MAX_REPLY_TOKENS, type GenerationSettings } from './settings.ts';

/** masked: grain · draft: proposed, not verified · revealed: over the threshold, block not yet finished · rejected: a draft or guess taken back · locked: fixed, its turn is still to come · noise: a random token, another one in each step · guess: what the drafter expects beyond its drafts; no forward has verified it. */
export const slotStateSchema = v.picklist([
  'masked',
  'draft',
  'revealed',
  'committed',
  'rejected',
  'locked',
  'noise',
  'guess',
]);
export type SlotState = v.InferOutput<typeof slotStateSchema>;

/** One slot after a forward. `id` and `text` are null and '' where masked. `p`: probability of the token at temperature 1; null: the engine does not say it, or a person fixed the token. */
export const slotChangeSchema = v.object({
  slot: count,
  state: slotStateSchema,
  id: v.nullable(count),
  text: v.string(),
  p: v.nullable(probability),
  /** Of the row that filled the slot; where masked: of the model's newest guess at it. */
  entropy: entropySchema,
  alternatives: v.optional(v.array(alternativeSchema)),
});
export type SlotChange = v.InferOutput<typeof slotChangeSchema>;

export const countsSchema = v.object({
  /** Committed tokens of this generation, end-of-turn not counted. */
  tokens: count,
  /** Forwards after prefill, commit forwards included. tokens / forwards = TPF. */
  forwards: count,
  prefillForwards: count,
  /** Tokens of the rendered prompt; `cachedTokens` of them were taken from the prefix cache. */
  promptTokens: count,
  cachedTokens: count,
  drafted: count,
  accepted: count,
  msPrefill: ms,
  msDecode: ms,
  /** Share of msDecode spent inside the model session. */
  msForward: ms,
  /**
   * Where msDecode went, as measured: absent in replies written before it was. msDraft + msCanvas + msVerify = msForward;
   * with msCommit they are at most msDecode, the rest went to telling of it.
   * msDraft: in the drafter. msCanvas: forwards with canvas rows, which denoise and verify in one run.
   */
  msDraft: v.optional(ms),
  msCanvas: v.optional(ms),
  /** Forwards of context rows alone: they check drafts, draw the next token, or read what is fixed. */
  msVerify: v.optional(ms),
  /** Choosing tokens, and taking keys and values over into the cache. */
  msCommit: v.optional(ms),
});
export type Counts = v.InferOutput<typeof countsSchema>;
/** Of a reply that never began. */
export const noCounts: Readonly<Counts> = {
  tokens: 0,
  forwards: 0,
  prefillForwards: 0,
  promptTokens: 0,
  cachedTokens: 0,
  drafted: 0,
  accepted: 0,
  msPrefill: 0,
  msDecode: 0,
  msForward: 0,
};

const base = { seq: count, /** Milliseconds since `started`. */ t: ms };

/** The model that writes a reply; `server`: where, if not on this machine. */
export const writerSchema = v.object({
  id: v.string(),
  name: v.string(),
  hash: v.string(),
  server: v.optional(serverRefSchema),
});
export type Writer = v.InferOutput<typeof writerSchema>;

export const stopReasonSchema = v.picklist(['end', 'length', 'stop-string', 'loop', 'context-full']);
export type StopReason = v.InferOutput<typeof stopReasonSchema>;

export const generationEventSchema = v.variant('type', [
  v.object({
    type: v.literal('started'),
    ...base,
    mode: modeSchema,
    seed: count,
    promptTokens: count,
    cachedTokens: count,
    /** Whole turns left out at the start of the conversation because the context is full. */
    droppedMessages: count,
    blockLength: count,
    /** The first slot this generation writes: > 0 when it continues a reply. */
    firstSlot: count,
    /** The reply that this one branched off at `firstSlot`; what stands before it was copied from there. */
    forkedFrom: v.optional(idSchema),
    pack: writerSchema,
    device: v.string(),
  }),
  v.object({
    type: v.literal('frame'),
    ...base,
    /** 1-based number of the forward that led to this frame; 0: before the first. */
    forward: count,
    block: count,
    /** The slots being denoised now. */
    canvas: v.object({ from: count, length: count }),
    /** Only slots that changed since the frame before. */
    changes: v.array(slotChangeSchema),
    /** Slots of the canvas at which the model gives the reply's end a chance worth telling, with that chance; no list: none is known. */
    ends: v.optional(v.array(v.tuple([count, probability]))),
  }),
  v.object({
    type: v.literal('blockCommitted'),
    ...base,
    forward: count,
    block: count,
    /** First slot of the block; the tokens follow one another. */
    from: count,
    tokens: v.array(committedTokenSchema),
  }),
  v.object({ type: v.literal('finished'), ...base, reason: stopReasonSchema, counts: countsSchema }),
  v.object({ type: v.literal('stopped'), ...base, counts: countsSchema }),
  v.object({ type: v.literal('failed'), ...base, error: errorSchema, counts: v.optional(countsSchema) }),
]);
export type GenerationEvent = v.InferOutput<typeof generationEventSchema>;
export type GenerationEventOf<T extends GenerationEvent['type']> = Extract<GenerationEvent, { type: T }>;
export const isFinal = (e: GenerationEvent): boolean =>
  e.type === 'finished' || e.type === 'stopped' || e.type === 'failed';
