/** What every sequential sampler keeps: the tokens so far, how many of them are cached, and the one way a row becomes a token. */
import { choose, probability, type Choice, type Row } from '../sampling/choose.ts';
import type { ForwardPlan, StepChange, Stepper, StepperOptions, StepResult } from './stepper.ts';

/** Smaller chances of the reply's end are not shown, and take no room in a trace. */
const END_WORTH_TELLING = 0.01;

/** Of a slot that was predicted. */
export type Certainty = Pick<StepChange, 'entropy' | 'end'>;

export abstract class SequenceStepper implements Stepper {
  protected readonly o: StepperOptions;
  /** Committed tokens, prompt included. */
  protected readonly known: number[];
  /** Tokens of the sequence whose keys and values are in the cache. */
  protected cached: number;
  /** Forwards taken so far. */
  protected forwards = 0;
  readonly #prompt: number;
  readonly #unended: ReadonlySet<number>;

  constructor(options: StepperOptions) {
    this.o = options;
    this.known = [...options.known];
    this.cached = options.cached;
    this.#prompt = options.known.length - options.firstSlot;
    this.#unended = new Set([...options.suppressed, ...options.endOfTurn]);
  }

  /** The slot after the last committed token. */
  protected get next(): number {
    return this.known.length - this.#prompt;
  }

  /** The token of a slot; by default the one after `history`. */
  protected draw(row: Row, history: readonly number[], slot: number = history.length - this.#prompt): Choice {
    const { sampling, seed } = this.o;
    return choose(row, { sampling, seed, slot, history, suppressed: this.suppressedAt(slot) });
  }

  /** What may not be drawn at a slot. */
  protected suppressedAt(slot: number): ReadonlySet<number> {
    return slot < (this.o.endFrom ?? 0) ? this.#unended : this.o.suppressed;
  }

  /** What a row tells of its slot: its entropy, and the chance it gives to the end of the turn, where that is worth telling. */
  protected certaintyOf(row: Row): Certainty {
    let sum = 0;
    for (let i = 0; i < row.ids.length; i++)
      if (this.o.endOfTurn.has(row.ids[i] as number)) sum += probability(row, row.logits[i] as number);
    return { entropy: Math.max(0, row.entropy), ...(sum < END_WORTH_TELLING ? {} : { end: Math.min(1, sum) }) };
  }

  abstract opening(): ReturnType<Stepper['opening']>;
  abstract plan(room: number): ForwardPlan;
  abstract take(rows: Row[]): StepResult;
}
