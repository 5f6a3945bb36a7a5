/** `models list`: the models on this machine. */
import { defineCommand, UsageError } from '../command.ts';
import { dataOption } from '../data.ts';
import { modelLine, openLibrary } from '../library.ts';

export const modelsList = defineCommand({
  name: 'models list',
  takes: '',
  summary: 'List the models on this machine; a star marks the one that answers.',
  options: { json: { kind: 'flag', help: 'print JSON instead' }, data: dataOption },
  run({ values, positionals }, { stdout, stderr }) {
    if (positionals.length > 0) throw new UsageError(`models list does not know ${JSON.stringify(positionals[0])}.`);
    const library = openLibrary({ data: values.data });
    for (const { message, action } of library.notices) stderr.write(`${[message, action].filter(Boolean).join(' ')}\n`);
    const { folder, away, models, current } = library.list();
    if (values.json) stdout.write(`${JSON.stringify({ folder, away, models, current })}\n`);
    else for (const model of models) stdout.write(`${modelLine(model, current)}\n`);
    return 0;
  },
});
