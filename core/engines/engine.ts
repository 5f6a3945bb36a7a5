/**
 * An engine: what writes replies. The chat service, the command line and the tests know it through this alone; what one can do
 * beyond writing is among its capabilities (core/contract/capabilities.ts).
 */
import type {
  AgreeRequest,
  EngineStatus,
  FillRequest,
  FillResult,
  GenerateRequest,
  PromptMessage,
  PromptPreview,
  Tokenized,
} from '../contract/engine.ts';
import type { GenerationEvent } from '../contract/generation.ts';

export type OnEvent = (event: GenerationEvent) => void;
/** The best way so far to write a span, as text pieces with probabilities. */
export type OnBest = (span: number, best: [string, number][]) => void;

export interface Engine {
  /** The newest. `ready` says what the engine can do. */
  readonly status: EngineStatus;
  /** Returns the unsubscriber. */
  onStatus(listener: (status: EngineStatus) => void): () => void;
  /** Waits until the engine is ready, then writes. `onEvent` gets exactly one final event, whatever happens. */
  generate(request: GenerateRequest, onEvent: OnEvent): void;
  /** Ends a generation with `stopped`, or a fill, by its id, within a second. Does nothing where it has ended. */
  cancel(id: string): void;
  /**
   * Other ways to write spans of a reply. Resolves to null where it was cancelled (by its id). Rejects with what was wrong.
   * Needs the capability `fill`.
   */
  fill(request: FillRequest, onBest?: OnBest): Promise<FillResult | null>;
  /**
   * The prompt as it would be read, at once, between two forwards. `maxTokens`: length asked of the reply. Rejects with
   * engine-not-ready, engine-silent or engine-crashed. Needs the capability `preview`.
   */
  preview(messages: PromptMessage[], options: { maxTokens: number; withText: boolean }): Promise<PromptPreview>;
  /** A text in the model's tokens, at once. Rejects as `preview` does. Needs the capability `preview`. */
  tokenize(text: string): Promise<Tokenized>;
  /** How many of a reply's tokens the causal head draws in their places. Rejects as `preview` does. Needs the capability `agreement`. */
  agree(request: AgreeRequest): Promise<{ equal: number }>;
  /** Resolves once the engine is ready or has failed. */
  settled(): Promise<EngineStatus>;
  /** Ends what it does and begins again; running generations end with `failed`. Returns the status at once (starting). */
  restart(): EngineStatus;
  /** Frees the memory of a model that nobody uses; the next question loads it again. Absent: it has none here. */
  unload?(): void;
  /** Ends it for good; running generations end with `stopped`. */
  shutdown(): Promise<void>;
}
