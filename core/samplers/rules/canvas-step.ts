/** What a stepper tells of a forward. */
import type { Choice, Row } from './rule.ts';

export interface Unmasked extends Choice {
  /** Slots that were filled by a block's commit, not by the sampler. */
  via: 'sampler' | 'commit-row';
  row: Row;
}

/** What one forward changed, for whoever shows it. */
export interface CanvasStep {
  /** Forwards up to now. */
  forward: number;
  /** Slots of the block under way. */
  from: number;
  to: number;
  unmasked: Unmasked[];
  edited: (Unmasked & { before: number })[];
  remasked: number[];
  /** What the model says of slots that stay masked. */
  guesses: { slot: number; row: Row }[];
  /** The block is finished: its tokens stay as they are. */
  finished: boolean;
}
