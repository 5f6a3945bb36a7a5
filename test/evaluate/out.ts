/** Where an evaluation is written. */
import path from 'node:path';

export interface Asked {
  quick?: boolean | undefined;
  tasks?: string | undefined;
  settings?: string | undefined;
  limit?: string | undefined;
  pack?: string | undefined;
  sampling?: string | undefined;
  out?: string | undefined;
}

/**
 * A quick run, one over part of the tasks or settings, and one over another pack replace the project's documents only when told to.
 * @returns the folder; null: the report is printed alone
 */
export function outOf(asked: Asked, { from, docs }: { from: string; docs: string }): string | null {
  if (asked.out !== undefined) return path.resolve(from, asked.out);
  const whole =
    !asked.quick &&
    asked.tasks === undefined &&
    asked.settings === undefined &&
    asked.limit === undefined &&
    asked.pack === undefined &&
    (asked.sampling ?? 'greedy') === 'greedy';
  return whole ? docs : null;
}
