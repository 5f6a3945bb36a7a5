/** What completions and the manual know of a command's words beyond their help: which values there are, and which are files. */
import type { AnyCommand, Option } from './command.ts';

export type Values =
  | { kind: 'one of'; words: readonly string[] }
  | { kind: 'files' }
  /** Anything, or nothing that could be listed. */
  | { kind: 'free' };

const CHOICE = /^[a-z0-9-]+(\|[a-z0-9-]+)+$/;
const valuesOf = (shown: string | undefined): Values => {
  if (shown === undefined) return { kind: 'free' };
  if (CHOICE.test(shown)) return { kind: 'one of', words: shown.split('|') };
  return /\b(FILE|DIR)\b/.test(shown) ? { kind: 'files' } : { kind: 'free' };
};

export interface DescribedOption {
  name: string;
  help: string;
  /** What stands for its value; undefined: it has none. */
  value: string | undefined;
  values: Values;
  /** It may be given again. */
  repeats: boolean;
}
export interface Described {
  /** One or two. */
  words: readonly string[];
  takes: string;
  summary: string;
  about: string | undefined;
  options: readonly DescribedOption[];
  positionals: Values;
}
const optionOf = ([name, { kind, value, help }]: [string, Option]): DescribedOption => ({
  name,
  help,
  value: kind === 'flag' ? undefined : (value ?? 'TEXT'),
  values: kind === 'flag' ? { kind: 'free' } : valuesOf(value),
  repeats: kind === 'list',
});

export const described = (commands: readonly AnyCommand[]): Described[] =>
  commands.map(({ name, takes, summary, about, options }) => ({
    words: name.split(' '),
    takes,
    summary,
    about,
    options: [...Object.entries(options).map(optionOf), optionOf(['help', { kind: 'flag', help: 'show its help' }])],
    positionals: valuesOf(takes === '' ? undefined : takes),
  }));

/** First words that stand for several commands, each with the second words. */
export function groupsOf(commands: readonly Described[]): Map<string, Described[]> {
  const groups = new Map<string, Described[]>();
  for (const command of commands) {
    const [first = '', second] = command.words;
    if (second !== undefined) groups.set(first, [...(groups.get(first) ?? []), command]);
  }
  return groups;
}
