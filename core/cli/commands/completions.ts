/** `completions`: what a shell completes after `mezzotint`. */
import { defineCommand, UsageError } from '../command.ts';
import { completionsFor, shells } from '../completions.ts';

export const completions = defineCommand({
  name: 'completions',
  takes: shells.join('|'),
  summary: 'Print what a shell completes after mezzotint.',
  about:
    'bash: source <(mezzotint completions bash). zsh: save it as _mezzotint in a folder of $fpath. fish: save it as ~/.config/fish/completions/mezzotint.fish.',
  options: {},
  run({ positionals }, { stdout, commands }) {
    const [name, ...rest] = positionals;
    const shell = shells.find((one) => one === name);
    if (shell === undefined || rest.length > 0) throw new UsageError(`completions needs one of ${shells.join(', ')}.`);
    stdout.write(completionsFor(shell, commands));
    return 0;
  },
});
