/** One token a forward: the reference that Exact mode must equal. */
import { choose, type Row } from './choose.ts';
import type { ForwardPlan, Stepper, StepperOptions, StepResult } from './stepper.ts';

export class ArStepper implements Stepper {
  readonly #o: StepperOptions;
  readonly #known: number[];
  readonly #prompt: number;
  #cached: number;
  #forward = 0;

  constructor(options: StepperOptions) {
    this.#o = options;
    this.#known = [...options.known];
    this.#prompt = options.known.length - options.firstSlot;
    this.#cached = options.cached;
  }

  opening(): ReturnType<Stepper['opening']> {
    const slot = this.#known.length - this.#prompt;
    return { canvas: { from: slot, length: 1 }, changes: [{ slot, state: 'masked', id: null, p: 0 }] };
  }

  plan(): ForwardPlan {
    const context = this.#known.slice(this.#cached);
    return { context, canvases: [], wanted: [context.length - 1] };
  }

  take(rows: Row[]): StepResult {
    const { settings, seed, suppressed } = this.#o;
    const row = rows[0] as Row;
    const slot = this.#known.length - this.#prompt;
    const cacheRows = this.#known.length - this.#cached;
    const choice = choose(row, { sampling: settings, seed, slot, history: this.#known, suppressed });
    this.#cached = this.#known.length;
    this.#known.push(choice.id);
    return {
      cacheRows,
      tokens: [{ ...choice, via: 'context', row, forward: ++this.#forward }],
      rejected: [],
      ...this.opening(),
      drafted: 0,
      accepted: 0,
    };
  }
}
