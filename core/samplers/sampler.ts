/** A row of the registry: what a sampler is called, what it promises, which parameters it takes, and how it is made. */
import type { Params, SamplerInfo } from '../contract/samplers.ts';
import type { Capabilities, Sampler as Rule } from './rules/rule.ts';
import type { Stepper, StepperOptions } from './stepper.ts';

/** What a loaded model can do, as far as samplers ask. */
export interface ModelCapabilities {
  /** A causal head draws each token from the tokens before it: drafts can be verified. */
  causalHead: boolean;
  /** Masked rows predict their own slots (an adapter, or a diffusion model). */
  canvas: boolean;
  /** Row i predicts the token of slot i + shift. */
  shift: 0 | 1;
  /** Tokens that the pack's drafter writes at once; 0 where it has none. */
  drafterSlots: number;
  /** Slots after those that the drafter guesses; absent or 0: none. */
  lookahead?: number;
  /** Block lengths that the model was trained for. */
  blockLengths: readonly number[];
  /** Diffusion models that write in their authors' own way: how, and with which sampler; absent for canvases of a causal model. */
  own?: Capabilities & {
    blockLength: number;
    blockLengths: readonly number[];
    sampler: { id: string; params: Params } | undefined;
  };
}

export interface Sampler {
  readonly id: string;
  /** Its description for this model; null where the model can't run it. */
  describe(model: ModelCapabilities): SamplerInfo | null;
  /** Slots of a block, as replies report it. */
  blockLength(params: Params): number;
  /** The pack's drafter writes its drafts. */
  drafts: boolean;
  /** The number of drafts follows costs and chances that are learned while replies are written. */
  paced: boolean;
  create(options: StepperOptions): Stepper;
  /** Samplers of diffusion models: the rule by which a canvas is written in blocks, instead of a stepper. */
  readonly rule?: Rule;
}

/** A numeric parameter; `normalise` has seen to it that it is there. */
export function numberOf(params: Params, id: string): number {
  const value = params[id];
  if (typeof value !== 'number') throw new TypeError(`the parameter ${id} is missing`);
  return value;
}
