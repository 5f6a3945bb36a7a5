/** What the loop and its parts are given: a model that is only seen through `forward`, and one reply's request. */
import type { FillRequest, GenerateRequest, PackInfo } from '../contract/engine.ts';
import type { GenerationEvent } from '../contract/generation.ts';
import type { SamplerInfo } from '../contract/samplers.ts';
import type { Sampler } from '../samplers/index.ts';
import type { Pace } from '../samplers/pace.ts';
import type { Layout } from '../samplers/rules/blocks.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { PrefixCache } from './cache.ts';
import type { Drafting } from './drafter.ts';
import type { ForwardRows, Predictions } from './session.ts';

export interface DiffusionModel {
  layout: Layout;
  banned: ReadonlySet<number>;
  /** Ids that uniform noise may have. */
  vocabulary: number;
}

export interface LoopModel {
  forward(rows: ForwardRows, cache: PrefixCache): Promise<Predictions>;
  tokenizer: Tokenizer;
  maskToken: number;
  endOfTurn: readonly number[];
  suppressed: readonly number[];
  contextLength: number;
  /** The pack's drafter, where it has one. */
  drafter?: { slots: number; lookahead?: number; begin(): Drafting };
  /** How samplers of diffusion models write this one; absent for causal models. */
  diffusion?: DiffusionModel;
  /** The samplers that the pack offers; absent: those that its parts allow. */
  samplers?: readonly SamplerInfo[];
  /** The samplers there are; absent: the product's own. */
  registry?: readonly Sampler[];
  /** What forwards cost, learned over replies. */
  pace?: Pace;
}

export interface LoopRequest {
  request: GenerateRequest;
  /** The rendered prompt, without the reply's prefix. */
  prompt: number[];
  droppedMessages: number;
  /** Holds a prefix of prompt + reply prefix, never all of it. */
  cache: PrefixCache;
  pack: Pick<PackInfo, 'id' | 'name' | 'hash'>;
  device: string;
  cancelled: () => boolean;
  now: () => number;
  emit: (event: GenerationEvent) => void;
}

/** Spans of a finished reply to write anew. */
export interface FillJob extends Pick<LoopRequest, 'prompt' | 'cache' | 'cancelled' | 'now'> {
  request: FillRequest;
  /** The best way so far to write the span numbered so, as text pieces with probabilities. */
  onBest: (span: number, best: [string, number][]) => void;
}
