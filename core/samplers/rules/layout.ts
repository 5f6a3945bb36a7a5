/** How a family's canvas is written, and what fits it. */
import type { Diffusion } from '../../model/manifest.ts';

/** What a manifest says, with a reply's own block length. */
export type Layout = Pick<
  Diffusion,
  'attention' | 'shift' | 'grid' | 'blockLength' | 'subBlock' | 'maskToken' | 'firstSlot' | 'cache'
> & {
  /** Within a block, sub-blocks are run over the block's own keys and values of the last whole run. Approximate. */
  blockCache?: boolean;
};

/** Whether guidance fits: full attention without a cache, or whole blocks that begin with masks of their own. */
export const guides = ({ attention, cache, firstSlot, blockCache }: Layout): boolean =>
  attention === 'full' ? cache === 'none' : attention === 'block' && firstSlot === 'own' && !blockCache;

/** Whether a canvas may change its length while it is written: nothing of it is cached. */
export const resizes = ({ attention, cache }: Pick<Layout, 'attention' | 'cache'>): boolean =>
  attention === 'full' && cache === 'none';

/** Lengths of the blocks that `length` tokens of a prompt form. */
export function promptBlocks(length: number, { grid, blockLength }: Pick<Layout, 'grid' | 'blockLength'>): number[] {
  const whole = Array.from({ length: Math.floor(length / blockLength) }, () => blockLength);
  const rest = length % blockLength;
  return rest === 0 ? whole : grid === 'prompt-end' ? [rest, ...whole] : [...whole, rest];
}
