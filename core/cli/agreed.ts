/** A question that a person answers with yes or no, on the terminal. */
import { createInterface } from 'node:readline/promises';
import { failure } from '../contract/result.ts';
import type { Context } from './command.ts';

/** @returns whether to go on. @throws MezzotintError `conflict` where nobody can be asked */
export async function agreed(question: string, { stdin, signal }: Context): Promise<boolean> {
  if (!stdin.isTTY) throw failure('cli.nobody-answers');
  const lines = createInterface({ input: stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    lines.close();
  }
}
