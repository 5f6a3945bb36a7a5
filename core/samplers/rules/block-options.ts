/** What a reply in blocks is asked for, and what comes of it. */
import type { Params } from '../../contract/samplers.ts';
import type { CanvasStep } from './canvas-step.ts';
import type { Sampling } from './draw.ts';
import type { Extent } from './extent.ts';
import type { Layout } from './layout.ts';
import type { Sampler } from './rule.ts';
import type { SlotRule } from './slot-rules.ts';

export interface BlockOptions {
  layout: Layout;
  /** Of the conversation, as ids; at least one. */
  prompt: readonly number[];
  /** Where the canvas ends: the position after its last slot; with an extent, where it ends at the latest. */
  until: number;
  /** Absent: the canvas is as long as the reply may become. For full attention without a cache. */
  extent?: Extent;
  sampler: Sampler;
  params: Params;
  sampling: Sampling;
  seed: number;
  /** Ids that are never drawn. */
  banned: ReadonlySet<number>;
  /** Slots after the prompt that have their token from the start, and keep it. */
  fixed?: ReadonlyMap<number, number>;
  rules?: ReadonlyMap<number, SlotRule>;
  /** Ids that end the reply: no block is begun after the one in which one of them stands with no mask before it. */
  ends: ReadonlySet<number>;
  /** Classifier-free guidance: each forward is run once more with the prompt masked. See `guides`. 0 = off. */
  guidance?: number;
  /** Positions of the prompt that are cached already. */
  cached?: number;
  /** A block is done, before it is committed. @returns true where the reply ends with it */
  onBlock?: (from: number, to: number, canvas: readonly (number | null)[]) => boolean;
  onStep?: (step: CanvasStep, canvas: readonly (number | null)[]) => void;
  cancelled?: () => boolean;
}

/** Forwards, by what they were for. */
export interface Forwards {
  prefill: number;
  denoise: number;
  /** Of the whole canvas: to renew an approximate cache, which decides as well, or to find the canvas's length. */
  refresh: number;
  commit: number;
}

export interface Written {
  /** Prompt and reply; masked slots of a block that was not finished are left out with all that follows. */
  sequence: number[];
  /** The token that the last commit gives for the slot after the canvas, where the family has commit rows. */
  next: number | null;
  forwards: Forwards;
  /** By block, what it took. */
  blocks: Omit<Forwards, 'prefill'>[];
  ended: boolean;
}
