/** Finds the command among those of a table, runs it, and says what went wrong. Exit codes: 0 done · 1 failed · 2 not understood · 128 and more: ended by a signal. */
import { constants } from 'node:os';
import { toAppError } from '../contract/result.ts';
import {
  CANCELLED,
  helpOf,
  overviewOf,
  readInput,
  UsageError,
  PROGRAM,
  type AnyCommand,
  type Context,
} from './command.ts';
import { outputTo, readerLeft } from './output.ts';
import { terminalOf } from './terminal.ts';

/** Milliseconds within which a second SIGINT is the same press: a terminal and a launcher may both pass it on. */
const SAME_PRESS_MS = 500;

/** Signals are minded from the moment on that a command reads its `signal`: until then they end the process as they do any. */
function signalOf(): {
  get(): AbortSignal;
  name(): NodeJS.Signals | null;
  onInterrupt(listener: () => void): void;
} {
  let interrupted: (() => void) | null = null;
  let cancel: AbortController | null = null;
  let received: NodeJS.Signals | null = null;
  let at = -Infinity;
  const receive = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGINT' && interrupted !== null) {
      if (performance.now() - at < SAME_PRESS_MS) return;
      at = performance.now();
      return interrupted();
    }
    if (received !== null && performance.now() - at < SAME_PRESS_MS) return;
    if (received !== null) process.exit(128 + constants.signals[signal]);
    received = signal;
    at = performance.now();
    cancel?.abort();
  };
  const get = (): AbortSignal => {
    if (!cancel) {
      cancel = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, receive);
    }
    return cancel.signal;
  };
  return {
    get,
    onInterrupt(listener) {
      get();
      interrupted = listener;
    },
    name: () => received,
  };
}

interface Found {
  command: AnyCommand;
  args: string[];
}
/** The command that the first words name, the longest name first; its old names too. */
function find(commands: readonly AnyCommand[], argv: readonly string[]): Found | null {
  const named = commands.flatMap((command) =>
    [command.name, ...(command.aliases ?? [])].map((name) => ({ command, words: name.split(' ') })),
  );
  named.sort((a, b) => b.words.length - a.words.length);
  const found = named.find(({ words }) => words.every((word, i) => argv[i] === word));
  return found ? { command: found.command, args: argv.slice(found.words.length) } : null;
}
const asksForHelp = (args: readonly string[]): boolean => {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h');
};

/** What was meant by words that name no command: a group's list, or the whole one. */
function misunderstood(commands: readonly AnyCommand[], [word]: readonly string[]): UsageError {
  const group = commands.filter(({ name }) => name.startsWith(`${word} `));
  if (word === undefined || word.startsWith('-')) return new UsageError(overviewOf(commands));
  if (group.length > 0) return new UsageError(overviewOf(group));
  return new UsageError(`There is no command ${JSON.stringify(word)}.\n\n${overviewOf(commands)}`);
}

/** @param argv what was typed after the program's name. @returns the exit code */
export async function runCli(
  commands: readonly AnyCommand[],
  argv: readonly string[],
  version: string,
): Promise<number> {
  const stdout = outputTo(process.stdout);
  const stderr = outputTo(process.stderr);
  const signal = signalOf();
  const context: Context = {
    stdout,
    stderr,
    stdin: process.stdin,
    get signal() {
      return signal.get();
    },
    onInterrupt: signal.onInterrupt,
    terminal: terminalOf(process),
    commands,
    version,
  };

  async function run(): Promise<number> {
    const [first, ...rest] = argv;
    if (first === 'help' || first === '--help' || first === '-h') {
      const asked = find(commands, rest);
      stdout.write(`${asked ? helpOf(asked.command) : overviewOf(commands)}\n`);
      return 0;
    }
    if (first === '--version') {
      stdout.write(`${version}\n`);
      return 0;
    }
    const found = find(commands, argv);
    if (!found) throw misunderstood(commands, argv);
    const { command, args } = found;
    if (asksForHelp(args)) {
      stdout.write(`${helpOf(command)}\n`);
      return 0;
    }
    try {
      return await command.run(readInput(command, args) as never, context);
    } catch (thrown) {
      if (thrown instanceof UsageError)
        throw new UsageError(`${thrown.message}\n${PROGRAM} ${command.name} --help shows what it takes.`);
      throw thrown;
    }
  }
  /** What went wrong, for the person. */
  function report(thrown: unknown): number {
    if (thrown instanceof UsageError) {
      stderr.write(`${thrown.message}\n`);
      return 2;
    }
    // the reader of the result went away: it wants nothing more
    if (stdout.failure && readerLeft(stdout.failure)) return 0;
    const { code, message, action } = toAppError(thrown);
    if (code === 'internal' && stdout.failure) return 1;
    stderr.write(`${['Error:', message, action].filter(Boolean).join(' ')}\n`);
    if (code === 'internal' && thrown instanceof Error) stderr.write(`${thrown.stack ?? ''}\n`);
    return 1;
  }

  let code = await run().catch(report);
  const received = signal.name();
  if (code === CANCELLED && received !== null) code = 128 + constants.signals[received];
  await stdout.flush();
  const { failure } = stdout;
  if (failure !== null && !readerLeft(failure)) {
    stderr.write(
      `Error: Standard output can't be written: ${failure.message}. What was printed is not whole: free some space there, or send it elsewhere, and try again.\n`,
    );
    if (code === 0) code = 1;
  }
  await stderr.flush();
  return code;
}
