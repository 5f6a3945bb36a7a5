/** What the standard streams lead to, and whether it may be coloured. */
import type { TerminalInfo } from './command.ts';

type Streams = Pick<NodeJS.Process, 'env'> & Record<'stdout' | 'stderr', Partial<NodeJS.WriteStream>>;

/** A terminal of this name knows no cursor moves. */
const DUMB = 'dumb';
const USUAL = { columns: 80, rows: 24 };

/** NO_COLOR (any value but an empty one) switches colours off, and nothing else. */
export function terminalOf({ env, stdout, stderr }: Streams): TerminalInfo {
  const moves = env['TERM'] !== DUMB;
  return {
    stdout: moves && stdout.isTTY === true,
    stderr: moves && stderr.isTTY === true,
    colour: !env['NO_COLOR'] && moves,
    size: () => ({
      columns: stderr.columns ?? stdout.columns ?? USUAL.columns,
      rows: stderr.rows ?? stdout.rows ?? USUAL.rows,
    }),
  };
}
