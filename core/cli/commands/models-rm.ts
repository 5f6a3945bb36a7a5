/** `models rm`: deletes an imported model. */
import { failure } from '../../contract/result.ts';
import { defineCommand, UsageError } from '../command.ts';
import { dataOption } from '../data.ts';
import { openLibrary, withApp } from '../library.ts';

export const modelsRm = defineCommand({
  name: 'models rm',
  takes: 'ID --yes',
  summary: 'Delete an imported model from this machine. Replies stay.',
  options: { yes: { kind: 'flag', help: 'delete it' }, data: dataOption },
  async run({ values, positionals }, { stdout }) {
    const [id, ...more] = positionals;
    if (id === undefined || more.length > 0)
      throw new UsageError('models rm needs exactly one model; see models list.');
    const library = openLibrary({ data: values.data });
    const { model } = library.find(id);
    if (!values.yes) throw failure('cli.delete-asks', { model: model.name, id });
    await withApp(
      values.data,
      (app) => app.call('models.remove', { id }),
      () => library.remove(id),
    );
    stdout.write(`${model.name} is deleted.\n`);
    return 0;
  },
});
