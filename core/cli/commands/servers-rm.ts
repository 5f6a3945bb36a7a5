/** `servers rm`: forgets a server and its key. Replies stay. */
import { defineCommand, UsageError } from '../command.ts';
import { dataOption } from '../data.ts';
import { withApp } from '../library.ts';
import { openServers } from '../servers.ts';

export const serversRm = defineCommand({
  name: 'servers rm',
  takes: 'NAME',
  summary: 'Remove a server and its key. Replies that it wrote stay.',
  options: { json: { kind: 'flag', help: 'print JSON instead' }, data: dataOption },
  async run({ values, positionals }, { stdout }) {
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0) throw new UsageError('servers rm needs one name.');
    const servers = openServers(values.data);
    const { id, name: called } = servers.find(name);
    await withApp(
      values.data,
      (app) => app.call('servers.remove', { id }),
      () => servers.remove(id),
    );
    stdout.write(values.json ? `${JSON.stringify({ id, name: called })}\n` : `${called} is removed.\n`);
    return 0;
  },
});
