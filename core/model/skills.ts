/** What can be offered with a model, by how it was trained. */
import type { ModelSkills } from '../contract/models.ts';
import type { Diffusion } from './manifest.ts';

export const skillsOf = ({ attention, causalHead }: Pick<Diffusion, 'attention' | 'causalHead'>): ModelSkills => ({
  exact: causalHead,
  // a causal head fills holes by a search, a canvas that is seen from both sides by masks between fixed tokens
  rewrite: causalHead || attention !== 'causal',
  length: attention === 'full' ? 'canvas' : attention === 'block' ? 'blocks' : 'tokens',
});
