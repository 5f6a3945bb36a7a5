/** Completions of a shell, made from the table of commands. */
import { PROGRAM, type AnyCommand } from './command.ts';
import { described, groupsOf, type Described, type Values } from './described.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const head = (shell: Shell): string => `# Completions of ${PROGRAM}, made by: ${PROGRAM} completions ${shell}`;
/** The first words there are, each once. */
const firstWords = (commands: readonly Described[]): string[] => [
  ...new Set(commands.map(({ words }) => words[0] ?? '')),
];
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function bash(commands: readonly Described[]): string {
  const complete = (values: Values): string =>
    values.kind === 'one of'
      ? `_mezzotint_words ${quoted(values.words.join(' '))}`
      : values.kind === 'files'
        ? '_mezzotint_files'
        : ':';
  const seconds = [...groupsOf(commands)].map(
    ([first, all]) => `    ${first}) _mezzotint_words ${quoted(all.map(({ words }) => words[1] ?? '').join(' '))} ;;`,
  );
  const cases = commands.map(({ words, options, positionals }) => {
    const valued = options.filter(({ value }) => value !== undefined);
    return [
      `    ${quoted(words.join(' '))})`,
      '      case "$before" in',
      ...valued.map(({ name, values }) => `        --${name}) ${complete(values)}; return ;;`),
      '      esac',
      `      case "$word" in`,
      `        -*) _mezzotint_words ${quoted(options.map(({ name }) => `--${name}`).join(' '))} ;;`,
      `        *) ${complete(positionals)} ;;`,
      '      esac ;;',
    ].join('\n');
  });
  const groups = [...groupsOf(commands).keys()];
  return `${head('bash')}
_${PROGRAM}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" first=2 IFS=$' \\t\\n'
  COMPREPLY=()
  _mezzotint_words() { COMPREPLY=( $(compgen -W "$1" -- "$word") ); }
  _mezzotint_files() { local IFS=$'\\n'; compopt -o filenames 2>/dev/null; COMPREPLY=( $(compgen -f -- "$word") ); }
  if [ "$COMP_CWORD" -eq 1 ]; then _mezzotint_words ${quoted([...firstWords(commands), 'help'].join(' '))}; return; fi
  case "$command" in ${groups.join('|')}) first=3; command="$command \${COMP_WORDS[2]}" ;; esac
  if [ "$COMP_CWORD" -lt "$first" ]; then
    case "\${COMP_WORDS[1]}" in
${seconds.join('\n')}
    esac
    return
  fi
  case "$command" in
${cases.join('\n')}
  esac
}
complete -F _${PROGRAM} ${PROGRAM}
`;
}

/** Inside a single-quoted word of zsh's _arguments or _describe: colons and brackets have a meaning there. */
const zshText = (text: string): string => quoted(text.replace(/[\\:[\]]/g, '\\$&')).slice(1, -1);

function zsh(commands: readonly Described[]): string {
  const action = (values: Values): string =>
    values.kind === 'one of' ? `(${values.words.join(' ')})` : values.kind === 'files' ? '_files' : ' ';
  const named = (entries: readonly (readonly [string, string])[]): string =>
    entries.map(([name, help]) => `'${name}:${zshText(help)}'`).join(' ');
  const groups = groupsOf(commands);
  const firsts = firstWords(commands).map((first) => {
    const group = groups.get(first);
    return [
      first,
      group
        ? `${group.map(({ words }) => words[1]).join(', ')}`
        : (commands.find(({ words }) => words[0] === first)?.summary ?? ''),
    ] as const;
  });
  const specs = ({ options, positionals }: Described): string =>
    [
      ...options.map(
        ({ name, help, value, values, repeats }) =>
          `'${repeats ? '*' : ''}--${name}[${zshText(help)}]${value === undefined ? '' : `:${zshText(value)}:${action(values)}`}'`,
      ),
      `'*:: :${action(positionals)}'`,
    ].join(' ');
  return `#compdef ${PROGRAM}
${head('zsh')}
_${PROGRAM}() {
  local -a names
  if (( CURRENT == 2 )); then names=(${named(firsts)}); _describe command names; return; fi
  if (( CURRENT == 3 )); then
    case $words[2] in
${[...groups].map(([first, all]) => `      ${first}) names=(${named(all.map(({ words, summary }) => [words[1] ?? '', summary]))}); _describe command names; return ;;`).join('\n')}
    esac
  fi
  case "$words[2] $words[3]" in
${commands
  .filter(({ words }) => words.length === 2)
  .map(
    (command) =>
      `    ${quoted(command.words.join(' '))}) shift 2 words; (( CURRENT -= 2 )); _arguments ${specs(command)}; return ;;`,
  )
  .join('\n')}
  esac
  case $words[2] in
${commands
  .filter(({ words }) => words.length === 1)
  .map((command) => `    ${command.words[0]}) shift words; (( CURRENT -= 1 )); _arguments ${specs(command)} ;;`)
  .join('\n')}
  esac
}
if [[ $funcstack[1] == _${PROGRAM} ]]; then _${PROGRAM} "$@"; else compdef _${PROGRAM} ${PROGRAM}; fi
`;
}

function fish(commands: readonly Described[]): string {
  const line = (condition: string, rest: string): string => `complete -c ${PROGRAM} -n ${quoted(condition)} ${rest}`;
  const groups = groupsOf(commands);
  const isFirst = '__fish_use_subcommand';
  const firsts = firstWords(commands).map((first) =>
    line(
      isFirst,
      `-a ${first} -d ${quoted(
        commands.find(({ words }) => words.length === 1 && words[0] === first)?.summary ??
          `${groups
            .get(first)
            ?.map(({ words }) => words[1])
            .join(', ')}`,
      )}`,
    ),
  );
  const seconds = [...groups].flatMap(([first, all]) =>
    all.map(({ words, summary }) =>
      line(
        `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${all.map((one) => one.words[1]).join(' ')}`,
        `-a ${words[1]} -d ${quoted(summary)}`,
      ),
    ),
  );
  const values = (given: Values): string =>
    given.kind === 'one of' ? ` -x -a ${quoted(given.words.join(' '))}` : given.kind === 'files' ? ' -r -F' : ' -x';
  const own = commands.flatMap(({ words, options, positionals }) => {
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    return [
      ...options.map(({ name, help, value, values: given }) =>
        line(seen, `-l ${name}${value === undefined ? '' : values(given)} -d ${quoted(help)}`),
      ),
      ...(positionals.kind === 'files' ? [line(seen, '-F')] : []),
      ...(positionals.kind === 'one of' ? [line(seen, `-a ${quoted(positionals.words.join(' '))}`)] : []),
    ];
  });
  return [head('fish'), `complete -c ${PROGRAM} -f`, ...firsts, ...seconds, ...own, ''].join('\n');
}

/** A script for a shell. It asks nothing of the program when it completes. */
export const completionsFor = (shell: Shell, commands: readonly AnyCommand[]): string =>
  ({ bash, zsh, fish })[shell](described(commands));
