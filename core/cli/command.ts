/** What a command is, and what follows from it: its options' values, checked, and its help. A command is one file and one row of commands/index.ts. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { Output } from './output.ts';

/** What the person typed cannot be understood; the message says what to type. Exit code 2. */
export class UsageError extends Error {}

export interface Option {
  /** flag: there or not · text: one value, the last one given · list: may be given again. */
  kind: 'flag' | 'text' | 'list';
  /** What stands for its value in the help: `N`, `DIR`, `exact|fast|ar`. */
  value?: string;
  help: string;
}
export type Options = Readonly<Record<string, Option>>;
export type Values<O extends Options> = {
  [N in keyof O]: O[N]['kind'] extends 'flag' ? boolean : O[N]['kind'] extends 'list' ? string[] : string | undefined;
};
export interface Input<O extends Options = Options> {
  values: Values<O>;
  positionals: string[];
}

/** What a command has of the process it runs in. */
export interface Context {
  stdout: Output;
  /** For the person, where standard output carries the result. */
  stderr: Output;
  stdin: NodeJS.ReadStream & { fd: number };
  /** Aborted by the first Ctrl-C, or where the system asks the process to end; a second Ctrl-C ends it at once. Only a command that reads it has to mind. */
  readonly signal: AbortSignal;
  /** Takes Ctrl-C over from `signal` and from the system: each press calls the listener, and ends nothing by itself. Call it once. */
  onInterrupt(listener: () => void): void;
  /** What the streams lead to. */
  readonly terminal: TerminalInfo;
  /** The table that it stands in, and the program's version. */
  readonly commands: readonly AnyCommand[];
  readonly version: string;
}
export interface TerminalInfo {
  /** Which of them are terminals that know cursor moves. */
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** False where NO_COLOR is set. */
  readonly colour: boolean;
  /** Cells, as they are now. */
  size(): { columns: number; rows: number };
}
/** Exit code of a command that ended because of `signal`, before it was done. */
export const CANCELLED = 130;

export interface Command<O extends Options = Options> {
  /** One or two words: `ask`, `chats export`. */
  name: string;
  /** Names it had before. */
  aliases?: readonly string[];
  /** Its positionals in the help: `[QUESTION]`, `FILE …`. */
  takes: string;
  /** One line of the list of commands. */
  summary: string;
  /** More words for its own help. */
  about?: string;
  options: O;
  /** @returns the exit code: 0 done · 1 failed or only in part · CANCELLED. @throws UsageError, MezzotintError */
  run(input: Input<O>, context: Context): Promise<number> | number;
}
/** A command with its options' names and kinds forgotten: what the table holds. */
export type AnyCommand = Omit<Command, 'run'> & {
  run(input: Input<never>, context: Context): Promise<number> | number;
};

/** Keeps the types of the options for `run`. */
export const defineCommand = <const O extends Options>(command: Command<O>): Command<O> => command;

/** @throws UsageError for an option that is not there, or has no value where it needs one */
export function readInput<O extends Options>({ options }: { options: O }, args: readonly string[]): Input<O> {
  const config: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { kind }] of Object.entries(options))
    config[name] = kind === 'flag' ? { type: 'boolean' } : { type: 'string', multiple: kind === 'list' };
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: config,
      allowPositionals: true,
      strict: true,
    });
    const all = Object.entries(options).map(([name, { kind }]) => [
      name,
      values[name] ?? (kind === 'flag' ? false : kind === 'list' ? [] : undefined),
    ]);
    return { values: Object.fromEntries(all) as Values<O>, positionals };
  } catch (thrown) {
    throw new UsageError(
      thrown instanceof Error ? `${thrown.message.split('. ')[0]}.`.replace(/\.\.$/, '.') : String(thrown),
    );
  }
}

const WIDTH = 100;
/** Words in lines of a width, each but the first indented. */
function wrapped(text: string, indent: number, width = WIDTH): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > width - indent) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}
/** Two columns: what is typed, and what it means. */
function table(rows: readonly (readonly [string, string])[]): string {
  const left = Math.min(
    34,
    rows.reduce((widest, [typed]) => Math.max(widest, typed.length), 0),
  );
  return rows
    .map(([typed, means]) =>
      typed.length > left
        ? `  ${typed}\n  ${' '.repeat(left)}  ${wrapped(means, left + 4)}`
        : `  ${typed.padEnd(left)}  ${wrapped(means, left + 4)}`,
    )
    .join('\n');
}

export const PROGRAM = 'mezzotint';
export const EXIT_CODES: readonly (readonly [string, string])[] = [
  ['0', 'done'],
  ['1', 'failed, or done only in part'],
  ['2', 'not understood: what was typed makes no sense'],
  ['128 and more', 'ended by a signal: 130 by Ctrl-C, 143 by SIGTERM'],
];
export function helpOf({ name, aliases = [], takes, summary, about, options }: Omit<AnyCommand, 'run'>): string {
  const rows = Object.entries(options).map(
    ([option, { kind, value, help }]) =>
      [
        `--${option}${kind === 'flag' ? '' : ` ${value ?? 'TEXT'}`}`,
        kind === 'list' ? `${help} (may be given again)` : help,
      ] as const,
  );
  return [
    `Usage: ${[PROGRAM, name, '[options]', takes].filter(Boolean).join(' ')}`,
    wrapped(about === undefined ? summary : `${summary} ${about}`, 0),
    table([...rows, ['--help', 'show this']]),
    ...(aliases.length > 0 ? [`Also: ${aliases.map((alias) => `npm run -s ${alias} -- …`).join(', ')}`] : []),
  ].join('\n\n');
}
export const overviewOf = (commands: readonly AnyCommand[]): string =>
  [
    `Usage: ${PROGRAM} COMMAND [options] …`,
    table(commands.map(({ name, takes, summary }) => [`${name}${takes === '' ? '' : ` ${takes}`}`, summary] as const)),
    `Exit codes:\n${table(EXIT_CODES)}`,
    `${PROGRAM} COMMAND --help shows a command's options. In a clone: npm run -s ${PROGRAM} -- COMMAND …`,
  ].join('\n\n');
