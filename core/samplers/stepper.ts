/**
 * A sampler at work, as a pure state machine over tokens: `plan` says which rows the next forward has, `take` turns its
 * predictions into committed tokens and canvas changes. No I/O, no clock: the engine's loop runs the forwards, tests run
 * a table. Slots count from the first token of the reply; positions are absolute.
 */
import type { CommittedToken, SlotState } from '../contract/generation.ts';
import type { Params } from '../contract/samplers.ts';
import type { Row, Sampling } from '../sampling/choose.ts';
import type { Pace } from './pace.ts';

/** Rows of one forward, in graph order: context rows first, then each canvas. */
export interface ForwardPlan {
  /** Ids of the context rows; the first stands at the position after the last cached token. */
  context: number[];
  /** `position`: of the canvas's first row. `sees`: how many context rows it sees. */
  canvases: { ids: number[]; position: number; sees: number }[];
  /** Row numbers whose predictions are needed. */
  wanted: number[];
}

export interface StepToken {
  id: number;
  p: number;
  via: CommittedToken['via'];
  /** The row that predicted it, for alternatives; for a slot revealed earlier: the row of that time. */
  row: Row;
  /** 1-based forward that revealed it. */
  forward: number;
}

export interface StepChange {
  slot: number;
  state: Exclude<SlotState, 'committed'>;
  id: number | null;
  p: number | null;
  /** Nats, of the row behind it; absent where there was none. */
  entropy?: number;
  /** The chance that the reply ends here, where the slot was predicted. */
  end?: number;
}

export interface StepResult {
  /** Context rows of this forward, from the first, that now belong to the cache. */
  cacheRows: number;
  /** Newly committed tokens, in order from the first uncommitted slot. */
  tokens: StepToken[];
  /** Drafts taken back by this forward, shown before the commit. */
  rejected: StepChange[];
  /** Canvas after the commit. */
  canvas: { from: number; length: number };
  changes: StepChange[];
  drafted: number;
  accepted: number;
}

/**
 * A drafter's distribution for the `index`-th token after the last known one. `previous`: the draft chosen for the
 * token before it; null for the first. Its candidates come in any order.
 */
export type DraftRow = (index: number, previous: number | null) => Row;

export interface Stepper {
  /** `room`: how many context rows the forward may have at most; at least one. */
  plan(room: number): ForwardPlan;
  /** `rows`: the predictions of the plan's wanted rows, in order. */
  take(rows: Row[]): StepResult;
  /** The canvas before the next forward: all slots are there as grain from a block's first frame. */
  opening(): { canvas: { from: number; length: number }; changes: StepChange[] };
  /** What a drafter should draft for the next forward, of at most `room` context rows: `count` tokens after `anchor`, the last known one, and `ahead` guesses after those. */
  wantsDrafts?(room: number): { anchor: number; count: number; ahead?: number } | null;
  /** Takes them, between `take` (or the start) and `plan`. @returns how many were drafted */
  draft?(row: DraftRow, count: number, ahead?: number): number;
}

export interface StepperOptions {
  /** All tokens so far: the rendered prompt, and the reply's prefix where it is continued. At least one. */
  known: readonly number[];
  /** How many of `known` belong to the reply already. */
  firstSlot: number;
  /** Tokens of `known` in the cache: all but the last. */
  cached: number;
  sampling: Sampling;
  /** The sampler's own, as `normalise` leaves them. */
  params: Params;
  /** The reply's limit in tokens. */
  maxTokens: number;
  seed: number;
  maskToken: number;
  /** Row i of a canvas predicts the token of its slot i + shift; absent: 1. */
  shift?: 0 | 1;
  endOfTurn: ReadonlySet<number>;
  suppressed: ReadonlySet<number>;
  /** The first slot at which the turn may end; absent: any. */
  endFrom?: number;
  /** A drafter stands by: Exact mode drafts with it, and runs no canvas. */
  drafter?: boolean;
  /** Slots of the blocks that are seen forming, counted from the reply's first; absent or 0: the drafts alone are seen. */
  canvas?: number;
  /** What rows cost and tokens are worth, where it is learned: how much Exact mode drafts. */
  pace?: Pace;
}
