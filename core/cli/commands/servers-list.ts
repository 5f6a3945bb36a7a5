/** `servers list`: the servers on other machines that were added. */
import { defineCommand, UsageError } from '../command.ts';
import { dataOption } from '../data.ts';
import { openServers, serverLine } from '../servers.ts';

export const serversList = defineCommand({
  name: 'servers list',
  takes: '',
  summary: 'List the servers that replies can be written by; a star marks the one in use.',
  options: { json: { kind: 'flag', help: 'print JSON instead' }, data: dataOption },
  run({ values, positionals }, { stdout, stderr }) {
    if (positionals.length > 0) throw new UsageError(`servers list does not know ${JSON.stringify(positionals[0])}.`);
    const { state } = openServers(values.data);
    if (state.error) stderr.write(`${state.error.message}\n`);
    if (values.json) stdout.write(`${JSON.stringify(state)}\n`);
    else for (const server of state.servers) stdout.write(`${serverLine(server, state.current)}\n`);
    return 0;
  },
});
