/** The manual page, made from the table of commands: what `man mezzotint` shows. */
import { EXIT_CODES, PROGRAM, type AnyCommand } from './command.ts';
import { described, type Described } from './described.ts';

const environment: readonly (readonly [string, string])[] = [
  ['MEZZOTINT_DATA', 'The data folder, where --data names none.'],
  ['MEZZOTINT_PACK', 'The folder of the model that is always there, in place of the one that ships.'],
  ['MEZZOTINT_API_KEY', 'The key that serve takes, in place of one that it makes.'],
  ['MEZZOTINT_SERVER_KEY', 'The key for a server on another machine, in place of the one that is kept.'],
  ['NO_COLOR', 'Any value but an empty one switches colours off.'],
];

const hex = (character: string): string => (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
/** Text that the formatter takes as it is: a backslash, a hyphen, and a dot or quote that would begin a line. */
const plain = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&')
    .replace(/[^\0-\x7f]/gu, (character) => `\\[u${hex(character)}]`);
const bold = (text: string): string => `\\fB${plain(text)}\\fR`;
const item = (tag: string, text: string): string => `.TP\n${tag}\n${plain(text)}`;

const section = ({ words, takes, summary, about, options }: Described): string =>
  [
    `.SS ${plain(`${words.join(' ')}${takes === '' ? '' : ` ${takes}`}`)}`,
    plain(about === undefined ? summary : `${summary} ${about}`),
    ...options
      .filter(({ name }) => name !== 'help')
      .map(({ name, value, help, repeats }) =>
        item(
          `${bold(`--${name}`)}${value === undefined ? '' : ` \\fI${plain(value)}\\fR`}`,
          repeats ? `${help} (may be given again)` : help,
        ),
      ),
  ].join('\n');

/** @param version of the program. @returns a page in troff's man macros */
export const manualOf = (commands: readonly AnyCommand[], version: string): string =>
  [
    `.TH ${PROGRAM.toUpperCase()} 1 "" ${JSON.stringify(`${PROGRAM} ${version}`)} "User Commands"`,
    '.SH NAME',
    `${PROGRAM} \\- chat whose replies are written by diffusion language models`,
    '.SH SYNOPSIS',
    `${bold(PROGRAM)} \\fICOMMAND\\fR [options] ...`,
    '.SH DESCRIPTION',
    plain(
      'Replies are written by a model on this machine, or by a server that was added. Conversations are those of the window. Where the app has the data folder open, the command talks to it; else it works alone.',
    ),
    '.SH COMMANDS',
    ...described(commands).map(section),
    '.SH EXIT STATUS',
    ...EXIT_CODES.map(([code, meaning]) => item(bold(code), meaning)),
    '.SH ENVIRONMENT',
    ...environment.map(([name, meaning]) => item(bold(name), meaning)),
    '',
  ].join('\n');
