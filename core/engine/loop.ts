/**
 * One reply: prompt into the cache, then forwards until a stop rule holds. Emits `GenerationEvent`s; the model is only
 * seen through `forward`, so tests run the whole loop over a table.
 */
import type { PackInfo } from '../contract/engine.ts';
import type { KnownToken, GenerationEvent, StopReason } from '../contract/generation.ts';
import type { SamplerInfo } from '../contract/samplers.ts';
import type { Sampler } from '../samplers/index.ts';
import type { Pace } from '../samplers/pace.ts';
import type { GenerateRequest } from '../contract/engine.ts';
import { StopRules } from '../text/stop.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { KvCache } from './cache.ts';
import { decode } from './decode.ts';
import { writeDiffusion, type DiffusionModel } from './diffuse.ts';
import type { Drafting } from './drafter.ts';
import { writeLayout } from './layout.ts';
import type { ForwardRows, Predictions } from './session.ts';
import { Writing } from './writing.ts';

export interface LoopModel {
  forward(rows: ForwardRows, cache: KvCache): Promise<Predictions>;
  tokenizer: Tokenizer;
  maskToken: number;
  endOfTurn: readonly number[];
  suppressed: readonly number[];
  contextLength: number;
  /** The pack's drafter, where it has one. */
  drafter?: { slots: number; begin(): Drafting };
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
  cache: KvCache;
  pack: Pick<PackInfo, 'id' | 'name' | 'hash'>;
  device: string;
  cancelled: () => boolean;
  now: () => number;
  emit: (event: GenerationEvent) => void;
}

export async function runReply(model: LoopModel, job: LoopRequest): Promise<void> {
  const writing = new Writing(model, job);
  const known = [...job.prompt, ...job.request.replyPrefix];
  writing.begin();
  const { rule } = writing.sampler;
  if (model.diffusion && rule) {
    const end = await writeDiffusion(writing, model.diffusion, rule, known);
    return end === null ? writing.stop() : writing.finish(end);
  }
  await writing.prefill(known);
  const layout = job.request.layout ?? job.request.settings.layout;
  const reason = layout ? await writeLayout(writing, known, layout) : await writeFreely(writing, known);
  if (reason === null) writing.stop();
  else writing.finish(reason);
}

/** A reply, or the rest of one, without anything fixed. @returns null where it was cancelled */
async function writeFreely(writing: Writing, known: readonly number[]): Promise<StopReason | null> {
  const {
    settings: { ending },
    model,
  } = writing;
  const rules = new StopRules<KnownToken>({ endOfTurn: model.endOfTurn, ...ending, already: writing.slot });
  return decode(writing, known, {
    rules,
    reached: writing.slot >= ending.maxTokens ? 'length' : null,
    onTokens: (tokens) => writing.publish(tokens),
    onFrame: (frame) => writing.frame(frame),
  });
}
