/** `models downloads`: what is fetched in part, and its end. It connects to nothing. */
import { failure, thrownOf } from '../../contract/result.ts';
import { checkRepository, dropFetch, fetchesIn } from '../../hub/index.ts';
import { defineCommand, UsageError } from '../command.ts';
import { dataOption } from '../data.ts';
import { bytesText, columns } from '../figures.ts';
import { openLibrary } from '../library.ts';

export const modelsDownloads = defineCommand({
  name: 'models downloads',
  takes: '',
  summary: 'List what was fetched and is not a model yet; --drop deletes it.',
  options: {
    drop: { kind: 'text', value: 'ORG/NAME', help: 'delete what was fetched of this repository' },
    json: { kind: 'flag', help: 'print JSON instead' },
    data: dataOption,
  },
  async run({ values, positionals }, { stdout }) {
    if (positionals.length > 0)
      throw new UsageError(`models downloads does not know ${JSON.stringify(positionals[0])}.`);
    const { place } = openLibrary({ data: values.data });
    if (place.away) throw thrownOf(place.away);
    const root = place.downloads;
    const { drop } = values;
    if (drop !== undefined) {
      checkRepository(drop);
      const there = (await fetchesIn(root)).some(({ repository }) => repository.toLowerCase() === drop.toLowerCase());
      if (!there) throw failure('cli.nothing-fetched', { repository: drop });
      dropFetch(root, drop);
    }
    const found = await fetchesIn(root);
    if (values.json) stdout.write(`${JSON.stringify(found)}\n`);
    else if (found.length > 0)
      stdout.write(
        `${columns(
          found.map(({ repository, done, total }) => [
            repository,
            `${bytesText(done)} of ${bytesText(total)}`,
            done < total ? `go on: mezzotint models add ${repository}` : 'kept',
          ]),
        )}\n`,
      );
    return 0;
  },
});
