/**
 * Between the chat service (or the CLI, the bench) and the engine process. Transport: structured-clone messages over a
 * utilityProcess port, a child process channel, or an in-memory pair in tests.
 */
import * as v from 'valibot';
import { errorSchema } from './result.ts';
import { generationEventSchema, generationSettingsSchema } from './generation.ts';

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
  modes: v.array(v.picklist(['exact', 'fast', 'ar'])),
  blockLengths: v.array(v.number()),
  defaults: generationSettingsSchema,
});
export type PackInfo = v.InferOutput<typeof packInfoSchema>;

export const engineStatusSchema = v.variant('state', [
  v.object({ state: v.literal('starting') }),
  v.object({ state: v.literal('loading'), packId: v.string(), step: v.picklist(['verify', 'session', 'self-test']) }),
  v.object({
    state: v.literal('ready'),
    pack: packInfoSchema,
    device: deviceSchema,
    /** Devices that come first in the order but do not serve, each with the reason in words. */
    refused: v.array(v.object({ device: deviceSchema, reason: v.string() })),
    threads: v.number(),
    loadMs: v.number(),
  }),
  v.object({ state: v.literal('failed'), error: errorSchema }),
]);
export type EngineStatus = v.InferOutput<typeof engineStatusSchema>;

/** `replyPrefix`: token ids of a reply that is continued; they stand after the template's generation prompt. */
export const generateRequestSchema = v.object({
  generationId: v.string(),
  messages: v.array(promptMessageSchema),
  replyPrefix: v.array(v.number()),
  settings: generationSettingsSchema,
  seed: v.number(),
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

export const toEngineSchema = v.variant('type', [
  /** devices: order to try; empty = the platform's own order. */
  v.object({ type: v.literal('load'), packDir: v.string(), devices: v.array(deviceSchema), threads: v.optional(v.number()) }),
  v.object({ type: v.literal('generate'), request: generateRequestSchema }),
  v.object({ type: v.literal('cancel'), generationId: v.string() }),
  /** What would be read. `withText`: every part, else the counts alone. */
  v.object({ type: v.literal('preview'), requestId: v.string(), messages: v.array(promptMessageSchema), maxTokens: v.number(), withText: v.boolean() }),
  v.object({ type: v.literal('clear-cache') }),
  v.object({ type: v.literal('shutdown') }),
]);
export type ToEngine = v.InferOutput<typeof toEngineSchema>;

export const fromEngineSchema = v.variant('type', [
  v.object({ type: v.literal('status'), status: engineStatusSchema }),
  v.object({ type: v.literal('event'), generationId: v.string(), event: generationEventSchema }),
  /** preview null: no model is loaded, or its template refuses these messages. */
  v.object({ type: v.literal('previewed'), requestId: v.string(), preview: v.nullable(promptPreviewSchema), error: v.optional(errorSchema) }),
]);
export type FromEngine = v.InferOutput<typeof fromEngineSchema>;

/** A running engine process, as its host sees it. Implementations: utilityProcess, child process, in-memory (tests). */
export interface EngineProcess {
  send(message: ToEngine): void;
  onMessage(listener: (message: FromEngine) => void): void;
  /** Called once when the process is gone; `expected` after `shutdown` or `kill`. */
  onExit(listener: (info: { code: number | null; expected: boolean }) => void): void;
  kill(): void;
  readonly pid: number | undefined;
}
export type SpawnEngine = () => EngineProcess;
