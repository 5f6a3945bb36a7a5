/**
 * The reply, as data: everything that shows, stores, exports or serves a reply reads this one stream.
 * Order: `started`, any number of `frame` and `blockCommitted`, then exactly one of `finished` | `stopped` | `failed`.
 * `seq` grows by one from 0. Slots are counted from the reply's first token (slot 0), never from the prompt.
 */
import * as v from 'valibot';
import { idSchema } from './channel.ts';
import { alternativeSchema, committedTokenSchema, entropySchema } from './committed.ts';
import { templateSchema } from './layout.ts';
import { errorSchema } from './result.ts';

export { alternativeSchema, committedTokenSchema, type Alternative, type CommittedToken } from './committed.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const probability = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const ms = v.pipe(v.number(), v.minValue(0));

export const modeSchema = v.picklist(['exact', 'fast', 'ar']);
/** exact: drafts by diffusion, verified by the causal head · fast: blockwise diffusion by threshold · ar: one token a forward. */
export type Mode = v.InferOutput<typeof modeSchema>;

/** The longest reply that can be asked for, in tokens. */
export const MAX_REPLY_TOKENS = 8192;

/** Sampling and denoising settings of one reply. The same object is stored with the generation and reproduces the reply. */
export const generationSettingsSchema = v.strictObject({
  mode: modeSchema,
  /** 0 = greedy. */
  temperature: v.pipe(v.number(), v.minValue(0), v.maxValue(2)),
  /** Nucleus: smallest set with at least this mass; 1 = off. */
  topP: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
  /** Of the engine's top 64 candidates; 64 = all of them. */
  topK: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)),
  /** Logits of tokens seen in the last 256 are divided (if positive) or multiplied (if negative) by this; 1 = off. */
  repetitionPenalty: v.pipe(v.number(), v.minValue(1), v.maxValue(2)),
  /** null: the chat service draws one and stores it. */
  seed: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff))),
  /** Reply length limit in tokens. */
  maxTokens: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_REPLY_TOKENS)),
  /** Fast mode: slots in a block. */
  blockLength: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(64)),
  /**
   * Fast mode: a slot is revealed when its confidence reaches this. In blocks that the pack's drafter writes: a draft stays
   * when the causal head gives it this share of its best token's probability.
   */
  threshold: v.pipe(v.number(), v.minValue(0.05), v.maxValue(1)),
  /** Exact mode: draft tokens on the canvas. */
  draftLength: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8)),
  /** The reply ends before the first of these. */
  stop: v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(200))), v.maxLength(8)),
  /** Ends a reply that only repeats itself. */
  loopGuard: v.boolean(),
  /** What is fixed of the reply, and where it is free; absent: all of it is. */
  layout: v.optional(templateSchema),
});
export type GenerationSettings = v.InferOutput<typeof generationSettingsSchema>;

/** masked: grain · draft: proposed, not verified · revealed: over the threshold, block not yet finished · rejected: a draft or guess taken back · locked: fixed, its turn is still to come. */
export const slotStateSchema = v.picklist(['masked', 'draft', 'revealed', 'committed', 'rejected', 'locked']);
export type SlotState = v.InferOutput<typeof slotStateSchema>;

/** One slot after a forward. `id` and `text` are null and '' where masked. `p`: probability of the token at temperature 1. */
export const slotChangeSchema = v.object({
  slot: count,
  state: slotStateSchema,
  id: v.nullable(count),
  text: v.string(),
  p: probability,
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

const base = { seq: count, /** Milliseconds since `started`. */ t: ms };

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
    pack: v.object({ id: v.string(), name: v.string(), hash: v.string() }),
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
export const isFinal = (e: GenerationEvent): boolean => e.type === 'finished' || e.type === 'stopped' || e.type === 'failed';
