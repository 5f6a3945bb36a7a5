/** The modes of writing. */
import type { Mode } from '../../../core/contract/generation.ts';

export const modes = { exact: 'Exact', fast: 'Fast', ar: 'One by one' } satisfies Record<Mode, string>;

export const modeHints = {
  exact: 'Drafts several tokens by diffusion, then verifies them: the same reply as one at a time, in less time.',
  fast: 'Writes whole blocks by diffusion and keeps what it is sure of. The reply may differ.',
  ar: 'One token a forward, left to right. The reference for the other two.',
} satisfies Record<Mode, string>;
