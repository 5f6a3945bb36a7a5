/**
 * A sampler is a pure rule: from what the model says of some slots to which of them take a token now. It never runs a
 * forward and keeps no clock; what it has to remember lies in `step.memory`, its randomness comes from `step.random`.
 * To add one: a file with a `Sampler`, and a row in index.ts. Which slots it is shown (a block, a part of one, a whole
 * canvas), which row predicts which slot, caches and commits are the stepper's affair (blocks.ts), the same for all rules.
 */
import type { Row as CandidateRow } from '../../sampling/choose.ts';
import type { Diffusion } from '../../model/manifest.ts';
import type { Guarantee, Param, ParamsOf } from '../../contract/samplers.ts';
import type { Speed } from './speeds.ts';

/** What the model says of one slot: candidates best first, with the sums over the whole vocabulary. */
export interface Row extends CandidateRow {
  /** Logits of the whole vocabulary, where the rule wants whole rows. */
  whole?: Float32Array;
}

export interface Slot {
  /** Index in the canvas, the prompt's tokens counted. */
  slot: number;
  /** The row that predicts it. */
  row: Row;
  /** The token there; null while it is masked. */
  current: number | null;
  /** For samplers with shadows, where there is a token: what the model says of it without seeing it. */
  shadow?: Row;
}

/** A slot's token as it would be drawn now. */
export interface Drawn {
  id: number;
  /** Its probability under the model at temperature 1. */
  p: number;
  /** Its probability in the distribution that it was drawn from: after temperature, top-p and top-k. */
  confidence: number;
  /** Of that distribution, in nats. */
  entropy: number;
  /** Between that distribution's two likeliest tokens. */
  margin: number;
}

export interface Step<M = unknown> {
  /** Forwards that decided on this part before. */
  index: number;
  /** Masked slots when the part began. */
  masks: number;
  /** Slots of a whole block. */
  length: number;
  /** Forwards on this part that began with nothing masked, this one included. */
  settled: number;
  /** The first slot that is masked in the whole canvas comes after this many decided slots of the reply, over all its slots. */
  progress: number;
  /** Share of the whole reply's slots that have a token. */
  filled: number;
  /** For samplers that look ahead: masked slots behind the part, as far as the forward ran them. */
  ahead: readonly Slot[];
  draw(slot: Slot): Drawn;
  /** Uniform in (0, 1), the same for the same seed, forward, slot and purpose. */
  random(slot: number, purpose?: number): number;
  /** Made once a reply by the sampler's `memory`. */
  memory: M;
}

export interface Choice {
  slot: number;
  id: number;
  /** Under the model at temperature 1. */
  p: number;
}

export interface Decision {
  /** Masked slots that take a token. */
  unmask: Choice[];
  /** Slots that have one and take another. */
  edit?: Choice[];
  /** Slots that are masked again. */
  remask?: number[];
  /** Whether the part is done; by default it is when nothing in it is masked. */
  done?: boolean;
}

/** What a pack can do, as far as samplers ask. */
export interface Capabilities {
  attention: Diffusion['attention'];
  causalHead: boolean;
  shift: Diffusion['shift'];
  /** Whole rows of logits can be had. */
  wholeRows: boolean;
  /** What a slot holds before it has a token; absent: the mask. */
  noise?: Diffusion['noise'];
}

export interface Sampler<D extends readonly Param[] = readonly Param[], M = unknown> {
  /** In settings, on the command line and in stored replies. */
  id: string;
  /** For people. */
  name: string;
  /** One sentence. */
  description: string;
  guarantee: Guarantee;
  /** In the order a form shows them, with the authors' defaults. */
  params: D;
  supports(capabilities: Capabilities): boolean;
  /** Whether it needs the logits of the whole vocabulary with these parameters: 64 candidates and their sums are exact for all else. */
  wholeRows?(params: ParamsOf<D>): boolean;
  /**
   * What a slot holds before it has a token; absent: the mask. uniform: a random id, new in each step. Then `choose` sees every
   * slot of a canvas in every step, `unmask` are those whose draw the next step reads, and `done` ends the canvas.
   */
  noise?: 'uniform';
  /** For uniform noise: at which temperature a step draws, which also divides what conditions the next one. @param index of the step */
  temperature?(index: number, params: ParamsOf<D>): number;
  /** True where slots that have a token are shown too, and a part goes on when nothing is masked. */
  revisits?: true;
  /** True where it wants to see the masked slots behind the part too, as `step.ahead`. It may unmask them. */
  ahead?: true;
  /** True where it wants every slot's `shadow`, which takes as many rows more as the part has. For full attention without shift. */
  shadows?: true;
  /** What it keeps over a reply. */
  memory?(): M;
  /** From the slowest to the quickest, around the authors' own parameters. @param blockLength slots of a block */
  speeds?(authors: ParamsOf<D>, blockLength: number): readonly Speed[];
  /** @param slots of one part: masked ones, in order; with `revisits` also those of the reply that have a token */
  choose(slots: readonly Slot[], step: Step<M>, params: ParamsOf<D>): Decision;
}

/** For the registry: a sampler whose parameters and memory only it knows. */
export const sampler = <const D extends readonly Param[], M>(row: Sampler<D, M>): Sampler => row as unknown as Sampler;
