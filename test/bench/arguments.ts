/** What the benches do alike with their options and their words. */

/** @throws Error for what is not a whole number from 1 on */
export function number(given: string | undefined, otherwise: number): number {
  const n = given === undefined ? otherwise : Number(given);
  if (!Number.isInteger(n) || n < 1) throw new Error(`${given} is not a number of things`);
  return n;
}
/** A line of progress: standard output holds the result alone. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);
export const reason = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
