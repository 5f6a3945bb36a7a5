/** One token a forward: the reference that Exact mode must equal. */
import type { Row } from '../sampling/choose.ts';
import type { Sampler } from './sampler.ts';
import { SequenceStepper } from './sequence.ts';
import type { ForwardPlan, Stepper, StepResult } from './stepper.ts';

export class ArStepper extends SequenceStepper {
  opening(): ReturnType<Stepper['opening']> {
    const slot = this.next;
    return { canvas: { from: slot, length: 1 }, changes: [{ slot, state: 'masked', id: null, p: 0 }] };
  }

  plan(): ForwardPlan {
    const context = this.known.slice(this.cached);
    return { context, canvases: [], wanted: [context.length - 1] };
  }

  take(rows: Row[]): StepResult {
    const row = rows[0] as Row;
    const cacheRows = this.known.length - this.cached;
    const choice = this.draw(row, this.known);
    this.cached = this.known.length;
    this.known.push(choice.id);
    return {
      cacheRows,
      tokens: [{ ...choice, via: 'context', row, forward: ++this.forwards }],
      rejected: [],
      ...this.opening(),
      drafted: 0,
      accepted: 0,
    };
  }
}

export const autoregressive: Sampler = {
  id: 'autoregressive',
  describe: ({ causalHead }) =>
    causalHead
      ? {
          id: 'autoregressive',
          name: 'Autoregressive',
          description: 'One token a forward, drawn by the causal head: the reference.',
          guarantee: 'autoregressive',
          params: [],
        }
      : null,
  blockLength: () => 1,
  drafts: false,
  paced: false,
  create: (options) => new ArStepper(options),
};
