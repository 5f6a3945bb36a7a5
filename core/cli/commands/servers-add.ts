/** `servers add`: looks at an address, has a test reply written, and keeps what was observed. */
import * as v from 'valibot';
import { dialectSchema } from '../../contract/remote.ts';
import { failure } from '../../contract/result.ts';
import { defineCommand, UsageError } from '../command.ts';
import { dataOption } from '../data.ts';
import { withApp } from '../library.ts';
import { keyGiven, KEY_VARIABLE, observedLines, openServers } from '../servers.ts';

export const serversAdd = defineCommand({
  name: 'servers add',
  takes: 'NAME ADDRESS [ADDRESS …]',
  summary: 'Add a server that speaks the API of OpenAI: SGLang, vLLM, LMDeploy, Unsloth, another Mezzotint.',
  about: `Its key is that of ${KEY_VARIABLE}. It is kept in a file that only your account can read, or, where the app is open, as the app keeps it. Further addresses are tried before a reply's first word.`,
  options: {
    model: { kind: 'text', value: 'ID', help: 'as the server calls it (default: the first one it lists)' },
    dialect: { kind: 'text', value: dialectSchema.options.join('|'), help: 'what it sends (default: as observed)' },
    'no-test': { kind: 'flag', help: 'have no test reply written' },
    json: { kind: 'flag', help: 'print JSON instead' },
    'trust-network': { kind: 'flag', help: 'reach a private address by plain HTTP, which others there can read' },
    data: dataOption,
  },
  async run({ values, positionals }, { stdout }) {
    const [name, ...addresses] = positionals;
    if (name === undefined || addresses.length === 0)
      throw new UsageError('servers add needs a name and an address: servers add lab https://example.com/v1');
    const chosen = v.safeParse(v.optional(dialectSchema), values.dialect);
    if (!chosen.success) throw new UsageError(`--dialect needs one of ${dialectSchema.options.join(', ')}.`);
    const key = keyGiven();
    const confirmed = values['trust-network'];
    const reached = { confirmed, ...(key === undefined ? {} : { key }) };
    const servers = openServers(values.data);
    const probed = await servers.probe({ ...reached, address: addresses[0] as string }).catch((thrown: unknown) => {
      // a server without a list can be used all the same, where its model is named
      if (values.model === undefined) throw thrown;
      return null;
    });
    const model = values.model ?? probed?.models[0]?.id;
    if (model === undefined) throw failure('servers.no-model', { server: name });
    const dialect = chosen.output ?? probed?.dialect ?? undefined;
    const address = probed?.address ?? (addresses[0] as string);
    const observed = values['no-test']
      ? null
      : await servers.test({ ...reached, address, model, ...(dialect ? { dialect } : {}) });
    const request = {
      ...reached,
      name,
      addresses: [address, ...addresses.slice(1)],
      model,
      models: probed?.models ?? [],
      observed,
      ...(dialect ? { dialect } : {}),
    };
    const { id, state } = await withApp(
      values.data,
      (app) => app.call('servers.add', request),
      () => servers.add(request),
    );
    if (values.json) {
      stdout.write(`${JSON.stringify(state.servers.find((server) => server.id === id))}\n`);
      return 0;
    }
    stdout.write(`${name} is added, with the model ${model}.\n`);
    if (observed) stdout.write(observedLines(observed));
    return 0;
  },
});
