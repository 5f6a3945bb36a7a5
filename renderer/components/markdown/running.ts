/**
 * The attribute of an element whose text runs in `dir`, to be spread. Written out as `dir={…}`, Svelte assigns it again with
 * each change of what is in the element, and the browser then styles everything in it again.
 */
import type { Direction } from '../../../core/markdown/index.ts';

export const running = (dir: Direction | undefined): { dir?: Direction } => (dir === undefined ? {} : { dir });
