/** How large a pack is, and whether this machine's disk and memory have room for it. */
import { statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { failure } from '../contract/result.ts';
import type { TensorPlan } from '../model/families/plan.ts';
import { BLOCK, rowBytes, zeroBytes } from '../model/quantisation.ts';

/** Bits of the weights of a matrix of the pack. */
export type BitsOf = (matrix: string) => 4 | 8;

/** What a session takes over its weights: prepacked copies, caches, the process. Measured: 1.21 times the weights of a 7B in 4 bits. */
export const memoryFor = (bytes: number): number => bytes * 1.25 + 300e6;

/** Models above so many weights get 4-bit ones unless `bits` says otherwise. */
const FOUR_BITS_FROM = 3e9;
export const usualBits = (parameters: number): 4 | 8 => (parameters > FOUR_BITS_FROM ? 4 : 8);

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
  if (bytes * 1.02 + 50e6 > free) throw failure('preflight.disk', { needed: bytes, free }, { file: options.out });
  if (options.checkMemory !== false && memory > totalmem())
    throw failure(options.bits === 4 ? 'preflight.memory-4-bits' : 'preflight.memory', {
      needed: memory,
      has: totalmem(),
    });
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
