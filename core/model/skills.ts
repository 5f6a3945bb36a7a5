/** What can be offered with a model, by how it was trained. */
import type { ModelSkills } from '../contract/models.ts';
import type { Diffusion } from './manifest.ts';

export const skillsOf = ({ attention, causalHead }: Pick<Diffusion, 'attention' | 'causalHead'>): ModelSkills => ({
  exact: causalHead,
  rewrite: causalHead,
  length: attention === 'full' ? 'canvas' : attention === 'block' ? 'blocks' : 'tokens',
});
