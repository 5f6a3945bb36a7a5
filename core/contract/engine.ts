/**
 * Between the chat service (or the CLI, the bench) and the engine process. Transport: structured-clone messages over a
 * utilityProcess port, a child process channel, or an in-memory pair in tests.
 */
import * as v from 'valibot';
import { capabilitiesSchema } from './capabilities.ts';
import { timeSchema } from './channel.ts';
import { errorSchema } from './result.ts';
import { knownTokenSchema } from './committed.ts';
import { generationEventSchema, generationSettingsSchema } from './generation.ts';
import { kernelChoiceSchema, kernelsAskedSchema } from './kernels.ts';
import { layoutSchema } from './layout.ts';
import { importerAnswerSchema, importerRequestSchema } from './models.ts';
import { serverRefSchema } from './remote.ts';
import { samplerInfoSchema } from './samplers.ts';

export const roleSchema = v.picklist(['system', 'user', 'assistant']);
export type Role = v.InferOutput<typeof roleSchema>;
export const promptMessageSchema = v.object({ role: roleSchema, content: v.string() });
export type PromptMessage = v.InferOutput<typeof promptMessageSchema>;

export const deviceSchema = v.picklist(['webgpu', 'dml', 'coreml', 'cuda', 'cpu']);
export type Device = v.InferOutput<typeof deviceSchema>;

/** What is known of a pack before and after it is loaded. */
export const packInfoSchema = v.object({
  id: v.string(),
  name: v.string(),
  family: v.string(),
  licence: v.string(),
  parameters: v.number(),
  contextLength: v.number(),
  /** SHA-256 over the manifest: names the exact weights, adapter and graph. */
  hash: v.string(),
  adapter: v.nullable(v.object({ name: v.string(), version: v.string() })),
  /** What the model can be run with, in the order a form shows them. */
  samplers: v.array(samplerInfoSchema),
  /** How far what stands after a span is seen when it is rewritten. canvas: by masked rows on one canvas with it, and by the causal head that scores it · score: by that score alone. */
  rightContext: v.optional(v.picklist(['canvas', 'score'])),
  defaults: generationSettingsSchema,
  /** Where it runs, if not on this machine. */
  server: v.optional(serverRefSchema),
});
export type PackInfo = v.InferOutput<typeof packInfoSchema>;

/**
 * Present while the engine has work and gives no sign of life: since when, in milliseconds since 1970. It goes away when the
 * engine beats again. A window offers `engine.restart`; stopping a reply ends it at once and restarts the engine.
 */
const silentSince = v.optional(timeSchema);
export const engineStatusSchema = v.variant('state', [
  v.object({ state: v.literal('starting'), silentSince }),
  v.object({
    state: v.literal('loading'),
    packId: v.string(),
    step: v.picklist(['verify', 'measure', 'layout', 'session', 'self-test']),
    /** How far a long step is, from 0 to 1. */
    share: v.optional(v.number()),
    silentSince,
  }),
  v.object({
    state: v.literal('ready'),
    pack: packInfoSchema,
    /** remote: on another machine's, which does not say which. */
    device: v.union([deviceSchema, v.literal('remote')]),
    /** Devices that come first in the order but do not serve, each with the reason in words. */
    refused: v.array(v.object({ device: deviceSchema, reason: v.string() })),
    threads: v.number(),
    /** How the processor runs it; absent where it does not run the model. */
    kernels: v.optional(kernelChoiceSchema),
    loadMs: v.number(),
    /** The process was ended to free its memory: what it can do is known, and it loads again for the next question. */
    unloaded: v.optional(v.literal(true)),
    /** Absent: all of them. */
    capabilities: v.optional(capabilitiesSchema),
    silentSince,
  }),
  v.object({ state: v.literal('failed'), error: errorSchema }),
]);
export type EngineStatus = v.InferOutput<typeof engineStatusSchema>;
/** Whether a model is in memory and can begin at once. */
export const isInMemory = (status: EngineStatus): boolean => status.state === 'ready' && status.unloaded !== true;
/** A window draws with two threads of its own. */
const DRAWING_THREADS = 2;
/** Whether the model leaves too few of a machine's `cores` for a window to draw on: what the window uses is taken from the model. */
export const fillsCores = (status: EngineStatus, cores: number): boolean =>
  status.state === 'ready' && status.device === 'cpu' && status.threads + DRAWING_THREADS > cores;

/** `replyPrefix`: token ids of a reply that is continued; they stand after the template's generation prompt. */
export const generateRequestSchema = v.object({
  generationId: v.string(),
  messages: v.array(promptMessageSchema),
  /** Token ids that are read in place of the messages, without a chat template; the reply goes on after them. */
  prompt: v.optional(v.array(v.number())),
  replyPrefix: v.array(v.number()),
  /** In place of `replyPrefix`, where the ids are not known or another model's: the text of the reply so far, and how many slots it takes. */
  goesOn: v.optional(v.object({ text: v.string(), slots: v.number() })),
  /** Names the conversation to a server, so that it can keep what it has read: means nothing outside this machine. */
  affinity: v.optional(v.string()),
  /** It may be written on this machine alone. */
  localOnly: v.optional(v.boolean()),
  settings: generationSettingsSchema,
  seed: v.number(),
  /** The parts still to be written after `replyPrefix`; absent: the settings' own, where they have one. */
  layout: v.optional(layoutSchema),
  /** The model that writes it; absent: the one that is loaded (core/app/guests.ts). No engine process is given this. */
  model: v.optional(v.string()),
  /** The model is for this reply alone: the one before comes back after it. */
  once: v.optional(v.boolean()),
});
export type GenerateRequest = v.InferOutput<typeof generateRequestSchema>;

/** One message as the model reads it: `message` is its place in the request's list; null: what the pack or its template adds. */
export const promptPartSchema = v.object({
  message: v.nullable(v.number()),
  role: v.nullable(roleSchema),
  /** With the template's frame; of one that is left out, its words alone. */
  tokens: v.number(),
  /** As rendered; '' where the text was not asked for. */
  text: v.string(),
  /** Left out, because the context is full. */
  dropped: v.boolean(),
});
/** The prompt of a conversation, before it is sent. */
export const promptPreviewSchema = v.object({
  /** Empty where the text was not asked for. */
  parts: v.array(promptPartSchema),
  /** Tokens of what is read. */
  tokens: v.number(),
  contextLength: v.number(),
  /** Tokens kept free for the reply. */
  reserve: v.number(),
  droppedMessages: v.number(),
  /** False: instructions and last message alone are too long to be read. */
  fits: v.boolean(),
});
export type PromptPreview = v.InferOutput<typeof promptPreviewSchema>;
/** A span of a reply to rewrite. `from`, `to`: its tokens, the last excluded. `min`, `max`: how many it may have afterwards. */
export const spanSchema = v.strictObject({
  from: v.pipe(v.number(), v.integer(), v.minValue(0)),
  to: v.pipe(v.number(), v.integer(), v.minValue(0)),
  min: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(512)),
  max: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(512)),
});
export type Span = v.InferOutput<typeof spanSchema>;

/**
 * Asks for other ways to write spans of a reply; what stands between and after them is seen and kept. With one span the
 * candidates are different ways to fill it; with several each candidate fills them all, in order.
 */
export const fillRequestSchema = v.object({
  fillId: v.string(),
  messages: v.array(promptMessageSchema),
  reply: v.array(v.number()),
  /** Whether the reply's end was the model's own: it then counts as what follows the last token. */
  ended: v.boolean(),
  spans: v.array(spanSchema),
  candidates: v.number(),
  settings: generationSettingsSchema,
  seed: v.number(),
});
export type FillRequest = v.InferOutput<typeof fillRequestSchema>;

/** One filled span. `span`, `rest`: mean log-likelihood, in nats a token, of the span's tokens and of up to 16 tokens after it. */
export const filledSpanSchema = v.object({
  from: v.number(),
  to: v.number(),
  tokens: v.array(knownTokenSchema),
  span: v.number(),
  rest: v.number(),
});
export type FilledSpan = v.InferOutput<typeof filledSpanSchema>;
export const fillResultSchema = v.object({
  /** The likeliest first. */
  candidates: v.array(v.object({ spans: v.array(filledSpanSchema) })),
  /** The same figures for what stood there before. */
  original: v.array(v.object({ span: v.number(), rest: v.number() })),
  forwards: v.number(),
  ms: v.number(),
});
export type FillResult = v.InferOutput<typeof fillResultSchema>;

/** How many of a reply's `tokens` the causal head alone draws in their places, with these settings and this seed. */
export const agreeRequestSchema = v.object({
  messages: v.array(promptMessageSchema),
  tokens: v.array(v.number()),
  settings: generationSettingsSchema,
  seed: v.number(),
});
export type AgreeRequest = v.InferOutput<typeof agreeRequestSchema>;

/** A text in the model's tokens: ids and, for each, the text that it completes. */
export const tokenizedSchema = v.object({ ids: v.array(v.number()), pieces: v.array(v.string()) });
export type Tokenized = v.InferOutput<typeof tokenizedSchema>;

export const toEngineSchema = v.variant('type', [
  /** devices: order to try; empty = the platform's own order. */
  v.object({
    type: v.literal('load'),
    packDir: v.string(),
    devices: v.array(deviceSchema),
    /** Absent: the usual ones. `auto` wants `measurements`. */
    kernels: v.optional(kernelsAskedSchema),
    /** The file that keeps what was measured, by machine and shape. */
    measurements: v.optional(v.string()),
  }),
  v.object({ type: v.literal('generate'), request: generateRequestSchema }),
  v.object({ type: v.literal('fill'), request: fillRequestSchema }),
  /** A generation or a fill, by its id. */
  v.object({ type: v.literal('cancel'), generationId: v.string() }),
  /** What would be read. `withText`: every part, else the counts alone. */
  v.object({
    type: v.literal('preview'),
    requestId: v.string(),
    messages: v.array(promptMessageSchema),
    maxTokens: v.number(),
    withText: v.boolean(),
  }),
  v.object({ type: v.literal('agree'), requestId: v.string(), request: agreeRequestSchema }),
  /** Plain text in tokens; what looks like a special token stays text. */
  v.object({ type: v.literal('tokenize'), requestId: v.string(), text: v.string() }),
  v.object({ type: v.literal('clear-cache') }),
  /** Work on checkpoints, for a process that has loaded no pack. */
  v.object({ type: v.literal('importer'), request: importerRequestSchema }),
  v.object({ type: v.literal('shutdown') }),
]);
export type ToEngine = v.InferOutput<typeof toEngineSchema>;

export const fromEngineSchema = v.variant('type', [
  /**
   * A sign of life, about every second while there is work. It comes from a thread of its own, so a forward or a load that
   * takes minutes does not hold it up. `forwards`: how many forwards this process has ended; `cpuMs`: processor time it has used.
   */
  v.object({ type: v.literal('beat'), forwards: v.number(), cpuMs: v.number() }),
  v.object({ type: v.literal('status'), status: engineStatusSchema }),
  v.object({ type: v.literal('importer'), answer: importerAnswerSchema }),
  v.object({ type: v.literal('event'), generationId: v.string(), event: generationEventSchema }),
  v.object({ type: v.literal('agreed'), requestId: v.string(), equal: v.number(), error: v.optional(errorSchema) }),
  /** preview null: no model is loaded, or its template refuses these messages. */
  v.object({
    type: v.literal('previewed'),
    requestId: v.string(),
    preview: v.nullable(promptPreviewSchema),
    error: v.optional(errorSchema),
  }),
  v.object({
    type: v.literal('tokenized'),
    requestId: v.string(),
    tokens: v.nullable(tokenizedSchema),
    error: v.optional(errorSchema),
  }),
  /** The best way so far to write the span that is being filled, as text pieces with probabilities. */
  v.object({
    type: v.literal('filling'),
    fillId: v.string(),
    span: v.number(),
    best: v.array(v.tuple([v.string(), v.number()])),
  }),
  /** `result` null: it was cancelled. */
  v.object({
    type: v.literal('filled'),
    fillId: v.string(),
    result: v.nullable(fillResultSchema),
    error: v.optional(errorSchema),
  }),
]);
export type FromEngine = v.InferOutput<typeof fromEngineSchema>;

/** How a process ended. `signal`: the one that ended it, where the system says so. `expected`: after `shutdown` or `kill`. */
export interface EngineExit {
  code: number | null;
  signal?: string | null;
  expected: boolean;
}
/** A running engine process, as its host sees it. Implementations: utilityProcess, child process, in-memory (tests). */
export interface EngineProcess {
  send(message: ToEngine): void;
  onMessage(listener: (message: FromEngine) => void): void;
  /** Called once when the process is gone. */
  onExit(listener: (info: EngineExit) => void): void;
  /** Ends it at once, stopped or not. */
  kill(): void;
  /** Whether it sends `beat`s: only then does silence mean anything. */
  readonly beats?: boolean;
  readonly pid: number | undefined;
}
export type SpawnEngine = () => EngineProcess;
