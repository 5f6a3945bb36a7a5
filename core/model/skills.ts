/** What can be offered with a model, by how it was trained. */
import type { ModelSkills } from '../contract/models.ts';
import type { Diffusion } from './manifest.ts';

export const skillsOf = ({
  attention,
  causalHead,
  noise,
}: Pick<Diffusion, 'attention' | 'causalHead' | 'noise'>): ModelSkills => ({
  exact: causalHead,
  // a causal head fills holes by a search, a canvas that is seen from both sides by masks between fixed tokens; random tokens
  // leave no place fixed
  rewrite: causalHead || (attention !== 'causal' && noise !== 'uniform'),
  length: attention === 'full' ? 'canvas' : attention === 'block' || noise === 'uniform' ? 'blocks' : 'tokens',
});
