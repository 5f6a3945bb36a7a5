/** What is offered with a model, from how it was trained. */
import { expect, test } from 'vitest';
import { capabilitiesFor } from '../../../core/engine/pack.ts';
import { families } from '../../../core/model/families/index.ts';
import type { Diffusion } from '../../../core/model/manifest.ts';
import { skillsOf } from '../../../core/model/skills.ts';

const facts = (attention: Diffusion['attention'], causalHead: boolean): Diffusion => ({
  attention,
  causalHead,
  shift: 0,
  grid: 'prompt-end',
  blockLength: 8,
  blockLengths: [8],
  firstSlot: 'own',
  cache: 'exact',
  maskToken: 3,
});

test('fixed words need a causal head, or a canvas that is seen from both sides; a model with neither offers none', () => {
  for (const attention of ['causal', 'block', 'full'] as const)
    for (const causalHead of [true, false]) {
      const diffusion = facts(attention, causalHead);
      const can = causalHead || attention !== 'causal';
      expect(skillsOf(diffusion)).toMatchObject({ exact: causalHead, rewrite: can });
      // window, command line and API ask these
      expect(capabilitiesFor({ diffusion })).toMatchObject({ fill: can, layout: can, agreement: causalHead });
    }
});

test('what a family offers is what its engine can do', () => {
  for (const { diffusion } of families) {
    const { rewrite, exact } = skillsOf(diffusion);
    const can = capabilitiesFor({ diffusion: { ...facts('full', false), ...diffusion, blockLength: 8 } });
    expect([can.fill, can.layout, can.agreement]).toEqual([rewrite, rewrite, exact]);
  }
});
