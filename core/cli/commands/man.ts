/** `man`: the manual page. */
import { defineCommand, UsageError } from '../command.ts';
import { manualOf } from '../manual.ts';

export const man = defineCommand({
  name: 'man',
  takes: '',
  summary: 'Print the manual page; to read it: mezzotint man | man -l -',
  options: {},
  run({ positionals }, { stdout, commands, version }) {
    if (positionals.length > 0) throw new UsageError(`man does not know ${JSON.stringify(positionals[0])}.`);
    stdout.write(manualOf(commands, version));
    return 0;
  },
});
