/**
 * Fast mode with a drafter: a block of slots is denoised at once by the drafter, and the causal head, in the next
 * forward's context rows, corrects it. Where Exact keeps a draft only if the causal head draws the same token, Fast keeps
 * one that it finds plausible: at least `threshold` times as probable as its best token (typical acceptance, Medusa's
 * rule, by ratio). At a threshold of 1 and temperature 0 it is Exact. The end of a turn is never taken on trust.
 */
import { plausibility, type Row } from './choose.ts';
import { ExactStepper } from './exact.ts';

/** A draft whose chance to be drawn, with all those before it, is less is left out. More than drawn ones are kept, so this is low. */
const LEAST_HOLD = 0.15;

export class DraftedFastStepper extends ExactStepper {
  /** Costs learned while writing would make the text depend on the machine's mood: what Fast drafts, it may keep. */
  protected override worth(chances: readonly number[]): number {
    return Math.max(1, chances.filter((chance) => chance >= LEAST_HOLD).length);
  }

  protected override get draftLength(): number {
    return this.o.settings.blockLength;
  }

  protected override tolerates(id: number, row: Row): boolean {
    return !this.o.endOfTurn.has(id) && plausibility(row, id, this.suppressedAt(this.next)) >= this.o.settings.threshold;
  }
}
