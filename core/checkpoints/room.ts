/** How large a pack is, and whether this machine's disk and memory have room for it. */
import { statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { MezzotintError } from '../contract/result.ts';
import type { TensorPlan } from '../model/families/plan.ts';
import { BLOCK, rowBytes, zeroBytes } from '../model/quantisation.ts';

/** Bits of the weights of a matrix of the pack. */
export type BitsOf = (matrix: string) => 4 | 8;

/** What a session takes over its weights: prepacked copies, caches, the process. Measured: 1.21 times the weights of a 7B in 4 bits. */
export const memoryFor = (bytes: number): number => bytes * 1.25 + 300e6;
const GB = 1e9;
const size = (bytes: number): string =>
  bytes >= GB ? `${(bytes / GB).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;

/** The table of embeddings is read row by row, in 8 bits; chosen by size, `down` and the head keep 8 bits too: they lose most in 4. */
export function bitsFor(bits: 4 | 8, asked: boolean): BitsOf {
  const kept = asked ? /^embed$/ : /^(embed|head)$|\.down$/;
  return (matrix) => (bits === 8 || kept.test(matrix) ? 8 : 4);
}

/** Of a pack's weights, with their scales and zero points. */
export function weightBytes(plan: TensorPlan, bitsOf: BitsOf): number {
  const matrices = plan.matrices.reduce(
    (sum, { name, rows, columns }) =>
      sum + rows * (rowBytes(columns, bitsOf(name)) + zeroBytes(columns, bitsOf(name)) + (columns / BLOCK) * 4),
    0,
  );
  return plan.vectors.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), matrices);
}

/** @throws MezzotintError where the disk or the memory is too small; a disk that does not say how much it has is tried */
export function checkRoom(
  options: { out: string; bits?: 4 | 8 | undefined; checkMemory?: boolean },
  bytes: number,
  memory: number,
): void {
  let free = Infinity;
  try {
    const { bavail, bsize } = statfsSync(existing(dirname(options.out)));
    free = bavail * bsize;
  } catch {
    // a file system that doesn't tell: the writing itself will
  }
  if (bytes * 1.02 + 50e6 > free)
    throw new MezzotintError(
      'store-failed',
      `The pack needs ${size(bytes)}, but the disk has ${size(free)} free. Nothing was written.`,
      { file: options.out, action: 'Make room, or choose another disk with --out.' },
    );
  if (options.checkMemory !== false && memory > totalmem()) {
    throw new MezzotintError(
      'pack-unsupported',
      `Running this model takes about ${size(memory)} of memory; this machine has ${size(totalmem())}. Nothing was written.`,
      { action: options.bits === 4 ? 'Use a smaller model.' : 'Use a smaller model, or import it with --bits 4.' },
    );
  }
}

function existing(dir: string): string {
  for (let at = dir; ; at = dirname(at)) {
    try {
      statfsSync(at);
      return at;
    } catch (thrown) {
      if (dirname(at) === at) throw thrown;
    }
  }
}
