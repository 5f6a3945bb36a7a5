/** `models verify`: compares the files of models with their hashes. */
import { toAppError, type AppError } from '../../contract/result.ts';
import { defineCommand } from '../command.ts';
import { dataOption } from '../data.ts';
import { openLibrary } from '../library.ts';

export const modelsVerify = defineCommand({
  name: 'models verify',
  takes: '[ID …]',
  summary: 'Compare every file of the models on this machine with its hash.',
  about: 'The exit code is 1 where one is damaged.',
  options: { json: { kind: 'flag', help: 'print JSON instead' }, data: dataOption },
  async run({ values, positionals }, { stdout, stderr }) {
    const library = openLibrary({ data: values.data });
    const all = library.list().models.map(({ id }) => id);
    const found = (positionals.length > 0 ? positionals : all).map((id) => library.find(id));
    const { openPack } = await import('../open-pack.ts');
    const results: { id: string; error: AppError | null }[] = [];
    for (const { dir, model } of found) {
      const error = await openPack(dir, true).then(() => null, toAppError);
      results.push({ id: model.id, error });
      if (!values.json && error)
        stderr.write(`${[`${model.id}:`, error.message, error.action].filter(Boolean).join(' ')}\n`);
      if (!values.json && !error) stdout.write(`${model.id}: every file is as it was imported.\n`);
    }
    if (values.json) stdout.write(`${JSON.stringify(results)}\n`);
    return results.some(({ error }) => error !== null) ? 1 : 0;
  },
});
