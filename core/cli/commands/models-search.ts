/** `models search`: the catalogue of diffusion models. It connects to nothing. */
import { searchCatalogue, sizeOf } from '../../hub/index.ts';
import { defineCommand } from '../command.ts';
import { bytesText, columns } from '../figures.ts';

export const modelsSearch = defineCommand({
  name: 'models search',
  takes: '[WORD …]',
  summary: 'List the diffusion models that are known, or those that all words fit.',
  about: 'The list comes with the program; no connection is opened.',
  options: { json: { kind: 'flag', help: 'print JSON instead' } },
  run({ values, positionals }, { stdout, stderr }) {
    const found = searchCatalogue(positionals.join(' '));
    if (values.json) stdout.write(`${JSON.stringify(found.map((entry) => ({ ...entry, size: sizeOf(entry) })))}\n`);
    else if (found.length === 0) stderr.write('No model of the catalogue fits these words.\n');
    else
      stdout.write(
        `${columns(
          found.map((entry) => {
            const size = sizeOf(entry);
            const bytes = entry.bytes ?? size?.fetchBytes;
            return [entry.id, bytes === undefined ? '?' : bytesText(bytes), entry.repository, entry.goodAt];
          }),
        )}\n`,
      );
    return found.length > 0 ? 0 : 1;
  },
});
