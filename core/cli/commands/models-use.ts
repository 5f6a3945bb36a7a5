/** `models use`: another model answers from now on. */
import { defineCommand, UsageError } from '../command.ts';
import { dataOption } from '../data.ts';
import { openLibrary, withApp } from '../library.ts';

export const modelsUse = defineCommand({
  name: 'models use',
  takes: 'ID',
  summary: 'Answer with this model from now on, in the app and on the command line.',
  options: { data: dataOption },
  async run({ values, positionals }, { stdout }) {
    const [id, ...more] = positionals;
    if (id === undefined || more.length > 0)
      throw new UsageError('models use needs exactly one model; see models list.');
    const { models, current } = await withApp(
      values.data,
      (app) => app.call('models.use', { id }),
      () => openLibrary({ data: values.data }).use(id),
    );
    stdout.write(`${models.find((model) => model.id === current)?.name ?? current} answers from now on.\n`);
    return 0;
  },
});
