/**
 * Fast mode with a drafter: a block of slots is denoised at once by the drafter, and the causal head, in the next
 * forward's context rows, corrects it. Where Exact keeps a draft only if the causal head draws the same token, Fast keeps
 * one that it finds plausible: at least `threshold` times as probable as its best token (typical acceptance, Medusa's
 * rule, by ratio). At a threshold of 1 and temperature 0 it is Exact. The end of a turn is never taken on trust.
 */
import { plausibility, type Row } from './choose.ts';
import { ExactStepper } from './exact.ts';

export class DraftedFastStepper extends ExactStepper {
  protected override readonly leastHold = 0.1;

  protected override get draftLength(): number {
    return this.o.settings.blockLength;
  }

  protected override tolerates(id: number, row: Row): boolean {
    return !this.o.endOfTurn.has(id) && plausibility(row, id, this.suppressedAt(this.next)) >= this.o.settings.threshold;
  }
}
