/** What every mode keeps: the tokens so far, how many of them are cached, and the one way a row becomes a token. */
import { choose, type Choice, type Row } from './choose.ts';
import type { ForwardPlan, Stepper, StepperOptions, StepResult } from './stepper.ts';

export abstract class SequenceStepper implements Stepper {
  protected readonly o: StepperOptions;
  /** Committed tokens, prompt included. */
  protected readonly known: number[];
  /** Tokens of the sequence whose keys and values are in the cache. */
  protected cached: number;
  /** Forwards taken so far. */
  protected forwards = 0;
  readonly #prompt: number;

  constructor(options: StepperOptions) {
    this.o = options;
    this.known = [...options.known];
    this.cached = options.cached;
    this.#prompt = options.known.length - options.firstSlot;
  }

  /** The slot after the last committed token. */
  protected get next(): number {
    return this.known.length - this.#prompt;
  }

  /** The token of a slot; by default the one after `history`. */
  protected draw(row: Row, history: readonly number[], slot: number = history.length - this.#prompt): Choice {
    const { settings, seed, suppressed } = this.o;
    return choose(row, { sampling: settings, seed, slot, history, suppressed });
  }

  abstract opening(): ReturnType<Stepper['opening']>;
  abstract plan(room: number): ForwardPlan;
  abstract take(rows: Row[]): StepResult;
}
