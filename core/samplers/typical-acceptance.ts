/**
 * Typical acceptance (Medusa's rule, by ratio): the drafter denoises a block at once, and the causal head corrects it in
 * the context rows of the next forward. Lossless speculation keeps a draft only where the causal head draws the same
 * token; this sampler keeps a draft d where p(d) is at least `ratio` times the probability of the best token. At a ratio
 * of 1 and temperature 0 the two are equal. The end of a turn is never accepted without being drawn.
 */
import { plausibility, type Row } from '../sampling/choose.ts';
import { PlainCopies } from './ngrams.ts';
import { numberOf, type Sampler } from './sampler.ts';
import { ExactStepper } from './speculative.ts';

/** A draft whose chance to be drawn, with all those before it, is less is left out. More than drawn ones are kept, so this is low. */
const LEAST_HOLD = 0.15;

export class TypicalAcceptanceStepper extends ExactStepper {
  protected override readonly copying = new PlainCopies();

  /** Costs learned while writing would make the text depend on the machine's mood: what Fast drafts, it may keep. */
  protected override worth(chances: readonly number[]): number {
    return Math.max(1, chances.filter((chance) => chance >= LEAST_HOLD).length);
  }

  protected override get draftLength(): number {
    return numberOf(this.o.params, 'blockLength');
  }

  protected override tolerates(id: number, row: Row): boolean {
    return (
      !this.o.endOfTurn.has(id) &&
      plausibility(row, id, this.suppressedAt(this.next)) >= numberOf(this.o.params, 'ratio')
    );
  }
}

/** The block length that kept most of the score at its speed (docs/quality.md). */
const QUALITY_BLOCK = 4;

export const typicalAcceptance: Sampler = {
  id: 'typical-acceptance',
  describe: ({ causalHead, drafterSlots }) =>
    causalHead && drafterSlots >= 2
      ? {
          id: 'typical-acceptance',
          name: 'Typical acceptance',
          description:
            'The drafter denoises a block at once; the causal head keeps each draft that it finds plausible.',
          guarantee: 'diffusion',
          params: [
            {
              kind: 'integer',
              id: 'blockLength',
              label: 'Block length',
              description: 'Slots that the drafter writes at once.',
              unit: 'slots',
              min: 2,
              max: drafterSlots,
              default: Math.min(QUALITY_BLOCK, drafterSlots),
            },
            {
              kind: 'number',
              id: 'ratio',
              label: 'Acceptance ratio',
              description:
                "The share of the best token's probability that a draft needs. Lower is faster and less careful.",
              unit: 'share',
              min: 0.05,
              max: 1,
              step: 0.01,
              default: 0.7,
            },
          ],
        }
      : null,
  blockLength: (params) => numberOf(params, 'blockLength'),
  drafts: true,
  paced: false,
  create: (options) => new TypicalAcceptanceStepper(options),
};
