/** In which order stops are measured. Pure. */
import { speedPrompts } from './speed-profile-prompts.ts';
import { apart, DISTURBED, type RunResult } from './speed-profile-tally.ts';

export interface Turn {
  stop: string;
  question: number;
  turn: number;
}

/** How much is asked. */
export interface Plan {
  questions: number;
  /** Each question is asked so often at each stop, and once more where the answers took differently long. */
  turns: 1 | 2;
}
export const FULL: Plan = { questions: speedPrompts.length, turns: 2 };
/** For a model of which the full plan would see no more than a few steps a reply. */
export const SHORT: Plan = { questions: 1, turns: 1 };

/**
 * Every question in turns: all stops one after the other, then all of them backwards. What goes on elsewhere on the machine
 * meets all stops alike, and what changes slowly cancels out. Where twins were disturbed, those stops and the reference come once more.
 */
export class Turns {
  readonly #stops: readonly string[];
  readonly #reference: string;
  readonly plan: Plan;
  readonly results = new Map<string, RunResult[]>();
  #question = 0;
  #turn = 0;
  #left: string[];
  done = 0;
  /** How many runs there are, as far as is known. */
  of: number;

  constructor(stops: readonly string[], reference: string, plan: Plan = FULL) {
    this.plan = plan;
    this.#stops = stops;
    this.#reference = reference;
    this.#left = [...stops];
    this.of = stops.length * plan.questions * plan.turns;
  }
  /** The next run; null: all are done. */
  get next(): Turn | null {
    const [stop] = this.#left;
    return stop === undefined ? null : { stop, question: this.#question, turn: this.#turn };
  }
  /** @param again whether there is time for disturbed runs to be made once more @returns whether a question is done with */
  took(result: RunResult, again: boolean): boolean {
    const stop = this.#left.shift();
    if (stop === undefined) return false;
    this.results.set(stop, [...(this.results.get(stop) ?? []), result]);
    this.done++;
    if (this.#left.length > 0) return false;
    this.#turn++;
    if (this.#turn < this.plan.turns) {
      this.#left = [...this.#stops].reverse();
      return false;
    }
    const disturbed =
      this.#turn === 2 && again
        ? this.#stops.filter(
            (id) =>
              apart((this.results.get(id) ?? []).filter(({ question }) => question === this.#question)) > DISTURBED,
          )
        : [];
    if (disturbed.length > 0) {
      this.#left = [...new Set([this.#reference, ...disturbed])];
      this.of += this.#left.length;
      return false;
    }
    this.#question++;
    this.#turn = 0;
    this.#left = this.#question < this.plan.questions ? [...this.#stops] : [];
    return true;
  }
}
