/** `servers test`: has a short reply written, and says what came. */
import { defineCommand, UsageError } from '../command.ts';
import { dataOption } from '../data.ts';
import { withApp } from '../library.ts';
import { observedLines, openServers } from '../servers.ts';

export const serversTest = defineCommand({
  name: 'servers test',
  takes: 'NAME',
  summary: 'Have a server write one sentence, and say what it sends: states, confidence, finished text.',
  options: { json: { kind: 'flag', help: 'print JSON instead' }, data: dataOption },
  async run({ values, positionals }, { stdout }) {
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0) throw new UsageError('servers test needs one name.');
    const servers = openServers(values.data);
    const { id } = servers.find(name);
    const observed = await withApp(
      values.data,
      (app) => app.call('servers.test', { id }),
      () => servers.test({ id }),
    );
    stdout.write(values.json ? `${JSON.stringify(observed)}\n` : observedLines(observed));
    return 0;
  },
});
