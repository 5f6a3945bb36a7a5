/** `--kernels`: how the processor runs a model. */
import { statSync } from 'node:fs';
import { measuredIn } from '../app/paths.ts';
import { parseKernels, type KernelsAsked } from '../contract/kernels.ts';
import { UsageError, type Option } from './command.ts';
import { homeOf } from './library.ts';

export const kernelsOption = {
  kind: 'text',
  value: 'auto|usual|threads=N[,spin=US][,products=blocks|integers]',
  help: 'threads of the processor, microseconds they wait for work awake, and products in blocks or integers (default: auto, the fastest as measured here)',
} as const satisfies Option;

/** @throws UsageError */
export function kernelsFrom(given: string | undefined): KernelsAsked {
  const kernels = parseKernels(given ?? 'auto');
  if (kernels === null)
    throw new UsageError(
      `--kernels needs auto, usual, threads=4, threads=4,spin=0 or threads=4,products=integers (1 to 64 threads), not ${JSON.stringify(given)}.`,
    );
  return kernels;
}

/** Where measurements are kept: nothing is measured where there is no data folder to keep them in. */
export function measuring(data: string | undefined): { measurements?: string } {
  const home = homeOf(data);
  return statSync(home, { throwIfNoEntry: false })?.isDirectory() ? measuredIn(home) : {};
}
