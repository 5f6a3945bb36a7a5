/** How a stepper reaches the model: forwards over what is cached, and what of them is kept. The engine and tests implement it. */
import type { Row } from './rule.ts';

export interface Wanted {
  /** Numbers of the rows whose predictions are needed, of those given. */
  rows: readonly number[];
  /** Logits of the whole vocabulary too. */
  whole?: boolean;
  /**
   * Rows after those given: a second set of the same positions, from `at` on. Each sees all of the first set but the row of its own
   * position, and its like; none of the first set sees it.
   */
  shadow?: { ids: readonly number[]; at: number };
  /** What the newest glance said of the same rows, all of them whole, divided by this temperature, conditions this one. */
  conditioned?: number;
}

export interface Passes {
  /** Rows that are cached. */
  readonly cached: number;
  /**
   * Runs `ids` at the positions from `at` on. They see each other, in both directions, and all that is cached. Nothing is kept
   * until `keep` says so. @returns the wanted rows, in order
   */
  glance(ids: readonly number[], at: number, wanted: Wanted): Promise<Row[]>;
  /** Keeps rows of the newest glance, by their numbers, after what is cached. */
  keep(rows: readonly number[]): void;
  /**
   * Runs `ids` at the positions after the cached ones, and keeps them all. `causal`: each sees those before it · lengths of
   * blocks: each sees its own block and those before. @returns the wanted rows, in order
   */
  read(ids: readonly number[], within: 'causal' | readonly number[], wanted: Wanted): Promise<Row[]>;
  /** Forgets what is cached past the first `length` rows. */
  cut(length: number): void;
  /** Another one over the same model, with nothing cached. */
  beside(): Passes;
}
